"""How long answers took, what failed, and what that used, over time.

Owns: the drawing of what was kept of it.  Does not own: what was kept (`web.history.service`),
drawings (`report.figures.lines`).
"""

from collections.abc import Sequence
from functools import partial

from vedette.alerts.axis import INFRASTRUCTURE
from vedette.alerts.grouping import Key
from vedette.report.figures.figure import Figure
from vedette.report.figures.lines import SECONDS, SHARE, lines
from vedette.web.asked import Asked, Row
from vedette.web.charts.rows import quantiles_in
from vedette.web.history import service as services
from vedette.web.history.past import Past
from vedette.web.history.traffic import latency_column

NONE = "No event says how long it took: send latency_s with the events."
NO_ERROR = "No event of this time says that it failed, by its attribute error_type."
NO_READING = "No reading of a resource is kept: the client takes them where it is asked to."
MOST = 5  # lines of one drawing
UTILIZATION, BYTES = ".utilization", ".bytes"  # how names of readings end, by their unit


def latency(one: Asked) -> Figure:
    """How long answers took, in all rows or those of a segment."""
    column = one.column or latency_column(one.past.baseline)
    if column is None:
        return Figure("Latency", "", empty=NONE)
    return quantiles_in(one.of(column), SECONDS, partial(is_infrastructure, one.past), NONE)


def errors(one: Asked) -> Figure:
    """What share of requests failed, by type of error."""
    steps = services.service(one.past, one.span)
    names = [name for name, _ in services.total(steps).errors.most_common(MOST)]
    rows = [
        {**one.stretch(step.start), "name": name, "value": step.errors[name] / step.rows,
         "rows": step.rows}
        for step in steps if step.rows
        for name in names
    ]  # fmt: skip
    return _drawn(one, rows, "Errors", SHARE, names, NO_ERROR)


def _resources(one: Asked, *, ending: str, title: str, unit: str) -> Figure:
    found = [use for use in services.resources(one.past, one.span) if use.name.endswith(ending)]
    names = list(dict.fromkeys(use.name for use in found))[:MOST]
    rows = [
        {**one.stretch(use.start), "name": use.name, "value": use.value, "rows": None}
        for use in found
        if use.name in names
    ]
    return _drawn(one, rows, title, unit, names, NO_READING)


utilization = partial(_resources, ending=UTILIZATION, title="Utilisation", unit=SHARE)
memory = partial(_resources, ending=BYTES, title="Memory", unit="bytes")


def is_infrastructure(past: Past, stream: Key) -> bool:
    """Whether a stream belongs to what this page is about."""
    return past.served.axis_of(*stream[:2]) == INFRASTRUCTURE


def _drawn(
    one: Asked, rows: Sequence[Row], title: str, unit: str, names: Sequence[str], empty: str
) -> Figure:
    concerns = partial(is_infrastructure, one.past)
    return lines(
        rows, one.marks(), one.incidents(concerns), title=title, unit=unit,
        step=one.span.step, stretch=one.ends, names=names,
        empty=empty,
    )  # fmt: skip
