"""An incident's leading column before and after, as one picture for messages and pages.

Owns: the drawing, from plain data alone.  Does not own: where bars lie (`shapes`), which counts are
put side by side (`engine.change`), sending it.  Drawn by Altair and vl-convert, without a network.
"""

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

from vedette.core.words import count
from vedette.report import shapes
from vedette.report.words import SPECIALS

REFERENCE, CURRENT, INK, MUTED, RULE = "#b9c0cc", "#b3441e", "#1c1f24", "#5d6570", "#e4e7ec"
WIDTH, HEIGHT, BAR = 560, 220, 24  # px; BAR is the height of one category
LINE, LINES = 78, 3  # of the title
NARROW = 0.25  # of a bar's width on either side: the window's bars stand inside the reference's
SIDES = ("reference", "window")


def incident_picture(document: Mapping[str, Any]) -> bytes | None:
    """Draw a change as PNG; None where there is nothing to draw.

    Shapes: `title`, `component` (of the leading cause), and what a column of a comparison has:
    `name`, `kind`, `distribution`, and for `reference` and `current` the `rows` and special values.
    """
    spec = specification(document)
    if spec is None:
        return None
    import vl_convert

    return bytes(vl_convert.vegalite_to_png(spec, scale=2))


def incident_svg(document: Mapping[str, Any]) -> str | None:
    """Draw a change as SVG; None where there is nothing to draw."""
    spec = specification(document)
    if spec is None:
        return None
    import vl_convert

    return str(vl_convert.vegalite_to_svg(spec))


def specification(document: Mapping[str, Any]) -> dict[str, Any] | None:
    """The Vega-Lite of a change, data included; None where there is nothing to draw."""
    distribution = document.get("distribution")
    if not distribution:
        return None
    chart = _nominal(document) if distribution["type"] == "nominal" else _numeric(document)
    if chart is None:
        return None
    spec: dict[str, Any] = _styled(chart, document).to_dict(validate=False)
    return spec


def _numeric(document: Mapping[str, Any]) -> Any:
    import altair as alt

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
    x = alt.X("x0:Q", title=document["name"], axis=axis, scale=alt.Scale(nice=False, zero=False))
    y = alt.Y(
        "share:Q", title="share of rows", axis=_percents(), scale=_cut(picture.bars), stack=None
    )
    return (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar(clip=True)
        .encode(x=x, x2="x1:Q", y=y, y2=alt.Y2Datum(0), color=_colour())
        .add_params(alt.param(name="labels", value=named))
        .properties(width=WIDTH, height=HEIGHT)
    )


def _nominal(document: Mapping[str, Any]) -> Any:
    import altair as alt

    bars, _ = shapes.nominal(document)
    if not bars:
        return None
    rows = [
        _row(bar, side, share)
        for bar in bars
        for side, share in zip(SIDES, (bar.reference, bar.current), strict=True)
    ]
    y = alt.Y("name:N", sort=None, title=document["name"], axis=alt.Axis(grid=False, ticks=False))
    scale = alt.Scale(nice=False, domain=[0, shapes.nominal_ceiling(bars)])
    x = alt.X("share:Q", title="share of rows", axis=_percents(), scale=scale, stack=None)
    return (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar(clip=True)
        .encode(x=x, y=y, yOffset=alt.YOffset("side:N", sort=list(SIDES)), color=_colour())
        .properties(width=WIDTH, height=BAR * len(bars))
    )


def _row(bar: shapes.Bar, side: str, share: float, **place: float) -> dict[str, Any]:
    return {"name": bar.name, "side": side, "share": share, **place}


def _cut(bars: Sequence[shapes.Bar]) -> Any:
    """One spike does not flatten everything else."""
    import altair as alt

    return alt.Scale(nice=False, domain=[0, shapes.ceiling(bars) or 1.0])


def _percents() -> Any:
    import altair as alt

    return alt.Axis(labelExpr="format(100 * datum.value, '.3~g') + ' %'", tickCount=4, ticks=False)


def _colour() -> Any:
    import altair as alt

    scale = alt.Scale(domain=list(SIDES), range=[REFERENCE, CURRENT])
    return alt.Color("side:N", title=None, scale=scale, legend=alt.Legend(orient="top"))


def _styled(chart: Any, document: Mapping[str, Any]) -> Any:
    import altair as alt

    lines = wrap(str(document.get("title") or document["name"]).replace("`", ""), LINE)
    if len(lines) > LINES:
        lines = [*lines[: LINES - 1], lines[LINES - 1][: LINE - 1] + "…"]
    before, after = (document[side]["rows"] for side in shapes.SIDES)
    below = f"reference: {count(before)} rows; window: {count(after)} rows"
    title = alt.TitleParams(
        lines, subtitle=below, anchor="start", fontSize=14, color=INK, subtitleColor=MUTED
    )
    return (
        chart.properties(title=title, background="white", padding=12)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=MUTED, titleColor=MUTED, titleFontWeight="normal", gridColor=RULE,
            domain=False, labelLimit=200,
        )
    )  # fmt: skip
