"""Whatever a caller hands over becomes an event, or is counted."""

import enum
import uuid
from collections import OrderedDict, namedtuple
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import inf, isnan, nan
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.core.events import Event
from vedette.core.times import nanoseconds
from vedette.core.wire import decode, join
from vedette.sdk.items import Coder
from vedette.sdk.values import VALUE_BYTES, finite, named, number, plain, shortened


class Color(enum.Enum):
    RED = "red"
    ONE = np.int64(1)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (None, None),
        (True, True),
        (np.bool_(True), True),
        (np.int64(7), 7),
        (np.float32(0.5), 0.5),
        (np.float64(nan), None),
        (nan, None),
        (-nan, None),
        (inf, inf),
        (2**70, float(2**70)),
        (-(2**70), -float(2**70)),
        (10**400, inf),
        (np.array(3), 3),
        (np.array([3.5]), 3.5),
        (np.array([1, 2]), [1.0, 2.0]),
        ([1, np.float32(2)], [1.0, 2.0]),
        ((), []),
        (Decimal("2.5"), 2.5),
        (Decimal("NaN"), None),
        (Decimal("sNaN"), None),
        (Color.RED, "red"),
        (Color.ONE, 1),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05+00:00"),
        (date(2026, 1, 2), "2026-01-02"),
        (timedelta(minutes=1), 60.0),
        (pd.Timestamp("2026-01-02"), "2026-01-02T00:00:00"),
        (pd.NaT, None),
        (pd.NA, None),
        (np.str_("x"), "x"),
        ("a\udcffb", "a?b"),
    ],
    ids=repr,
)
def test_values_of_many_kinds_have_their_plain_form(value, wanted):
    notes = []
    got = plain(value, notes)
    assert got == wanted
    assert type(got) is type(wanted)
    assert notes == []


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ({"b": [1, "x"]}, '{"b":[1,"x"]}'),
        (["a", "b"], '["a","b"]'),
        (uuid.UUID(int=1), str(uuid.UUID(int=1))),
        (Path("x"), "x"),
        (b"abc", "YWJj"),
        ({1}, "[1]"),
    ],
    ids=repr,
)
def test_other_values_become_text_and_that_is_noted(value, wanted):
    notes = []
    assert plain(value, notes) == wanted
    assert notes == [f"a value of type {type(value).__name__} became text"]


def test_long_texts_are_cut_at_a_whole_character():
    notes = []
    got = plain("ü" * VALUE_BYTES, notes)
    assert len(got.encode()) == VALUE_BYTES
    assert notes == [f"a text of {2 * VALUE_BYTES} bytes was cut"]
    assert shortened("aü", 2, notes) == "a"


def test_numbers_are_numbers_or_noted():
    notes = []
    assert [number(v, notes, "x") for v in (1, "2.5", np.float32(3), None, nan)] == [
        1.0,
        2.5,
        3.0,
        None,
        None,
    ]
    assert notes == []
    assert number("many", notes, "a score") is None
    assert finite(-1, notes, "latency_s") is None
    assert finite(inf, notes, "latency_s") is None
    assert len(notes) == 3


def test_records_are_read_by_the_names_of_their_fields():
    @dataclass
    class Loan:
        amount: float
        plan: str

    class Offer(msgspec.Struct):
        amount: float
        plan: str

    pair = namedtuple("pair", "amount plan")
    wanted = {"amount": 1.0, "plan": "a"}
    for kind in (Loan, Offer, pair, OrderedDict):
        assert named(kind(**wanted)) == wanted
    assert named(pd.Series(wanted)) == wanted
    with pytest.raises(TypeError):
        named(3)


@pytest.mark.parametrize(
    ("moment", "wanted"),
    [
        (np.int64(5), 5),
        (np.float64(0.5), 500_000_000),
        (np.datetime64(7, "ns"), 7),
        (np.datetime64("1970-01-01T00:00:01"), 1_000_000_000),
        (pd.Timestamp(1_700_000_000_123_456_789), 1_700_000_000_123_456_789),
        ("1970-01-01T01:00:00+01:00", 0),
        (1_700_000_000.25, 1_700_000_000_250_000_000),
    ],
)
def test_moments(moment, wanted):
    assert nanoseconds(moment) == wanted


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary(max_size=20)
    | st.decimals()
    | st.dates()
    | st.datetimes()
    | st.timedeltas()
    | st.uuids()
    | st.complex_numbers()
    | st.characters(categories=["Cs"])
    | st.builds(object),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner)
        | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=4)
    ),
    max_leaves=8,
)
items = st.tuples(
    st.text(min_size=1, max_size=10),
    st.integers(0, 2**62),
    st.none() | anything,
    st.dictionaries(st.text(max_size=5) | st.integers() | st.none(), anything, max_size=5),
    anything,
    st.none() | st.floats() | anything,
    st.none() | st.floats() | anything,
    st.none() | st.dictionaries(st.text(), anything, max_size=2),
    st.none() | st.text() | st.dictionaries(st.text(), anything, max_size=2),
    st.none() | st.dictionaries(st.sampled_from(["input_tokens", "x"]), anything, max_size=2),
    st.none() | anything,
    st.just(1.0),
)


@given(items)
def test_any_values_become_an_event_that_a_server_reads(item):
    coder = Coder("m", "")
    data = coder.quick(item)
    if data is None:
        data = coder.event(item).data
    (event,) = decode(join([data])).events
    assert type(event) is Event
    for value in event.features.values():
        assert not (isinstance(value, float) and isnan(value))


@given(items, st.floats(), st.integers(1, 3))
def test_the_quick_way_and_the_careful_one_agree(item, value, count):
    plain_item = (item[0], item[1], "1", dict.fromkeys("abc"[:count], value), True, 0.5, 0.1)
    plain_item += (None, None, None, None, 2.0)
    coder = Coder("m", "")
    quick, careful = coder.quick(plain_item), coder.event(plain_item)
    if isnan(value):
        assert quick is None
    elif quick is not None:  # None also when an id has a lone surrogate
        assert decode(join([quick])) == decode(join([careful.data]))
    assert careful.notes == []


@given(st.lists(st.binary(min_size=1, max_size=3), max_size=40), st.integers(0, 40))
def test_joined_messages_are_what_a_message_is(parts, labels):
    from vedette.core.events import Outcome
    from vedette.core.wire import encode, halve

    events = [Event(id=str(i), model="m", time=i) for i in range(len(parts))]
    outcomes = [Outcome(event_id=str(i), model="m", time=i) for i in range(labels)]
    raw = [msgspec.msgpack.encode(one) for one in events]
    raw_outcomes = [msgspec.msgpack.encode(one) for one in outcomes]
    whole = join(raw, raw_outcomes)
    assert whole == encode(events, outcomes)
    pair = halve(whole)
    if len(events) + labels < 2:
        assert pair is None
    else:
        first, second = map(decode, pair)
        assert (*first.events, *second.events) == tuple(events)
        assert (*first.outcomes, *second.outcomes) == tuple(outcomes)
        assert abs(len(first.events + first.outcomes) - len(second.events + second.outcomes)) <= 1


def test_a_message_may_hold_very_many_events():
    raw = msgspec.msgpack.encode(Event(id="1", model="m", time=0))
    assert len(decode(join([raw] * 70_000)).events) == 70_000
