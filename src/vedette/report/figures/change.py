"""A column before and after, for messages and pages.

Owns: the drawing, from plain data alone.  Does not own: where bars lie (`shapes`), which counts are
put side by side (`engine.change`), sending it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from vedette.core.words import count
from vedette.report import shapes
from vedette.report.figures.figure import Figure
from vedette.report.figures.parts import bare
from vedette.report.figures.theme import CURRENT, REFERENCE, config
from vedette.report.library import altair
from vedette.report.words import SPECIALS

HEIGHT, BAR, MARGIN = 250, 26, 64  # px; BAR is the height of one category
NARROW = 0.25  # of a bar's width on either side: the window's bars stand inside the reference's
SIDES = ("reference", "window")
BEHIND = 0.45  # opacity of the reference, which stands behind


def change(document: Mapping[str, Any], *, what: str = "") -> Figure:
    """Draw a column's distribution in the reference and in a window.

    The name of the column stands in the title of the figure and nowhere else: that of an axis
    becomes part of an expression, where a quote in it ends the text.

    Shapes: `title`, `component` (of the leading cause), and what a column of a comparison has:
    `name`, `kind`, `distribution`, and for `reference` and `current` the `rows` and special values.
    """
    title = str(document.get("title") or document["name"])
    before, after = (document[side]["rows"] for side in shapes.SIDES)
    note = f"reference: {count(before)} rows; {what or 'window'}: {count(after)} rows"
    empty = Figure(title, note, empty="Neither side holds a value that can be drawn.")
    distribution = document.get("distribution")
    if not distribution:
        return empty
    drawn = _nominal(document) if distribution["type"] == "nominal" else _numeric(document)
    if drawn is None:
        return empty
    chart, rows = drawn
    spec = bare(chart.properties(width="container"))
    spec["datasets"] = {"bars": rows}
    spec["autosize"] = {"type": "fit", "contains": "padding"}
    spec["config"] = config()
    return Figure(title, note, rows, spec)


def change_height(document: Mapping[str, Any]) -> int:
    """How high it will be.  Units: px."""
    distribution = document.get("distribution")
    if distribution and distribution["type"] == "nominal":
        return _nominal_height(len(shapes.nominal(document)[0]))
    return HEIGHT


def _nominal_height(bars: int) -> int:
    return BAR * max(bars, 1) + MARGIN


def _numeric(document: Mapping[str, Any]) -> Any:
    alt = altair()

    if document.get("component") in SPECIALS:  # what stands beside the values is the matter
        picture = shapes.shift(document)
    else:
        picture = shapes.shape(document["distribution"], whole=document["kind"] == "integer")
    if not picture.bars:
        return None
    rows = []
    for bar in picture.bars:
        inset = NARROW * (bar.x1 - bar.x0)
        rows.append(_row(bar, SIDES[0], bar.reference, x0=bar.x0, x1=bar.x1))
        rows.append(_row(bar, SIDES[1], bar.current, x0=bar.x0 + inset, x1=bar.x1 - inset))
    named = {f"{tick:.12g}": label for tick, label in
             zip(picture.ticks, picture.labels, strict=True)}  # fmt: skip
    axis = alt.Axis(
        values=picture.ticks, labelExpr="labels[datum.value]", grid=False, labelOverlap="greedy"
    )
    x = alt.X("x0:Q", title=None, axis=axis, scale=alt.Scale(nice=False, zero=False))
    y = alt.Y(
        "share:Q", title="share of rows", axis=_percents(), scale=_cut(picture.bars), stack=None
    )
    chart = (
        alt.Chart(alt.NamedData("bars"))
        .mark_bar(clip=True)
        .encode(
            x=x, x2="x1:Q", y=y, y2=alt.Y2Datum(0), color=_colour(),
            opacity=alt.Opacity("strength:Q", scale=None, legend=None), tooltip=_tips(),
        )
        .add_params(alt.param(name="labels", value=named))
        .properties(height=HEIGHT)
    )  # fmt: skip
    return chart, rows


def _nominal(document: Mapping[str, Any]) -> Any:
    alt = altair()

    bars, _ = shapes.nominal(document)
    if not bars:
        return None
    rows = [
        _row(bar, side, share)
        for bar in bars
        for side, share in zip(SIDES, (bar.reference, bar.current), strict=True)
    ]
    y = alt.Y("name:N", sort=None, title=None, axis=alt.Axis(grid=False, ticks=False))
    scale = alt.Scale(nice=False, domain=[0, shapes.nominal_ceiling(bars)])
    x = alt.X("share:Q", title="share of rows", axis=_percents(), scale=scale, stack=None)
    chart = (
        alt.Chart(alt.NamedData("bars"))
        .mark_bar(clip=True)
        .encode(
            x=x, y=y, yOffset=alt.YOffset("side:N", sort=list(SIDES)), color=_colour(),
            tooltip=_tips(),
        )
        .properties(height=_nominal_height(len(bars)))
    )  # fmt: skip
    return chart, rows


def _row(bar: shapes.Bar, side: str, share: float, **place: float) -> dict[str, Any]:
    strength = BEHIND if side == SIDES[0] else 1.0
    return {"name": bar.name, "side": side, "share": share, "strength": strength, **place}


def _cut(bars: Sequence[shapes.Bar]) -> Any:
    """One spike does not flatten everything else."""
    alt = altair()

    return alt.Scale(nice=False, domain=[0, shapes.ceiling(bars) or 1.0])


def _percents() -> Any:
    alt = altair()

    return alt.Axis(labelExpr="format(100 * datum.value, '.3~g') + ' %'", tickCount=4, ticks=False)


def _colour() -> Any:
    alt = altair()

    scale = alt.Scale(domain=list(SIDES), range=[REFERENCE, CURRENT])
    return alt.Color("side:N", title=None, scale=scale, legend=alt.Legend(orient="top"))


def _tips() -> list[Any]:
    alt = altair()

    return [
        alt.Tooltip("name:N", title="values"), alt.Tooltip("side:N", title="of"),
        alt.Tooltip("share:Q", title="share of rows", format=".3~p"),
    ]  # fmt: skip
