"""MLflow's tracing traces the real client of OpenAI, and sends its spans to a server.

Owns: the journey from a traced call to the event on its page.  Does not own: columns of spans
(`tests/golden/test_genai.py`), files of MLflow (`tests/unit/ingest/readers/test_mlflow.py`).
"""

import os
import subprocess
from pathlib import Path

import pytest
from tests.journeys.live_server import LiveServer
from tests.peers import python_of

HELPERS = Path(__file__).parents[1] / "golden" / "data" / "genai"
# It runs in MLflow's own environment: the calls are those of the fixtures.
TRACED = """
import sys, time
sys.path.insert(0, sys.argv[1])
import mlflow
from calls import openai_calls
from fake_models import running

mlflow.openai.autolog()
with running() as server:
    mlflow.trace(openai_calls, name="ask", span_type="AGENT")(server.url)
time.sleep(1)  # its exporter sends five times in it
"""


@pytest.mark.peer
def test_calls_that_mlflow_traced_are_events_with_texts_and_tokens(tmp_path):
    python = python_of("mlflow")
    with LiveServer(tmp_path / "data") as server:
        told = {
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"http://127.0.0.1:{server.port}/v1/traces",
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
            "OTEL_BSP_SCHEDULE_DELAY": "200",
            "MLFLOW_TRACKING_URI": "http://127.0.0.1:9",  # nobody: what it keeps is not asked for
        }
        command = [python, "-c", TRACED, str(HELPERS)]
        done = subprocess.run(command, env={**os.environ, **told}, cwd=tmp_path, timeout=60,
                              capture_output=True, text=True, check=False)  # fmt: skip
        assert done.returncode == 0, done.stderr
        server.settled("gpt-5.2", 3)
        server.settled("text-embedding-4", 1)
        server.settled("missing", 1)
        listed = server.get("/api/v1/models/gpt-5.2/events")["events"]
        events = [server.get(f"/api/v1/models/gpt-5.2/events/{one['_id']}") for one in listed]
        values = [{one["column"]: one["value"] for one in event["columns"]} for event in events]
        assert sorted(one["finish_reason"] for one in values) == ["stop", "stop", "tool_call"]
        assert {(one["input_tokens"], one["output_tokens"]) for one in values} == {(21, 9)}
        assert "It is sunny in Paris." in {one["output"] for one in values}
        [stream] = [one for one in values if one.get("stream")]
        assert 0 <= stream["first_token_s"] < 10
        assert server.get("/api/v1/models/missing/events")["events"]
