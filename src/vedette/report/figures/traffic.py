"""Rows over time, and quantiles of a column such as latency.

Owns: the drawings.  Does not own: counting.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from vedette.report.figures.figure import Figure, Row, filled
from vedette.report.figures.parts import (
    Stretch,
    bare,
    extent,
    mark_times,
    on_stretch,
    time_axis,
    timed,
    tip_times,
    zoom,
)
from vedette.report.figures.theme import CURRENT, MUTED, REFERENCE, WARNING
from vedette.report.library import altair

HEIGHT = 110
SPREAD = 170  # of quantiles


def traffic(rows: Sequence[Row], marks: Sequence[Row], *, step: str, stretch: Stretch) -> Figure:
    """Draw rows per step.

    Shapes: rows {t0, t1, rows, late}; marks {t0, text}.  Units: milliseconds since 1970.
    """
    title, note = "Traffic", f"rows in {step}"
    if not rows:
        return Figure(title, note, empty="No window of this time is kept.")
    spec = on_stretch(filled(_traffic(), {"rows": rows, "marks": marks}), stretch)
    return Figure(title, note, rows, spec, times=("t0", "t1"))


def quantiles(
    rows: Sequence[Row], marks: Sequence[Row], *, title: str, unit: str, step: str
) -> Figure:
    """Draw quantiles per step as lines.

    Shapes: rows {t0, t1, quantile, value, rows}; marks {t0, text}.  Units: milliseconds since 1970;
    values in `unit`.
    """
    note = f"quantiles of {step}" + (f", in {unit}" if unit else "")
    if not rows:
        return Figure(title, note, empty="No value of this time is kept.")
    spec = filled(_quantiles(), {"rows": rows, "marks": marks})
    return Figure(title, note, rows, spec, times=("t0", "t1"))


@lru_cache(maxsize=1)
def _traffic() -> dict[str, Any]:
    alt = altair()

    rows = timed("rows")
    axis = alt.Axis(tickCount=4, ticks=False, format="~s", **extent())
    y = alt.Y("rows:Q", title=None, axis=axis, scale=alt.Scale(zero=True))
    tips = [
        alt.Tooltip("rows:Q", title="rows", format=","),
        alt.Tooltip("late:Q", title="of them late", format=","), *tip_times(),
    ]  # fmt: skip
    bars = (
        rows.mark_bar(color=CURRENT, opacity=0.75, clip=True)
        .encode(x=time_axis(), x2="t1:T", y=y, y2=alt.Y2Datum(0), tooltip=tips)
        .add_params(zoom())
    )
    late = rows.transform_filter("datum.late > 0").mark_bar(color=WARNING, clip=True).encode(
        x=alt.X("t0:T"), x2="t1:T", y=alt.Y("late:Q"), y2=alt.Y2Datum(0), tooltip=tips
    )  # fmt: skip
    rule, text = mark_times(MUTED)
    return bare(alt.layer(bars, late, rule, text).properties(width="container", height=HEIGHT))


@lru_cache(maxsize=1)
def _quantiles() -> dict[str, Any]:
    alt = altair()

    rows = timed("rows")
    axis = alt.Axis(tickCount=4, ticks=False)
    y = alt.Y("value:Q", title=None, axis=axis, scale=alt.Scale(zero=False))
    names = ["p50", "p95", "p99"]
    colour = alt.Color(
        "quantile:N", title=None,
        scale=alt.Scale(domain=names, range=[REFERENCE, CURRENT, WARNING]),
        legend=alt.Legend(orient="top", symbolType="stroke", direction="horizontal"),
    )  # fmt: skip
    tips = [
        alt.Tooltip("quantile:N", title="quantile"),
        alt.Tooltip("value:Q", title="value", format=",.4~g"),
        alt.Tooltip("rows:Q", title="rows", format=","), *tip_times(),
    ]  # fmt: skip
    lines = rows.mark_line(
        interpolate="step-after", strokeWidth=1.5, clip=True, point={"size": 14}
    ).encode(x=time_axis(), y=y, color=colour, tooltip=tips).add_params(zoom())  # fmt: skip
    rule, text = mark_times(MUTED)
    return bare(alt.layer(lines, rule, text).properties(width="container", height=SPREAD))
