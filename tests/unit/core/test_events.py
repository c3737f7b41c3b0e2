"""Events, outcomes and their wire format."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.core.errors import SchemaError
from vedette.core.events import Event, Outcome, Usage
from vedette.core.wire import decode, encode

values = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20)
events = st.builds(
    Event,
    id=st.text(min_size=1, max_size=20),
    model=st.just("fraud"),
    time=st.integers(0, 2**62),
    features=st.dictionaries(st.text(max_size=10), values, max_size=5),
    prediction=values,
    usage=st.none() | st.builds(Usage, input_tokens=st.integers(0, 10**6)),
    weight=st.floats(1, 1e6),
)
outcomes = st.builds(
    Outcome, event_id=st.just("1"), model=st.just("fraud"), time=st.integers(0, 2**62), label=values
)


@given(st.lists(events, max_size=4), st.lists(outcomes, max_size=3))
def test_what_is_written_is_read(some_events, some_outcomes):
    envelope = decode(encode(some_events, some_outcomes))
    assert list(envelope.events) == some_events
    assert list(envelope.outcomes) == some_outcomes


@given(st.integers(0, 60), st.integers(1, 255))
def test_damaged_bytes_are_refused_or_still_valid_events(at, flip):
    raw = bytearray(encode([Event(id="a", model="m", time=5, features={"x": 1.5})]))
    raw[at % len(raw)] ^= flip
    try:
        envelope = decode(bytes(raw))
    except SchemaError:
        return
    assert all(isinstance(event, Event) for event in envelope.events)


def test_cut_messages_and_other_versions_are_refused():
    raw = encode([Event(id="a", model="m", time=5)])
    for length in range(len(raw)):
        with pytest.raises(SchemaError):
            decode(raw[:length])
    with pytest.raises(SchemaError, match="another version"):
        decode(b"\x93\x02\x90\x90")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": ""}, "needs an id and a model"),
        ({"model": ""}, "needs an id and a model"),
        ({"time": -1}, "before 1970"),
        ({"latency_s": -0.1}, "negative latency_s"),
        ({"latency_s": float("nan")}, "negative latency_s"),
        ({"weight": 0.5}, "weight below 1"),
    ],
)
def test_an_event_that_cannot_be_is_refused(changes, said):
    with pytest.raises(SchemaError, match=said):
        Event(**({"id": "a", "model": "m", "time": 0} | changes))
    with pytest.raises(SchemaError):
        Outcome(event_id="", model="m", time=0)
