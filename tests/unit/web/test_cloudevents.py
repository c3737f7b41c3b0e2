"""CloudEvents over HTTP: sides of calls are durable by model; what became of them is told."""

import asyncio
import json

import httpx

from vedette.engine.live import LiveSettings
from vedette.web.app import make_app

KIND = "application/cloudevents-batch+json"
SIDE = {
    "specversion": "1.0", "id": "a", "type": "org.kubeflow.serving.inference.request",
    "source": "s", "inferenceservicename": "iris", "data": {"instances": [[1]]},
}  # fmt: skip


def ask(stand, method, path, body=None, kind=KIND):
    app = make_app(stand, LiveSettings(), wall=lambda: 10**18)

    async def go():
        transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            content = None if body is None else json.dumps(body).encode()
            return await client.request(
                method, path, content=content, headers={"content-type": kind}
            )

    return asyncio.run(go())


def test_sides_are_durable_by_model(stand):
    batch = [SIDE, {**SIDE, "id": "b", "inferenceservicename": "wine"}, {**SIDE, "type": "other"}]
    said = ask(stand, "POST", "/v1/cloudevents", batch)
    assert said.status_code == 200
    assert said.json()["accepted"] == 2
    assert said.json()["rejected_count"] == 1
    assert "no request or response" in said.json()["why"]
    [bad] = [one for decoded in stand.decoded for one in decoded.rejected]
    assert (bad.row, bad.id) == (2, "a")  # with its neighbours' model, to be looked at there
    assert '"type":"other"' in bad.event
    kept = {record.model: record for _, record in stand.log.read()}
    assert sorted(kept) == ["iris", "wine"]
    assert {record.kind for record in kept.values()} == {"parts"}


def test_the_model_may_be_named_in_the_path(stand):
    assert ask(stand, "POST", "/v1/cloudevents?model=flowers", [SIDE]).status_code == 200
    assert [record.model for _, record in stand.log.read()] == ["flowers"]


def test_nothing_that_can_be_kept_is_refused_with_the_reason(stand):
    said = ask(stand, "POST", "/v1/cloudevents", [{**SIDE, "type": "other"}])
    assert said.status_code == 400
    assert "no request or response" in said.json()["error"]["message"]
    assert ask(stand, "POST", "/v1/cloudevents", {}, "text/plain").status_code == 415
    assert ask(stand, "GET", "/v1/cloudevents").status_code == 405


def test_what_is_of_no_model_is_put_aside_whatever_the_key_is_for(stand):
    batch = [SIDE, {"specversion": "1.0"}, "\x00"]
    said = ask(stand, "POST", "/v1/cloudevents", batch)
    assert (said.json()["accepted"], said.json()["rejected_count"]) == (1, 2)
    assert "has no id" in said.json()["why"]
    [decoded] = [one for one in stand.decoded if one.rejected]
    assert [one.row for one in decoded.rejected] == [1, 2]


def test_what_became_of_calls(stand):
    ask(stand, "POST", "/v1/models/iris/events", {"id": "e"}, "application/json")
    assert ask(stand, "GET", "/api/v1/models/iris/capture").status_code == 404
    stand.captured["iris"] = {"open": 1, "paired": 2}
    assert ask(stand, "GET", "/api/v1/models/iris/capture").json() == {"open": 1, "paired": 2}
