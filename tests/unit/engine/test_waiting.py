"""Which calls are complete, given up or late."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.engine.waiting import Waiting
from vedette.ingest.cloudevents.kept import Kept
from vedette.ingest.cloudevents.parts import Part

LIMIT = 100


def side(call, side, received, data=b"1234"):
    return Kept(f"{call}/{side}", received, Part("m", side, call, None, data))


@pytest.mark.parametrize("order", [("request", "response"), ("response", "request")])
def test_two_sides_are_a_call_in_either_order(order):
    waiting = Waiting(LIMIT)
    assert waiting.hear(side("a", order[0], 10), 99) is None
    assert (waiting.size, waiting.since) == (4, 10)
    call = waiting.hear(side("a", order[1], 20), 99)
    assert (call.request.side, call.response.side, call.received) == ("request", "response", 10)
    assert (waiting.size, len(waiting), waiting.since) == (0, 0, 10)
    waiting.stored(["a"])
    assert waiting.since == 20
    assert waiting.counts.paired == 1


def test_a_call_is_given_up_after_the_time_and_what_comes_then_is_late():
    waiting = Waiting(LIMIT)
    waiting.hear(side("a", "request", 10), 99)
    waiting.hear(side("b", "request", 50), 99)
    assert waiting.expired(109) == []
    [call] = waiting.expired(110)
    assert (call.id, call.response, call.failed) == ("a", None, False)
    assert waiting.since == 10  # until it is stored
    waiting.stored(["a"])
    assert waiting.since == 50
    assert waiting.hear(side("a", "request", 10), 99) is None  # read again
    assert waiting.counts.late == 0
    assert waiting.hear(side("a", "response", 120), 99) is None
    assert (waiting.counts.late, waiting.counts.requests_alone) == (1, 1)


def test_a_request_without_response_failed_only_where_responses_are_logged():
    waiting = Waiting(LIMIT)
    waiting.hear(side("a", "request", 10), 99)
    waiting.hear(side("b", "response", 10), 99)
    made = {call.id: call.failed for call in waiting.expired(200)}
    assert made == {"a": True, "b": False}
    assert waiting.counts.responses_alone == 1


def test_the_same_side_twice_is_one():
    waiting = Waiting(LIMIT)
    waiting.hear(side("a", "request", 10), 99)
    assert waiting.hear(side("a", "request", 11), 99) is None
    assert waiting.size == 4


def test_a_body_without_room_stays_in_the_log():
    waiting = Waiting(LIMIT)
    waiting.hear(side("a", "request", 10), 3)
    assert waiting.size == 0
    call = waiting.hear(side("a", "response", 11), 3)
    assert call.bare == "request"
    assert call.with_body(b"again").request.data == b"again"
    assert call.response.data == b"1234"


SIDES = st.tuples(st.sampled_from("abc"), st.sampled_from(["request", "response"]))


@given(
    steps=st.lists(st.one_of(SIDES, st.sampled_from(["stored", "time"])), max_size=20),
    room=st.integers(0, 20),
)
def test_every_call_is_told_once_whatever_comes(steps, room):
    """In any order, sides again, in the midst of giving up and storing."""
    waiting, told, now, came = Waiting(LIMIT), [], 0, set()
    for step in steps:
        now += 10
        if step == "stored":
            waiting.stored(call.id for call in told)
        elif step == "time":
            now += LIMIT
            told += waiting.expired(now)
        else:
            came.add(step[0])
            call = waiting.hear(side(*step, now), room - waiting.size)
            told += [call] if call is not None else []
        assert 0 <= waiting.size <= room
        assert waiting.since <= now
    told += waiting.expired(now + LIMIT)
    assert sorted(call.id for call in told) == sorted(came)
    waiting.stored(call.id for call in told)
    assert waiting.idle
    assert waiting.size == 0
