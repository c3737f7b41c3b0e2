"""Calls that two spans tell of."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.ingest.genai.doubles import Calls


def doubled(events):
    return Calls().doubled(events)


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


@given(cuts=st.sets(st.integers(1, 3)), outer_first=st.booleans())
def test_of_spans_that_tell_the_same_one_counts_however_bodies_are_cut(cuts, outer_first):
    spans = [call(4, "3"), call(3, "2"), call(2, "1"), call(1)]  # as they end
    if outer_first:
        spans.reverse()
    calls, counted = Calls(), 0
    ends = [0, *sorted(cuts), 4]
    for start, end in pairwise(ends):
        twice = calls.doubled(spans[start:end])
        assert calls.doubled(spans[start:end]) == twice  # sent again
        counted += end - start - len(twice)
    assert counted == 1


def test_the_inner_one_counts_that_came_first_in_a_body_of_its_own():
    calls = Calls()
    assert not calls.doubled([call(2, "1")])
    assert calls.doubled([call(1)]) == {"t1"}
    assert calls.doubled([call(1), call(2, "1")]) == {"t1"}
    assert not Calls().doubled([call(2, "1", request_model="other")])


def test_calls_longest_ago_are_forgotten():
    calls = Calls(most=2)
    for number in (9, 8, 7):
        calls.doubled([call(number, f"{number}0")])
    assert calls.doubled([call(70)]) == {"t70"}  # it takes the place of 8
    assert not calls.doubled([call(80)])


@pytest.mark.parametrize("gap", [1, 3])
def test_what_comes_between_does_not_part_them(gap):
    calls = Calls()
    calls.doubled([call(2, "1")])
    for number in range(gap):
        calls.doubled([call(100 + number, _trace_id="u")])
    assert calls.doubled([call(1)]) == {"t1"}
