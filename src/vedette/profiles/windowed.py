"""Rows shared out to windows of event time.

Owns: which window a row belongs to, and profiles of many windows.  Does not own: when a window is
closed (`engine.step`).
"""

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.profiles.baseline import Baseline
from vedette.profiles.buffers import fixed
from vedette.profiles.build import build
from vedette.profiles.profile import Profile
from vedette.profiles.together import counted


def instants(batch: pa.RecordBatch, column: str) -> NDArray[np.int64]:
    """The event times of a batch.  Units: UTC nanoseconds."""
    times = batch.column(batch.schema.get_field_index(column))
    if times.type != pa.timestamp("ns", "UTC"):
        times = times.cast(pa.timestamp("ns", "UTC"))
    return fixed(times.cast(pa.int64())).astype(np.int64, copy=False)


def by_window(
    batch: pa.RecordBatch, times: NDArray[np.int64], width: int
) -> list[tuple[int, pa.RecordBatch]]:
    """Split rows by the window they fall into, each with its start, ascending.

    Shapes: times int64[n].  Units: `width` in nanoseconds; windows begin at its multiples.
    """
    if batch.num_rows == 0:
        return []
    starts = times // width
    if starts[0] == starts[-1] and (starts == starts[0]).all():
        return [(int(starts[0]) * width, batch)]
    order = np.argsort(starts, kind="stable")
    ordered = starts[order]
    cuts = np.flatnonzero(np.diff(ordered)) + 1
    rows = batch.take(pa.array(order))
    bounds = [0, *cuts.tolist(), len(order)]
    return [(int(ordered[a]) * width, rows.slice(a, b - a)) for a, b in pairwise(bounds)]


def profile_windows(
    batches: Iterable[pa.RecordBatch], baseline: Baseline, column: str, width: int
) -> list[tuple[Window, Profile]]:
    """Profile every window of some rows, in the order of time; windows without rows are left out.

    Rows without a time are left out, too.
    """
    parts: dict[int, list[pa.RecordBatch]] = {}
    totals: dict[int, Profile] = {}
    waiting = 0

    def settle() -> None:
        for start, rows in parts.items():
            whole = joined(rows)
            made = replace(build(whole, baseline), pairwise=counted(whole, baseline))
            totals[start] = totals[start].merge(made) if start in totals else made
        parts.clear()

    for batch in batches:
        column_at = batch.schema.get_field_index(column)
        if batch.column(column_at).null_count:
            batch = batch.filter(batch.column(column_at).is_valid())
        for start, rows in by_window(batch, instants(batch, column), width):
            parts.setdefault(start, []).append(rows)
        waiting += batch.num_rows
        if waiting > 500_000:
            settle()
            waiting = 0
    settle()
    return [
        (Window(start, start + width), replace(totals[start], window=Window(start, start + width)))
        for start in sorted(totals)
    ]


def joined(batches: list[pa.RecordBatch]) -> list[pa.RecordBatch]:
    """The same rows in fewer batches, where their columns agree."""
    if len(batches) == 1 or any(b.schema != batches[0].schema for b in batches):
        return batches
    table = pa.Table.from_batches(batches).unify_dictionaries().combine_chunks()
    whole: list[pa.RecordBatch] = table.to_batches()
    return whole
