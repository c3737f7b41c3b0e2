"""Make the metrics texts of real model servers beside this file.

Each in an environment of its own, with what it is called on PyPI (mlserver mlserver-sklearn;
bentoml; kserve; ray[serve]; pytriton nvidia-pytriton, which has Triton's server within):

    python -m venv ENV; ENV/bin/pip install bentoml
    ENV/bin/python tests/golden/data/scrape/make_texts.py bentoml

A server on loopback answers REQUESTS good requests and shows its metrics (NAME_1.txt), then MORE
good and BAD bad ones, and shows them again (NAME_2.txt).  node: Debian's prometheus-node-exporter,
twice, ten seconds apart.  What needs a GPU has texts written after its documentation: vllm, tgi,
dcgm, and triton beside pytriton, which needs none.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from signal import SIGINT, SIGTERM

HERE = Path(__file__).parent
REQUESTS, MORE, BAD = 10, 25, 5
PORT, METRICS = 18930, 18931

MODEL = """
import joblib, numpy as np
from sklearn.linear_model import LogisticRegression
x = np.arange(40.0).reshape(20, 2)
joblib.dump(LogisticRegression().fit(x, x[:, 0] > 20), "model.joblib")
"""
BENTO = """
import bentoml
@bentoml.service
class Fraud:
    @bentoml.api
    def score(self, amount: float) -> float:
        if amount < 0:
            raise bentoml.exceptions.InternalServerError("no such amount")
        return amount / 2
"""
KSERVE = f"""
from kserve import Model, ModelServer
class Fraud(Model):
    def __init__(self):
        super().__init__("fraud")
        self.ready = True
    def predict(self, payload, headers=None):
        return {{"predictions": [sum(row) for row in payload["instances"]]}}
ModelServer(http_port={PORT}, enable_grpc=False, workers=1).start([Fraud()])
"""
RAY = f"""
import time, ray
from ray import serve
ray.init(num_cpus=2, include_dashboard=False, _metrics_export_port={METRICS})
@serve.deployment
class Fraud:
    async def __call__(self, request):
        body = await request.json()
        if body["amount"] < 0:
            raise ValueError("no such amount")
        return body["amount"] / 2
serve.start(http_options={{"port": {PORT}}})
serve.run(Fraud.bind(), name="shop", route_prefix="/")
time.sleep(600)
"""
PYTRITON = f"""
import time
import numpy as np
from pytriton.decorators import batch
from pytriton.model_config import ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig
@batch
def score(x):
    time.sleep(0.005)
    if (x < 0).any():
        raise ValueError("no such amount")
    return [x.sum(axis=1, keepdims=True)]
config = TritonConfig(http_port={PORT}, metrics_port={METRICS}, grpc_port={PORT + 5},
                      metrics_config=["summary_latencies=true"], metrics_interval_ms=500)
with Triton(config=config) as triton:
    triton.bind(model_name="fraud", infer_func=score, config=ModelConfig(max_batch_size=8),
                inputs=[Tensor(name="x", dtype=np.float32, shape=(2,))],
                outputs=[Tensor(name="y", dtype=np.float32, shape=(1,))])
    triton.serve()
"""


def post(path, body):
    """Status of a request."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{PORT}{path}", json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )  # fmt: skip
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def mlserver(folder):
    """Command, path, a good and a bad body, port of the metrics."""
    subprocess.run([sys.executable, "-c", MODEL], cwd=folder, check=True)
    (folder / "settings.json").write_text(json.dumps({
        "http_port": PORT, "grpc_port": PORT + 5, "metrics_port": METRICS, "parallel_workers": 0,
        "host": "127.0.0.1"}))  # fmt: skip
    (folder / "model-settings.json").write_text(json.dumps({
        "name": "fraud", "implementation": "mlserver_sklearn.SKLearnModel",
        "parameters": {"uri": "./model.joblib", "version": "v1"}}))  # fmt: skip
    tensor = {"name": "x", "shape": [1, 2], "datatype": "FP64", "data": [1.0, 2.0]}
    wrong = {**tensor, "shape": [1, 3], "data": [1.0, 2.0, 3.0]}
    command = [str(Path(sys.executable).parent / "mlserver"), "start", "."]
    path = "/v2/models/fraud/infer"
    return command, path, {"inputs": [tensor]}, {"inputs": [wrong]}, METRICS


def bentoml(folder):
    """As mlserver."""
    (folder / "service.py").write_text(BENTO)
    command = [str(Path(sys.executable).parent / "bentoml"), "serve", "service:Fraud",
               "--port", str(PORT), "--host", "127.0.0.1"]  # fmt: skip
    return command, "/score", {"amount": 3.0}, {"amount": -1.0}, PORT


def kserve(folder):
    """As mlserver."""
    (folder / "serve.py").write_text(KSERVE)
    command = [sys.executable, "serve.py"]
    path = "/v1/models/fraud:predict"
    return command, path, {"instances": [[1.0, 2.0]]}, {"instances": [["a", 1.0]]}, PORT


def ray(folder):
    """As mlserver."""
    (folder / "serve.py").write_text(RAY)
    return [sys.executable, "serve.py"], "/", {"amount": 3.0}, {"amount": -1.0}, METRICS


def pytriton(folder):
    """As mlserver; LD_LIBRARY_PATH may have to name the folder of Python's own library."""
    (folder / "serve.py").write_text(PYTRITON)

    def body(amount):
        tensor = {"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [amount, 1.0]}
        return {"inputs": [tensor]}

    return [sys.executable, "serve.py"], "/v2/models/fraud/infer", body(1.0), body(-1.0), METRICS


def _kept(text):
    """Of Ray's half a megabyte what is of deployments and of the node."""
    wanted = r"ray_(serve_(deployment|num_ongoing|replica_proc)|node_(cpu|mem))"
    told = re.compile(rf"(# (HELP|TYPE) )?{wanted}")
    return "".join(line for line in text.splitlines(True) if told.match(line))


def main(name):
    """Make both texts of one server."""
    with tempfile.TemporaryDirectory() as made:
        command, path, good, bad, port = globals()[name](Path(made))
        with subprocess.Popen(command, cwd=made) as process:
            try:
                end = time.monotonic() + 90
                while post(path, good) != 200:
                    assert time.monotonic() < end
                    assert process.poll() is None
                    time.sleep(0.5)
                for part, goods, bads in ((1, REQUESTS - 1, 0), (2, MORE, BAD)):
                    said = [post(path, good) for _ in range(goods)]
                    said += [post(path, bad) for _ in range(bads)]
                    print(name, part, said)
                    time.sleep(12 if name == "ray" else 1)  # Ray gathers every 10 s
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
                        text = answer.read().decode()
                    text = _kept(text) if name == "ray" else text
                    (HERE / f"{name}_{part}.txt").write_text(text)
            finally:
                # What pytriton starts ends with an interrupt only.
                process.send_signal(SIGINT if name == "pytriton" else SIGTERM)


if __name__ == "__main__":
    main(sys.argv[1])
