"""Rows over time, and quantiles of a column such as latency.

Owns: the drawing of what was kept of them.  Does not own: counting (`web.history.traffic`),
drawings (`report.figures.traffic`).
"""

from vedette.report.figures import traffic
from vedette.report.figures.figure import Figure
from vedette.web.asked import Asked
from vedette.web.history import traffic as traffics


def rows(one: Asked) -> Figure:
    """Rows of every step."""
    steps = [
        {**one.stretch(step.start), "rows": step.rows, "late": step.late}
        for step in traffics.traffic(one.past, one.span)
    ]
    return traffic.traffic(steps, one.marks(), step=one.span.step)


def latency(one: Asked) -> Figure:
    """How long answers took."""
    column = traffics.latency_column(one.past.baseline)
    if column is None:
        said = "No column of the baseline holds latencies: send latency_s with the events."
        return Figure("Latency", "", empty=said)
    return _quantiles(one, column, "Latency", "seconds")


def spread(one: Asked) -> Figure:
    """Quantiles of a column."""
    known = one.past.baseline
    unit = known.schema[one.column].unit if known and one.column in known.schema else ""
    return _quantiles(one, one.column, f"`{one.column}`", unit or "")


def _quantiles(one: Asked, column: str, title: str, unit: str) -> Figure:
    rows = [
        {**one.stretch(step.start), "quantile": f"p{round(100 * q)}", "value": value,
         "rows": step.rows}
        for step in traffics.spread(one.past, one.span, column)
        for q, value in zip(traffics.QUANTILES, step.values, strict=True)
        if value is not None
    ]  # fmt: skip
    return traffic.quantiles(rows, one.marks(), title=title, unit=unit, step=one.span.step)
