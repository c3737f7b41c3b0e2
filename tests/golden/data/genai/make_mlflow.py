"""Make `mlflow.otlp`, `mlflow.db`, `mlflow_get.json` and `mlflow_traces.jsonl`: MLflow's tracing.

The same calls as MLflow exports them by OTLP, as they lie in its tables (others are dropped, for
they are many and empty), as its server answers, and as its client writes them.

    python -m venv V && V/bin/pip install -r requirements-mlflow.txt && V/bin/python make_mlflow.py
"""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import closing
from pathlib import Path

from calls import ASKED, HERE, openai_calls
from fake_models import Models, running

PORT = 15077
KEPT = ("trace_info", "spans", "assessments", "trace_request_metadata", "trace_tags")


def _traced(server: Models) -> list[str]:
    """The ids of the traces, the first one's last."""
    os.environ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = f"{server.url}/v1/traces"
    os.environ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] = "http/protobuf"
    os.environ["MLFLOW_TRACE_ENABLE_OTLP_DUAL_EXPORT"] = "true"
    os.environ["MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"] = "false"
    import mlflow

    mlflow.set_tracking_uri("sqlite:///mlflow.db")
    mlflow.set_experiment("weather")
    mlflow.openai.autolog()

    @mlflow.trace(span_type="AGENT")
    def agent(question: str) -> str:
        import openai

        told = {"mlflow.trace.session": "s1", "mlflow.trace.user": "u1"}
        mlflow.update_current_trace(metadata=told)
        client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)
        messages = [{"role": "user", "content": question}]
        answer = client.chat.completions.create(model="gpt-5.2-mini", messages=messages)
        return str(answer.choices[0].message.content)

    agent(ASKED)
    openai_calls(server.url)
    time.sleep(7)  # its exporter sends every five seconds
    traces = mlflow.search_traces(return_type="list")
    first = traces[-1].info.trace_id
    mlflow.log_feedback(trace_id=first, name="relevance", value=0.75, rationale="to the point")
    mlflow.log_feedback(trace_id=first, name="polite", value=True)
    mlflow.log_expectation(trace_id=first, name="expected_response", value="Sunny.")
    traces = mlflow.search_traces(return_type="list")
    lines = "".join(f"{trace.to_json()}\n" for trace in traces)
    (HERE / "mlflow_traces.jsonl").write_text(lines)
    return [trace.info.trace_id for trace in traces]


def _answered(trace: str) -> bytes:
    """What MLflow's server says of a trace."""
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", "sqlite:///mlflow.db",
               "--host", "127.0.0.1", "--port", str(PORT), "--workers", "1"]  # fmt: skip
    with subprocess.Popen(command, start_new_session=True) as server:
        try:
            url = f"http://127.0.0.1:{PORT}/api/3.0/mlflow/traces/get?trace_id={trace}"
            for _ in range(60):
                try:
                    with urllib.request.urlopen(url) as answer:
                        return bytes(answer.read())
                except OSError:
                    time.sleep(1)
            raise TimeoutError(url)
        finally:
            os.killpg(server.pid, 15)


def _tables(path: Path) -> None:
    with closing(sqlite3.connect(path)) as state:
        names = [name for (name,) in state.execute("select name from sqlite_master"
                                                   " where type = 'table'")]  # fmt: skip
        for name in names:
            if name not in KEPT and not name.startswith("sqlite_"):
                state.execute(f'drop table "{name}"')
        state.commit()
        state.execute("vacuum")


place = tempfile.mkdtemp()
os.chdir(place)
with running() as server:
    traces = _traced(server)
    (HERE / "mlflow.otlp").write_bytes(server.traces[0])
    assert len(server.traces) == 1
(HERE / "mlflow_get.json").write_bytes(_answered(traces[-1]))
_tables(Path("mlflow.db"))
shutil.copy("mlflow.db", HERE / "mlflow.db")
shutil.rmtree(place)
