"""Single events of the log: pages of them by time, and one by its id.

Owns: the order of the scan, its bounds, cursors.  Does not own: the conditions (`web.sifting`),
what may be shown (`web.redaction`), the log.  Everything here blocks; it runs in a thread.

The log gives the rows of a stretch of time in no particular order.  So time is walked through in
slices, from one end, and a slice counts only when it was read whole: then a page is exact, and a
scan that ends early leaves a cursor from which it goes on.  Only the columns that the conditions
read are looked at on the way; whole rows are fetched for the page that is shown.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vedette.core import rows
from vedette.core.durations import DAY, HOUR
from vedette.stores.columns import united
from vedette.stores.store import EVENTS, EventLog
from vedette.web.query import spelt
from vedette.web.sifting import Sift

FIRST, FURTHEST = 0, 2**63 - 1
SLICE_ROWS = 200_000  # that the first slice of time is meant to hold: a few ten milliseconds
SLICE_S = 1.0  # that a later one is meant to take: every slice opens the log anew
BARE = 40  # times as many rows as a page shows, in the first slice where nothing is filtered
CROWD = 4  # times as many rows as were meant: such a slice is read again in parts
TOGETHER = 32_768  # rows judged at once: single events come as batches of one row
REACH = 3  # separate stretches of time that whole rows are fetched from

Times = NDArray[np.int64]


class Bounds(NamedTuple):
    """When a scan ends early: it looks at these between slices.  `slice` is how many rows the first
    slice is meant to hold."""

    rows: int = 5_000_000
    seconds: float = 5.0
    slice: int = SLICE_ROWS


class Span(NamedTuple):
    """What is known of a model's events beforehand; only how fast a scan is rests on it.

    Units: UTC nanoseconds of the first and last event; events in all.
    """

    first: int = FIRST
    last: int = FURTHEST - 1
    rows: int = 0

    def width(self, count: int) -> int:
        """A stretch of time that holds about so many events.  Units: nanoseconds."""
        if not self.rows > 0 or not 0 < self.first <= self.last < FURTHEST - 1:
            return DAY
        return max(int((self.last - self.first) * count / self.rows), 1_000_000)


class Wanted(NamedTuple):
    """A page that is asked for.

    Units: event time in [start, end) in UTC nanoseconds.  Shapes: `cursor` the time and id that the
    page before ended with.
    """

    sift: Sift
    start: int | None = None
    end: int | None = None
    cursor: tuple[int, str] | None = None
    newest: bool = False
    limit: int = 100
    peek: bool = True  # whether to look if anything follows the page


class Found(NamedTuple):
    """A page: whole rows in order.

    Shapes: `next` the cursor of the page after, None at the end; `scanned` rows looked at;
    `complete` false when the scan ended early: then there may be more behind `next`.
    """

    table: pa.Table
    next: str | None
    scanned: int
    complete: bool


def page_of(
    log: EventLog,
    model: str,
    wanted: Wanted,
    span: Span = Span(),  # noqa: B008 - immutable
    bounds: Bounds = Bounds(),  # noqa: B008 - immutable
    clock: Callable[[], float] = time.monotonic,
) -> Found:
    """A page of events by time of serving, then id.  Errors: StoreError."""
    # Without a filter the first rows are the page: a day's file is opened, not a month of them.
    is_bare = not wanted.sift.columns and not isinstance(wanted.sift, _ById)
    aim = min(bounds.slice, BARE * wanted.limit) if is_bare else bounds.slice
    walk = _Walk(log, model, wanted, span, clock, aim)
    until = clock() + bounds.seconds
    hits = _Hits(wanted.newest)
    for at in walk.slices(hits):
        if len(hits.times) >= wanted.limit + wanted.peek:
            break
        if walk.scanned > bounds.rows or clock() > until:
            return Found(_whole(log, model, hits), spelt((at, "")), walk.scanned, False)
    more = len(hits.times) > wanted.limit
    hits.cut(wanted.limit)
    cursor = spelt((int(hits.times[-1]), hits.ids[-1].as_py())) if more else None
    return Found(_whole(log, model, hits), cursor, walk.scanned, True)


class One(NamedTuple):
    """One event: its only row, or none; `complete` false when not everything was looked through."""

    table: pa.Table
    scanned: int
    complete: bool


def one_of(
    log: EventLog,
    model: str,
    identity: str,
    at: int | None = None,
    span: Span = Span(),  # noqa: B008 - immutable
    bounds: Bounds = Bounds(),  # noqa: B008 - immutable
    clock: Callable[[], float] = time.monotonic,
) -> One:
    """Find an event by its id: at the instant that is named, about it, then the newest first.

    Errors: StoreError.
    """
    scanned = 0
    if at is not None:
        for start, end in ((at, at + 1), (at - HOUR, at + HOUR)):
            near = Wanted(_ById(identity=identity), max(start, 0), end, limit=1, peek=False)
            found = page_of(log, model, near, span, bounds, clock)
            scanned += found.scanned
            if found.table.num_rows:
                return One(found.table, scanned, True)
    every = Wanted(_ById(identity=identity), newest=True, limit=1, peek=False)
    found = page_of(log, model, every, span, bounds, clock)
    return One(found.table, scanned + found.scanned, found.complete or found.table.num_rows > 0)


@dataclass(frozen=True)
class _ById(Sift):
    """Rows of one id."""

    identity: str = ""

    def holds(self, batch: pa.RecordBatch) -> NDArray[np.bool_] | None:
        return _flags(pc.equal(batch[rows.ID], self.identity))


@dataclass
class _Hits:
    """The first rows of a page so far, in its order.  Shapes: times int64[n], ids text[n]."""

    newest: bool
    times: Times = field(default_factory=lambda: np.zeros(0, np.int64))
    ids: pa.Array = field(default_factory=lambda: pa.array([], pa.string()))

    def add(self, times: Times, ids: pa.Array, limit: int) -> None:
        """Put rows behind the others, which all come before them, and keep the first of them."""
        if len(times) > 4 * limit:  # no id needs to be compared that the times rule out
            far = np.partition(times, -limit if self.newest else limit - 1)
            edge = far[-limit] if self.newest else far[limit - 1]
            near = np.flatnonzero(times >= edge if self.newest else times <= edge)
            times, ids = times[near], ids.take(pa.array(near))
        order = pc.sort_indices(
            pa.table({"t": times, "i": ids}),
            sort_keys=[(name, "descending" if self.newest else "ascending") for name in "ti"],
        )[:limit]
        self.times = np.concatenate([self.times, times[order.to_numpy()]])
        self.ids = pa.concat_arrays([self.ids, ids.take(order)])

    def cut(self, limit: int) -> None:
        """Keep the first."""
        self.times, self.ids = self.times[:limit], self.ids[:limit]


@dataclass
class _Walk:
    """Time, slice by slice."""

    log: EventLog
    model: str
    wanted: Wanted
    span: Span
    clock: Callable[[], float]
    aim: int  # rows that a slice is meant to hold
    scanned: int = 0

    def slices(self, hits: _Hits) -> Iterator[int]:
        """Read slices into `hits`; after each but the last, the instant up to which all is read."""
        start, end = self._range()
        newest, width = self.wanted.newest, self.span.width(self.aim)
        cut: int | None = None  # where a slice that held too many rows is divided
        while start < end:
            if cut is None:
                low, high = self._slice(start, end, width)
            else:
                low, high = (cut, end) if newest else (start, cut)
            before, began = self.scanned, self.clock()
            cut = self._read(low, high, hits)
            if cut is not None:
                continue
            width = self._next_width(low, high, self.scanned - before, self.clock() - began)
            if newest:
                end = low
            else:
                start = high
            if start < end:
                yield end if newest else start

    def _next_width(self, low: int, high: int, count: int, seconds: float) -> int:
        """Nothing was found in the slice: take more at once, as long as it is quick."""
        if count:
            quick = int(count / max(seconds, 1e-6) * SLICE_S)
            self.aim = max(min(CROWD * self.aim, quick), self.aim)
        known = min(high, self.span.last + 1) - max(low, self.span.first)
        grown = min(max(self.aim / max(count, 1), 0.25), 32.0)
        return int(min(max(known, 1_000_000) * grown, FURTHEST))

    def _range(self) -> tuple[int, int]:
        start = FIRST if self.wanted.start is None else max(self.wanted.start, FIRST)
        end = FURTHEST if self.wanted.end is None else self.wanted.end
        if self.wanted.cursor is not None:
            at, key = self.wanted.cursor
            if self.wanted.newest:
                end = min(end, at + 1 if key else at)
            else:
                start = max(start, at)
        return start, end

    def _slice(self, start: int, end: int, width: int) -> tuple[int, int]:
        """The next slice; what lies beyond the known events is cut with the last ones."""
        if self.wanted.newest:
            low = min(end, self.span.last + 1) - width
            return (start if low <= self.span.first else max(low, start)), end
        high = max(start, self.span.first) + width
        return start, (end if high > self.span.last else min(high, end))

    def _read(self, low: int, high: int, hits: _Hits) -> int | None:
        """Read one slice; when it holds too many rows, say where to divide it instead."""
        columns = list(dict.fromkeys([rows.ID, rows.TIME, *self.wanted.sift.columns]))
        times: list[Times] = []
        kept: list[tuple[Times, pa.Array]] = []
        seen = 0
        for batch in joined(self.log.scan(self.model, low, high, columns, EVENTS)):
            own = _times(batch)
            seen += len(own)
            times.append(own)
            if seen > CROWD * self.aim and high - low > 1:
                self.scanned += seen
                return self._middle(np.concatenate(times), low, high)
            holds = self.wanted.sift.holds(batch)
            after = _after(own, batch[rows.ID], self.wanted)
            if after is not None:
                holds = after if holds is None else holds & after
            ids = batch[rows.ID].cast(pa.string())
            if holds is not None:
                own, ids = own[holds], ids.filter(pa.array(holds))
            kept.append((own, ids))
        self.scanned += seen
        if kept:
            ids = pa.concat_arrays([ids for _, ids in kept])
            hits.add(np.concatenate([own for own, _ in kept]), ids, self.wanted.limit + 1)
        return None

    def _middle(self, times: Times, low: int, high: int) -> int:
        """An instant that parts off about a quarter of the rows that were seen."""
        quarter = len(times) // 4
        at = len(times) - quarter if self.wanted.newest else quarter
        return int(min(max(np.partition(times, at)[at], low + 1), high - 1))


def _whole(log: EventLog, model: str, hits: _Hits) -> pa.Table:
    """The whole rows of a page, in its order."""
    if not len(hits.times):
        return united([])
    times, ids = pa.array(np.unique(hits.times)), hits.ids
    found = []
    for low, high in _stretches(np.unique(hits.times)):
        for batch in log.scan(model, low, high + 1, None, EVENTS):
            near = batch.filter(pc.is_in(batch[rows.TIME].cast(pa.int64()), value_set=times))
            near = near.filter(pc.is_in(near[rows.ID].cast(pa.string()), value_set=ids))
            if near.num_rows:
                found.append(pa.Table.from_batches([near]))
    table = united(found)
    pairs = set(zip(hits.times.tolist(), ids.to_pylist(), strict=True))
    own = zip(_times(table).tolist(), table[rows.ID].to_pylist(), strict=True)
    table = table.filter(pa.array([pair in pairs for pair in own], pa.bool_()))
    direction = "descending" if hits.newest else "ascending"
    return table.sort_by([(rows.TIME, direction), (rows.ID, direction)])


def _stretches(times: Times) -> list[tuple[int, int]]:
    """The times of a page in a few stretches, cut where the gaps are widest."""
    gaps = np.diff(times)
    wide = np.sort(np.argsort(gaps)[-(REACH - 1) :]) if len(gaps) else np.zeros(0, np.intp)
    cuts = [0, *(int(at) + 1 for at in wide if gaps[at] > HOUR), len(times)]
    return [(int(times[a]), int(times[b - 1])) for a, b in pairwise(cuts)]


def joined(batches: Iterator[pa.RecordBatch], least: int = TOGETHER) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of at least so many, where columns and rows allow it."""
    waiting: dict[pa.Schema, list[pa.RecordBatch]] = {}
    count = 0
    for batch in batches:
        if batch.num_rows >= least:
            yield batch
            continue
        waiting.setdefault(batch.schema, []).append(batch)
        count += batch.num_rows
        if count >= least:
            yield from _together(waiting)
            waiting, count = {}, 0
    yield from _together(waiting)


def _together(waiting: dict[pa.Schema, list[pa.RecordBatch]]) -> Iterator[pa.RecordBatch]:
    for batches in waiting.values():
        yield from pa.Table.from_batches(batches).unify_dictionaries().combine_chunks().to_batches()


def _after(times: Times, ids: pa.Array, wanted: Wanted) -> NDArray[np.bool_] | None:
    """Which rows come after the cursor; None when all do, as there is none."""
    if wanted.cursor is None:
        return None
    at, key = wanted.cursor
    compare = pc.less if wanted.newest else pc.greater
    beyond = times < at if wanted.newest else times > at
    found: NDArray[np.bool_] = beyond | ((times == at) & _flags(compare(ids, key)))
    return found


def _times(batch: pa.RecordBatch | pa.Table) -> Times:
    found: Times = np.asarray(batch[rows.TIME].cast(pa.int64()))
    return found


def _flags(found: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(found.to_numpy(zero_copy_only=False)).astype(np.bool_)
