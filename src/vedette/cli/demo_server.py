"""Servers as children of the demo, vedette's and the one of its model, and questions to them.

Owns: a free port, starting a child, waiting until it is ready, asking it, its end, which is never
later than ours.  Does not own: the servers (`cli.serve`, `cli.demo_service`), what is asked
(`cli.demo_live`).
"""

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import psutil

from vedette.core.errors import StoreError

READY_S = 60.0  # a busy machine starts slowly
STOP_S = 20.0
TRIED = 50  # ports after the wanted one
HOST = "127.0.0.1"


class Child:
    """A running server.  Units: `started` by the monotonic clock; bytes."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
        self.process, self.port, self.log = process, port, log
        self.url = f"http://{HOST}:{port}"
        self.started = time.monotonic()
        self.peak_bytes = 0

    @property
    def age_s(self) -> float:
        """Since its start."""
        return time.monotonic() - self.started

    def get(self, path: str, timeout: float = 10.0) -> Any:
        """Ask its API.  Errors: StoreError when it has ended or answers with an error."""
        self._measure()
        return self._asked("GET", path, None, timeout)

    def post(self, path: str, body: Any, timeout: float = 60.0) -> Any:
        """Send it something as JSON.  Errors: as those of `get`."""
        return self._asked("POST", path, msgspec.json.encode(body), timeout)

    def _asked(self, method: str, path: str, body: bytes | None, timeout: float) -> Any:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=timeout)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            answered = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise StoreError("demo server", "does not answer", got=type(error).__name__,
                             hint=f"see {self.log}") from None  # fmt: skip
        finally:
            connection.close()
        if answer.status != 200:
            raise StoreError("demo server", "answers with an error", got=answer.status,
                             hint=f"see {self.log}")  # fmt: skip
        return json.loads(answered)

    def wait_until_ready(self) -> float:
        """Wait for /readyz; how long it took.  Errors: StoreError when the server ends before."""
        while self.age_s < READY_S:
            if self.process.poll() is not None:
                said = self.log.read_text("utf-8", "replace").strip().splitlines()
                raise StoreError("demo server", "ended", got=said[-1] if said else "no word")
            with suppress(StoreError):
                self.get("/readyz", timeout=1.0)
                return self.age_s
            time.sleep(0.1)
        raise StoreError("demo server", "was not ready in time", want=f"{READY_S:.0f} s")

    def _measure(self) -> None:
        with suppress(psutil.Error):
            memory = psutil.Process(self.process.pid).memory_info().rss
            self.peak_bytes = max(self.peak_bytes, memory)


def serving(folder: Path, settings: Path, port: int) -> AbstractContextManager[Child]:
    """Run vedette's server on a folder; it ends with the block, or with this process."""
    own = ["vedette.cli.main", "serve", "--until-eof", "--data", str(folder / "data")]
    return running([*own, "--config", str(settings), "--port", str(port)], port,
                   folder / "server.log")  # fmt: skip


@contextmanager
def running(command: Sequence[str], port: int, log: Path) -> Iterator[Child]:
    """Run a module of ours that serves; it ends with the block, or with this process.

    It reads its standard input, which closes when this process is gone, however it went.
    """
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", *command],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=out,
            start_new_session=True,  # Ctrl-C comes to us: we end the server when we are done
        )
    try:
        yield Child(process, port, log)
    finally:
        assert process.stdin is not None
        with suppress(OSError):
            process.stdin.close()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port(wanted: int) -> int:
    """The wanted port, or the next that nobody listens on.

    Errors: StoreError when all are taken.
    """
    for port in range(wanted, min(wanted + TRIED, 65536)):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                trial.bind((HOST, port))
                trial.listen(1)
                return port
    raise StoreError("demo", "finds no free port", got=f"{wanted} and {TRIED} after it")
