"""What LiteLLM 1.106.2 handed to a callback, read."""

import json
from pathlib import Path

import pytest
from tests.unit.ingest.readers.made import Kept, course, read

DATA = Path(__file__).parents[3] / "golden" / "data" / "genai"
WRITTEN = [json.loads(line) for line in (DATA / "litellm.jsonl").read_text().splitlines()]


def only(tmp_path, **more):
    """One call as the first one, but for some members."""
    (tmp_path / "a.jsonl").write_text(json.dumps(WRITTEN[0] | more) + "\n")
    [row], sink = read("litellm", tmp_path)
    assert not sink.unread
    return row


def test_calls_become_events_of_the_models_that_were_asked():
    rows, sink = read("litellm", DATA / "litellm.jsonl")
    models = [model for model, _ in sink.rows]
    assert models == ["gpt-4o", "gpt-4o", "text-embedding-3-small", "claude-sonnet-4-5", "missing"]
    chat = rows[0]
    assert chat["text"] == {
        "input": "How is the weather in Paris?", "output": "It is sunny in Paris.",
        "instructions": "You tell the weather.",
    }  # fmt: skip
    assert chat["usage"] == {"input_tokens": 21, "output_tokens": 9}
    assert chat["version"] == "gpt-4o-2026-08-01"
    assert chat["attributes"] == {
        "operation": "chat", "provider": "openai", "request_model": "gpt-4o",
        "response_model": "gpt-4o-2026-08-01", "cache_read_tokens": 8, "reasoning_tokens": 4,
        "temperature": 0.2, "max_tokens": 100, "finish_reason": "stop", "user": "u1",
        "cost_usd": pytest.approx(0.0001325),
    }  # fmt: skip
    assert chat["rest"]["request_tags"] == ["beta"]
    assert chat["id"] == WRITTEN[0]["litellm_call_id"]  # ids of answers may come twice


def test_a_stream_ends_with_its_end_not_with_its_first_token():
    rows, _ = read("litellm", DATA / "litellm.jsonl")
    told, stream = WRITTEN[1], rows[1]
    first = told["completionStartTime"] - told["startTime"]
    assert stream["latency_s"] == pytest.approx(told["endTime"] - told["startTime"], abs=1e-6)
    assert stream["usage"]["first_token_s"] == pytest.approx(first, abs=1e-6)
    assert told["response_time"] == pytest.approx(first, abs=1e-6)
    assert stream["usage"]["per_token_s"] == pytest.approx(
        (stream["latency_s"] - first) / 8, abs=1e-6
    )
    assert "first_token_s" not in rows[0]["usage"]


def test_a_price_that_is_not_known_is_no_price_of_zero(tmp_path):
    rows, _ = read("litellm", DATA / "litellm.jsonl")
    assert WRITTEN[3]["response_cost"] == 0
    assert "cost_usd" not in rows[3]["attributes"]
    cached = only(tmp_path, response_cost=0.0, cache_hit=True)
    assert cached["attributes"]["cost_usd"] == 0


def test_a_failure_says_why_and_used_nothing_that_is_known():
    rows, _ = read("litellm", DATA / "litellm.jsonl")
    failed = rows[4]
    assert failed["attributes"]["error_type"] == "NotFoundError"
    assert failed["attributes"]["status_code"] == 404
    assert "usage" not in failed
    assert "no such model" in failed["rest"]["error_str"]


def test_awaited_calls_are_the_same_operations(tmp_path):
    names = {"acompletion": "chat", "aembedding": "embeddings", "atext_completion":
             "text_completion", "rerank": "rerank", "aresponses": "chat"}  # fmt: skip
    got = {name: only(tmp_path, call_type=name)["attributes"]["operation"] for name in names}
    assert got == names


def test_a_batch_of_the_callback_is_an_array_and_reading_goes_on(tmp_path):
    (tmp_path / "batch.json").write_text(json.dumps(WRITTEN))
    rows, sink = read("litellm", tmp_path)
    assert [row["id"] for row in rows] == [one["litellm_call_id"] for one in WRITTEN]
    again = Kept()
    again.saved = sink.saved
    course("litellm", tmp_path, sink=again).run()
    assert not again.rows


@pytest.mark.parametrize(
    "line",
    ['{"a": 1}', "[]", '{"model": "m", "startTime": "soon", "endTime": 1}',
     '{"model": "m", "startTime": 1}'],
)  # fmt: skip
def test_what_is_no_payload_is_put_aside_and_the_others_are_read(tmp_path, line):
    lines = [json.dumps(WRITTEN[0]), line, json.dumps(WRITTEN[4])]
    (tmp_path / "a.jsonl").write_text("\n".join(lines) + "\n")
    rows, sink = read("litellm", tmp_path)
    assert len(rows) == 2
    assert [one.row for one in sink.unread] == [1]
