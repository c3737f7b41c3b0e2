"""Phoenix and MLflow as servers that take spans over OTLP/HTTP.

Owns: starting each on a folder of its own with SQLite, the headers it asks for, how many spans its
database holds.  Does not own: what is sent, what is measured.

Both write to a file of SQLite unless told otherwise; that is what is measured here.
"""

import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from bench.rivals.environments import python_of

READY_S = 120.0


class Rival:
    """A server as a child, with all processes that it starts, held to cores."""

    name = ""
    headers: Mapping[str, str] = {}

    def __init__(self, folder: Path, cores: set[int] | None) -> None:
        self.folder, self.port = folder, free_port()
        folder.mkdir(parents=True)
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, cores or before)  # inherited by the child
        began = time.perf_counter()
        try:
            own = {**os.environ, "PYTHONPATH": "", **self.variables()}
            self.process = subprocess.Popen(
                self.command(), cwd=folder, env=own,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        finally:
            os.sched_setaffinity(0, before)
        while not self._answers():
            if self.process.poll() is not None or time.perf_counter() - began > READY_S:
                self.kill()
                raise RuntimeError(f"{self.name} did not start")
            time.sleep(0.2)

    def command(self) -> list[str]:
        """What starts it."""
        raise NotImplementedError

    def variables(self) -> dict[str, str]:
        """Its environment."""
        return {}

    @property
    def database(self) -> Path:
        """Its file."""
        raise NotImplementedError

    def spans(self) -> int:
        """How many spans its database holds."""
        with (
            contextlib.suppress(sqlite3.OperationalError),  # locked, or not made yet
            contextlib.closing(_opened(self.database)) as opened,
        ):
            return int(opened.execute("SELECT count(*) FROM spans").fetchone()[0])
        return 0

    def size(self) -> int:
        """What its database takes once everything of its journal is in it.  Units: bytes."""
        return sum(path.stat().st_size for path in self.folder.glob(f"{self.database.name}*"))

    def kill(self) -> None:
        """End it at once, with its children."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)

    def _answers(self) -> bool:
        url = f"http://127.0.0.1:{self.port}/"
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
        return False

    def __enter__(self) -> "Rival":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


class Phoenix(Rival):
    """Arize Phoenix."""

    name = "Phoenix"

    def command(self) -> list[str]:
        return [str(python_of("phoenix")), "-m", "phoenix.server.main", "serve"]

    def variables(self) -> dict[str, str]:
        return {
            "PHOENIX_HOST": "127.0.0.1", "PHOENIX_PORT": str(self.port),
            "PHOENIX_GRPC_PORT": str(free_port()), "PHOENIX_WORKING_DIR": str(self.folder),
            "PHOENIX_TELEMETRY_ENABLED": "false",
        }  # fmt: skip

    @property
    def database(self) -> Path:
        return self.folder / "phoenix.db"


class MLflow(Rival):
    """MLflow's tracking server with one worker."""

    name = "MLflow"
    headers: Mapping[str, str] = {"x-mlflow-experiment-id": "0"}

    def command(self) -> list[str]:
        python = python_of("mlflow")
        return [
            str(python), "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(self.port),
            "--workers", "1", "--backend-store-uri", f"sqlite:///{self.database}",
            "--default-artifact-root", str(self.folder / "artifacts"),
        ]  # fmt: skip

    def variables(self) -> dict[str, str]:
        return {"MLFLOW_DISABLE_TELEMETRY": "true", "PATH": _path()}

    @property
    def database(self) -> Path:
        return self.folder / "mlflow.db"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _path() -> str:
    return f"{python_of('mlflow').parent}:{os.environ.get('PATH', '')}"


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
