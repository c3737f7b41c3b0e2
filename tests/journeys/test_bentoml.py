"""BentoML serves a real model, and a server that watches its monitor files takes all of it in.

Owns: the journey from calls of a real service to stored events and their labels, over a crash of
vedette.
"""

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pyarrow as pa
import pytest
from tests.journeys.live_server import LiveServer, stored_ids
from tests.peers import HERE, python_of

from vedette.stores.local.log import LocalLog

pytestmark = pytest.mark.peer
READY_S = 60.0
CALLS = 20
TRACE = "4bf92f3577b34da6a3ce929d0e0e47"


class Service:
    """BentoML on a folder of its own."""

    def __init__(self, folder):
        python = python_of("bentoml")
        shutil.copy(HERE / "bentoml_iris.py", folder)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = (folder / "log").open("wb")
        own = {"BENTOML_HOME": str(folder / "home"), "BENTOML_DO_NOT_TRACK": "True", "TZ": "UTC"}
        self.process = subprocess.Popen(
            [python.parent / "bentoml", "serve", "bentoml_iris:Iris", "--host", "127.0.0.1",
             "--port", str(self.port)],
            cwd=folder, stdout=self.log, stderr=subprocess.STDOUT,
            env={**os.environ, **own, "PATH": f"{python.parent}:{os.environ['PATH']}"},
        )  # fmt: skip
        end = time.monotonic() + READY_S
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(OSError):
                if self.ask("GET", "/readyz")[0] == 200:
                    return
            time.sleep(0.1)
        self.__exit__()
        raise RuntimeError((folder / "log").read_text())

    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, {"content-type": "application/json", **headers})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def classify(self, rows, number):
        """What it says of rows, and the id that it gave the request."""
        trace = f"00-{TRACE}{number:02x}-00f067aa0ba902b7-01"
        status, headers, said = self.ask(
            "POST", "/classify", json.dumps({"rows": rows}), traceparent=trace
        )
        assert status == 200, said
        return headers["x-bentoml-request-id"], json.loads(said)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


def stored(data):
    log = LocalLog(Path(data), readonly=True)
    try:
        rows = [record.rows for _, record in log.read() if record.kind == "events"]
        table = pa.concat_tables([pa.table(one) for one in rows], promote_options="default")
        return {row["_id"]: row for row in table.to_pylist()}
    finally:
        log.close()


def test_what_bentoml_monitors_is_stored_once_with_the_ids_that_callers_saw(tmp_path):
    folder = tmp_path / "iris"
    folder.mkdir()
    config = "imports: {iris: {kind: bentoml, path: iris/monitoring, every: 200ms}}"
    expected = {}
    with Service(folder) as service, LiveServer(tmp_path / "data", config) as server:
        for number in range(CALLS):
            if number == CALLS // 2:
                server.kill()  # the service goes on, nobody reads
            rows = [[5.0 + number / 10, 3.0, 4.5 - place, 1.2] for place in range(1 + number % 3)]
            request, said = service.classify(rows, number)
            for place, (row, kind) in enumerate(zip(rows, said, strict=True)):
                expected[f"{request}#{place}" if place else request] = (row, kind, number)
        server.start()
        server.settled("iris", len(expected))
        first = next(iter(expected))
        status, _ = server.send("iris", [{"id": first, "label": "setosa"}], kind="labels")
        assert status == 200
        [told] = server.get("/api/v1/imports")["imports"]
        assert (told["trouble"], told["unread"]) == ("", 0)
        assert server.stop() == 0
    assert stored_ids(tmp_path / "data", "iris") == dict.fromkeys(expected, 1)
    names = ("sepal_length", "sepal_width", "petal_length", "petal_width")
    for key, row in stored(tmp_path / "data").items():
        features, kind, number = expected[key]
        assert [row[name] for name in names] == pytest.approx(features)
        assert row["prediction"] == kind
        assert sum(row[f"score.{place}"] for place in range(3)) == pytest.approx(1)
        assert row["_trace_id"] == f"{TRACE}{number:02x}"
