"""The calls of models that every tracer's fixture holds.

Owns: the calls, by the real clients of OpenAI and Anthropic, and exporting what was traced of
them.  Does not own: the server that answers (`fake_models.py`), the tracers (`make_*.py`).

It runs in the environments of tracers, where vedette is not installed.
"""

from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from fake_models import running
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

HERE = Path(__file__).resolve().parent
SYSTEM = "You tell the weather."
ASKED = "How is the weather in Paris?"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOL = {"name": "weather", "description": "Tells the weather", "parameters": SCHEMA}


def make(name: str, packages: tuple[str, ...], instrument: Callable[[TracerProvider], None],
         *calls: Callable[[str], None]) -> None:  # fmt: skip
    """Trace the calls, and write what the exporter sent to `NAME.otlp`; the packages' versions go
    into the resource."""
    versions = {f"made.{package}": version(package) for package in packages}
    provider = TracerProvider(resource=Resource({"service.name": "weather-bot", **versions}))
    trace.set_tracer_provider(provider)
    instrument(provider)
    with running() as server:
        exporter = OTLPSpanExporter(endpoint=f"{server.url}/v1/traces")
        provider.add_span_processor(BatchSpanProcessor(exporter))
        for call in calls:
            call(server.url)
        provider.force_flush()
        (body,) = server.traces
        provider.shutdown()
    (HERE / f"{name}.otlp").write_bytes(body)


def openai_calls(url: str) -> None:
    """A chat, a streamed one, a call of a tool, an embedding, a model that is not there."""
    import openai

    client = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": ASKED}]
    chat = client.chat.completions
    chat.create(model="gpt-5.2", messages=messages, temperature=0.2, max_tokens=100)
    streamed = chat.create(
        model="gpt-5.2", messages=messages, stream=True, stream_options={"include_usage": True}
    )
    assert len(list(streamed)) == 8
    chat.create(
        model="gpt-5.2", messages=messages[1:], tools=[{"type": "function", "function": TOOL}]
    )
    client.embeddings.create(model="text-embedding-4", input="sun", encoding_format="float")
    with suppress(openai.NotFoundError):
        chat.create(model="missing", messages=messages)


def openai_responses(url: str) -> None:
    """A call of the newer interface."""
    import openai

    client = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
    client.responses.create(
        model="gpt-5.2", instructions=SYSTEM, input=ASKED, temperature=0.2, max_output_tokens=100
    )


def anthropic_calls(url: str) -> None:
    """A message, a streamed one, a call of a tool, a model that is not there."""
    import anthropic

    client = anthropic.Anthropic(base_url=url, api_key="none", max_retries=0)
    asked = {
        "model": "claude-5", "max_tokens": 100, "messages": [{"role": "user", "content": ASKED}],
    }  # fmt: skip
    client.messages.create(**asked, system=SYSTEM)
    assert len(list(client.messages.create(**asked, system=SYSTEM, stream=True))) == 7
    tool = {"name": "weather", "description": "Tells the weather", "input_schema": SCHEMA}
    client.messages.create(**asked, tools=[tool])
    with suppress(anthropic.NotFoundError):
        client.messages.create(**{**asked, "model": "missing"})
