"""Spans of about 1 KB as a tracer of language models sends them.

Owns: making requests of OTLP over HTTP in protobuf, equal on every machine.  Does not own: sending
them, what is measured.

What a span says is what a real one does: ids are random, texts are words of a language drawn as
often as such are used, names and settings repeat.
"""

import random

import msgspec
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

WORDS = 4_000  # of the language
RESOURCE = {
    "service.name": "support-agent", "service.version": "1.8.2",
    "service.instance.id": "support-agent-7d9c5b6f4-x2k8p",
    "deployment.environment.name": "production", "telemetry.sdk.name": "opentelemetry",
    "telemetry.sdk.language": "python", "telemetry.sdk.version": "1.41.0",
}  # fmt: skip


def requests(count: int, each: int, start: int, step: int, seed: int = 1) -> list[bytes]:
    """Bodies of `each` spans; every span is a trace of its own.  Units: nanoseconds."""
    luck = random.Random(seed)
    words = [_word(luck) for _ in range(WORDS)]
    weights = [1 / (rank + 3) for rank in range(WORDS)]  # Zipf's law
    made = []
    for first in range(0, count, each):
        request = ExportTraceServiceRequest()
        of_one = request.resource_spans.add()
        of_one.resource.attributes.extend(_pairs(RESOURCE))
        scope = of_one.scope_spans.add()
        scope.scope.name, scope.scope.version = "opentelemetry.util.genai", "1.3b0"
        for number in range(first, min(first + each, count)):
            scope.spans.append(_span(luck, words, weights, start + number * step))
        made.append(request.SerializeToString())
    return made


def _span(luck: random.Random, words: list[str], weights: list[float], start: int) -> Span:
    asked, told = luck.randrange(15, 50), luck.randrange(20, 60)
    question, answer = (" ".join(luck.choices(words, weights, k=n)) for n in (asked, told))
    failed = luck.random() < 0.01
    span = Span(
        trace_id=luck.randbytes(16), span_id=luck.randbytes(8), parent_span_id=luck.randbytes(8),
        name="chat gpt-5.2", kind=Span.SPAN_KIND_CLIENT, start_time_unix_nano=start,
        end_time_unix_nano=start + int(luck.lognormvariate(-0.5, 0.6) * 1e9),
    )  # fmt: skip
    given = {
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-5.2", "gen_ai.response.model": "gpt-5.2-2026-03-01",
        "gen_ai.response.id": f"chatcmpl-{luck.randbytes(9).hex()}",
        "gen_ai.request.temperature": 0.2, "gen_ai.request.max_tokens": 1024,
        "gen_ai.usage.input_tokens": 4 * asked // 3, "gen_ai.usage.output_tokens": 4 * told // 3,
        "gen_ai.conversation.id": f"c-{luck.randrange(10**6)}",
        "server.address": "api.openai.com", "server.port": 443,
        "gen_ai.input.messages": _messages("user", question, ""),
    }  # fmt: skip
    if failed:
        given["error.type"] = "RateLimitError"
        span.status.code = Status.STATUS_CODE_ERROR
    else:
        given["gen_ai.output.messages"] = _messages("assistant", answer, "stop")
    span.attributes.extend(_pairs(given))
    return span


def _messages(role: str, text: str, finish: str) -> str:
    message = {"role": role, "parts": [{"type": "text", "content": text}]}
    if finish:
        message["finish_reason"] = finish
    return msgspec.json.encode([message]).decode()


def _pairs(given: dict[str, object]) -> list[KeyValue]:
    pairs = []
    for key, value in given.items():
        pair = KeyValue(key=key)
        kind = {str: "string_value", int: "int_value", float: "double_value"}[type(value)]
        setattr(pair.value, kind, value)
        pairs.append(pair)
    return pairs


def _word(luck: random.Random) -> str:
    return "".join(
        luck.choice("bcdfglmnprst") + luck.choice("aeiou") for _ in range(_syllables(luck))
    )


def _syllables(luck: random.Random) -> int:
    return luck.choice((1, 2, 2, 3, 3, 4))
