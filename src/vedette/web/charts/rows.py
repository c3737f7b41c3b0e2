"""Rows over time, and quantiles of a column.

Owns: the drawing of what was kept of them.  Does not own: counting (`web.history.traffic`),
drawings (`report.figures`).
"""

from collections.abc import Callable

from vedette.alerts.grouping import Key
from vedette.core.rows import LATENCY
from vedette.profiles.tails import timed_columns
from vedette.report.figures import traffic
from vedette.report.figures.figure import Figure
from vedette.report.figures.lines import SECONDS, lines
from vedette.web.asked import Asked
from vedette.web.history import traffic as traffics
from vedette.web.history.service import QUANTILES

NONE = "No value of this time is kept."


def rows(one: Asked) -> Figure:
    """Rows of every step."""
    steps = [
        {**one.stretch(step.start), "rows": step.rows, "late": step.late}
        for step in traffics.traffic(one.past, one.span)
    ]
    return traffic.traffic(steps, one.marks(), step=one.span.step, stretch=one.ends)


def quantiles(one: Asked) -> Figure:
    """Quantiles of a column, in all rows or those of a segment."""
    known, unit = one.past.baseline, ""
    if known is not None and one.column in known.schema:
        is_timed = one.column in timed_columns(known.schema)
        unit = SECONDS if is_timed else known.schema[one.column].unit or ""
    return quantiles_in(one, unit, lambda stream: stream[1] == one.column)


def quantiles_in(
    one: Asked, unit: str, concerns: Callable[[Key], bool], empty: str = NONE
) -> Figure:
    """The same in a unit, with the incidents that concern it."""
    names = [f"p{round(100 * q)}" for q in QUANTILES]
    rows = [
        {**one.stretch(step.start), "name": name, "value": value, "rows": step.rows}
        for step in traffics.spread(one.past, one.span, one.column, one.segment or "")
        for name, value in zip(names, step.values, strict=True)
        if value is not None
    ]
    where = f" where {one.segment.replace('=', ' = ', 1)}" if one.segment else ""
    title = "Latency" if one.column == LATENCY else f"`{one.column}`"
    return lines(
        rows, one.marks(), one.incidents(concerns), title=title + where, unit=unit,
        step=one.span.step, stretch=one.ends, names=names, empty=empty,
    )  # fmt: skip
