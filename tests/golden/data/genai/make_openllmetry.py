"""Make `openllmetry.otlp` and `openllmetry_047.otlp`: two ages of OpenLLMetry (traceloop).

    python -m venv V && V/bin/pip install -r requirements-openllmetry.txt
    V/bin/python make_openllmetry.py

The older one, which has the older names, needs `requirements-openllmetry-047.txt`.
"""

from importlib.metadata import version

from calls import anthropic_calls, make, openai_calls
from opentelemetry.sdk.trace import TracerProvider


def _instrument(provider: TracerProvider) -> None:
    from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor
    from opentelemetry.instrumentation.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument(tracer_provider=provider)
    AnthropicInstrumentor().instrument(tracer_provider=provider)


OLD = version("opentelemetry-instrumentation-openai").startswith("0.47.")
make(
    "openllmetry_047" if OLD else "openllmetry",
    ("opentelemetry-instrumentation-openai", "opentelemetry-instrumentation-anthropic",
     "opentelemetry-semantic-conventions-ai", "openai", "anthropic"),
    _instrument, openai_calls, anthropic_calls,
)  # fmt: skip
