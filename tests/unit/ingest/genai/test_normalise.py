"""What a span tells in vedette's columns."""

from typing import Any

import pytest

from vedette.ingest.genai.normalise import normalised

TEXT = [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]
# One call in every dialect, of the same model with the same tokens.
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "otel": ("chat m", {
        "gen_ai.operation.name": "chat", "gen_ai.request.model": "m",
        "gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 3,
        "gen_ai.usage.cache_write.input_tokens": 2,
    }),
    "otel-1.37": ("chat m", {
        "gen_ai.operation.name": "chat", "gen_ai.request.model": "m",
        "gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 3,
        "gen_ai.usage.cache_creation.input_tokens": 2,
    }),
    "otel-1.36": ("openai.chat", {
        "llm.request.type": "chat", "gen_ai.request.model": "m",
        "gen_ai.usage.prompt_tokens": 10, "gen_ai.usage.completion_tokens": 3,
        "gen_ai.usage.cache_creation_input_tokens": 2,
    }),
    "openinference": ("ChatCompletion", {
        "openinference.span.kind": "LLM", "llm.request.model_name": "m",
        "llm.token_count.prompt": 10, "llm.token_count.completion": 3,
        "llm.token_count.prompt_details.cache_write": 2,
    }),
    "mlflow": ("Completions", {
        "mlflow.spanType": '"CHAT_MODEL"', "model": '"m"',
        "mlflow.chat.tokenUsage":
            '{"input_tokens": 10, "output_tokens": 3, "cache_creation_input_tokens": 2}',
    }),
}  # fmt: skip


@pytest.mark.parametrize("dialect", CALLS)
def test_one_call_is_the_same_in_every_dialect(dialect: str) -> None:
    got = normalised(*CALLS[dialect])
    assert got.fields == {
        "operation": "chat",
        "request_model": "m",
        "input_tokens": 10,
        "output_tokens": 3,
        "cache_write_tokens": 2,
    }
    assert got.rest == {}
    assert got.called == ("m", "")


def test_vllms_span_is_a_call_although_it_names_none() -> None:
    got = normalised(
        "llm_request",
        {
            "gen_ai.usage.prompt_tokens": 100,
            "gen_ai.usage.completion_tokens": 5,
            "gen_ai.latency.time_to_first_token": 0.2,
            "gen_ai.latency.time_in_queue": 0.1,
            "gen_ai.latency.time_in_model_decode": 0.8,
            "gen_ai.latency.e2e": 1.1,
        },
    )
    assert got.fields == {
        "input_tokens": 100,
        "output_tokens": 5,
        "first_token_s": 0.2,
        "queue_s": 0.1,
        "decode_s": 0.8,
        "operation": "text_completion",
        "provider": "vllm",
    }
    assert got.rest == {"gen_ai.latency.e2e": 1.1}


def test_the_newest_name_of_a_column_wins_and_another_value_is_kept() -> None:
    old, new = {"gen_ai.usage.prompt_tokens": 9}, {"gen_ai.usage.input_tokens": 10}
    for attributes in (old | new, new | old):
        got = normalised("chat m", attributes)
        assert got.fields["input_tokens"] == 10
        assert got.rest == old
    same = normalised("chat m", {"gen_ai.usage.prompt_tokens": 10} | new)
    assert same.rest == {}


def test_what_cannot_be_read_is_kept_as_it_came() -> None:
    odd = {"gen_ai.usage.input_tokens": "many", "gen_ai.request.temperature": [1], "other": b"x"}
    got = normalised("chat m", odd)
    assert got.rest == odd
    assert "input_tokens" not in got.fields


def test_a_span_of_a_service_is_no_call() -> None:
    got = normalised("GET /x", {"http.route": "/x", "http.response.status_code": 500, "a": 1})
    assert got.fields == {"endpoint": "/x", "status_code": 500}
    assert got.called == ("", "")
    assert got.genai_operation == ""


def test_messages_become_texts_and_instructions_stand_apart() -> None:
    system = [{"role": "system", "parts": [{"type": "text", "content": "Be brief."}]}]
    got = normalised("chat m", {"gen_ai.input.messages": system + TEXT})
    assert got.fields["input"] == "Hi"
    assert got.fields["instructions"] == "Be brief."
    assert got.rest == {}


def test_messages_of_which_a_text_cannot_hold_all_are_kept_too() -> None:
    picture = [{"role": "user", "parts": [{"type": "uri", "uri": "https://x/y.png"}]}]
    got = normalised("chat m", {"gen_ai.input.messages": picture})
    assert got.fields["input"] == "[uri]"
    assert got.rest == {"gen_ai.input.messages": picture}


def test_messages_attribute_by_attribute() -> None:
    got = normalised(
        "ChatCompletion",
        {
            "openinference.span.kind": "LLM",
            "input.value": '{"messages": [{"role": "user", "content": "Hi"}], "seed": 3}',
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.content": "Hi",
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "look",
            "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": "{}",
        },
    )
    assert (got.fields["input"], got.fields["output"]) == ("Hi", "look({})")
    assert "input.value" in got.rest  # it says more than the messages
    assert "llm.input_messages.0.message.content" not in got.rest
    assert "llm.output_messages.0.message.role" in got.rest


def test_events_tell_what_attributes_do_not() -> None:
    events = [
        ("gen_ai.user.message", {"content": "Hi"}),
        ("gen_ai.choice", {"finish_reason": "stop", "message": '{"content": "Hello"}'}),
        ("exception", {"exception.type": "ValueError", "exception.message": "no"}),
    ]
    got = normalised("chat m", {"gen_ai.operation.name": "chat"}, events)
    assert got.fields == {
        "operation": "chat",
        "error_type": "ValueError",
        "input": "Hi",
        "output": "Hello",
        "finish_reason": "stop",
    }
    assert got.rest == {}
