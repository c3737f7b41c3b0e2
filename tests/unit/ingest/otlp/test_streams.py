"""What came since the point before."""

from hypothesis import given
from hypothesis import strategies as st

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
