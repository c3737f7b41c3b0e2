"""Charts: each at its own address, as a drawing for a page, a picture, and a table.

Owns: the list of charts, reading their addresses, the drawing of what was kept.  Does not own: what
was kept (`web.history`), drawings (`report.figures`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from math import isfinite, log10
from types import MappingProxyType
from typing import Any, Self
from urllib.parse import quote

from vedette.alerts.incident import AXES
from vedette.core.errors import nearest
from vedette.engine.change import during, pair_of
from vedette.engine.document import distribution_document, side_document
from vedette.engine.plan import DRIFT
from vedette.engine.views import ModelView
from vedette.monitors.pair import Pair
from vedette.profiles.baseline import Baseline
from vedette.profiles.cell import Cell
from vedette.report.figures import course, evidence, heat, timeline, traffic
from vedette.report.figures.change import change
from vedette.report.figures.figure import Figure, as_csv, as_png, as_svg, for_page
from vedette.stats.rates import rate_tolerance
from vedette.web import acts, lookup
from vedette.web.answers import Answer, Problem, json_answer
from vedette.web.call import Call
from vedette.web.documents import instant
from vedette.web.history import course as courses
from vedette.web.history import heat as heats
from vedette.web.history import labels, standing
from vedette.web.history import traffic as traffics
from vedette.web.history.past import Past, ends_at
from vedette.web.history.span import REACHES, Span, span_of
from vedette.web.keys import READ

OF_COLUMN = ("course", "quantiles", "segments", "distribution")
MOST_ROWS = 40  # columns of the heat map unless all are asked for
EVERY_ROW = 1_000
KINDS = {"json": b"application/json", "csv": b"text/csv; charset=utf-8", "png": b"image/png",
         "svg": b"image/svg+xml"}  # fmt: skip
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Asked:
    """What a chart is asked for."""

    call: Call
    past: Past
    span: Span
    column: str
    segment: str | None
    component: str
    rows: int

    def of(self, column: str) -> Self:
        """The same of a column."""
        return replace(self, column=column)

    def marks(self) -> list[Row]:
        """Deploys and remarks."""
        return [
            {"t0": _ms(at), "text": text}
            for at, text in self.past.marks(self.span.start, self.span.end)
        ]

    def stretch(self, start: int) -> dict[str, float]:
        """A step as a mark has it."""
        return {"t0": _ms(start), "t1": _ms(start + self.span.width)}


def chart(call: Call) -> Answer:
    """One chart, in the form that its ending names."""
    name, _, form = call.path["chart"].rpartition(".")
    if name not in CHARTS:
        hint = nearest(name, CHARTS) or f"there are: {', '.join(CHARTS)}"
        raise Problem(404, "no_chart", f"There is no chart {name[:40]!r}; {hint}", "chart")
    return in_form(CHARTS[name](_checked(asked(call), name)), name, form)


def in_form(figure: Figure, name: str, form: str) -> Answer:
    """A figure as JSON for a page, CSV, PNG or SVG.  Errors: Problem, 404."""
    if form not in KINDS:
        raise Problem(404, "no_form", f"A chart ends in {', '.join(KINDS)}.", "chart")
    if form == "json":
        return json_answer(for_page(figure))
    headers = [(b"content-type", KINDS[form])]
    if form == "csv":
        label = f'attachment; filename="{name}.csv"'
        headers.append((b"content-disposition", label.encode()))
        return Answer(200, as_csv(figure).encode("utf-8", "replace"), headers)
    svg = as_svg(figure) if form == "svg" else None
    drawn = as_png(figure) if form == "png" else svg.encode() if svg is not None else None
    if drawn is None:
        raise Problem(404, "nothing_to_draw", figure.empty, "chart")
    return Answer(200, drawn, headers)


def asked(call: Call) -> Asked:
    """Read what the address of a chart, or of the page around it, asks for.

    Errors: Problem for a model or a stretch that is none.
    """
    query = call.query()
    past = past_of(call)
    span = span_asked(past, query.start, query.end)
    rows = query.choice("rows", ("all",))
    return Asked(
        call,
        past,
        span,
        query.word("column") or "",
        query.word("segment"),
        courses.drawn_as(query.word("component") or ""),
        EVERY_ROW if rows == "all" else MOST_ROWS,
    )


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
    check_segment(baseline, one.segment)
    if one.component and one.component not in courses.DRAWN:
        hint = nearest(one.component, courses.DRAWN) or f"there are: {', '.join(courses.DRAWN)}"
        said = f"There is no component {one.component[:40]!r}; {hint}"
        raise Problem(400, "wrong_query", said, "component")
    return one


def check_segment(baseline: Baseline, segment: str | None) -> None:
    """See that a segment is one of the baseline's.  Errors: Problem, 400."""
    known = [f"{column}={n}" for column, names in baseline.segments.items() for n in names]
    if segment and segment not in known:
        hint = nearest(segment, known) or f"there are: {', '.join(known[:20]) or 'none'}"
        raise Problem(
            400, "wrong_query", f"There is no segment {segment[:80]!r}; {hint}", "segment"
        )


def past_of(call: Call) -> Past:
    """The past of the model that the path names."""
    view = call.view()
    settings = call.service.settings_of(view.name)
    store = call.service.store
    now = max(view.seen_until or 0, 0 if view.last_time is None else view.last_time + 1)
    return Past(
        store,
        call.service.log,
        view.name,
        settings.clocks.widths,
        now,
        baseline_of(call, view),
        call.memo,
        settings.without,
    )


def baseline_of(call: Call, view: ModelView) -> Baseline | None:
    """The baseline in force, as the service holds it: reading that of a wide model is dear."""
    held = call.service.baseline_of(view.name)
    return held or lookup.baseline(call.service.store, view.name, view.baseline)


def span_asked(past: Past, start: int | None, end: int | None, reach: str = "month") -> Span:
    """The stretch that is asked for, or the last month."""
    last = past.now if end is None else end
    first = last - REACHES[reach] if start is None else start
    if first >= last:
        raise Problem(400, "wrong_query", "start is not before end.", "start")
    base, _, drift = past.widths
    fine = span_of(first, last, base)
    return fine if fine.end - fine.start < 6 * drift else span_of(first, last, drift)


def _standing(one: Asked) -> Figure:
    found = standing.standing(one.past, one.span)
    covered = one.call.memo.get(
        ("coverage", one.past.model, *one.span), lambda: labels.coverage(one.past, one.span)
    )
    cells = [
        {"axis": axis, **one.stretch(start), "verdict": verdict, "part": round(min(part, 1.0), 6)}
        for axis, start, verdict, part in found["cells"]
    ]
    shown = [
        {"axis": timeline.LABELS, **one.stretch(step.start),
         "share": step.labelled / step.rows, "rows": step.rows}
        for step in covered or ()
    ]  # fmt: skip
    marks = [{"t0": _ms(at), "text": text} for at, text in found["marks"]]
    return timeline.timeline(
        AXES, cells, _incidents(found["incidents"]), marks, shown, step=one.span.step
    )


def _heat(one: Asked) -> Figure:
    found = heats.heat(one.past, one.span, one.rows, one.segment)
    base = f"/models/{quote(one.past.model, safe='')}/columns/"
    cells = [
        {
            "column": cell.column,
            "segment": cell.segment or "all rows",
            **one.stretch(cell.start),
            "effect": round(cell.effect, 5) if isfinite(cell.effect) else None,
            "verdict": cell.verdict,
            "href": f"{base}{quote(cell.column, safe='')}?start={instant(cell.start)}"
            f"&end={instant(cell.start + one.span.width)}&segment={quote(cell.segment, safe='')}",
        }
        for cell in found.cells
    ]
    return heat.heat(found.columns, found.of, cells, one.marks(), step=one.span.step)


def _traffic(one: Asked) -> Figure:
    rows = [
        {**one.stretch(step.start), "rows": step.rows, "late": step.late}
        for step in traffics.traffic(one.past, one.span)
    ]
    return traffic.traffic(rows, one.marks(), step=one.span.step)


def _latency(one: Asked) -> Figure:
    column = traffics.latency_column(one.past.baseline)
    if column is None:
        said = "No column of the baseline holds latencies: send latency_s with the events."
        return Figure("Latency", "", empty=said)
    return _quantiles(one, column, "Latency", "seconds")


def _spread(one: Asked) -> Figure:
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


def _evidence(one: Asked) -> Figure:
    looks = one.past.looks(DRIFT, one.span)
    best: dict[int, tuple[float, float]] = {}
    for step, total, bar in zip(
        one.span.at(looks.starts).tolist(), looks.total, looks.threshold, strict=True
    ):
        if 0 <= step < one.span.steps:
            best[step] = max(best.get(step, (0.0, float(bar))), (float(total), float(bar)))
    rows = []
    for step, (total, bar) in sorted(best.items()):
        value, threshold = _log10(total), _log10(bar)
        share = min(max(value / threshold, 0.0), 1.0) if threshold > 0 else 0.0
        rows.append(
            {**one.stretch(one.span.starts[step]), "value": value, "threshold": threshold,
             "share": share}
        )  # fmt: skip
    return evidence.evidence(rows, one.marks(), step=one.span.step)


def _course(one: Asked) -> Figure:
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
    over = [
        incident
        for incident in one.past.incidents(one.span.start, one.span.end)
        if any(column == one.column for _, column, _ in incident.streams)
    ]
    shown = [
        {"t0": _ms(max(incident.onset, one.span.start)),
         "t1": _ms(min(ends_at(incident, one.past.now), one.span.end)),
         "severity": incident.severity, "title": incident.title,
         "href": f"/incidents/{quote(incident.id, safe='')}"}
        for incident in over
    ]  # fmt: skip
    return course.course(
        component, points, one.marks(), shown, column=one.column,
        min_effect=_tolerated(component, expected, least), step=one.span.step,
    )  # fmt: skip


def _segments(one: Asked) -> Figure:
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


def _change(one: Asked) -> Figure:
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


def incident_chart(call: Call) -> Answer:
    """A column of an incident, before and after, in the form that the ending names."""
    incident = acts.allowed_incident(call, READ)
    query = call.query()
    store, column = call.service.store, query.word("column") or ""
    view = call.service.model(incident.model)
    baseline = None if view is None else baseline_of(call, view)
    profile = during(store, incident, baseline, [column]) if baseline else None
    pair = None
    if baseline is not None and profile is not None:
        pair = pair_of(baseline, profile, column, query.word("segment") or "")
    component = next((c.component for c in incident.causes if c.column == column), "")
    figure = (
        Figure(f"`{column}`", "", empty="The windows of that time are kept no longer.")
        if pair is None
        else change(change_of(pair, component), what="the incident's first day")
    )
    return in_form(figure, "change", call.path["form"])


def min_effect_of(call: Call, model: str, column: str) -> float:
    """The smallest change of a column that matters."""
    settings = call.service.settings_of(model)
    return settings.effects((column,)).get(column, settings.min_effect)


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


def _incidents(found: Iterable[Row]) -> list[Row]:
    return [
        {
            "axis": one["axis"],
            "t0": _ms(one["onset"]),
            "t1": _ms(one["end"]),
            "opened": _ms(one["opened"]),
            "title": one["title"].replace("`", ""),
            "severity": one["severity"],
            "state": one["state"],
            "href": f"/incidents/{quote(one['id'], safe='')}",
        }
        for one in found
    ]


def _ms(nanoseconds: int) -> float:
    return nanoseconds / 1e6


def _log10(value: float) -> float:
    return round(log10(max(value, 1e-12)), 4)


CHARTS: Mapping[str, Callable[[Asked], Figure]] = MappingProxyType(
    {
        "timeline": _standing,
        "heat": _heat,
        "traffic": _traffic,
        "latency": _latency,
        "evidence": _evidence,
        "course": _course,
        "quantiles": _spread,
        "segments": _segments,
        "distribution": _change,
    }
)
