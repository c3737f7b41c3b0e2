"""Calls that two spans tell of."""

from vedette.ingest.genai.doubles import doubled


def call(number, parent="", **more):
    own = {"_id": f"t{number}", "_trace_id": "t", "_span_id": str(number), "_parent_id": parent,
           "operation": "chat", "request_model": "m"}  # fmt: skip
    return own | more


def test_the_outermost_of_three_counts():
    assert doubled([call(3, "2"), call(2, "1"), call(1)]) == {"t2", "t3"}


def test_calls_beside_one_another_are_two():
    agent = call(1, operation="invoke_agent")
    assert not doubled([agent, call(2, "1"), call(3, "1")])


def test_another_model_operation_or_trace_is_another_call():
    assert not doubled([call(1), call(2, "1", request_model="other")])
    assert not doubled([call(1), call(2, "1", operation="embeddings")])
    assert not doubled([call(1), call(2, "1", _trace_id="u")])


def test_what_one_of_them_does_not_tell_does_not_part_them():
    told = call(1, provider="openai", response_model="m-1")
    assert doubled([told, call(2, "1")]) == {"t2"}
    assert not doubled([told, call(2, "1", response_model="m-2")])


def test_a_span_that_names_itself_its_parent_is_one_call():
    assert not doubled([call(1, "1")])
