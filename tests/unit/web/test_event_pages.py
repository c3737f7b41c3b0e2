"""Walking through events: every row once, in order, in both directions, whatever their times."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.stores.memory import MemoryLog
from vedette.stores.store import EVENTS, Record
from vedette.web.events import Bounds, Span, Wanted, one_of, page_of
from vedette.web.query import read_query
from vedette.web.sifting import Sift, Where

BEGIN = 1_793_527_200 * 10**9
EVERY, BIG = Sift(), Sift(where=Where("x", low=5.0))


def filled(times, width=7):
    """A log of events at these times, `x` the last digit of the time."""
    log = MemoryLog()
    for first in range(0, len(times), width):
        part = times[first : first + width]
        rows = {
            "_id": [f"e{first + at}" for at in range(len(part))],
            "_time": pa.array(part, pa.int64()).cast(pa.timestamp("ns", "UTC")),
            "_version": ["1"] * len(part),
            "_weight": [1.0] * len(part),
            "x": [float(when % 10) for when in part],
        }
        log.append([Record(EVENTS, "m", 1, pa.record_batch(rows))])
    return log


def walked(log, sift, newest, limit, span=Span(), bounds=Bounds()):  # noqa: B008
    """Everything, page after page, as (time, id)."""
    found, cursor, pages = [], None, 0
    while True:
        page = page_of(log, "m", Wanted(sift, None, None, cursor, newest, limit), span, bounds)
        if page.table.num_rows:
            times = page.table["_time"].cast(pa.int64()).to_pylist()
            found += zip(times, page.table["_id"].to_pylist(), strict=True)
        pages += 1
        assert pages < 3_000
        if page.next is None:
            return found
        cursor = read_query([("cursor", page.next)], ["cursor"]).cursor


near = st.integers(0, 4).map(lambda at: BEGIN + at)  # ties
far = st.integers(0, 10**15).map(lambda at: BEGIN + at)
apart = st.sampled_from([0, 1, BEGIN, BEGIN + 10**16, 2**62])


@pytest.mark.parametrize("newest", [True, False])
@pytest.mark.parametrize("sift", [EVERY, BIG], ids=["every", "some"])
@settings(max_examples=40, deadline=None)
@given(
    times=st.one_of(*(st.lists(kind, max_size=40) for kind in (near, far, apart))),
    limit=st.sampled_from([1, 3, 50]),
    guess=st.booleans(),
    rows=st.sampled_from([4, 5_000_000]),
)
def test_every_row_comes_once_and_in_order(sift, newest, times, limit, guess, rows):
    log = filled(times)
    span = Span(BEGIN + 7, BEGIN + 9, 3) if guess else Span()  # a guess that is wrong
    pairs = [(when, f"e{at}") for at, when in enumerate(times)]
    wanted = sorted((p for p in pairs if sift is EVERY or p[0] % 10 >= 5), reverse=newest)
    assert walked(log, sift, newest, limit, span, Bounds(rows, 60.0)) == wanted


@pytest.mark.parametrize("newest", [True, False])
def test_slices_that_hold_too_many_rows_are_read_in_parts(newest):
    times = [BEGIN] * 20 + [BEGIN + at for at in range(20)] + [BEGIN + 10**12] * 9
    pairs = sorted(((when, f"e{at}") for at, when in enumerate(times)), reverse=newest)
    assert walked(filled(times), EVERY, newest, 4, bounds=Bounds(slice=2)) == pairs


def test_a_scan_that_ends_early_says_so_and_goes_on():
    log = filled([BEGIN + at * 10**11 for at in range(200)])
    wanted = Wanted(Sift(where=Where("x", low=99.0)), newest=True, limit=5)
    page = page_of(log, "m", wanted, Span(BEGIN, BEGIN + 200 * 10**11, 10**8), Bounds(10, 60.0))
    assert (page.table.num_rows, page.complete) == (0, False)
    assert page.next is not None
    assert 10 < page.scanned < 200


def test_one_event_is_found_by_its_id_alone_or_at_its_time():
    times = [BEGIN + at * 10**9 for at in range(100)]
    log = filled(times)
    span = Span(BEGIN, times[-1], 100)
    for at in (None, times[30], times[30] + 5, times[90]):
        found = one_of(log, "m", "e30", at, span)
        assert found.table["_id"].to_pylist() == ["e30"]
    assert one_of(log, "m", "e30", times[30], span).scanned == 1
    lost = one_of(log, "m", "none", None, span)
    assert (lost.table.num_rows, lost.complete) == (0, True)
