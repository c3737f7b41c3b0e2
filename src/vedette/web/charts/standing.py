"""A model over time: how its axes stood, its columns, its evidence.

Owns: the drawing of what was kept of them.  Does not own: what was kept (`web.history`), drawings
(`report.figures`).
"""

from collections.abc import Iterable
from math import isfinite, log10
from urllib.parse import quote

from vedette.alerts.incident import AXES
from vedette.engine.plan import DRIFT
from vedette.report.figures import evidence, heat, timeline
from vedette.report.figures.figure import Figure
from vedette.web.asked import Asked, Row, ms
from vedette.web.documents import instant
from vedette.web.history import heat as heats
from vedette.web.history import labels
from vedette.web.history import standing as standings


def standing(one: Asked) -> Figure:
    """The five axes on a line of time."""
    found = standings.standing(one.past, one.span)
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
    return timeline.timeline(
        AXES,
        cells,
        _incidents(found["incidents"]),
        one.marks(),
        shown,
        step=one.span.step,
        stretch=one.ends,
    )


def columns(one: Asked) -> Figure:
    """Columns by time, by effect."""
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


def nearness(one: Asked) -> Figure:
    """How near to an alarm the model came."""
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
    return evidence.evidence(rows, one.marks(), step=one.span.step, stretch=one.ends)


def _incidents(found: Iterable[Row]) -> list[Row]:
    return [
        {
            "axis": one["axis"],
            "t0": ms(one["onset"]),
            "t1": ms(one["end"]),
            "opened": ms(one["opened"]),
            "title": one["title"].replace("`", ""),
            "severity": one["severity"],
            "state": one["state"],
            "href": f"/incidents/{quote(one['id'], safe='')}",
        }
        for one in found
    ]


def _log10(value: float) -> float:
    return round(log10(max(value, 1e-12)), 4)
