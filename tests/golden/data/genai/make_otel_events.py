"""Make `otel_events.traces` and `otel_events.logs`: as `otel.otlp`, but texts in events apart.

The environment is that of `make_otel.py`.
"""

import os
from pathlib import Path

from calls import anthropic_calls, openai_calls, openai_responses
from fake_models import running
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "gen_ai_latest_experimental"
os.environ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "EVENT_ONLY"
os.environ["OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT"] = "true"

HERE = Path(__file__).resolve().parent
WHOSE = Resource({"service.name": "weather-bot"})


def _main() -> None:
    from opentelemetry.instrumentation.genai.anthropic import AnthropicInstrumentor
    from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor

    tracers, loggers = TracerProvider(resource=WHOSE), LoggerProvider(resource=WHOSE)
    given = {"tracer_provider": tracers, "logger_provider": loggers}
    OpenAIInstrumentor().instrument(**given)
    AnthropicInstrumentor().instrument(**given)
    with running() as server:
        spans = OTLPSpanExporter(endpoint=f"{server.url}/v1/traces")
        records = OTLPLogExporter(endpoint=f"{server.url}/v1/logs")
        tracers.add_span_processor(BatchSpanProcessor(spans))
        loggers.add_log_record_processor(BatchLogRecordProcessor(records))
        for call in (openai_calls, openai_responses, anthropic_calls):
            call(server.url)
        tracers.force_flush()
        loggers.force_flush()
        (HERE / "otel_events.traces").write_bytes(b"".join(server.traces))
        (HERE / "otel_events.logs").write_bytes(b"".join(server.logs))  # bodies add up
        tracers.shutdown()
        loggers.shutdown()


_main()
