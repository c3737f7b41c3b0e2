"""Make `otel.otlp`: OpenTelemetry's own instrumentations, newest names, texts on spans.

python -m venv V && V/bin/pip install -r requirements-otel.txt && V/bin/python make_otel.py
"""

import os

from calls import anthropic_calls, make, openai_calls, openai_responses
from opentelemetry.sdk.trace import TracerProvider

os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "gen_ai_latest_experimental"
os.environ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "SPAN_ONLY"


def _instrument(provider: TracerProvider) -> None:
    from opentelemetry.instrumentation.genai.anthropic import AnthropicInstrumentor
    from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument(tracer_provider=provider)
    AnthropicInstrumentor().instrument(tracer_provider=provider)


make(
    "otel",
    ("opentelemetry-util-genai", "opentelemetry-instrumentation-genai-openai",
     "opentelemetry-instrumentation-genai-anthropic", "openai", "anthropic"),
    _instrument, openai_calls, openai_responses, anthropic_calls,
)  # fmt: skip
