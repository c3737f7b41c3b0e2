"""How many predictions of a time have their label by now, and how long it took.

Owns: joining labels to events by id, within a bound.  Does not own: what labels say
(`web.history.performance`).
"""

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vedette.core.rows import ID, TIME
from vedette.stores.store import EVENTS, OUTCOMES
from vedette.web.history.past import Past
from vedette.web.history.span import Span

SCAN_ROWS = 2_000_000  # events of a stretch that are joined; beyond, nothing is said
SCAN_S = 2.0
FOREVER = 2**62


class Coverage(NamedTuple):
    """A step.  Units: UTC nanoseconds; rows, labelled rows; `median` and `most` (0.9 quantile) of
    the nanoseconds until the label, None without one."""

    start: int
    rows: int
    labelled: int
    median: int | None = None
    most: int | None = None


def coverage(
    past: Past, span: Span, *, clock: Callable[[], float] = time.monotonic
) -> list[Coverage] | None:
    """Labelled predictions of every step; None where there are too many to count.

    Labels may be dated at any time from that of their event on, so those of all later times are
    looked at.
    """
    until = clock() + SCAN_S
    told: list[pa.RecordBatch] = []
    for batch in past.log.scan(past.model, span.start, FOREVER, [ID, TIME], OUTCOMES):
        told.append(batch)
        if clock() > until or sum(map(len, told)) > SCAN_ROWS:
            return None
    known, moments = _known(told)
    rows, seen = np.zeros(span.steps, np.int64), 0
    steps, delays = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for batch in past.log.scan(past.model, span.start, span.end, [ID, TIME], EVENTS):
        seen += batch.num_rows
        if clock() > until or seen > SCAN_ROWS:
            return None
        times = _times(batch)
        at = span.at(times)
        rows += np.bincount(at, minlength=span.steps)[: span.steps]
        if known is None:
            continue
        ids = batch.column(batch.schema.get_field_index(ID)).cast(pa.string())
        place = pc.fill_null(pc.index_in(ids, value_set=known), -1).to_numpy(zero_copy_only=False)
        own = (place >= 0) & (at < span.steps)
        steps.append(at[own])
        delays.append(moments[place[own]] - times[own])
    return _by_step(span, rows, np.concatenate(steps), np.concatenate(delays))


def _known(told: list[pa.RecordBatch]) -> tuple[pa.Array | None, NDArray[np.int64]]:
    """The ids that have a label, and when each had its first."""
    if not told:
        return None, np.zeros(0, np.int64)
    ids = pa.concat_arrays(
        [batch.column(batch.schema.get_field_index(ID)).cast(pa.string()) for batch in told]
    )
    moments = np.concatenate([_times(batch) for batch in told])
    unique = pc.unique(ids)
    first = pc.index_in(unique, value_set=ids).to_numpy(zero_copy_only=False)
    return unique, moments[first]


def _times(batch: pa.RecordBatch) -> NDArray[np.int64]:
    column = batch.column(batch.schema.get_field_index(TIME))
    found: NDArray[np.int64] = column.cast(pa.int64()).to_numpy()
    return found


def _by_step(
    span: Span, rows: NDArray[np.int64], steps: NDArray[np.int64], delays: NDArray[np.int64]
) -> list[Coverage]:
    order = np.lexsort((delays, steps))
    delays = np.maximum(delays[order], 0)  # labels from before their event count as at once
    labelled = np.bincount(steps, minlength=span.steps)
    ends = np.cumsum(labelled)
    found = []
    for at, start in enumerate(span.starts):
        own = delays[ends[at] - labelled[at] : ends[at]]
        if rows[at] and len(own):
            median, most = (int(own[int(q * (len(own) - 1))]) for q in (0.5, 0.9))
            found.append(Coverage(start, int(rows[at]), len(own), median, most))
        elif rows[at]:
            found.append(Coverage(start, int(rows[at]), 0))
    return found
