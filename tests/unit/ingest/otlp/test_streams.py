"""What came since the point before, also where that came before a restart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.ingest.otlp.exponential import Exponential
from vedette.ingest.otlp.kept import points_read, points_written
from vedette.ingest.otlp.streams import Counts, Streams

SECOND = 10**9
START = 1_000 * 3600 * SECOND


@given(st.lists(st.integers(0, 100), min_size=2, max_size=20))
def test_what_is_told_adds_up_to_what_was_counted(added):
    streams, total, told = Streams(), 0, 0.0
    for at, count in enumerate(added):
        total += count
        found = streams.grown(b"a", 0, START + at * SECOND, Counts((total,)))
        assert (found is None) == (at == 0)
        told += 0 if found is None else found.amount[0]
    assert told == total - added[0]


def test_points_that_come_again_or_late_are_told_against_those_before_them():
    streams = Streams()
    for at, count in enumerate([1, 3, 7]):
        streams.grown(b"a", 0, START + at * SECOND, Counts((count,)))
    assert streams.grown(b"a", 0, START + 2 * SECOND, Counts((7,))).amount == (4,)
    assert streams.grown(b"a", 0, START, Counts((1,))) is None
    assert streams.grown(b"a", 0, START + 3 * SECOND, Counts((8,))).amount == (1,)


def test_a_count_that_shrank_or_has_other_bins_begins_anew():
    streams = Streams()
    streams.grown(b"a", 0, START, Counts((5, 5)))
    assert streams.grown(b"a", 0, START + SECOND, Counts((2, 1))).amount == (2, 1)
    assert streams.grown(b"a", 0, START + 2 * SECOND, Counts((2, 1, 1))).amount == (2, 1, 1)


def test_the_series_longest_unheard_of_is_forgotten_first():
    streams = Streams(most=2)
    for key in (b"a", b"b", b"a", b"c"):
        streams.grown(key, 0, START, Counts((1,)))
    assert streams.grown(b"b", 0, START + SECOND, Counts((2,))) is None
    assert streams.grown(b"a", 0, START + SECOND, Counts((2,))) is None  # "b" took its place
    assert streams.grown(b"b", 0, START + 2 * SECOND, Counts((3,))).amount == (1,)


AMOUNTS = st.one_of(
    st.lists(st.floats(0, 1e9), min_size=1, max_size=4).map(Counts),
    st.builds(Exponential, st.integers(-10, 20), st.floats(0, 9),
              st.dictionaries(st.integers(-99, 99), st.integers(1, 9), max_size=3),
              st.just({})),
)  # fmt: skip


def restarted(streams, most=50_000):
    again = Streams(most)
    for whose, series in streams.moved().items():
        again.restore(whose, points_read(points_written(series)))
    return again


@given(
    before=st.lists(AMOUNTS, min_size=1, max_size=4), again=AMOUNTS, last=AMOUNTS,
    whose=st.sampled_from([b"", b"s"]),
)  # fmt: skip
def test_a_restart_changes_nothing_of_what_is_told(before, again, last, whose):
    """The point sent again when the answer was not heard, and the one after it."""
    streams = Streams()
    for at, amount in enumerate(before):
        streams.grown(b"a", 0, START + at * SECOND, amount, whose)
    other = restarted(streams)
    for at, amount in ((len(before) - 1, again), (len(before), last)):
        time = START + at * SECOND
        told = [one.grown(b"a", 0, time, amount, whose) for one in (streams, other)]
        assert told[0] == told[1]


def test_only_senders_that_said_something_new_are_told_and_those_forgotten():
    streams = Streams(most=2)
    streams.grown(b"a", 0, START, Counts((1,)), b"s")
    streams.grown(b"b", 0, START, Counts((1,)), b"t")
    assert list(streams.moved()) == [b"s", b"t"]
    streams.grown(b"b", 0, START, Counts((1,)), b"t")  # said before
    assert streams.moved() == {}
    streams.grown(b"c", 0, START, Counts((1,)), b"t")
    moved = streams.moved()
    assert moved[b"s"] == []  # its one series was the longest unheard of
    assert [key for key, _ in moved[b"t"]] == [b"b", b"c"]


@pytest.mark.parametrize("body", [b"", b"\x00", b"\x91\x92\xa1a\x90", b"[]"])
def test_what_holds_no_points_is_refused(body):
    with pytest.raises(ValueError):
        points_read(body)
