"""How many predictions of a time have their label by now.

Owns: joining labels to events by id, within a bound.  Does not own: what labels say (a later step).
"""

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vedette.core.rows import ID, TIME
from vedette.stores.store import EVENTS, OUTCOMES
from vedette.web.history.past import Past
from vedette.web.history.span import Span

SCAN_ROWS = 2_000_000  # events of a stretch that are joined; beyond, nothing is said
SCAN_S = 2.0
FOREVER = 2**62


class Coverage(NamedTuple):
    """A step.  Units: UTC nanoseconds; rows, labelled rows."""

    start: int
    rows: int
    labelled: int


def coverage(
    past: Past, span: Span, *, clock: Callable[[], float] = time.monotonic
) -> list[Coverage] | None:
    """Labelled predictions of every step; None where there are too many to count.

    Labels may be dated at any time from that of their event on, so those of all later times are
    looked at.
    """
    until = clock() + SCAN_S
    labelled: list[pa.Array] = []
    for batch in past.log.scan(past.model, span.start, FOREVER, [ID, TIME], OUTCOMES):
        labelled.append(batch.column(batch.schema.get_field_index(ID)))
        if clock() > until or sum(map(len, labelled)) > SCAN_ROWS:
            return None
    known = pc.unique(pa.chunked_array(labelled, pa.string())) if labelled else None
    rows, hits = np.zeros(span.steps, np.int64), np.zeros(span.steps, np.int64)
    seen = 0
    for batch in past.log.scan(past.model, span.start, span.end, [ID, TIME], EVENTS):
        seen += batch.num_rows
        if clock() > until or seen > SCAN_ROWS:
            return None
        times = batch.column(batch.schema.get_field_index(TIME)).cast(pa.int64()).to_numpy()
        steps = span.at(times)
        rows += np.bincount(steps, minlength=span.steps)[: span.steps]
        if known is not None:
            ids = batch.column(batch.schema.get_field_index(ID))
            own = pc.is_in(ids.cast(pa.string()), known).to_numpy(zero_copy_only=False)
            hits += np.bincount(steps[own], minlength=span.steps)[: span.steps]
    return [
        Coverage(start, int(rows[at]), int(hits[at]))
        for at, start in enumerate(span.starts)
        if rows[at]
    ]
