"""One column: baseline and window, components over time, segments, what would have been noticed."""

from typing import Any
from urllib.parse import quote

from vedette.core.schema import Field
from vedette.core.words import count, number, percent
from vedette.engine.document import side_document
from vedette.monitors.finding import Finding
from vedette.monitors.pair import Pair
from vedette.report import words
from vedette.report.figures.change import change_height
from vedette.report.figures.course import HEIGHT as COURSE_HEIGHT
from vedette.report.figures.course import segments_height
from vedette.report.figures.lines import HEIGHT as QUANTILES_HEIGHT
from vedette.web import documents
from vedette.web.answers import Answer, Problem
from vedette.web.asked import asked, check_segment, min_effect_of
from vedette.web.call import Call
from vedette.web.charts.column import change_of, change_pair
from vedette.web.charts.performance import losses_drawn
from vedette.web.history.course import DRAWN
from vedette.web.pages.page import render
from vedette.web.pages.ranges import range_of
from vedette.web.veil import check_column

LISTED = 12  # findings


def page_column(call: Call) -> Answer:
    """One column of a model over a stretch of time."""
    one = asked(call).of(call.path["column"])
    baseline, name = one.past.baseline, one.column
    if baseline is None:
        raise Problem(404, "no_baseline", "This model has no baseline yet.", "column")
    if name not in baseline.binnings:
        why = baseline.excluded.get(name)
        said = f"This column is not compared: {why}." if why else "There is no such column."
        raise Problem(404, "no_column", said, "column")
    check_column(call, one.past.model, name)
    check_segment(baseline, one.segment)
    pair = change_pair(one)
    document = change_of(pair, one.component) if pair is not None else None
    tested = set() if pair is None else {c.name for c in pair.components()}
    segment = one.segment or ""
    path = f"/models/{quote(one.past.model, safe='')}/columns/{quote(name, safe='')}"
    segments = [f"{c}={n}" for c, names in baseline.segments.items() for n in names if c != name]
    findings = one.past.findings(name, one.span.start, one.span.end)
    return render(
        call,
        "column.html.jinja",
        model=one.past.model,
        field=_field(next((f for f in baseline.schema.fields if f.name == name), None), name),
        segment=segment,
        segments=segments,
        range=range_of(path, one.span, one.past.now, segment=segment or None),
        path=path,
        components=[c for c in DRAWN if c in tested],
        labels=words.COMPONENTS,
        sides=_sides(pair),
        heights={
            "course": COURSE_HEIGHT,
            "change": change_height(document or {}),
            "segments": segments_height(1 + len(segments)),
            "quantiles": QUANTILES_HEIGHT,
        },
        losses=losses_drawn(one),
        min_effect=min_effect_of(call, one.past.model, name),
        detectable=_detectable(findings, segment),
        findings=[documents.finding_document(f) for f in findings[:LISTED]],
    )


def _field(field: Field | None, name: str) -> dict[str, Any]:
    if field is None:
        return {"name": name, "kind": "", "role": "", "unit": ""}
    return {"name": name, "kind": field.kind, "role": field.role, "unit": field.unit or ""}


def _sides(pair: Pair | None) -> list[tuple[str, str, str]]:
    """Quantities of the reference and of the stretch side by side."""
    if pair is None:
        return []
    before, after = side_document(pair.reference), side_document(pair.current)
    rows = [("rows", count(before["rows"]), count(after["rows"]))]
    for name, told in (("mean", "mean"), ("sd", "standard deviation"), ("min", "least"),
                       ("max", "largest"), ("distinct", "distinct values")):  # fmt: skip
        if before[name] is not None or after[name] is not None:
            rows.append((told, number(before[name]), number(after[name])))
    for name in words.SPECIALS:
        if before[name] or after[name] or name == "missing":
            shares = (side[name] / side["rows"] if side["rows"] else None for side in
                      (before, after))  # fmt: skip
            one, two = map(percent, shares)
            rows.append((name.replace("_", " "), one, two))
    return rows


def _detectable(findings: list[Finding], segment: str) -> list[tuple[str, str, str | None]]:
    """What the newest looks at the column would have noticed: of what, how much, in which window;
    one for every monitor."""
    found: dict[str, tuple[str, str, str | None]] = {}
    for finding in findings:
        if finding.segment == segment and finding.detectable is not None:
            start = documents.instant(finding.window.start) if finding.window else None
            size = words.effect(finding.detectable, finding.unit, signed=False)
            told = words.COMPONENTS.get(finding.component, finding.component)
            found.setdefault(finding.monitor, (told, size, start))
    return list(found.values())
