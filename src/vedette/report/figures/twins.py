"""How often serving and training disagree about a column, over time.

Owns: the drawing.  Does not own: counting pairs.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from vedette.report.figures import parts
from vedette.report.figures.figure import Figure, Row, filled
from vedette.report.figures.theme import (
    CURRENT,
    MUTED,
    REFERENCE,
    WARNING,
)
from vedette.report.library import altair

HEIGHT = 190
KINDS = {"differs": CURRENT, "missing in serving": WARNING, "missing offline": MUTED}


def mismatch(
    rows: Sequence[Row],
    marks: Sequence[Row],
    incidents: Sequence[Row],
    *,
    column: str,
    tolerated: float,
    step: str,
    reason: str = "",
) -> Figure:
    """Draw the share of pairs that disagree, by how they do.

    Shapes: rows {t0, t1, kind, rate, low, high, k, pairs}, a kind of `KINDS`.  Units: milliseconds
    since 1970; `tolerated` a share.
    """
    title = f"Pairs that disagree about {column}" if column else "Pairs that disagree"
    if not rows:
        return Figure(title, "", empty=reason or "No pair of this time has it.")
    note = f"share of the pairs of {step}, 95 % interval; dashed what is tolerated"
    level = [{"value": tolerated}]
    data = {"rows": rows, "marks": marks, "incidents": incidents, "level": level}
    return Figure(title, note, rows, filled(_template(), data), times=("t0", "t1"))


@lru_cache(maxsize=1)
def _template() -> dict[str, Any]:
    alt = altair()

    rows = parts.timed("rows").transform_calculate(middle="(datum.t0 + datum.t1) / 2")
    tips = [
        alt.Tooltip("kind:N", title="pairs that"),
        alt.Tooltip("rate:Q", title="share", format=".3~p"),
        alt.Tooltip("low:Q", title="from", format=".3~p"),
        alt.Tooltip("high:Q", title="to", format=".3~p"),
        alt.Tooltip("k:Q", title="of them", format=","),
        alt.Tooltip("pairs:Q", title="pairs", format=","), *parts.tip_times(),
    ]  # fmt: skip
    scale = alt.Scale(zero=True)
    y = alt.Y("rate:Q", title=None, axis=parts.percents(), scale=scale)
    tones = alt.Scale(domain=list(KINDS), range=list(KINDS.values()))
    colour = alt.Color(
        "kind:N", title=None, scale=tones,
        legend=alt.Legend(
            orient="top", symbolType="stroke", direction="horizontal", symbolOpacity=1
        ),
    )  # fmt: skip
    middle = alt.X("middle:T")
    rule, text = parts.mark_times(MUTED)
    return parts.bare(
        alt.layer(
            parts.spans(),
            alt.Chart(alt.NamedData("level"))
            .mark_rule(color=REFERENCE, strokeDash=[4, 2])
            .encode(y=alt.Y("value:Q", scale=scale)),
            rows.mark_rule(opacity=0.4, clip=True).encode(
                x=middle, y=alt.Y("low:Q", scale=scale), y2="high:Q", color=colour
            ),
            rows.mark_line(strokeWidth=1, clip=True).encode(x=middle, y=y, color=colour),
            rows.mark_point(filled=True, size=26, opacity=1, clip=True)
            .encode(x=middle, y=y, color=colour, tooltip=tips)
            .add_params(parts.zoom()),
            rows.mark_rect(opacity=0, clip=True).encode(x=parts.time_axis(), x2="t1:T"),
            rule,
            text,
        ).properties(width="container", height=HEIGHT)
    )
