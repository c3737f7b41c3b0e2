"""Pages that follow what happens, over a real socket, of models that the real engine watches."""

import asyncio
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
import uvicorn
from tests.traffic import BEGIN, HOUR, MODEL, SECOND, hours, live

from vedette.engine.service import Service
from vedette.ingest.decoded import Decoded
from vedette.stores.memory import MemoryLog, MemoryState
from vedette.web.app import make_app
from vedette.web.keys import READ, entry_of, make_key
from vedette.web.live import STREAMS
from vedette.web.serving import server_config

OTHER = "churn"
TOLD_S = 3.0  # within which a page hears of a change
NOW = BEGIN + 6 * HOUR + 10 * SECOND


class Server:
    """The real application on a free port of this machine, stopped as `vedette serve` stops it."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.app = make_app(service, service.settings)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.server = uvicorn.Server(server_config(self.app, "127.0.0.1", self.port))
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)

    def stop(self) -> float:
        """Stop; how many seconds that took."""
        began = time.monotonic()
        self.app.state.pulse.end()
        self.server.should_exit = True
        self.thread.join(30)
        assert not self.thread.is_alive()
        return time.monotonic() - began

    def ask(self, path: str, **headers: str) -> tuple[int, dict[str, Any]]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        line.request("GET", path, headers=headers)
        answer = line.getresponse()
        found = answer.status, dict(answer.getheaders())
        line.close()
        return found

    def act(self, model: str, **what: Any) -> None:
        asyncio.run(self.service.act(model, what))


class Stream:
    """A page that follows: what it hears, with the time of each piece."""

    def __init__(self, server: Server, path: str, **headers: str) -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        self.line.request("GET", path, headers={"accept-encoding": "gzip"} | headers)
        self.answer = self.line.getresponse()
        self.heard: list[tuple[float, str]] = []
        self.thread = threading.Thread(target=self._read)
        self.thread.start()

    def _read(self) -> None:
        try:
            while line := self.answer.readline():
                self.heard.append((time.monotonic(), line.decode().rstrip()))
        except (OSError, ValueError, http.client.HTTPException, AttributeError):
            return  # closed from this side

    def events(self) -> list[str]:
        return [line for _, line in self.heard if line.startswith("event:")]

    def waits(self, events: int = 1, within: float = TOLD_S) -> bool:
        """Whether so many events are heard in time."""
        until = time.monotonic() + within
        while time.monotonic() < until and len(self.events()) < events:
            time.sleep(0.02)
        return len(self.events()) >= events

    def close(self) -> None:
        if self.line.sock is not None:
            self.line.sock.shutdown(socket.SHUT_RDWR)
        self.thread.join(10)
        self.line.close()


@contextmanager
def followed(server: Server, path: str, **headers: str) -> Iterator[Stream]:
    stream = Stream(server, path, **headers)
    try:
        until = time.monotonic() + 5
        while not stream.heard and time.monotonic() < until:
            time.sleep(0.01)  # it follows from the first line on
        yield stream
    finally:
        stream.close()


def started() -> Service:
    """Two models under watch."""
    settings = live(baseline={"warm_up": 4})
    service = Service(MemoryLog(), MemoryState(), settings, lambda: NOW)
    service.start()
    receipts = [
        service.offer(model, Decoded(rows=record.rows))
        for model in (MODEL, OTHER)
        for record in hours(6, 200)
    ]
    for receipt in receipts:
        receipt.result(20)
    asyncio.run(service.act(MODEL, {"act": "deploy", "version": "1", "time": BEGIN, "text": ""}))
    return service


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    service = started()
    yield service
    service.stop()


@pytest.fixture
def server(service: Service) -> Iterator[Server]:
    server = Server(service)
    yield server
    if server.thread.is_alive():
        server.stop()


def deploy(server: Server, model: str, version: str) -> None:
    server.act(model, act="deploy", version=version, time=BEGIN + HOUR, text="")


def test_a_change_is_told_soon_and_nothing_else_is(server: Server):
    with followed(server, f"/live?model={MODEL}") as stream:
        assert stream.answer.status == 200
        assert stream.answer.getheader("content-type").startswith("text/event-stream")
        assert stream.answer.getheader("cache-control") == "no-store"
        assert stream.answer.getheader("content-encoding") is None  # or it would be held back
        time.sleep(2.2)
        assert stream.events() == []
        deploy(server, MODEL, "2")
        assert stream.waits(1)
        deploy(server, OTHER, "2")
        server.service.offer(MODEL, Decoded(rows=hours(1, 8)[0].rows)).result(10)  # known rows
        time.sleep(2.2)
        assert stream.events() == ["event: changed"]


def test_the_overview_hears_of_every_model(server: Server):
    with followed(server, "/live") as stream:
        deploy(server, OTHER, "3")
        assert stream.waits(1)
        deploy(server, MODEL, "3")
        assert stream.waits(2)


def test_a_model_that_is_new_is_told(server: Server):
    with followed(server, "/live") as every, followed(server, "/live?model=new") as own:
        server.service.offer("new", Decoded(rows=hours(1, 8)[0].rows)).result(10)
        assert every.waits(1)
        assert own.waits(1)


def test_what_no_route_takes_is_refused(server: Server):
    assert server.ask("/live?modle=x")[0] == 400


def test_streams_are_bounded_and_places_are_given_back(server: Server):
    with ExitStack() as open_ones:
        streams = [open_ones.enter_context(followed(server, "/live")) for _ in range(STREAMS)]
        assert {stream.answer.status for stream in streams} == {200}
        status, headers = server.ask("/live")
        assert status == 503
        assert int(headers["retry-after"]) >= 1
        assert server.ask("/livez")[0] == 200
    until = time.monotonic() + 60
    while server.app.state.pulse.streams and time.monotonic() < until:
        time.sleep(0.05)
    assert server.app.state.pulse.streams == 0
    with followed(server, "/live") as stream:
        assert stream.answer.status == 200


def test_the_server_stops_soon_with_streams_open(server: Server):
    with ExitStack() as open_ones:
        streams = [
            open_ones.enter_context(followed(server, f"/live?model={MODEL}")) for _ in range(5)
        ]
        assert server.stop() < 3.0
        for stream in streams:
            stream.thread.join(5)
            assert not stream.thread.is_alive()


def test_a_key_hears_of_its_models_alone():
    service = started()
    text, key = make_key(b"\x01" * 6, "s" * 43, scopes=(READ,), models=f"{MODEL}*", made=1)
    service.store.commit([entry_of(key)])
    server = Server(service)
    own = {"authorization": f"Bearer {text}"}
    try:
        assert server.ask("/live")[0] == 401
        assert server.ask(f"/live?model={OTHER}", **own)[0] == 403
        with followed(server, "/live", **own) as stream:
            assert stream.answer.status == 200
            deploy(server, OTHER, "4")
            time.sleep(2.2)
            assert stream.events() == []
            deploy(server, MODEL, "4")
            assert stream.waits(1)
    finally:
        server.stop()
        service.stop()
