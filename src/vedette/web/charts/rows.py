"""Rows over time, and quantiles of a column.

Owns: the drawing of what was kept of them.  Does not own: counting (`web.history.traffic`),
drawings (`report.figures.traffic`).
"""

from vedette.core.rows import LATENCY
from vedette.report.figures import traffic
from vedette.report.figures.figure import Figure
from vedette.web.asked import Asked
from vedette.web.history import traffic as traffics
from vedette.web.history.service import QUANTILES


def rows(one: Asked) -> Figure:
    """Rows of every step."""
    steps = [
        {**one.stretch(step.start), "rows": step.rows, "late": step.late}
        for step in traffics.traffic(one.past, one.span)
    ]
    return traffic.traffic(steps, one.marks(), step=one.span.step, stretch=one.ends)


def spread(one: Asked) -> Figure:
    """Quantiles of a column."""
    known = one.past.baseline
    unit = known.schema[one.column].unit if known and one.column in known.schema else ""
    rows = [
        {**one.stretch(step.start), "quantile": f"p{round(100 * q)}", "value": value,
         "rows": step.rows}
        for step in traffics.spread(one.past, one.span, one.column, one.segment or "")
        for q, value in zip(QUANTILES, step.values, strict=True)
        if value is not None
    ]  # fmt: skip
    return traffic.quantiles(
        rows, one.marks(), title=titled(one), unit=unit or "", step=one.span.step
    )


def titled(one: Asked) -> str:
    """A column, and of which rows."""
    where = f" where {one.segment.replace('=', ' = ', 1)}" if one.segment else ""
    return ("Latency" if one.column == LATENCY else f"`{one.column}`") + where
