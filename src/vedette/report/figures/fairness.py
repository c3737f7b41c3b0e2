"""Groups beside one another: rates with intervals and limits, a gap over time, scores.

Owns: the drawings.  Does not own: rates (`engine.audit.rates`), which groups may be shown
(`engine.audit.shown`), what metrics are called.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from vedette.core.words import count, plural
from vedette.report.figures import parts
from vedette.report.figures.figure import Figure, Row, filled
from vedette.report.figures.theme import (
    CURRENT,
    MUTED,
    PAPER,
    REFERENCE,
    RULE,
    VERDICTS,
)
from vedette.report.library import altair
from vedette.report.words import visible

HEIGHT = 220  # of the history
ROW, AXIS, LEAST = 28, 48, 2  # px of a group on its line, of the axis; lines that are kept free
LONGEST = 34  # characters of a group's name in a drawing; its tip has all
SHAPES = {"alarming": "triangle-up", "notable": "diamond", "unknown": "circle", "calm": "circle"}


def forest_height(groups: int) -> int:
    """How high the drawing of so many groups is."""
    return ROW * max(groups, LEAST) + AXIS


def forest(
    name: str, rows: Sequence[Row], *, against: str, hidden: int = 0, reason: str = ""
) -> Figure:
    """Draw a metric of every group with its interval, beside the limits and the reference.

    Shapes: `name` of the metric; rows {group, name, rate, low, high, n, other, least, most,
    reference, verdict}; `least` to `most` is what keeps the limit.
    """
    title = f"{name[:1].upper()}{name[1:]} by group"
    note = f"95 % intervals; the band keeps the limit from {against}, the tick is its own rate"
    if hidden:
        note += f"; {plural(hidden, 'group')} not shown: too few rows"
    if not rows:
        return Figure(title, note, empty=reason or "No group has rows enough to be shown.")
    drawn = [{**row, "label": _label(row)} for row in rows]
    spec = filled(_forest(), {"rows": drawn}, height=forest_height(len(rows)))
    return Figure(title, note, rows, spec)


def gap(
    name: str,
    group: str,
    rows: Sequence[Row],
    limits: Sequence[Row],
    marks: Sequence[Row],
    incidents: Sequence[Row],
    *,
    by_ratio: bool,
    against: str,
    step: str,
    reason: str = "",
) -> Figure:
    """Draw how far a group is from those it is held against, step by step.

    Shapes: `name` of the metric; rows {t0, t1, value, low, high, band_low, band_high, rate, other,
    n, other_n, mature}, what is not known null; the band holds at all steps at once, over all rows
    so far; limits {at}.
    Units: milliseconds since 1970; `value` a ratio, or a difference of shares.
    """
    what = "over" if by_ratio else "less"
    title = f"{name[:1].upper()}{name[1:]} of {group}, {what} that of {against}"
    note = f"95 % intervals; a mark stands for {step}; the band is all rows so far, at every look"
    if any(row["value"] is None for row in rows):
        note += "; steps of too few rows are not shown"
    if not rows:
        return Figure(title, note, empty=reason or "No step of this time has rows enough.")
    spec = filled(
        _gap(by_ratio),
        {"rows": rows, "limits": limits, "marks": marks, "incidents": incidents,
         "same": [{"at": 1.0 if by_ratio else 0.0}]},
    )  # fmt: skip
    return Figure(title, note, rows, spec, times=("t0", "t1"))


def spreads(rows: Sequence[Row], *, reason: str = "") -> Figure:
    """Draw how scores are spread in every group.

    Shapes: rows {group, name, n, q10, q25, q50, q75, q90, mean, reference}, the last the median of
    the reference.
    """
    title = "Scores by group"
    note = "from one in ten to nine in ten, thick between the quarters; hollow: the reference"
    if not rows:
        return Figure(title, note, empty=reason or "No group has scores enough to be shown.")
    drawn = [{**row, "label": _label(row)} for row in rows]
    spec = filled(_spreads(), {"rows": drawn}, height=forest_height(len(rows)))
    return Figure(title, note, rows, spec)


def _label(row: Row) -> str:
    """What a group is called beside others of its set, and its rows, short enough for an axis."""
    name = visible(str(row["name"]))
    name = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
    return f"{name} · {count(int(row['n']))}"


def _groups_axis(**more: Any) -> Any:
    alt = altair()

    axis = alt.Axis(title=None, ticks=False, domain=False, labelLimit=260, labelPadding=8, **more)
    return alt.Y("label:N", sort=None, axis=axis)


@lru_cache(maxsize=1)
def _forest() -> dict[str, Any]:
    alt = altair()

    rows = alt.Chart(alt.NamedData("rows"))
    scale = alt.Scale(zero=False, nice=True)
    x = alt.X("rate:Q", title=None, axis=parts.percents(), scale=scale)
    y = _groups_axis()
    tips = [
        alt.Tooltip("group:N", title="group"),
        alt.Tooltip("rate:Q", title="rate", format=".3~p"),
        alt.Tooltip("low:Q", title="from", format=".3~p"),
        alt.Tooltip("high:Q", title="to", format=".3~p"),
        alt.Tooltip("n:Q", title="rows", format=","),
        alt.Tooltip("other:Q", title="held against", format=".3~p"),
        alt.Tooltip("reference:Q", title="reference", format=".3~p"),
        alt.Tooltip("verdict:N", title="verdict"),
    ]  # fmt: skip
    names = list(VERDICTS)
    fill = alt.Color(
        "verdict:N", legend=None, scale=alt.Scale(domain=names, range=list(VERDICTS.values()))
    )
    shape = alt.Shape(
        "verdict:N", legend=None,
        scale=alt.Scale(domain=names, range=[SHAPES[name] for name in names]),
    )  # fmt: skip
    told = rows.transform_filter("isValid(datum.reference)")
    return parts.bare(
        alt.layer(
            rows.mark_bar(color=RULE, opacity=0.7, height=ROW - 8).encode(
                y=y, x=alt.X("least:Q", scale=scale), x2="most:Q"
            ),
            rows.mark_tick(color=REFERENCE, thickness=1, size=ROW - 8).encode(
                y=y, x=alt.X("other:Q", scale=scale)
            ),
            rows.mark_rule(strokeWidth=1.5).encode(
                y=y, x=alt.X("low:Q", scale=scale), x2="high:Q", color=fill
            ),
            told.mark_point(filled=True, size=44, strokeWidth=1.5, opacity=1).encode(
                y=y, x=alt.X("reference:Q", scale=scale), fill=alt.value(PAPER),
                stroke=alt.value(REFERENCE),
            ),
            rows.mark_point(filled=True, size=70, opacity=1).encode(
                y=y, x=x, color=fill, shape=shape
            ),
            rows.mark_bar(opacity=0, height=ROW).encode(
                y=y, x=alt.value(0), x2=alt.value("width"), tooltip=tips
            ),
        ).properties(width="container", height=ROW)
    )  # fmt: skip


@lru_cache(maxsize=2)
def _gap(by_ratio: bool) -> dict[str, Any]:
    alt = altair()

    form = ".3~f" if by_ratio else ".3~p"
    rows = parts.timed("rows").transform_calculate(middle="(datum.t0 + datum.t1) / 2")
    scale = alt.Scale(zero=False, nice=True)
    points = "(datum.value > 0 ? '+' : '') + format(100 * datum.value, '.3~g') + ' points'"
    axis = alt.Axis(
        tickCount=5, ticks=False, labelExpr="format(datum.value, '.3~g')" if by_ratio else points
    )
    y = alt.Y("value:Q", title=None, axis=axis, scale=scale)
    tips = [
        alt.Tooltip("value:Q", title="ratio" if by_ratio else "difference", format=form),
        alt.Tooltip("low:Q", title="from", format=form),
        alt.Tooltip("high:Q", title="to", format=form),
        alt.Tooltip("band_low:Q", title="all so far, from", format=form),
        alt.Tooltip("band_high:Q", title="all so far, to", format=form),
        alt.Tooltip("rate:Q", title="the group", format=".3~p"),
        alt.Tooltip("n:Q", title="its rows", format=","),
        alt.Tooltip("other:Q", title="held against", format=".3~p"),
        alt.Tooltip("other_n:Q", title="their rows", format=","), *parts.tip_times(),
    ]  # fmt: skip
    known = rows.transform_filter("isValid(datum.value)")
    banded = rows.transform_filter("isValid(datum.band_low)")
    full = alt.condition("datum.mature", alt.value(CURRENT), alt.value(PAPER))
    middle, rule = alt.X("middle:T"), parts.mark_times(MUTED)
    return parts.bare(
        alt.layer(
            banded.mark_rect(color=CURRENT, opacity=0.14, clip=True).encode(
                x=parts.time_axis(), x2="t1:T", y=alt.Y("band_low:Q", scale=scale), y2="band_high:Q"
            ),
            alt.Chart(alt.NamedData("same")).mark_rule(color=REFERENCE).encode(
                y=alt.Y("at:Q", scale=scale)
            ),
            alt.Chart(alt.NamedData("limits")).mark_rule(
                color=VERDICTS["alarming"], strokeDash=[4, 3], opacity=0.8
            ).encode(y=alt.Y("at:Q", scale=scale), tooltip=[alt.Tooltip("at:Q", title="limit")]),
            parts.spans(),
            known.mark_rule(color=CURRENT, opacity=0.5, clip=True).encode(
                x=middle, y=alt.Y("low:Q", scale=scale), y2="high:Q"
            ),
            known.mark_point(filled=True, size=34, opacity=1, strokeWidth=1.5, clip=True).encode(
                x=middle, y=y, fill=full, stroke=alt.value(CURRENT)
            ),
            rows.mark_rect(opacity=0, clip=True)
            .encode(
                x=parts.time_axis(), x2="t1:T", y=alt.value(0), y2=alt.value("height"), tooltip=tips
            )
            .add_params(parts.zoom()),
            *rule,
        ).properties(width="container", height=HEIGHT)
    )  # fmt: skip


@lru_cache(maxsize=1)
def _spreads() -> dict[str, Any]:
    alt = altair()

    rows = alt.Chart(alt.NamedData("rows"))
    scale = alt.Scale(zero=False, nice=True)
    y = _groups_axis()
    axis = alt.Axis(tickCount=5, ticks=False, format=".3~g")
    tips = [
        alt.Tooltip("group:N", title="group"), alt.Tooltip("n:Q", title="rows", format=","),
        *(alt.Tooltip(f"q{q}:Q", title=f"{q} %", format=".3~g") for q in (10, 25, 50, 75, 90)),
        alt.Tooltip("mean:Q", title="mean", format=".3~g"),
        alt.Tooltip("reference:Q", title="median in the reference", format=".3~g"),
    ]  # fmt: skip
    told = rows.transform_filter("isValid(datum.reference)")
    return parts.bare(
        alt.layer(
            rows.mark_rule(color=CURRENT, strokeWidth=1.5).encode(
                y=y, x=alt.X("q10:Q", title=None, axis=axis, scale=scale), x2="q90:Q"
            ),
            rows.mark_bar(color=CURRENT, opacity=0.35, height=12).encode(
                y=y, x=alt.X("q25:Q", scale=scale), x2="q75:Q"
            ),
            told.mark_point(filled=True, size=44, strokeWidth=1.5, opacity=1).encode(
                y=y, x=alt.X("reference:Q", scale=scale), fill=alt.value(PAPER),
                stroke=alt.value(REFERENCE),
            ),
            rows.mark_point(color=CURRENT, filled=True, size=60, opacity=1).encode(
                y=y, x=alt.X("q50:Q", scale=scale)
            ),
            rows.mark_bar(opacity=0, height=ROW).encode(
                y=y, x=alt.value(0), x2=alt.value("width"), tooltip=tips
            ),
        ).properties(width="container", height=ROW)
    )  # fmt: skip
