"""The web interface of Evidently, asked like ours: its JSON of one report over 200 columns.

Owns: starting it in its own environment and stopping it.  Does not own: what it serves
(`rivals/run_evidently_ui.py`).

Its pages are drawn in the browser from that JSON, so nothing is seen before it is there.  It holds
one hour beside its reference, ours the hours of a month.
"""

import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Sequence

from bench.load import cores
from bench.rivals.environments import HERE, python_of

TIMES, PATIENCE_S = 5, 240.0


def asked() -> list[tuple[str, Sequence[float], int]]:
    """What was asked for, the seconds of every answer after a first one, its bytes."""
    own, _ = cores()
    with tempfile.TemporaryDirectory() as folder:
        port = _free()
        command = [python_of("evidently"), HERE / "run_evidently_ui.py", folder, str(port)]
        process = subprocess.Popen(
            [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            paths = json.loads(process.stdout.readline())
            os.sched_setaffinity(process.pid, own or os.sched_getaffinity(0))
            _wait(port)
            return [(name, *_times(port, path)) for name, path in paths.items()]
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _times(port: int, path: str) -> tuple[list[float], int]:
    took, size = [], 0
    for _ in range(1 + TIMES):
        began = time.perf_counter()
        size = len(_get(port, path))
        took.append(time.perf_counter() - began)
    return took[1:], size


def _get(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE_S) as answer:
        return bytes(answer.read())


def _wait(port: int) -> None:
    end = time.perf_counter() + PATIENCE_S
    while True:
        try:
            _get(port, "/api/version")
            return
        except OSError:
            if time.perf_counter() > end:
                raise
            time.sleep(0.2)


def _free() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
