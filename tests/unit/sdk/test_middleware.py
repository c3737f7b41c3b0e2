"""The ASGI middleware, in front of a real Starlette application."""

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route

from vedette.sdk import Middleware


async def predict(request):
    row = await request.json()
    return JSONResponse({"prediction": row["amount"] > 3, "score": 0.75})


async def bare(request):
    await request.json()
    return JSONResponse("yes")


async def fails(request):
    await request.body()
    raise RuntimeError("secret")


async def refuses(request):
    await request.body()
    return PlainTextResponse("no", 422)


async def streams(request):
    async def parts():
        for _ in range(300):
            yield b"x" * 10_000

    return StreamingResponse(parts())


ROUTES = [
    Route(f"/{one.__name__}", one, methods=["POST", "GET"])
    for one in (predict, bare, fails, refuses, streams)
]


async def request(app, method, path, body):
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as browser:
        return await browser.request(method, path, **body)


@pytest.fixture
def ask(make):
    """Ask the service behind a middleware; what it said, and the client that watched."""

    def asked(path, method="POST", extract=None, paths=None, **body):
        client = make()
        app = Middleware(Starlette(routes=ROUTES), client, extract, paths)
        response = asyncio.run(request(app, method, path, body))
        assert client.flush()
        return response, client

    return asked


def test_json_in_and_out_is_an_event(ask, sink):
    response, _ = ask("/predict", json={"amount": 5, "plan": "a"})
    assert response.json() == {"prediction": True, "score": 0.75}
    (event,) = sink.events.values()
    assert event.features == {"amount": 5, "plan": "a"}
    assert (event.prediction, event.scores) == (True, {"score": 0.75})
    assert event.latency_s > 0


def test_features_and_id_may_be_inside(ask, sink):
    ask("/bare", json={"features": {"a": 1}, "id": "x"})
    assert sink.events["x"].features == {"a": 1}
    assert sink.events["x"].prediction == "yes"


@pytest.mark.parametrize(("path", "status"), [("/fails", 500), ("/refuses", 422)])
def test_errors_are_told_as_status(ask, sink, path, status):
    response, _ = ask(path, json={"a": 1})
    assert response.status_code == status
    (event,) = sink.events.values()
    assert event.attributes == {"status": status}
    assert event.prediction is None


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/refuses", {"content": b"no json"}),
        ("/refuses", {"json": [1, 2]}),
        ("/streams", {"json": {"a": 1}}),
    ],
)
def test_what_is_no_prediction_is_passed_on_and_not_logged(ask, sink, path, body):
    response, client = ask(path, **body)
    assert response.content in (b"no", b"x" * 3_000_000)
    assert sink.events == {}
    assert client.counters.dropped == 0


def test_other_methods_and_paths_are_not_looked_at(ask, sink):
    ask("/refuses", method="GET")
    ask("/predict", paths=["/elsewhere"], json={"amount": 1})
    assert sink.events == {}


def test_an_extract_of_ones_own(ask, sink):
    def extract(exchange):
        assert exchange.headers["content-type"] == "application/json"
        return {"features": exchange.json(), "attributes": {"path": exchange.path}, "id": "own"}

    ask("/predict", extract=extract, json={"amount": 5})
    assert sink.events["own"].attributes == {"path": "/predict"}


@pytest.mark.parametrize(
    "extract", [lambda _: 1 / 0, lambda _: {"nothing": 1}, lambda _: {"features": {}, "x": 1}]
)
def test_an_extract_that_fails_is_counted(ask, sink, extract):
    response, client = ask("/predict", extract=extract, json={"amount": 5})
    assert response.status_code == 200
    assert client.counters.dropped_invalid == client.counters.logged == 1
    assert sink.events == {}
