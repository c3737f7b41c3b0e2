"""One column: over time, by segment, before and after.

Owns: the drawing of what was kept of it.  Does not own: what was kept (`web.history.course`),
drawings (`report.figures`).
"""

from typing import Any

from vedette.engine.document import distribution_document, side_document
from vedette.monitors.pair import Pair
from vedette.profiles.cell import Cell
from vedette.report.figures import course
from vedette.report.figures.change import change
from vedette.report.figures.figure import Figure
from vedette.stats.rates import rate_tolerance
from vedette.web.asked import Asked, min_effect_of
from vedette.web.history import course as courses


def over_time(one: Asked) -> Figure:
    """A component of a column."""
    component = one.component or "level"
    found = courses.course(one.past, one.span, one.column, one.segment or "")
    moved = found.get(component, [])
    points = [
        {
            **one.stretch(point.start), "effect": point.effect, "low": point.low,
            "high": point.high, "observed": point.observed, "expected": point.expected,
            "rows": point.rows,
        }
        for point in moved
    ]  # fmt: skip
    expected = moved[0].expected if moved else 0.0
    least = min_effect_of(one.call, one.past.model, one.column)
    return course.course(
        component, points, one.marks(), one.incidents(lambda stream: stream[1] == one.column),
        column=one.column, min_effect=_tolerated(component, expected, least), step=one.span.step,
    )  # fmt: skip


def by_segment(one: Asked) -> Figure:
    """A component of a column in every segment."""
    found = courses.parts(one.past, one.span, one.column, one.component or None)
    least = min_effect_of(one.call, one.past.model, one.column)
    rows = [
        {"segment": part.segment or "all rows", "effect": part.effect, "low": part.low,
         "high": part.high, "rows": part.rows, "reason": part.reason.replace("`", ""),
         "verdict": _verdict(part, least)}
        for part in found
    ]  # fmt: skip
    component, expected = (found[0].component, found[0].expected) if found else ("level", 0.0)
    least = _tolerated(component, expected, least)
    return course.segments(rows, column=one.column, component=component, min_effect=least)


def before_after(one: Asked) -> Figure:
    """A column in the reference and in a stretch."""
    pair = change_pair(one)
    if pair is None:
        return Figure(f"`{one.column}`", "", empty="No row of this time is kept.")
    return change(change_of(pair, one.component), what="the stretch shown")


def change_pair(one: Asked) -> Pair | None:
    """The two sides of a column over the stretch that is asked for."""
    added: Cell | None = None
    for cell in courses.cells_of(one.past, one.span, one.column, one.segment or "").values():
        added = cell if added is None else added.merge(cell)
    if added is None:
        return None
    return courses.pair_of(one.past.baseline, added, one.column, one.segment or "")


def change_of(pair: Pair, component: str = "") -> dict[str, Any]:
    """Two sides of a column as a drawing takes them."""
    return {
        "name": pair.column,
        "kind": pair.field.kind,
        "title": pair.title,
        "component": component,
        "reference": side_document(pair.reference),
        "current": side_document(pair.current),
        "distribution": distribution_document(pair),
    }


def _tolerated(component: str, expected: float, least: float) -> float:
    """The change of a component that does not matter: that of a rate depends on the rate."""
    is_rate = course.unit_of(component) == "share"
    return rate_tolerance(expected, least) if is_rate else least


def _verdict(part: courses.Part, least: float) -> str:
    least = _tolerated(part.component, part.expected, least)
    if part.effect is None or part.low is None or part.high is None:
        return "unknown"
    if part.low > least or part.high < -least:
        return "alarming"
    return "notable" if part.low > 0 or part.high < 0 else "calm"
