"""Make `otel_137.otlp` and `otel_136.otlp`: OpenTelemetry's former instrumentation of OpenAI.

It writes the names of semantic conventions 1.37 on request, and those of 1.30 by default.

    python -m venv V && V/bin/pip install -r requirements-otel-137.txt
    V/bin/python make_otel_137.py
"""

import os
import subprocess
import sys

from calls import make, openai_calls
from opentelemetry.sdk.trace import TracerProvider

NAMES = {"otel_137": "gen_ai_latest_experimental", "otel_136": "default"}


def _instrument(provider: TracerProvider) -> None:
    from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor

    OpenAIInstrumentor().instrument(tracer_provider=provider)


if len(sys.argv) == 1:  # one process for each: the choice is read once
    for name, names in NAMES.items():
        told = {
            "OTEL_SEMCONV_STABILITY_OPT_IN": names,
            "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT":
                "SPAN_ONLY" if name == "otel_137" else "true",
        }  # fmt: skip
        subprocess.run([sys.executable, __file__, name], env={**os.environ, **told}, check=True)
else:
    packages = ("opentelemetry-instrumentation-openai-v2", "openai")
    make(sys.argv[1], packages, _instrument, openai_calls)
