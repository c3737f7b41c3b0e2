"""Make `vllm.otlp`: what vLLM 0.33 says of a request, as its source has it.

vLLM itself needs a GPU's libraries, so the span is written here, with OpenTelemetry's SDK, by the
names of `vllm/tracing` and in the way of `OutputProcessor.do_tracing`.

    python -m venv V && V/bin/pip install -r requirements-otel.txt && V/bin/python make_vllm.py
"""

from calls import make
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

ASKED = {
    "gen_ai.request.temperature": 0.2,
    "gen_ai.request.top_p": 1.0,
    "gen_ai.request.max_tokens": 100,
    "gen_ai.request.n": 1,
}
TOLD = {
    "gen_ai.latency.time_to_first_token": 0.25,
    "gen_ai.latency.e2e": 0.85,
    "gen_ai.latency.time_in_queue": 0.1,
    "gen_ai.usage.prompt_tokens": 21,
    "gen_ai.usage.completion_tokens": 9,
    "gen_ai.latency.time_in_model_prefill": 0.15,
    "gen_ai.latency.time_in_model_decode": 0.6,
    "gen_ai.latency.time_in_model_inference": 0.75,
    "gen_ai.request.id": "cmpl-1",
}


def _request(url: str) -> None:
    """Two requests: one as all releases tell it, one of a release that names its model."""
    tracer = trace.get_tracer("vllm.llm_engine")
    for attributes in (TOLD | ASKED, TOLD | {"gen_ai.response.model": "llama-4"}):
        with tracer.start_as_current_span("llm_request", kind=trace.SpanKind.SERVER) as span:
            span.set_attributes(attributes)


def _nothing(provider: TracerProvider) -> None:
    """vLLM traces itself."""


make("vllm", ("opentelemetry-sdk",), _nothing, _request)
