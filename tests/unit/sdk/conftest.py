"""A small real server that takes events, and can be slow, dumb, ill or dead."""

import threading
import time
import zlib
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from vedette.core.events import Event, Outcome
from vedette.core.wire import decode
from vedette.sdk import Client


class Sink:
    """Keeps what it is sent, by id; answers as it is told to.

    `answers` holds what to say next: (status, headers, body) or a function of the events; then
    all is well again.  `gate` clear: it hangs.
    """

    def __init__(self) -> None:
        self.events: dict[str, Event] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.order: list[str] = []
        self.requests: list[dict[str, str]] = []
        self.frames: list[bytes] = []
        self.answers: deque = deque()
        self.verdict = None  # events -> status, asked for each message
        self.gate = threading.Event()
        self.gate.set()
        self.duplicates = 0
        self.port = 0
        self.server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen, on the same port as before if there was one."""
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                sink.gate.wait(20)
                status, headers, said = sink.take(dict(self.headers), body, self.path)
                try:
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(said)))
                    self.end_headers()
                    self.wfile.write(said)
                except OSError:
                    pass

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, *_: object) -> None:
                pass

        self.server = Server(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections from now on."""
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def take(self, headers: dict[str, str], body: bytes, path: str) -> tuple:
        if self.server is None:  # stopped, but a connection was still open
            return 503, {"Connection": "close"}, b""
        self.requests.append({**headers, "path": path})
        if headers.get("Content-Encoding") == "gzip":
            body = zlib.decompress(body, 31)
        if self.answers:
            return self.answers.popleft()
        if headers["Content-Type"] == "application/vnd.apache.arrow.stream":
            self.frames.append(body)
            return 200, {}, b"{}"
        envelope = decode(body)
        status = self.verdict(envelope.events) if self.verdict else 200
        if status != 200:
            return status, {}, b""
        before = self.duplicates
        for event in envelope.events:
            self.duplicates += event.id in self.events
            self.events[event.id] = event
            self.order.append(event.id)
        for outcome in envelope.outcomes:
            self.outcomes[outcome.event_id] = outcome
        rows = len(envelope.events) + len(envelope.outcomes)
        said = {"accepted": rows, "duplicates": self.duplicates - before, "rejected": []}
        return 200, {}, msgspec.json.encode(said)


@pytest.fixture
def sink():
    one = Sink()
    one.start()
    yield one
    one.gate.set()
    one.stop()


@pytest.fixture
def make(sink, tmp_path):
    """Makes clients of the sink that are closed at the end."""
    clients = []

    def made(**options) -> Client:
        options = {"spool": False, "flush_interval": 0.02, "timeout": 2.0} | options
        url = options.pop("url", sink.url)
        client = Client(url, options.pop("model", "fraud"), **options)
        clients.append(client)
        return client

    yield made
    for client in clients:
        client.close(0.2)


def until(condition, seconds: float = 10.0) -> bool:
    """Wait for something to become true."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


@pytest.fixture(name="until")
def until_fixture():
    return until


@pytest.fixture
def no_folder(tmp_path) -> Path:
    """A place where no folder can be made."""
    (tmp_path / "file").write_text("")
    return tmp_path / "file" / "spool"
