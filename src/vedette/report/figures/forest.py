"""Groups side by side on one metric: how far each lies from the others, and from the limit.

Owns: the drawing.  Does not own: figures (they come with the document), words of verdicts.

A group lies beyond the limit where its whole interval lies outside the band: what the eye sees is
what the verdict says.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from vedette.report.figures.figure import Figure, Row, filled
from vedette.report.figures.parts import bare
from vedette.report.figures.theme import INK, MUTED, PAPER, RULE, VERDICTS
from vedette.report.library import altair

STEP = 26  # px of a group
HEAD = 40  # px of axis and title
FAR = 8.0  # times the limit, beyond which an interval is cut off: one wide one hides all others


def forest(
    title: str, rows: Sequence[Row], limit: float | None, *, by_ratio: bool, note: str
) -> Figure:
    """Draw the groups of one metric; without a limit nothing is judged, and there is no band.

    Shapes: rows {group, value, low, high, told, n, rate, verdict}, where nothing can be told value,
    low and high null; `told` is what stands behind the name of a group.  Units: `value` is a ratio
    or a difference of shares, `limit` likewise.
    """
    if not any(row["value"] is not None for row in rows):
        return Figure(title, note, rows, empty="No group has enough rows to be shown.")
    even = 1.0 if by_ratio else 0.0
    low, high = (even, even) if limit is None else (-limit, limit)
    if by_ratio and limit is not None:
        low, high = limit, 1 / limit
    ends = _domain(rows, low, high, by_ratio)
    cut = [_cut(row, ends) for row in rows]
    spec = filled(
        _template(by_ratio),
        {"rows": cut, "limit": [{"low": low, "high": high, "even": even}]},
        ends=list(ends),
        height=height_of(len(rows)),  # the axis lies inside: two groups must not touch
    )
    return Figure(title, note, rows, spec)


def height_of(rows: int) -> int:
    """The height that a forest of so many groups takes.  Units: px."""
    return STEP * rows + HEAD


def _domain(rows: Sequence[Row], low: float, high: float, by_ratio: bool) -> tuple[float, float]:
    """The ends of the axis: everything that is drawn, but for ends of intervals that are far."""
    values = [row[key] for row in rows for key in ("value", "low", "high") if row[key] is not None]
    if low == high:
        floor, ceiling = (0.0, float("inf")) if by_ratio else (-1.0, 1.0)
    elif by_ratio:
        floor, ceiling = low**FAR, high**FAR
    else:
        floor, ceiling = FAR * low, FAR * high
    points = [row["value"] for row in rows if row["value"] is not None]
    least = min([low, *points, *(max(value, floor) for value in values)])
    most = max([high, *points, *(min(value, ceiling) for value in values)])
    if by_ratio:
        return max(least, 1e-3) * 0.97, most * 1.03
    return least - 0.02 * (most - least), most + 0.02 * (most - least)


def _cut(row: Row, ends: tuple[float, float]) -> dict[str, Any]:
    """A row whose interval ends where the axis does; what is told of it stays whole."""
    made = dict(row)
    for key in ("value", "low", "high"):
        value = row[key]
        made[f"{key}_x"] = None if value is None else min(max(value, ends[0]), ends[1])
    return made


@lru_cache(maxsize=2)
def _template(by_ratio: bool) -> dict[str, Any]:
    alt = altair()

    label = (
        "format(datum.value, '.3~g') + ' ×'"
        if by_ratio
        else "(datum.value > 0 ? '+' : '') + format(100 * datum.value, '.3~g')"
    )
    form = ".3~g" if by_ratio else "+.3~p"
    axis = alt.Axis(
        labelExpr=label, tickCount=5, grid=False, domain=True, domainColor=MUTED,
        labelOverlap="greedy", labelSeparation=8,
    )  # fmt: skip
    kind = {"type": "log", "base": 2} if by_ratio else {"type": "linear", "zero": False}
    scale = alt.Scale(nice=False, domain=alt.ExprRef("ends"), **kind)
    x = alt.X("value_x:Q", title=None, axis=axis, scale=scale)
    y = alt.Y(
        "group:N", title=None, sort=None,
        axis=alt.Axis(labelLimit=220, labelColor=INK, labelFontSize=12, ticks=False, domain=False),
    )  # fmt: skip
    known = {**VERDICTS, "context": MUTED}
    colours = alt.Scale(domain=list(known), range=list(known.values()))
    colour = alt.Color("verdict:N", scale=colours, legend=None)
    tips = [
        alt.Tooltip("group:N", title="group"),
        alt.Tooltip("rate:Q", title="rate", format=".3~p"),
        alt.Tooltip("value:Q", title="ratio" if by_ratio else "difference", format=form),
        alt.Tooltip("low:Q", title="from", format=form),
        alt.Tooltip("high:Q", title="to", format=form),
        alt.Tooltip("n:Q", title="rows", format=","),
        alt.Tooltip("verdict:N", title="verdict"),
    ]
    band = alt.Chart(alt.NamedData("limit"))
    rows = alt.Chart(alt.NamedData("rows"))
    drawn = rows.transform_filter("isValid(datum.value)")
    size = alt.Size("n:Q", scale=alt.Scale(range=[28, 170]), legend=None)
    full = alt.condition("datum.verdict === 'unknown'", alt.value(PAPER), colour)
    return bare(
        alt.layer(
            band.mark_rect(color=RULE, opacity=0.55).encode(
                x=alt.X("low:Q", scale=scale), x2="high:Q"
            ),
            band.mark_rule(color=MUTED, strokeDash=[3, 3]).encode(x=alt.X("even:Q", scale=scale)),
            drawn.mark_rule(strokeWidth=1.75).encode(
                x=alt.X("low_x:Q", scale=scale), x2="high_x:Q", y=y, color=colour, tooltip=tips
            ),
            drawn.mark_point(filled=True, opacity=1, strokeWidth=1.75).encode(
                x=x, y=y, size=size, fill=full, stroke=colour, tooltip=tips
            ),
            rows.mark_text(align="left", baseline="middle", dx=8, color=MUTED, fontSize=11).encode(
                x=alt.value("width"), y=y, text="told:N", tooltip=tips
            ),
        )
        .add_params(alt.param(name="ends", value=[0, 1]))
        .properties(width="container", height=STEP)
    )  # fmt: skip
