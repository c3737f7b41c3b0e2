"""What benches of the server share: a server as a child process, bodies of events, senders.

Owns: starting `vedette serve` held to cores, raw keep-alive connections, Arrow and JSON bodies.
Does not own: what is measured.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa

START = 1_700_006_400 * 10**9  # 2023-11-15T00:00:00Z
MINUTE, HOUR = 60 * 10**9, 3600 * 10**9
MODEL = "/v1/models/bench/events"


class Server:
    """A server as a child.  Shapes: `ready_s` seconds from its start until it listened."""

    def __init__(
        self, folder: Path, cores: set[int] | None = None, config: str = "", port: int = 0
    ) -> None:
        self.folder, before = folder, os.sched_getaffinity(0)
        command = [sys.executable, "-m", "vedette.cli.main", "serve", "--data", str(folder)]
        command += ["--port", str(port)]
        if config:
            path = folder.parent / f"{folder.name}.yaml"
            path.write_text(config)
            command += ["--config", str(path)]
        os.sched_setaffinity(0, cores or before)  # inherited by the child
        try:
            began = time.perf_counter()
            self.process = subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                cwd=folder.parent,
            )  # fmt: skip
        finally:
            os.sched_setaffinity(0, before)
        assert self.process.stderr is not None
        self.port = 0
        for line in self.process.stderr:
            if line.startswith("listening on "):
                self.port = int(line.rsplit(":", 1)[1])
                break
        assert self.port, "the server did not start"
        self.ready_s = time.perf_counter() - began
        self._self = psutil.Process(self.process.pid)

    @property
    def cpu_s(self) -> float:
        """CPU used so far, system time included."""
        used = self._self.cpu_times()
        return float(used.user + used.system)

    @property
    def rss_mib(self) -> float:
        """Resident memory."""
        return float(self._self.memory_info().rss / 2**20)

    def get(self, path: str) -> dict[str, object]:
        """The JSON behind a path."""
        with Sender(self.port) as sender:
            status, body = sender.ask(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert status == 200, (status, body)
        return dict(json.loads(body))

    def stepped(self, rows: int, model: str = "bench", seconds: float = 300) -> None:
        """Wait until so many rows of a model are evaluated."""
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            models = self.get("/api/v1/models")["models"]
            assert isinstance(models, list)
            if any(one["name"] == model and one["rows"] >= rows for one in models):
                return
            time.sleep(0.1)
        raise AssertionError(f"{rows} rows are not evaluated after {seconds} s")

    def end(self, sign: int = signal.SIGTERM) -> None:
        """End it."""
        if self.process.poll() is None:
            self.process.send_signal(sign)
            self.process.wait(120)
        assert self.process.stderr is not None
        self.process.stderr.close()

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.end(signal.SIGKILL)


class Sender:
    """One keep-alive connection."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a whole request; status and body of the answer."""
        self.socket.sendall(request)
        return self.answer()

    def answer(self) -> tuple[int, bytes]:
        """Read one answer."""
        data = self.rest
        while (head := data.find(b"\r\n\r\n")) < 0:
            data += self._more()
        lines = data[:head].lower()
        at = lines.find(b"content-length:")
        length = int(lines[at + 15 :].split(b"\r\n", 1)[0])
        end = head + 4 + length
        while len(data) < end:
            data += self._more()
        self.rest = data[end:]
        return int(data[9:12]), data[head + 4 : end]

    def _more(self) -> bytes:
        piece = self.socket.recv(1 << 16)
        if not piece:
            raise ConnectionError("the server hung up")
        return piece

    def __enter__(self) -> "Sender":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


def request(body: bytes, kind: str, path: str = MODEL) -> bytes:
    """A whole POST."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def table(count: int, at: int, step: int, rng: np.random.Generator) -> pa.RecordBatch:
    """Rows of 25 columns: 15 floats, 5 integers, 5 categories, and an id and a time beside.

    Units: `at` nanoseconds since 1970 of the first row, `step` between two.
    """
    places = np.arange(count)
    columns = {
        "_id": pa.array([f"{at + k * step:x}-{k:x}" for k in places.tolist()]),
        "_time": pa.array(at + places * step, pa.timestamp("ns", "UTC")),
    }
    for i in range(5):
        columns[f"measure_{i}"] = pa.array(rng.normal(100, 20, count).round(4))
        columns[f"price_{i}"] = pa.array(rng.lognormal(3, 1, count).round(2))
        columns[f"share_{i}"] = pa.array(rng.beta(2, 5, count).round(4))
        columns[f"count_{i}"] = pa.array(rng.poisson(4 * 3**i, count))
        words = np.array([f"category-{k}" for k in range(4 * 2**i)])
        columns[f"kind_{i}"] = pa.array(words[rng.zipf(1.6, count) % len(words)])
    return pa.record_batch(columns)


def stream_of(rows: pa.RecordBatch) -> bytes:
    """Rows as an Arrow stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_batch(rows)
    return bytes(sink.getvalue())


def arrow_requests(rows: int, each: int, at: int = START, step: int = 0) -> list[bytes]:
    """Requests of `each` rows of 25 columns; without a step, all spread over three hours."""
    step = step or 3 * HOUR // rows
    rng = np.random.default_rng(7)
    kind = "application/vnd.apache.arrow.stream"
    return [
        request(stream_of(table(each, at + first * step, step, rng)), kind)
        for first in range(0, rows, each)
    ]


def cores() -> tuple[set[int] | None, set[int] | None]:
    """One core for the server, the others for senders; None for both on a machine of one."""
    there = sorted(os.sched_getaffinity(0))
    return ({there[0]}, set(there[1:])) if len(there) > 1 else (None, None)


def percentile(values: Sequence[float], share: float) -> float:
    """A quantile by rank."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
