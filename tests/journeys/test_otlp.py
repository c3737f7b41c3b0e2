"""OpenTelemetry's own SDK sends traces, metrics and logs to a server: stored, found, never lost.

Owns: the journey of OTLP over HTTP and gRPC with real exporters.  Does not own: what single spans
become (`tests/unit/ingest/otlp`).
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.parse
from pathlib import Path

import grpc
import pytest
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpans
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode
from tests.journeys.live_server import SECOND, LiveServer, entries_of

from vedette.stores.local.log import LocalLog
from vedette.stores.store import LOGS, METRICS

ROOT = Path(__file__).resolve().parents[2]
NODE, SCRIPT = ROOT / ".peers" / "node_modules", ROOT / "tests" / "peers" / "send_spans.js"
RESOURCE = Resource.create({"service.name": "shop", "service.version": "1.2"})


@contextlib.contextmanager
def tracing(exporter):
    """A tracer whose spans are all sent at the end."""
    provider = TracerProvider(resource=RESOURCE)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    yield provider.get_tracer("journey")
    provider.shutdown()


def call(tracer, model="gpt-5.2", error=False):
    """A request that asks a language model; the context of the inner span."""
    with (
        tracer.start_as_current_span("POST /ask", kind=SpanKind.SERVER),
        tracer.start_as_current_span(f"chat {model}", kind=SpanKind.CLIENT) as span,
    ):
        span.set_attribute("gen_ai.operation.name", "chat")
        span.set_attribute("gen_ai.request.model", model)
        span.set_attribute("gen_ai.usage.input_tokens", 12)
        if error:
            span.set_status(StatusCode.ERROR, "no more")
            span.record_exception(TimeoutError("no more"))
        return span.get_span_context()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def stored(folder, model, kind="events"):
    log = LocalLog(folder, readonly=True)
    try:
        return [row for batch in log.scan(model, 0, 2**62, None, kind) for row in batch.to_pylist()]
    finally:
        log.close()


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_spans_over_http_are_events(tmp_path, compression):
    with LiveServer(tmp_path / "data") as server:
        url = f"http://127.0.0.1:{server.port}/api/otlp/v1/traces"
        with tracing(OTLPSpanExporter(url, compression=compression)) as tracer:
            asked = [call(tracer, error=number == 3) for number in range(5)]
        view = server.settled("gpt-5.2", 5)
        assert view["rows"] == 5
        identity = f"{asked[3].trace_id:032x}{asked[3].span_id:016x}"
        event = server.get(f"/api/v1/models/gpt-5.2/events/{identity}")
        values = {column["column"]: column["value"] for column in event["columns"]}
        assert values["error_type"] == "TimeoutError"
        assert (values["input_tokens"], values["service"]) == (12, "shop")
        assert event["trace_id"] == f"{asked[3].trace_id:032x}"
    assert {row["span_kind"] for row in stored(tmp_path / "data", "shop")} == {"server"}


def test_spans_over_grpc_and_a_port_of_their_own_are_the_same(tmp_path):
    http, rpc = free_port(), free_port()
    config = f"otlp: {{http_port: {http}, grpc_port: {rpc}}}\n"
    with LiveServer(tmp_path / "data", config) as server:
        with tracing(GrpcSpans(f"http://127.0.0.1:{rpc}", insecure=True)) as tracer:
            call(tracer)
        with tracing(OTLPSpanExporter(f"http://127.0.0.1:{http}/v1/traces")) as tracer:
            call(tracer)
        server.settled("gpt-5.2", 2)
        channel = grpc.insecure_channel(f"127.0.0.1:{rpc}")
        method = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
        with channel, pytest.raises(grpc.RpcError) as refused:
            channel.unary_unary(method)(b"\xff", timeout=10)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.peer
def test_spans_in_json_of_the_exporter_for_javascript(tmp_path):
    node = shutil.which("node")
    if node is None or not (NODE / "@opentelemetry/exporter-trace-otlp-http").is_dir():
        pytest.skip("no Node.js with OpenTelemetry's exporter here: `.ci/run` installs it")
    with LiveServer(tmp_path / "data") as server:
        url = f"http://127.0.0.1:{server.port}/v1/traces"
        done = subprocess.run(
            [node, SCRIPT, url], env={**os.environ, "NODE_PATH": str(NODE)}, timeout=60,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        server.settled("gpt-5.2", 1)
    (row,) = stored(tmp_path / "data", "gpt-5.2")
    assert (row["input_tokens"], row["temperature"], row["finish_reason"]) == (12, 0.5, "stop")
    assert (row["service"], row["operation"]) == ("web", "chat")
    assert json.loads(row["_rest"])["attributes"] == {"own.flag": True}
    (row,) = stored(tmp_path / "data", "web")
    assert (row["error_type"], row["span_kind"], row["_version"]) == ("TypeError", "server", "3")
    assert json.loads(row["_rest"])["status"] == "no such item"


def test_metrics_and_logs_and_the_line_of_a_span(tmp_path):
    with LiveServer(tmp_path / "data") as server:
        url = f"http://127.0.0.1:{server.port}/v1"
        reader = PeriodicExportingMetricReader(OTLPMetricExporter(f"{url}/metrics"), 10**9)
        meters = MeterProvider([reader], resource=RESOURCE)
        meter = meters.get_meter("journey")
        meter.create_gauge("queue").set(3)
        count, took = meter.create_counter("jobs"), meter.create_histogram("took", "ms")
        for _ in range(2):
            count.add(10)
            for value in (20, 30, 40):
                took.record(value)
            time.sleep(0.05)
            meters.force_flush()
        with tracing(OTLPSpanExporter(f"{url}/traces")) as tracer:
            context = call(tracer)
        logs = LoggerProvider(resource=RESOURCE)
        logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(f"{url}/logs")))
        logs.get_logger("journey").emit(
            LogRecord(
                timestamp=time.time_ns(), severity_number=SeverityNumber.WARN, body="slow answer",
                trace_id=context.trace_id, span_id=context.span_id,
            )
        )  # fmt: skip
        logs.shutdown()
        meters.shutdown()
        server.settled("gpt-5.2", 1)
        identity = f"{context.trace_id:032x}{context.span_id:016x}"
        event = server.get(f"/api/v1/models/gpt-5.2/events/{identity}")
        assert [(one["severity"], one["body"]) for one in event["logs"]] == [
            ("warn", "slow answer")
        ]
    readings = {}
    for row in stored(tmp_path / "data", "shop", METRICS):
        readings.setdefault(row["metric"], []).append(row["value"])
    assert readings["queue"][0] == 3
    assert max(readings["jobs.rate"]) > 0
    assert 0.02 <= readings["took.p50"][0] <= 0.05  # seconds
    (line,) = stored(tmp_path / "data", "shop", LOGS)
    assert line["_trace_id"] == f"{context.trace_id:032x}"


def test_a_key_is_asked_for_and_a_wrong_body_is_told(tmp_path):
    with LiveServer(tmp_path / "data") as server:
        kind = {"content-type": "application/json"}
        status, headers, body = server.ask("POST", "/v1/traces", b"[", kind)
        assert (status, headers["content-type"]) == (400, "application/json")
        assert json.loads(body)["code"] == 3
        status, headers, body = server.ask("POST", "/v1/traces", b"{}", kind)
        assert (status, body) == (200, b"{}")
        bad = {"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "x"}]}]}]}
        status, _, body = server.ask("POST", "/v1/traces", json.dumps(bad).encode(), kind)
        assert json.loads(body)["partialSuccess"]["rejectedSpans"] == "1"
        form = urllib.parse.urlencode({"a": 1}).encode()
        assert server.ask("POST", "/v1/logs", form, {"content-type": "text/plain"})[0] == 415


def test_spans_that_were_acknowledged_survive_a_kill(tmp_path):
    with LiveServer(tmp_path / "data") as server:
        url = f"http://127.0.0.1:{server.port}/v1/traces"
        provider = TracerProvider(resource=RESOURCE)
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(url)))
        tracer = provider.get_tracer("journey")
        asked = {f"{call(tracer).span_id:016x}" for _ in range(200)}
        assert provider.force_flush()
        server.kill()
        provider.shutdown()
    assert {row["_span_id"] for row in stored(tmp_path / "data", "gpt-5.2")} == asked


def counted(server, count, buckets, at):
    """Post the cumulative points of a sum and a histogram, as a sender that has run for a day."""
    time = {"timeUnixNano": str(at), "startTimeUnixNano": str(at - 24 * 3600 * SECOND)}
    jobs = {"dataPoints": [{"asInt": str(count), **time}], "isMonotonic": True}
    took = {"dataPoints": [{"count": str(sum(buckets)), "bucketCounts": list(map(str, buckets)),
                            "explicitBounds": [0.1, 0.2], **time}]}  # fmt: skip
    made = [{"name": "jobs", "sum": {**jobs, "aggregationTemporality": 2}},
            {"name": "took", "histogram": {**took, "aggregationTemporality": 2}}]  # fmt: skip
    whose = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
    body = {"resourceMetrics": [{"resource": whose, "scopeMetrics": [{"metrics": made}]}]}
    kind = {"content-type": "application/json"}
    status, _, said = server.ask("POST", "/v1/metrics", json.dumps(body), kind)
    assert (status, said) == (200, b"{}")


def kept_series(data, other_than=()):
    """The last points in a folder's state, once they are others."""
    until = time.monotonic() + 30
    while (found := [entry.body for entry in entries_of(data, "stream")]) == list(other_than):
        assert time.monotonic() < until
        time.sleep(0.05)
    return found


def test_no_interval_of_a_counter_is_lost_when_the_server_is_killed(tmp_path):
    data, now, kept = tmp_path / "data", time.time_ns(), []
    with LiveServer(data) as server:
        for at, count in enumerate((100, 160, 260)):
            counted(server, count, [100, count - 100, 0], now - (60 - 20 * at) * SECOND)
            kept = kept_series(data, kept)
            server.kill()
            server.start()
    log = LocalLog(data, readonly=True)
    found = [row for rows in log.scan("shop", 0, 2**62, None, METRICS) for row in rows.to_pylist()]
    log.close()
    told = {name: sorted(row["value"] for row in found if row["metric"] == name)
            for name in ("jobs.rate", "took.rate", "took.p50")}  # fmt: skip
    assert told == {"jobs.rate": [3.0, 5.0], "took.rate": [3.0, 5.0],
                    "took.p50": pytest.approx([0.15, 0.15])}  # fmt: skip


def spoken(server, number, path, **more):
    """Post a span or a log record of a call, as a sender that tells of texts apart."""
    own = {"traceId": f"{number:032x}", "spanId": f"{number:016x}", **more}
    kind = {"traces": ("resourceSpans", "scopeSpans", "spans"),
            "logs": ("resourceLogs", "scopeLogs", "logRecords")}[path]  # fmt: skip
    whose = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
    body = {kind[0]: [{"resource": whose, kind[1]: [{kind[2]: [own]}]}]}
    headers = {"content-type": "application/json"}
    assert server.ask("POST", f"/v1/{path}", json.dumps(body), headers)[0] == 200


def test_texts_that_come_after_their_call_are_its_own_though_the_server_is_killed(tmp_path):
    now = time.time_ns()
    chat = [{"key": name, "value": {"stringValue": one}} for name, one in (
        ("gen_ai.operation.name", "chat"), ("gen_ai.request.model", "gpt"))]  # fmt: skip
    text = {"kvlistValue": {"values": [{"key": "content", "value": {"stringValue": "Hi"}}]}}
    said = {"timeUnixNano": str(now), "eventName": "gen_ai.user.message", "body": text}
    span = {"startTimeUnixNano": str(now), "endTimeUnixNano": str(now + SECOND), "name": "chat",
            "attributes": chat}  # fmt: skip
    with LiveServer(tmp_path / "data") as server:
        spoken(server, 1, "logs", **said)
        for number in (2, 3):  # the texts of one come before the server is killed, and after
            spoken(server, number, "traces", **span)
            if number == 2:
                spoken(server, number, "logs", **said)
        server.kill()
        server.start()
        spoken(server, 3, "logs", **said)
        server.settled("gpt", 2, 30)
        assert server.stop() == 0
    log = LocalLog(tmp_path / "data", readonly=True)
    found = [row for rows in log.scan("gpt", 0, 2**62) for row in rows.to_pylist()]
    log.close()
    assert sorted((int(row["_span_id"], 16), row["input"]) for row in found) == [
        (2, "Hi"), (3, "Hi"),
    ]  # fmt: skip
