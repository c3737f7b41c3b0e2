"""MLServer serves a real model; what it was asked and answered is posted on and becomes events.

Owns: the journey from a real server's requests and responses, with the headers that it sets itself,
to stored events; with a crash of vedette between the two.
"""

import contextlib
import http.client
import json
import socket
import subprocess
import time
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from tests.journeys.live_server import LiveServer, stored_ids
from tests.peers import python_of

from vedette.stores.local.log import LocalLog

pytestmark = pytest.mark.peer
TRAIN = """
import joblib, json, sys
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
x, y = load_iris(return_X_y=True)
model = LogisticRegression(max_iter=500).fit(x, y)
joblib.dump(model, sys.argv[1])
some = x[::10]
print(json.dumps({"rows": some.tolist(), "classes": model.predict(some).tolist(),
                  "chances": model.predict_proba(some).tolist()}))
"""
READY_S = 40.0


class MLServer:
    """A server of one model, `iris`, on a folder of its own."""

    def __init__(self, folder):
        python = python_of("mlserver")
        made = subprocess.run(
            [python, "-c", TRAIN, folder / "model.joblib"], capture_output=True, check=True
        )
        self.known = json.loads(made.stdout)
        self.port, grpc, metrics = free_ports(3)
        settings = {
            "host": "127.0.0.1", "http_port": self.port, "grpc_port": grpc,
            "metrics_port": metrics, "parallel_workers": 0,
        }  # fmt: skip
        model = {
            "name": "iris", "implementation": "mlserver_sklearn.SKLearnModel",
            "parameters": {"uri": "./model.joblib", "version": "v3"},
        }  # fmt: skip
        (folder / "settings.json").write_text(json.dumps(settings))
        (folder / "model-settings.json").write_text(json.dumps(model))
        self.log = (folder / "log").open("wb")
        self.process = subprocess.Popen(
            [python.parent / "mlserver", "start", "."], cwd=folder, stdout=self.log,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        end = time.monotonic() + READY_S
        while not self._is_ready():
            assert self.process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < end, (folder / "log").read_text()
            time.sleep(0.1)

    def _is_ready(self):
        with contextlib.suppress(OSError):
            return self.ask("GET", "/v2/models/iris/ready")[0] == 200
        return False

    def ask(self, method, path, body=None):
        """Status, headers, body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, {"content-type": "application/json"})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def close(self):
        """End it."""
        self.process.terminate()
        self.process.wait(20)
        self.log.close()


def free_ports(count):
    """Ports that nobody listens on."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


@pytest.fixture(scope="module")
def iris(tmp_path_factory):
    server = MLServer(tmp_path_factory.mktemp("iris"))
    yield server
    server.close()


def called(iris, rows, call):
    """Ask the model about rows; request and response, each with its headers, as they are sent on.

    Whoever sends them on, a proxy or a logger, sets the times and says which is the request.
    """
    tensor = {"name": "x", "datatype": "FP64", "shape": [len(rows), 4], "data": rows}
    outputs = [{"name": "predict"}, {"name": "predict_proba"}]
    asked = json.dumps({"id": call, "inputs": [tensor], "outputs": outputs}).encode()
    start = now()
    status, headers, said = iris.ask("POST", "/v2/models/iris/infer", asked)
    assert status == 200, said
    end = now()
    own = {name: one for name, one in headers.items() if name.startswith("ce-")}
    kind = headers["content-type"]
    first = {**own, "ce-type": "io.seldon.serving.inference.request", "ce-time": start}
    return (
        (asked, {**first, "content-type": kind}),
        (said, {**own, "ce-time": end, "content-type": kind}),
    )


def now():
    return datetime.now(UTC).isoformat()


def post(live, side):
    status, _, said = live.ask("POST", "/v1/cloudevents", *side)
    assert status == 200, said
    return json.loads(said)


def stored(folder, ids):
    """Rows of the model's events by id, as the log holds them."""
    log = LocalLog(folder, readonly=True)
    try:
        found = log.find("iris", pa.array(ids), None)
        return {row["_id"]: row for _, batch in found for row in batch.to_pylist()}
    finally:
        log.close()


def test_calls_become_events_across_a_crash(iris, tmp_path):
    known = iris.known
    calls = {f"call-{at}": [row] for at, row in enumerate(known["rows"])}
    calls["both"] = known["rows"][:2]
    with LiveServer(tmp_path / "data") as live:
        made = {call: called(iris, rows, call) for call, rows in calls.items()}
        for request, _ in made.values():
            assert post(live, request)["accepted"] == 1
        live.kill()  # every request is durable, no response has come
        live.start()
        for _, response in made.values():
            post(live, response)
        again = post(live, made["both"][0])
        assert (again["accepted"], again["duplicates"]) == (0, 1)
        live.settled("iris", len(known["rows"]) + 2)
        assert live.stop() == 0
    counted = stored_ids(tmp_path / "data", "iris")
    assert set(counted.values()) == {1}
    assert len(counted) == len(known["rows"]) + 2
    rows = stored(tmp_path / "data", sorted(counted))
    names = [*(f"call-{at}" for at in range(len(known["rows"]))), "both#0", "both#1"]
    for place, name in enumerate(names):
        place = place if name.startswith("call") else int(name[-1])
        row = rows[name]
        assert [row[f"x_{at}"] for at in range(1, 5)] == known["rows"][place]
        assert row["prediction"] == known["classes"][place]
        scores = [row[f"score.{at}"] for at in range(3)]
        assert scores == pytest.approx(known["chances"][place])
        assert row["_version"] == "v3"
        assert 0 < row["latency_s"] < 10
        assert json.loads(row["_rest"])["source"] == "io.seldon.serving.deployment.mlserver"
