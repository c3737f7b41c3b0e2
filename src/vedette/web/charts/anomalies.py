"""Rows that are unlike the reference, and metrics, over time.

Owns: the drawings of what was counted of them.  Does not own: reading counts (`web.unlike`) and
values (`web.watched_series`), drawings (`report.figures`).
"""

import numpy as np
from numpy.typing import NDArray

from vedette.core.durations import spell
from vedette.monitors.outliers import MONITOR
from vedette.report.figures import series as lines
from vedette.report.figures import unlike as figures
from vedette.report.figures.figure import Figure
from vedette.web.answers import Problem
from vedette.web.asked import Asked, Row, ms
from vedette.web.unlike import ORDER, unlike
from vedette.web.watched_series import Standing, Watched, stream_of, watched

FEW = 400  # windows that are drawn as they are; of more, those of a step together


def rows_unlike(one: Asked) -> Figure:
    """The share of rows that are unlike the reference, of all or of a segment."""
    found, segment = unlike(one), one.segment or ""
    part = found.part(segment)
    rows = []
    for start, share in found.steps.get(segment, ()):
        low, high = share.interval
        rows.append(
            {**one.stretch(start), "rate": share.rate, "low": low, "high": high, "k": share.k,
             "rows": share.n}
        )  # fmt: skip
    return figures.unlike(
        rows if part is not None else [],
        one.marks(),
        one.incidents(lambda stream: stream[0] == MONITOR and stream[2] == segment),
        where=segment.replace("=", " = ", 1),
        expected=0.0 if part is None else part.expected,
        tolerated=0.0 if part is None else part.tolerated,
        step=one.span.step,
        reason=found.why,
    )


def metric(one: Asked) -> Figure:
    """One metric series with what was expected of it; the worst one where none is named.

    Errors: Problem, 404, for a name that no series of this time has.
    """
    found = watched(one)
    standing = found.named(one.series) if one.series else next(iter(found.standings), None)
    if standing is None and one.series and found.standings:
        raise Problem(404, "no_series", f"There is no series {one.series[:80]!r}.", "series")
    if standing is None:
        return Figure(one.series or "Metric", "", empty=found.why)
    together = len(found.courses.starts) > FEW
    return lines.series(
        _points(found, standing, together=together),
        one.marks(),
        one.incidents(lambda stream: stream == stream_of(standing.series)),
        name=standing.name,
        unit=standing.unit,
        step=one.span.step if together else spell(found.width),
    )


def _points(found: Watched, standing: Standing, *, together: bool) -> list[Row]:
    """The values of windows, or the means of steps; the oddest value of each."""
    courses, at, span = found.courses, standing.place, found.one.span
    steps = span.at(courses.starts) if together else np.arange(len(courses.starts))
    rows: list[Row] = []
    for step in np.unique(steps).tolist():
        own = np.flatnonzero(steps == step)
        scores = np.nan_to_num(courses.score[own, at])
        oddest = int(own[scores.argmax()])
        first, last = int(own[0]), int(own[-1])
        start, end = (
            (span.starts[step], span.starts[step] + span.width)
            if together
            else (int(courses.starts[first]), int(courses.ends[last]))
        )
        verdicts = {courses.verdict(int(window), at) for window in own}
        rows.append(
            {
                "t0": ms(start), "t1": ms(end), "value": _mean(courses.value[own, at]),
                "expected": _mean(courses.expected[own, at]), "low": _mean(courses.low[own, at]),
                "high": _mean(courses.high[own, at]), "score": float(scores.max()),
                "verdict": min(verdicts, key=ORDER.index),
                "most": _mean(courses.value[[oddest], at]), "windows": len(own),
            }
        )  # fmt: skip
    return rows


def _mean(values: NDArray[np.float64]) -> float | None:
    there = values[np.isfinite(values)]
    return float(there.mean()) if len(there) else None
