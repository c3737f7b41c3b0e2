"""What LiteLLM hands to its callbacks: a `StandardLoggingPayload` for each call, as JSON.

Owns: its members as attributes of a span, what is left out.  Does not own: what those mean
(`ingest.genai`), lines and arrays (`rows`).

Source: LiteLLM 1.106.2, `types/utils.py`, and files that its callbacks wrote.
Traps: `response_time` of a stream ends with the first token, so the times of the call count; a cost
of 0 stands for an unknown price; `completionStartTime` of a whole answer is its end.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from vedette.core.errors import SchemaError
from vedette.ingest.genai.event import sent_of
from vedette.ingest.genai.normalise import normalised
from vedette.ingest.moments import moment
from vedette.ingest.readers.record import Given, Item, Kind, Reader, Record, mapping_of
from vedette.ingest.readers.rows import known_by, rows

# Members -> what OpenTelemetry and its like call them.
NAMES: Mapping[str, str] = MappingProxyType(
    {
        "custom_llm_provider": "gen_ai.provider.name",
        "model": "gen_ai.request.model",
        "prompt_tokens": "gen_ai.usage.input_tokens",
        "completion_tokens": "gen_ai.usage.output_tokens",
        "total_tokens": "llm.token_count.total",
        "response_cost": "llm.cost.total",
        "stream": "gen_ai.request.stream",
        "end_user": "user.id",
        "session_id": "session.id",
        "messages": "gen_ai.input.messages",
        "response": "gen_ai.output.messages",
        "model_parameters": "llm.invocation_parameters",
    }
)
# Within what was answered: the parts of its tokens.
USED: Mapping[tuple[str, ...], str] = MappingProxyType(
    {
        ("prompt_tokens_details", "cached_tokens"): "gen_ai.usage.cache_read.input_tokens",
        ("cache_creation_input_tokens",): "gen_ai.usage.cache_write.input_tokens",
        ("completion_tokens_details", "reasoning_tokens"): "gen_ai.usage.reasoning.output_tokens",
    }
)
CALLS: Mapping[str, str] = MappingProxyType(
    {
        "completion": "chat",
        "responses": "chat",
        "anthropic_messages": "chat",
        "embedding": "embeddings",
    }
)
# Told of elsewhere, or of the price list and not of the call.
LEFT = frozenset(("id", "trace_id", "startTime", "endTime", "model_map_information", "call_type"))
OTHER = "_OTHER"  # what OpenTelemetry calls an error that nobody named


def reader(path: Path, given: Given) -> Reader:
    """Read payloads of one file."""
    return _read


def _read(record: Record) -> Iterable[Item]:
    payload = mapping_of(record)
    if "startTime" not in payload or "model" not in payload:
        raise SchemaError("record", "is no payload of LiteLLM", want="model and startTime")
    start, end = moment(payload["startTime"]), moment(payload["endTime"])
    attributes = dict(_attributes(payload))
    if payload.get("stream"):
        first = moment(payload["completionStartTime"])
        if start <= first < end:
            attributes["gen_ai.response.time_to_first_chunk"] = (first - start) / 1e9
    normal = normalised("", attributes)
    own = {name: NAMES[name] for name in NAMES if NAMES[name] in normal.rest}
    rest = {
        name: _told(value)
        for name, value in payload.items()
        if (name not in NAMES or name in own) and name not in LEFT
    }
    normal.rest.clear()
    event = sent_of(
        normal,
        id=str(payload.get("litellm_call_id") or payload.get("id") or ""),
        time=start,
        latency_s=max(end - start, 0) / 1e9,
        rest={name: value for name, value in rest.items() if value not in (None, "", [], {})},
    )
    event.id = event.id or None
    event.trace_id = str(payload["trace_id"]) if payload.get("trace_id") else None
    yield Item(normal.called[0], event)


def _attributes(payload: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """A payload as the attributes of a span."""
    call = str(payload.get("call_type") or "")
    plain = call.removeprefix("a") if call[1:] in CALLS or call.startswith("atext") else call
    yield "gen_ai.operation.name", CALLS.get(plain, plain or "call")
    for name, attribute in NAMES.items():
        value = payload.get(name)
        if value in (None, "", {}) or not _is_told(name, payload):
            continue
        yield attribute, value
    answer = payload.get("response")
    if isinstance(answer, Mapping):
        if answer.get("model"):
            yield "gen_ai.response.model", answer["model"]
        for place, attribute in USED.items():
            held: Any = answer.get("usage")
            for step in place:
                held = held.get(step) if isinstance(held, Mapping) else None
            if held is not None:
                yield attribute, held
    if payload.get("status") == "failure":
        about = payload.get("error_information") or {}
        yield "error.type", about.get("error_class") or OTHER
        if about.get("error_code"):
            yield "http.response.status_code", about["error_code"]


def _is_told(name: str, payload: Mapping[str, Any]) -> bool:
    """Whether a number says something: a cost of 0 does of an answer that lay in the cache only,
    no tokens do of an answer only."""
    if payload.get(name) != 0:
        return True
    if name == "response_cost":
        return payload.get("cache_hit") is True
    return payload.get("status") != "failure"


def _told(value: Any) -> Any:
    """A value without members that say nothing."""
    if isinstance(value, Mapping):
        return {name: _told(one) for name, one in value.items() if one not in (None, "", [], {})}
    return value


KIND = Kind(
    "What LiteLLM hands to its callbacks",
    ("*.json", "*.jsonl", "*.json.gz", "*.jsonl.gz"),
    rows,
    reader,
    known_by,
)
