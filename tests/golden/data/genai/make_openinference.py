"""Make `openinference.otlp`: the instrumentations of OpenInference (Phoenix, Arize).

python -m venv V && V/bin/pip install -r requirements-openinference.txt
V/bin/python make_openinference.py
"""

from calls import anthropic_calls, make, openai_calls, openai_responses
from opentelemetry.sdk.trace import TracerProvider


def _instrument(provider: TracerProvider) -> None:
    from openinference.instrumentation.anthropic import AnthropicInstrumentor
    from openinference.instrumentation.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument(tracer_provider=provider)
    AnthropicInstrumentor().instrument(tracer_provider=provider)


make(
    "openinference",
    ("openinference-instrumentation-openai", "openinference-instrumentation-anthropic",
     "openinference-semantic-conventions", "openai", "anthropic"),
    _instrument, openai_calls, openai_responses, anthropic_calls,
)  # fmt: skip
