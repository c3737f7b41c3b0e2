"""Charts: each at its own address, as a drawing for a page, a picture, and a table.

Owns: the list of charts, and answering one.  Does not own: what they are asked for
(`web.asked`), single charts (the files beside this one).
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from vedette.core.errors import nearest
from vedette.report.figures.figure import Figure
from vedette.web.answers import Answer, Problem
from vedette.web.asked import Asked, asked, check_part, check_segment
from vedette.web.call import Call
from vedette.web.charts import (
    anomalies,
    column,
    fairness,
    performance,
    rows,
    service,
    skew,
    standing,
)
from vedette.web.charts.forms import in_form
from vedette.web.history import course as courses
from vedette.web.veil import check_column

LATENCY = "latency"  # counted by more than the segments of the settings
OF_COLUMN = ("course", "quantiles", "segments", "distribution", "losses")


def chart(call: Call) -> Answer:
    """One chart, in the form that its ending names."""
    name, _, form = call.path["chart"].rpartition(".")
    if name not in CHARTS:
        hint = nearest(name, CHARTS) or f"there are: {', '.join(CHARTS)}"
        raise Problem(404, "no_chart", f"There is no chart {name[:40]!r}; {hint}", "chart")
    return in_form(CHARTS[name](_checked(asked(call), name)), name, form)


def _checked(one: Asked, name: str) -> Asked:
    """The same, when what it names is there.  Errors: Problem, 400 and 404."""
    baseline = one.past.baseline
    if baseline is None:
        return one
    if name in OF_COLUMN and one.column not in baseline.binnings:
        hint = nearest(one.column, baseline.binnings) or "see the columns of the model"
        raise Problem(
            404, "no_column", f"No column {one.column[:80]!r} is counted; {hint}", "column"
        )
    if name in OF_COLUMN:
        check_column(one.call, one.past.model, one.column)
    (check_part if name == LATENCY else check_segment)(baseline, one.segment)
    if one.component and one.component not in courses.DRAWN:
        hint = nearest(one.component, courses.DRAWN) or f"there are: {', '.join(courses.DRAWN)}"
        said = f"There is no component {one.component[:40]!r}; {hint}"
        raise Problem(400, "wrong_query", said, "component")
    return one


CHARTS: Mapping[str, Callable[[Asked], Figure]] = MappingProxyType(
    {
        "timeline": standing.standing,
        "heat": standing.columns,
        "traffic": rows.rows,
        LATENCY: service.latency,
        "errors": service.errors,
        "utilization": service.utilization,
        "memory": service.memory,
        "evidence": standing.nearness,
        "course": column.over_time,
        "quantiles": rows.quantiles,
        "segments": column.by_segment,
        "distribution": column.before_after,
        "performance": performance.metric_over_time,
        "labels": performance.coverage,
        "delays": performance.delays,
        "calibration": performance.come_true,
        "thresholds": performance.thresholds,
        "losses": performance.wrong_where,
        "groups": fairness.groups,
        "gap": fairness.gap,
        "spreads": fairness.spreads,
        "mismatch": skew.mismatch,
        "unlike": anomalies.rows_unlike,
        "metric": anomalies.metric,
    }
)
