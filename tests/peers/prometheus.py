"""A real Prometheus over samples of the past.

Owns: making blocks of OpenMetrics text, starting and stopping.  Does not own: which samples, what
is asked (tests).
"""

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

Ask = Callable[..., dict[str, Any]]


def needed() -> None:
    """Skip a test where the programs are not there."""
    if shutil.which("prometheus") is None or shutil.which("promtool") is None:
        pytest.skip("no Prometheus here: Debian's package is prometheus")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def holding(text: str, folder: Path, *flags: str) -> Iterator[Ask]:
    """A Prometheus that holds samples; how to ask its API: `ask("query", query=...)`."""
    needed()
    (folder / "samples.txt").write_text(text, "utf-8")
    subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", folder / "samples.txt",
         folder / "data"],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    config, port = folder / "prometheus.yml", free_port()
    config.write_text("global: {evaluation_interval: 1m}\n")
    command = [
        "prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder}/data",
        "--storage.tsdb.retention.time=50y", f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=error", *flags,
    ]  # fmt: skip
    with (
        subprocess.Popen(command, stderr=subprocess.DEVNULL) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        try:
            _wait(client)

            def ask(what: str, **asked: Any) -> dict[str, Any]:
                found: dict[str, Any] = client.post(f"/api/v1/{what}", data=asked).json()
                return found

            yield ask
        finally:
            process.terminate()


def _wait(client: httpx.Client) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if client.get("/-/ready").status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise TimeoutError("Prometheus is not ready after 30 s")
