"""How many rows came, and quantiles of a column such as how long answers took.

Owns: rows and quantiles per step.  Does not own: drawing (`report.figures`), adding up how long
things took (`web.history.service`).

Where quantiles of a column are shown they are read here: off the counts that are kept of what took
time, within 0.8 %; of any other column off its bins, which know nothing finer.
"""

from collections import Counter
from typing import NamedTuple

import numpy as np

from vedette.core.rows import LATENCY
from vedette.profiles.baseline import Baseline
from vedette.profiles.binning import NumericBinning
from vedette.profiles.cell import Cell
from vedette.profiles.tails import timed_columns
from vedette.web.history.course import cells_of
from vedette.web.history.past import Past
from vedette.web.history.service import QUANTILES, service
from vedette.web.history.span import Span


class Traffic(NamedTuple):
    """One step.  Units: UTC nanoseconds, rows."""

    start: int
    rows: int
    late: int


class Spread(NamedTuple):
    """A column's values in one step; None where nothing tells a quantile.

    Shapes: `values` one per quantile; `rows` have a value.
    """

    start: int
    rows: int
    values: tuple[float | None, ...]


def traffic(past: Past, span: Span) -> list[Traffic]:
    """Rows of every step, those without any included."""
    rows: Counter[int] = Counter()
    late: Counter[int] = Counter()
    clock = past.clock_for(span.width)
    for window, profile in past.profiles(clock, span.start, span.end):
        step = int(span.at([window.start])[0])
        rows[step] += profile.rows
        late[step] += profile.late_rows
    if not rows:
        return []
    first, last = min(rows), max(rows)
    return [
        Traffic(start, rows[at], late[at])
        for at, start in enumerate(span.starts)
        if first <= at <= last
    ]


def latency_column(baseline: Baseline | None) -> str | None:
    """The column that holds latencies, if one does."""
    if baseline is None:
        return None
    known = [
        name for name in (*timed_columns(baseline.schema), LATENCY) if name in baseline.binnings
    ]
    return known[0] if known else None


def spread(
    past: Past,
    span: Span,
    column: str,
    segment: str = "",
    quantiles: tuple[float, ...] = QUANTILES,
) -> list[Spread]:
    """Quantiles of a column in every step, in all rows or those of a segment."""
    if past.baseline is not None and column in timed_columns(past.baseline.schema):
        return [
            Spread(step.start, tail.count, tuple(map(tail.quantile, quantiles)))
            for step in service(past, span)
            if (tail := step.tails.get((column, segment))) is not None
        ]
    binning = past.baseline.binnings.get(column) if past.baseline else None
    if not isinstance(binning, NumericBinning):
        return []
    found = cells_of(past, span, column, segment)
    return [
        Spread(span.starts[step], cell.usable, tuple(quantile(binning, cell, q) for q in quantiles))
        for step, cell in sorted(found.items())
    ]


def quantile(binning: NumericBinning, cell: Cell, q: float) -> float | None:
    """A quantile, read off the bins with values spread evenly inside each; None without values.

    Units: q in [0, 1]; the column's own.
    """
    if cell.bins is None or cell.moments is None or not cell.usable:
        return None
    counts = np.asarray(cell.bins.counts, np.float64)
    low, high = cell.moments.low, cell.moments.high
    bounds = np.clip(np.concatenate([[low], binning.edges, [high]]), low, high)
    total = np.concatenate([[0.0], np.cumsum(counts)])
    if total[-1] == 0:
        return None
    return float(np.interp(q * total[-1], total, bounds))
