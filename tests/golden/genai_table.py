"""What each tracer tells of a call, as a table in `docs/genai.md`.

Owns: reading spans that tracers made, and the table.  Does not own: what spans should say
(`test_genai`), the rest of the page.

    python -m tests.golden.genai_table      # writes the table
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from vedette.ingest.genai.normalise import Normal, normalised
from vedette.ingest.genai.timing import put_times

DATA = Path(__file__).parent / "data" / "genai"
PAGE = Path(__file__).parents[2] / "docs" / "genai.md"
START, END = "<!-- drawn from the fixtures -->\n", "<!-- end -->\n"
# Columns of the table: whose spans, in which file, made by which scope, of which provider.
TRACERS = (
    ("OpenTelemetry util-genai 1.3b0", "otel", "opentelemetry.instrumentation.genai.", "openai"),
    ("", "otel", "opentelemetry.instrumentation.genai.", "anthropic"),
    ("OpenTelemetry openai-v2 2.4b0, opted in", "otel_137", "opentelemetry.", "openai"),
    ("OpenTelemetry openai-v2 2.4b0", "otel_136", "opentelemetry.", "openai"),
    ("Anthropic's own client 2.14", "otel", "com.anthropic.", "anthropic"),
    ("OpenLLMetry 0.62", "openllmetry", "opentelemetry.", "openai"),
    ("", "openllmetry", "opentelemetry.", "anthropic"),
    ("OpenLLMetry 0.47", "openllmetry_047", "opentelemetry.", "openai"),
    ("", "openllmetry_047", "opentelemetry.", "anthropic"),
    ("OpenInference (openai 0.1.66, anthropic 3.1)", "openinference", "openinference.", "openai"),
    ("", "openinference", "openinference.", "anthropic"),
    ("MLflow 3.17", "mlflow", "mlflow.", "openai"),
    ("vLLM 0.33 (by its source)", "vllm", "vllm.", ""),
)
COLUMNS = (
    "operation", "provider", "request_model", "response_model", "input_tokens", "output_tokens",
    "cache_read_tokens", "cache_write_tokens", "reasoning_tokens", "first_token_s", "per_token_s",
    "queue_s", "finish_reason", "error_type", "temperature", "max_tokens", "stream", "input",
    "output", "instructions",
)  # fmt: skip


def value(told: Any) -> Any:
    """An attribute's value in Python."""
    kind = told.WhichOneof("value")
    if kind == "array_value":
        return [value(one) for one in told.array_value.values]
    if kind == "kvlist_value":
        return {one.key: value(one.value) for one in told.kvlist_value.values}
    return getattr(told, kind) if kind else None


def attributes(told: Any) -> dict[str, Any]:
    """Attributes of a span or an event."""
    return {one.key: value(one.value) for one in told.attributes}


def spans(name: str) -> dict[str, list[tuple[Any, Normal]]]:
    """The spans of a file by the scope that made them, each with what vedette makes of it."""
    body = ExportTraceServiceRequest.FromString((DATA / f"{name}.otlp").read_bytes())
    return {
        scope.scope.name: [(span, _normal(span)) for span in scope.spans]
        for scope in body.resource_spans[0].scope_spans
    }


def _normal(span: Any) -> Normal:
    """A span as it becomes an event."""
    start, end = span.start_time_unix_nano, span.end_time_unix_nano
    events = [(event.name, attributes(event)) for event in span.events]
    normal = normalised(span.name, attributes(span), events)
    marks = [(event.name, (event.time_unix_nano - start) / 1e9) for event in span.events]
    put_times(normal.fields, (end - start) / 1e9, marks)
    return normal


def page(text: str) -> str:
    """The page with the table as the files have it."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return before + START + "\n".join(_lines()) + "\n" + END + after


def _lines() -> Iterator[str]:
    told = [_columns(file, scope, provider) for _, file, scope, provider in TRACERS]
    providers = [provider or "any" for *_, provider in TRACERS]
    names = [name or "same" for name, *_ in TRACERS]
    yield "| column | " + " | ".join(names) + " |"
    yield "|---" * (len(TRACERS) + 1) + "|"
    yield "| *provider* | " + " | ".join(providers) + " |"
    for column in COLUMNS:
        cells = ("yes" if column in one else "" for one in told)
        yield f"| `{column}` | " + " | ".join(cells) + " |"


def _columns(file: str, scope: str, provider: str) -> set[str]:
    """The columns that any of a tracer's spans of a provider fills."""
    found: set[str] = set()
    for name, group in spans(file).items():
        for _, normal in group:
            # MLflow does not say whose model it is; the file's calls are of OpenAI only.
            mine = not provider or normal.fields.get("provider", "openai") == provider
            if name.startswith(scope) and mine:
                found |= normal.fields.keys()
    return found


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
