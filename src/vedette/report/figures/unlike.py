"""The share of rows that are unlike the reference, over time.

Owns: the drawing.  Does not own: scoring and counting rows.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from vedette.report.figures import parts
from vedette.report.figures.figure import Figure, Row, filled
from vedette.report.figures.theme import CURRENT, MUTED, REFERENCE, WARNING
from vedette.report.library import altair

HEIGHT = 190
LEVELS = {"expected": [1, 0], "tolerated": [4, 2]}  # how each is dashed


def unlike(
    rows: Sequence[Row],
    marks: Sequence[Row],
    incidents: Sequence[Row],
    *,
    where: str,
    expected: float,
    tolerated: float,
    step: str,
    reason: str = "",
) -> Figure:
    """Draw the share, what is expected and what is tolerated of it.

    Shapes: rows {t0, t1, rate, low, high, k, rows}; `where` names a segment, "" all rows.  Units:
    milliseconds since 1970; shares.
    """
    title = f"Rows unlike the reference where {where}" if where else "Rows unlike the reference"
    if not rows:
        return Figure(title, "", empty=reason or "No row of this time was scored.")
    note = f"share of the rows of {step}, 95 % interval; a line expected, dashed tolerated"
    levels = [
        {"level": "expected", "value": expected}, {"level": "tolerated", "value": tolerated},
    ]  # fmt: skip
    told = [{**row, "over": row["low"] > tolerated} for row in rows]
    data = {"rows": told, "marks": marks, "incidents": incidents, "levels": levels}
    table = [{**row, "expected": expected, "tolerated": tolerated} for row in told]
    return Figure(title, note, table, filled(_template(), data), times=("t0", "t1"))


@lru_cache(maxsize=1)
def _template() -> dict[str, Any]:
    alt = altair()

    rows = parts.timed("rows").transform_calculate(middle="(datum.t0 + datum.t1) / 2")
    tips = [
        alt.Tooltip("rate:Q", title="unlike the reference", format=".3~p"),
        alt.Tooltip("low:Q", title="from", format=".3~p"),
        alt.Tooltip("high:Q", title="to", format=".3~p"),
        alt.Tooltip("k:Q", title="of them", format=","),
        alt.Tooltip("rows:Q", title="rows", format=","), *parts.tip_times(),
    ]  # fmt: skip
    scale, middle = alt.Scale(zero=True), alt.X("middle:T")
    y = alt.Y("rate:Q", title=None, axis=parts.percents(), scale=scale)
    colour = alt.condition("datum.over", alt.value(WARNING), alt.value(CURRENT))
    levels = alt.Chart(alt.NamedData("levels"))
    rule, text = parts.mark_times(MUTED)
    return parts.bare(
        alt.layer(
            parts.spans(0.06),
            *(
                levels.transform_filter(f"datum.level === '{name}'")
                .mark_rule(color=REFERENCE, strokeDash=dash, clip=True)
                .encode(
                    y=alt.Y("value:Q", scale=scale),
                    tooltip=[
                        alt.Tooltip("level:N", title="level"),
                        alt.Tooltip("value:Q", title="share", format=".3~p"),
                    ],
                )
                for name, dash in LEVELS.items()
            ),
            rows.mark_rule(opacity=0.4, clip=True).encode(
                x=middle, y=alt.Y("low:Q", scale=scale), y2="high:Q", color=colour
            ),
            rows.mark_line(strokeWidth=1, clip=True, color=CURRENT).encode(x=middle, y=y),
            rows.mark_point(filled=True, size=26, opacity=1, clip=True)
            .encode(x=middle, y=y, color=colour, tooltip=tips)
            .add_params(parts.zoom()),
            rows.mark_rect(opacity=0, clip=True).encode(x=parts.time_axis(), x2="t1:T"),
            rule,
            text,
        ).properties(width="container", height=HEIGHT)
    )
