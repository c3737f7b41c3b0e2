"""Spans that the real tracers made of the real clients' calls, in vedette's columns.

`data/genai/make_*.py` say how the files were made, and each file's resource by which versions.
"""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.golden.genai_table import DATA, PAGE, attributes, page, spans

from vedette.ingest.foreign import Asked
from vedette.ingest.genai.dialects import MEMBERS, TABLE
from vedette.ingest.genai.normalise import Normal
from vedette.ingest.limits import Limits
from vedette.ingest.otlp.records import read_logs
from vedette.ingest.otlp.telemetry import Telemetry
from vedette.ingest.otlp.traces import read_traces

RECEIVED = 1_800_000_000 * 10**9  # later than all of it
ASKED, INSTRUCTED = "How is the weather in Paris?", "You tell the weather."
ANSWER, CALLED = "It is sunny in Paris.", 'weather({"city":"Paris"})'
OPENAI = {
    "operation": "chat", "provider": "openai", "request_model": "gpt-5.2",
    "response_model": "gpt-5.2-2026-08-01", "input_tokens": 21, "output_tokens": 9,
    "cache_read_tokens": 8, "reasoning_tokens": 4,
}  # fmt: skip
ANTHROPIC = {
    "operation": "chat", "provider": "anthropic", "request_model": "claude-5",
    "response_model": "claude-5-20260801", "input_tokens": 20, "output_tokens": 7,
    "cache_read_tokens": 5, "cache_write_tokens": 3, "max_tokens": 100,
}  # fmt: skip
_WHOLE = {"input": ASKED, "instructions": INSTRUCTED, "output": ANSWER, "finish_reason": "stop"}
_TOOL = {"input": ASKED, "output": CALLED, "finish_reason": "tool_call"}
_FAILED = {"operation": "chat", "request_model": "missing", "input": ASKED}
# What was asked and answered, in the order of `data/genai/calls.py`; streams without their times.
CALLS: Mapping[str, list[dict[str, Any]]] = {
    "openai": [
        {**OPENAI, **_WHOLE, "temperature": 0.2, "max_tokens": 100},
        {**OPENAI, **_WHOLE, "stream": True},
        {**OPENAI, **_TOOL},
        {
            "operation": "embeddings", "provider": "openai", "request_model": "text-embedding-4",
            "response_model": "text-embedding-4", "input_tokens": 6, "input": "sun",
        },
        {**_FAILED, "provider": "openai", "instructions": INSTRUCTED},
    ],
    "anthropic": [
        {**ANTHROPIC, **_WHOLE},
        {**ANTHROPIC, **_WHOLE, "stream": True},
        {**ANTHROPIC, **_TOOL},
        {**_FAILED, "provider": "anthropic", "max_tokens": 100},
    ],
}  # fmt: skip
# Scopes of each file, and what such spans do not tell, wherever it was asked for.
_NO_TEXT = {"input", "output", "instructions"}
LACKING: Mapping[tuple[str, str, str], set[str]] = {
    ("otel", "openai", "opentelemetry.instrumentation.genai.openai"): set(),
    ("otel", "anthropic", "opentelemetry.instrumentation.genai.anthropic"): set(),
    ("otel", "anthropic", "com.anthropic.sdk.python"): _NO_TEXT,
    ("otel_137", "openai", "opentelemetry.util.genai.handler"): {
        "cache_read_tokens", "reasoning_tokens", "stream",
    },
    ("otel_136", "openai", "opentelemetry.instrumentation.openai_v2"): {
        "cache_read_tokens", "reasoning_tokens", "stream", *_NO_TEXT,
    },
    ("openllmetry", "openai", "opentelemetry.instrumentation.openai.v1"): set(),
    ("openllmetry", "anthropic", "opentelemetry.instrumentation.anthropic"): set(),
    ("openllmetry_047", "openai", "opentelemetry.instrumentation.openai.v1"): set(),
    ("openllmetry_047", "anthropic", "opentelemetry.instrumentation.anthropic"): {"max_tokens"},
    ("openinference", "openai", "openinference.instrumentation.openai"): set(),
    ("openinference", "anthropic", "openinference.instrumentation.anthropic"): set(),
    ("mlflow", "openai", "mlflow.tracing.provider"): {"provider", "reasoning_tokens"},
}  # fmt: skip
# What single calls lack, or say otherwise: a tracer's own doing.
ODD: Mapping[tuple[str, str, int], dict[str, Any]] = {
    ("otel", "openai", 3): {"input": None},
    ("otel_137", "openai", 3): {"input": None},
    ("otel_136", "openai", 1): {"finish_reason": None},
    ("openllmetry", "openai", 1): {"reasoning_tokens": None},
    ("openllmetry_047", "openai", 1): {"reasoning_tokens": None},
    ("mlflow", "openai", 3): {"input_tokens": None},
    # It adds up what each part of a stream says of its output so far.
    ("openllmetry", "anthropic", 1): {"output_tokens": 8},
    ("openllmetry_047", "anthropic", 1): dict.fromkeys(
        ("response_model", "input_tokens", "output_tokens", "cache_read_tokens",
         "cache_write_tokens")
    ),
}  # fmt: skip
_TIMES = {"first_token_s", "decode_s"}


@pytest.mark.parametrize(("name", "provider", "scope"), LACKING)
def test_a_call_says_the_same_whoever_traced_it(name: str, provider: str, scope: str) -> None:
    found = spans(name)
    mine = [one for at in (scope, "opentelemetry.instrumentation.openai_v2") for one in
            found.get(at, []) if at == scope or "embeddings" in one[1].genai_operation]  # fmt: skip
    lacking = LACKING[name, provider, scope]
    for at, call in enumerate(CALLS[provider]):
        want = {column: one for column, one in call.items() if column not in lacking}
        want |= ODD.get((name, provider, at), {})
        if name == "openllmetry_047" and provider == "anthropic":
            want["operation"] = "text_completion"  # so it calls whatever Anthropic is asked
            if at == 3:
                continue  # it leaves no span of a call that failed
        span, normal = next(one for one in mine if _is(one, call))
        got = {column: normal.fields.get(column) for column in want}
        assert got == want, (name, at)
        if "missing" in call.values():
            assert normal.fields["error_type"].lower().replace("_", "").endswith("error")
        else:
            assert "error_type" not in normal.fields
        assert set(normal.rest) <= set(attributes(span))
        mine.remove((span, normal))


def _is(one: tuple[Any, Normal], call: Mapping[str, Any]) -> bool:
    """Whether a span tells of a call; those of one kind come in their order."""
    fields = one[1].fields
    return (
        fields.get("request_model") == call["request_model"]
        and fields.get("finish_reason", call.get("finish_reason")) == call.get("finish_reason")
        and bool(fields.get("stream", call.get("stream"))) == bool(call.get("stream"))
    )


def test_vllm_tells_where_the_time_went() -> None:
    whole, named = (normal for _, normal in spans("vllm")["vllm.llm_engine"])
    assert whole.fields == {
        "operation": "text_completion", "provider": "vllm", "input_tokens": 21, "output_tokens": 9,
        "first_token_s": 0.25, "queue_s": 0.1, "prefill_s": 0.15, "decode_s": 0.6,
        "per_token_s": 0.075, "temperature": 0.2, "top_p": 1.0, "max_tokens": 100, "choices": 1,
    }  # fmt: skip
    assert named.called == ("llama-4", "llama-4")


@pytest.mark.parametrize("name", sorted(path.stem for path in DATA.glob("*.otlp")))
def test_nothing_of_a_span_is_lost(name: str) -> None:
    """What is not kept as it came is in a column, or a total of two columns."""
    names = {one for row in TABLE for told in row.names.values() for one in told} | set(MEMBERS)
    prefixes = tuple(one for one in names if one.endswith("."))
    for of_scope in spans(name).values():
        for span, normal in of_scope:
            for attribute, told in attributes(span).items():
                if attribute in normal.rest:
                    assert normal.rest[attribute] == told
                else:
                    assert attribute in names or attribute.startswith(prefixes)


def test_the_page_shows_what_each_tracer_tells() -> None:
    written = PAGE.read_text()
    assert written == page(written), "run python -m tests.golden.genai_table"


def test_a_call_that_two_spans_tell_of_counts_once() -> None:
    """Anthropic's client traces itself below whoever traces it."""
    body = (DATA / "otel.otlp").read_bytes()
    asked = Asked({"content-type": "application/x-protobuf"}, RECEIVED, Limits())
    taken = read_traces(body, asked).models
    counts = {model: decoded.rows.num_rows for model, decoded in taken.items() if decoded.rows}
    assert counts == {
        "gpt-5.2": 4, "text-embedding-4": 1, "missing": 2, "claude-5": 3, "weather-bot": 4,
    }  # fmt: skip
    calls = taken["claude-5"].rows
    assert calls is not None
    assert calls["output_tokens"].to_pylist() == [7, 7, 7]
    assert calls["input"].to_pylist() == [ASKED] * 3
    inner = taken["weather-bot"].rows
    assert inner is not None
    assert set(inner["_parent_id"].to_pylist()) >= set(calls["_span_id"].to_pylist())


def test_texts_that_come_apart_are_those_that_spans_tell() -> None:
    """OpenTelemetry's instrumentations with `EVENT_ONLY`; embeddings have none."""
    asked = Asked({"content-type": "application/x-protobuf"}, RECEIVED, Limits())
    telemetry = Telemetry()
    read_logs((DATA / "otel_events.logs").read_bytes(), asked, telemetry)
    taken = read_traces((DATA / "otel_events.traces").read_bytes(), asked, telemetry).models
    assert all(decoded.parts is None for decoded in taken.values())
    told = ("input", "output", "instructions", "finish_reason")
    found = {
        model: [{name: row.get(name) for name in told} for row in decoded.rows.to_pylist()]
        for model, decoded in taken.items()
        if decoded.rows is not None
    }
    chats = [{name: call.get(name) for name in told} for call in CALLS["openai"]]
    assert found["gpt-5.2"] == [*chats[:3], chats[0]]
    assert found["claude-5"] == [
        {name: call.get(name) for name in told} for call in CALLS["anthropic"][:3]
    ]
    assert found["missing"] == [
        {name: call.get(name) for name in told} for call in (chats[4], CALLS["anthropic"][3])
    ]
    assert found["text-embedding-4"] == [dict.fromkeys(told)]
