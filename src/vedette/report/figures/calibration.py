"""Scores beside what became of them: whether chances come true, and what a threshold gives.

Owns: the drawings.  Does not own: counting (`stats.performance`).
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from vedette.report.figures.figure import Figure, Row, filled
from vedette.report.figures.parts import bare, percents
from vedette.report.figures.theme import CURRENT, MUTED, REFERENCE, RULE, WARNING
from vedette.report.library import altair

HEIGHT = 260
SHOWN = ("precision", "recall", "specificity", "F1")  # of a threshold


def calibration(rows: Sequence[Row], reference: Sequence[Row], *, of: str, reason: str) -> Figure:
    """Draw the share of positives by score, with its interval, beside the reference's.

    Shapes: rows {score, rate, low, high, n}.
    """
    title, note = "Do scores come true?", f"share of {of} by score, 95 % interval; on the line: yes"
    if not rows:
        return Figure(title, note, empty=reason)
    drawn = [{**row, "side": "this stretch"} for row in rows]
    spec = filled(
        _calibration(),
        {"rows": drawn, "reference": [dict(row) for row in reference],
         "line": [{"x": 0.0, "y": 0.0}, {"x": 1.0, "y": 1.0}]},
    )  # fmt: skip
    return Figure(title, note, drawn, spec)


def thresholds(rows: Sequence[Row], *, own: float | None, reason: str) -> Figure:
    """Draw what other thresholds would have given.

    Shapes: rows {threshold, measure, value, n}, one per measure; `own` the threshold in force.
    """
    title, note = "Other thresholds", "what each would have given, of the labels that came"
    if not rows:
        return Figure(title, note, empty=reason)
    spec = filled(_thresholds(), {"rows": rows, "own": [] if own is None else [{"at": own}]})
    return Figure(title, note, rows, spec)


@lru_cache(maxsize=1)
def _calibration() -> dict[str, Any]:
    alt = altair()

    rows = alt.Chart(alt.NamedData("rows"))
    reference = alt.Chart(alt.NamedData("reference"))
    line = alt.Chart(alt.NamedData("line"))
    unit = alt.Scale(domain=[0, 1])
    x = alt.X("score:Q", title="score", axis=alt.Axis(tickCount=5, grid=False), scale=unit)
    y = alt.Y("rate:Q", title=None, axis=percents(), scale=unit)
    tips = [
        alt.Tooltip("score:Q", title="mean score", format=".3~g"),
        alt.Tooltip("rate:Q", title="came true", format=".3~p"),
        alt.Tooltip("low:Q", title="from", format=".3~p"),
        alt.Tooltip("high:Q", title="to", format=".3~p"),
        alt.Tooltip("n:Q", title="rows", format=","),
    ]  # fmt: skip
    return bare(
        alt.layer(
            line.mark_line(color=RULE, strokeWidth=2).encode(
                x=alt.X("x:Q", scale=unit), y=alt.Y("y:Q", scale=unit)
            ),
            reference.mark_line(color=REFERENCE, strokeWidth=1.5, strokeDash=[4, 2]).encode(
                x=x, y=y
            ),
            rows.mark_rule(color=CURRENT, opacity=0.5).encode(
                x=x, y=alt.Y("low:Q", scale=unit), y2="high:Q"
            ),
            rows.mark_line(color=CURRENT, strokeWidth=1).encode(x=x, y=y),
            rows.mark_point(color=CURRENT, filled=True, size=34, opacity=1).encode(
                x=x, y=y, tooltip=tips
            ),
        ).properties(width="container", height=HEIGHT)
    )


@lru_cache(maxsize=1)
def _thresholds() -> dict[str, Any]:
    alt = altair()

    rows = alt.Chart(alt.NamedData("rows"))
    own = alt.Chart(alt.NamedData("own"))
    legend = alt.Legend(orient="top", symbolType="stroke", direction="horizontal")
    colour = alt.Color(
        "measure:N", title=None, legend=legend,
        scale=alt.Scale(domain=list(SHOWN), range=[CURRENT, WARNING, REFERENCE, MUTED]),
    )  # fmt: skip
    dash = alt.StrokeDash(
        "measure:N", title=None, legend=legend,
        scale=alt.Scale(domain=list(SHOWN), range=[[1, 0], [6, 2], [2, 2], [8, 2, 2, 2]]),
    )  # fmt: skip
    tips = [
        alt.Tooltip("measure:N", title="measure"),
        alt.Tooltip("threshold:Q", title="threshold", format=".3~g"),
        alt.Tooltip("value:Q", title="value", format=".3~p"),
        alt.Tooltip("n:Q", title="labels", format=","),
    ]  # fmt: skip
    x = alt.X("threshold:Q", title="threshold", axis=alt.Axis(tickCount=5, grid=False),
              scale=alt.Scale(zero=False, nice=False))  # fmt: skip
    y = alt.Y("value:Q", title=None, axis=percents(), scale=alt.Scale(domain=[0, 1]))
    return bare(
        alt.layer(
            own.mark_rule(color=REFERENCE, strokeDash=[3, 3]).encode(
                x=alt.X("at:Q"), tooltip=[alt.Tooltip("at:Q", title="the threshold in force")]
            ),
            rows.mark_line(interpolate="step-after", strokeWidth=1.5, point={"size": 8}).encode(
                x=x, y=y, color=colour, strokeDash=dash, tooltip=tips
            ),
        ).properties(width="container", height=HEIGHT)
    )
