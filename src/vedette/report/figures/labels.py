"""Labels on their way: which share of predictions has one, and how long they took.

Owns: the drawings.  Does not own: joining labels to events.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from vedette.report.figures import parts
from vedette.report.figures.figure import Figure, Row, filled
from vedette.report.figures.theme import CURRENT, MUTED, PAPER, REFERENCE, RULE
from vedette.report.library import altair

HEIGHT = 130
LONG = 2 * 86_400.0  # seconds from which delays are told in days
UNITS = ((LONG, 86_400.0, "days"), (7_200.0, 3_600.0, "hours"), (120.0, 60.0, "minutes"),
         (0.0, 1.0, "seconds"))  # fmt: skip


def labels(rows: Sequence[Row], marks: Sequence[Row], *, step: str, reason: str = "") -> Figure:
    """Draw the share of predictions whose label has come, hollow where more will come.

    Shapes: rows {t0, t1, predictions, labelled, coverage, mature, immature}.  Units: milliseconds
    since 1970.
    """
    title, note = "Labels that have come", f"share of the predictions of {step}"
    if not rows:
        return Figure(title, note, empty=reason or "No prediction of this time is kept.")
    spec = filled(_coverage(), {"rows": rows, "marks": marks})
    return Figure(title, note, rows, spec, times=("t0", "t1"))


def delays(rows: Sequence[Row], marks: Sequence[Row], *, step: str, reason: str = "") -> Figure:
    """Draw how long labels took: the median, and the time within which nine of ten came.

    Shapes: rows {t0, t1, quantile, seconds, labelled}.  Units: milliseconds since 1970.
    """
    title = "How long labels took"
    if not rows:
        return Figure(title, "", empty=reason or "No label of this time has come.")
    longest = max(row["seconds"] for row in rows)
    per, unit = next((per, unit) for least, per, unit in UNITS if longest >= least)
    drawn = [{**row, "value": row["seconds"] / per} for row in rows]
    note = f"quantiles of {step}, in {unit}"
    return Figure(title, note, drawn, filled(_delays(), {"rows": drawn, "marks": marks}),
                  times=("t0", "t1"))  # fmt: skip


@lru_cache(maxsize=1)
def _coverage() -> dict[str, Any]:
    alt = altair()

    rows = parts.timed("rows")
    scale = alt.Scale(domain=[0, 1])
    tips = [
        alt.Tooltip("coverage:Q", title="have a label", format=".3~p"),
        alt.Tooltip("labelled:Q", title="labels", format=","),
        alt.Tooltip("predictions:Q", title="predictions", format=","),
        alt.Tooltip("immature:N", title="labels under way"), *parts.tip_times(),
    ]  # fmt: skip
    full = alt.condition("datum.mature", alt.value(CURRENT), alt.value(PAPER))
    x = parts.time_axis()
    back = rows.mark_rect(color=RULE, opacity=0.5, clip=True).encode(
        x=x, x2="t1:T", y=alt.value(0), y2=alt.value("height"), tooltip=tips
    )  # fmt: skip
    bars = (
        rows.mark_bar(stroke=CURRENT, strokeWidth=0.75, opacity=0.75, clip=True)
        .encode(
            x=x, x2="t1:T", fill=full, tooltip=tips, y2=alt.Y2Datum(0),
            y=alt.Y("coverage:Q", title=None, axis=parts.percents(), scale=scale),
        )
        .add_params(parts.zoom())
    )  # fmt: skip
    rule, text = parts.mark_times(MUTED)
    return parts.bare(
        alt.layer(back, bars, rule, text).properties(width="container", height=HEIGHT)
    )


@lru_cache(maxsize=1)
def _delays() -> dict[str, Any]:
    alt = altair()

    rows = parts.timed("rows")
    axis = alt.Axis(tickCount=4, ticks=False)
    y = alt.Y("value:Q", title=None, axis=axis, scale=alt.Scale(zero=True))
    colour = alt.Color(
        "quantile:N", title=None,
        scale=alt.Scale(domain=["median", "nine of ten"], range=[CURRENT, REFERENCE]),
        legend=alt.Legend(orient="top", symbolType="stroke", direction="horizontal"),
    )  # fmt: skip
    tips = [
        alt.Tooltip("quantile:N", title="quantile"),
        alt.Tooltip("value:Q", title="within", format=",.3~g"),
        alt.Tooltip("labelled:Q", title="labels", format=","), *parts.tip_times(),
    ]  # fmt: skip
    lines = (
        rows.mark_line(interpolate="step-after", strokeWidth=1.5, clip=True, point={"size": 14})
        .encode(x=parts.time_axis(), y=y, color=colour, tooltip=tips)
        .add_params(parts.zoom())
    )
    rule, text = parts.mark_times(MUTED)
    return parts.bare(alt.layer(lines, rule, text).properties(width="container", height=HEIGHT))
