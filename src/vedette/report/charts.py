"""The three chart templates of a comparison: shape, shift and categories.

Owns: one Vega-Lite specification per kind of picture, without data, and the compact rows that
fill it.  Does not own: where bars lie (`shapes`), nor colours: marks name CSS custom properties,
so that one drawing serves light, dark and print.
"""

from collections.abc import Mapping
from typing import Any

from vedette.core.words import plural
from vedette.report import shapes
from vedette.report.library import altair

REFERENCE, CURRENT = "var(--reference)", "var(--current)"
INK, MUTED, RULE = "var(--ink)", "var(--muted)", "var(--rule)"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def picture(column: Mapping[str, Any]) -> dict[str, Any] | None:
    """Lay out what the charts of one column draw, as plain data; None without a distribution.

    Shapes: bars are [x0, x1, reference share, current share, name].
    """
    distribution = column.get("distribution")
    if not distribution:
        return None
    if distribution["type"] == "nominal":
        bars, left_out = shapes.nominal(column)
        if not bars:
            return None
        rows = [[_short(bar.reference), _short(bar.current), bar.name] for bar in bars]
        top = shapes.nominal_ceiling(bars)
        return {"type": "nominal", "bars": rows, "more": left_out, "top": top}
    shape = shapes.shape(distribution, whole=column["kind"] == "integer")
    if not shape.bars:
        return None
    return {
        "type": "numeric",
        "shape": _compact(shape) | {"top": shapes.ceiling(shape.bars)},
        "shift": _compact(shapes.shift(column))
        | {"rows": [column[side]["rows"] for side in shapes.SIDES]},
    }


def caption(data: Mapping[str, Any]) -> str:
    """Say what a chart leaves out, as the end of a caption; "" when it leaves out nothing."""
    more = data.get("more", 0)
    return f"; {plural(more, 'rarer category', 'rarer categories')} not drawn" if more else ""


def templates() -> dict[str, dict[str, Any]]:
    """Build the specifications, by name, to be filled with data in the browser.

    Datasets and the parameters `ticks`, `labels`, `top` are filled in per chart; the height of
    `nominal` is that of one bar.  Altair is loaded here, since only a page needs it.
    """
    specs = {"shape": _shape(), "shift": _shift(), "nominal": _nominal()}
    return {name: bare(spec.to_dict()) for name, spec in specs.items()}


def config() -> dict[str, Any]:
    """The look that all charts share."""
    text = {"labelFont": FONT, "titleFont": FONT, "labelFontSize": 11, "titleFontSize": 11}
    return {
        "background": "transparent",
        "font": FONT,
        "view": {"stroke": None},
        "axis": {
            **text,
            "labelColor": MUTED,
            "titleColor": MUTED,
            "titleFontWeight": "normal",
            "domain": False,
            "gridColor": RULE,
            "gridWidth": 1,
            "tickColor": MUTED,
            "tickSize": 4,
            "labelPadding": 4,
            "titleLimit": 240,  # px: the name of a column must leave room for its values
        },
        "legend": {**text, "labelColor": INK, "titleColor": MUTED},
    }


def _shape() -> Any:
    alt = altair()

    x = alt.X(
        "x0:Q", title=None, axis=_ticked(), scale=alt.Scale(nice=False, zero=False, padding=2)
    )
    scale = alt.Scale(nice=False, domainMin=0, domainMax=alt.ExprRef("top"))
    y = alt.Y("share:Q", title=None, axis=_percents(), scale=scale, stack=None)
    notes = alt.Chart(alt.NamedData(name="notes"))
    line = {"x": x, "y": y, "order": alt.Order("i:Q"), "detail": "part:N"}
    outline = alt.Chart(alt.NamedData(name="current"))
    reference = alt.Chart(alt.NamedData(name="reference")).mark_area(
        color=REFERENCE, opacity=0.5, clip=True
    )
    return (
        alt.layer(
            reference.encode(x=x, y=y, detail="part:N"),
            outline.mark_area(color=CURRENT, opacity=0.1, clip=True).encode(
                x=x, y=y, detail="part:N"
            ),
            alt.Chart(alt.NamedData(name="reference"))
            .mark_line(color=REFERENCE, strokeWidth=1, clip=True)
            .encode(**line),
            outline.mark_line(
                color=CURRENT, strokeWidth=1.75, strokeJoin="round", clip=True
            ).encode(**line),
            notes.mark_text(
                align="left", baseline="top", dx=5, dy=2, fontSize=11, color=INK
            ).encode(x=alt.X("x1:Q"), y=alt.Y("top:Q"), text="note:N"),
            alt.Chart(alt.NamedData(name="bars"))
            .mark_bar(color=INK, fillOpacity=0)
            .encode(x=x, x2="x1:Q", y=alt.Y("floor:Q"), y2="top:Q", tooltip=_tips()),
        )
        .add_params(_param("ticks", []), _param("labels", {}), _param("top", 1))
        .properties(width="container", height=190)
    )


def _shift() -> Any:
    alt = altair()

    x = alt.X(
        "x0:Q", title=None, axis=_ticked(), scale=alt.Scale(nice=False, zero=False, padding=2)
    )
    label = "(datum.value > 0 ? '+' : '') + format(datum.value, '.3~g')"
    y = alt.Y("points:Q", title=None, axis=alt.Axis(labelExpr=label, tickCount=4, ticks=False))
    bars = alt.Chart(alt.NamedData(name="bars"))
    return (
        alt.layer(
            bars.mark_bar(color=RULE).encode(x=x, x2="x1:Q", y=alt.Y("less:Q"), y2="more:Q"),
            bars.mark_bar().encode(
                x=alt.X("left:Q"), x2="right:Q", y=y, y2="zero:Q",
                color=alt.condition("datum.points > 0", alt.value(CURRENT), alt.value(REFERENCE)),
            ),
            alt.Chart(alt.NamedData(name="zero")).mark_rule(color=MUTED).encode(y=alt.Y("zero:Q")),
            bars.mark_bar(color=INK, fillOpacity=0).encode(
                x=x, x2="x1:Q", y=alt.Y("floor:Q"), y2="top:Q", tooltip=_tips()
            ),
        )
        .add_params(_param("ticks", []), _param("labels", {}))
        .properties(width="container", height=190)
    )  # fmt: skip


def _nominal() -> Any:
    alt = altair()

    bars = alt.Chart(alt.NamedData(name="bars"))
    axis = alt.Axis(ticks=False, grid=False, labelColor=INK, labelPadding=8, title=None)
    y = alt.Y("name:N", sort=None, axis=axis, scale=alt.Scale(paddingInner=0.3, paddingOuter=0.1))
    percents = alt.Axis(labelExpr=_PERCENT, tickCount=4, ticks=False, orient="top")
    scale = alt.Scale(nice=False, domainMin=0, domainMax=alt.ExprRef("top"))
    x = {"title": None, "axis": percents, "scale": scale}
    before = {"x": alt.X("before:Q", **x), "y": y, "tooltip": _tips()}
    after = {"x": alt.X("after:Q", **x), "y": y, "tooltip": _tips()}
    wide, narrow = alt.RelativeBandSize(1), alt.RelativeBandSize(0.4)
    notes = alt.Chart(alt.NamedData(name="notes")).mark_text(
        align="left", baseline="middle", dx=6, fontSize=11, color=INK
    )
    return (
        alt.layer(
            bars.mark_bar(color=REFERENCE, opacity=0.5, height=wide).encode(**before),
            bars.mark_tick(color=REFERENCE, thickness=2, height=wide).encode(**before),
            bars.mark_bar(color=CURRENT, height=narrow).encode(**after),
            notes.encode(x=alt.X("at:Q", **x), y=y, text="note:N"),
        )
        .add_params(_param("top", 1))
        .properties(width="container", height=24)  # per bar
    )


_PERCENT = "format(100 * datum.value, '.3~g') + ' %'"


def _ticked() -> Any:
    alt = altair()

    return alt.Axis(
        values=alt.ExprRef("ticks"), labelExpr="labels[datum.value]", grid=False, labelFlush=True,
        labelOverlap="greedy", domain=True, domainColor=MUTED,
    )  # fmt: skip


def _percents() -> Any:
    alt = altair()

    return alt.Axis(labelExpr=_PERCENT, tickCount=4, ticks=False)


def _tips() -> list[Any]:
    alt = altair()

    titles = {"name": "", "reference": "reference", "current": "current", "change": "change"}
    return [alt.Tooltip(f"{field}:N", title=title or "values") for field, title in titles.items()]


def _param(name: str, value: object) -> Any:
    alt = altair()

    return alt.param(name=name, value=value)


def bare(spec: dict[str, Any]) -> dict[str, Any]:
    """Drop what only a loader of schemas needs; the address in it is not one to visit."""
    return {key: value for key, value in spec.items() if key not in ("$schema", "config")}


def _compact(shape: shapes.Picture) -> dict[str, Any]:
    return {
        "bars": [
            [bar.x0, bar.x1, _short(bar.reference), _short(bar.current), bar.name]
            for bar in shape.bars
        ],
        "ticks": shape.ticks,
        "labels": shape.labels,
        "parts": shape.parts,
    }


def _short(share: float) -> float:
    return float(f"{share:.4g}")
