"""What several figures have in common: axes of time, tooltips, markers.

Owns: those parts, and incidents behind them.  Does not own: whole figures.
"""

from collections.abc import Mapping
from typing import Any

from vedette.report import charts
from vedette.report.figures.theme import INK, MUTED, SEVERITIES
from vedette.report.library import altair


def bare(chart: Any) -> dict[str, Any]:
    """The specification of a chart without what only a loader of schemas needs."""
    return charts.bare(chart.to_dict(validate=False))  # what it becomes is drawn in tests


def time_axis(field: str = "t0:T") -> Any:
    """A horizontal axis of time."""
    alt = altair()

    axis = alt.Axis(grid=False, domain=True, domainColor=MUTED, labelOverlap="greedy",
                    labelFlush=True, tickCount=8)  # fmt: skip
    return alt.X(field, title=None, axis=axis, scale=alt.Scale(nice=False))


def timed(name: str) -> Any:
    """A chart of a dataset whose rows have t0 and t1, which are told in UTC as well."""
    alt = altair()

    return alt.Chart(alt.NamedData(name)).transform_calculate(
        utc="utcFormat(datum.t0, '%Y-%m-%d %H:%M')"
    )


EXTENT = 132  # px that vertical axes take, so that drawings below one another share a time line
Stretch = tuple[float, float]  # milliseconds since 1970


def on_stretch(spec: dict[str, Any], stretch: Stretch) -> dict[str, Any]:
    """The same with an axis of time that shows a stretch, whatever is in it.

    An expression: of plain numbers Vega-Lite makes `datetime(ms)`, which the interpreter that a
    page's policy asks for takes for a year.
    """
    domain: Mapping[str, str] = {"expr": f"[{stretch[0]:.0f}, {stretch[1]:.0f}]"}
    for layer in spec["layer"]:  # it cannot be an expression for every mark
        if "x" in layer["encoding"]:
            layer["encoding"]["x"]["scale"] = {"nice": False, "domain": domain}
    return spec


def extent() -> dict[str, int]:
    """What an axis takes whose drawing lies below others."""
    return {"minExtent": EXTENT, "maxExtent": EXTENT}


def tip_times() -> list[Any]:
    """The stretch of a mark, in the reader's time and in UTC; of a chart made by `timed`."""
    alt = altair()

    return [
        alt.Tooltip("t0:T", title="from", format="%Y-%m-%d %H:%M"),
        alt.Tooltip("t1:T", title="to", format="%Y-%m-%d %H:%M"),
        alt.Tooltip("utc:N", title="from, UTC"),
    ]


def zoom() -> Any:
    """A stretch of the axis of time, chosen by dragging."""
    alt = altair()

    return alt.selection_interval(name="zoom", encodings=["x"], zoom=False, translate=False)


def mark_times(colour: str = MUTED) -> tuple[Any, Any]:
    """Deploys and remarks: a line each, its name at the top; what `label` of a mark says, if it has
    one."""
    alt = altair()

    marks = alt.Chart(alt.NamedData("marks")).transform_calculate(
        label="isValid(datum.label) ? datum.label : datum.text"
    )
    tips = [alt.Tooltip("text:N", title="mark"), alt.Tooltip("t0:T", title="at",
                                                             format="%Y-%m-%d %H:%M")]  # fmt: skip
    rule = marks.mark_rule(color=colour, strokeDash=[3, 3], clip=True).encode(
        x=alt.X("t0:T"), tooltip=tips
    )
    text = marks.mark_text(
        align="left", baseline="top", dx=4, dy=-14, fontSize=10, color=INK, limit=120, clip=False
    ).encode(x=alt.X("t0:T"), y=alt.value(0), text="label:N", tooltip=tips)  # fmt: skip
    return rule, text


def percents(**more: Any) -> Any:
    """An axis of shares."""
    alt = altair()

    label = "format(100 * datum.value, '.3~g') + ' %'"
    return alt.Axis(labelExpr=label, tickCount=4, ticks=False, **more)


def spans(opacity: float = 0.1) -> Any:
    """Incidents as stretches behind what is drawn, each the way to its page; of a dataset
    `incidents` of {t0, t1, severity, title, href}."""
    alt = altair()

    severities = alt.Scale(domain=list(SEVERITIES), range=list(SEVERITIES.values()))
    return timed("incidents").mark_rect(opacity=opacity, clip=True, cursor="pointer").encode(
        x=alt.X("t0:T"), x2="t1:T", href="href:N",
        fill=alt.Fill("severity:N", scale=severities, legend=None),
        tooltip=[alt.Tooltip("title:N", title="incident")],
    )  # fmt: skip
