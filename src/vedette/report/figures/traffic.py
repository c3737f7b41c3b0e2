"""Rows over time.

Owns: the drawing.  Does not own: counting.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from vedette.report.figures import parts
from vedette.report.figures.figure import Figure, Row, filled
from vedette.report.figures.theme import CURRENT, MUTED, WARNING
from vedette.report.library import altair

HEIGHT = 110


def traffic(
    rows: Sequence[Row], marks: Sequence[Row], *, step: str, stretch: parts.Stretch
) -> Figure:
    """Draw rows per step.

    Shapes: rows {t0, t1, rows, late}; marks {t0, text}.  Units: milliseconds since 1970.
    """
    title, note = "Traffic", f"rows in {step}"
    if not rows:
        return Figure(title, note, empty="No window of this time is kept.")
    spec = parts.on_stretch(filled(_traffic(), {"rows": rows, "marks": marks}), stretch)
    return Figure(title, note, rows, spec, times=("t0", "t1"))


@lru_cache(maxsize=1)
def _traffic() -> dict[str, Any]:
    alt = altair()

    rows = parts.timed("rows")
    axis = alt.Axis(tickCount=4, ticks=False, format="~s", **parts.extent())
    y = alt.Y("rows:Q", title=None, axis=axis, scale=alt.Scale(zero=True))
    tips = [
        alt.Tooltip("rows:Q", title="rows", format=","),
        alt.Tooltip("late:Q", title="of them late", format=","), *parts.tip_times(),
    ]  # fmt: skip
    bars = (
        rows.mark_bar(color=CURRENT, opacity=0.75, clip=True)
        .encode(x=parts.time_axis(), x2="t1:T", y=y, y2=alt.Y2Datum(0), tooltip=tips)
        .add_params(parts.zoom())
    )
    late = rows.transform_filter("datum.late > 0").mark_bar(color=WARNING, clip=True).encode(
        x=alt.X("t0:T"), x2="t1:T", y=alt.Y("late:Q"), y2=alt.Y2Datum(0), tooltip=tips
    )  # fmt: skip
    rule, text = parts.mark_times(MUTED)
    return parts.bare(
        alt.layer(bars, late, rule, text).properties(width="container", height=HEIGHT)
    )
