"""Where in a column the predictions go wrong: the mean loss by bin, beside the reference's.

Owns: the drawing.  Does not own: sums by bin.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from vedette.report.figures.figure import Figure, Row, filled
from vedette.report.figures.parts import bare, percents
from vedette.report.figures.theme import CURRENT, INK, REFERENCE
from vedette.report.library import altair

LANE, MARGIN = 30, 64  # px of a bin; of the axis and the legend
SIDES = ("reference", "by labels", "estimated")


def losses(rows: Sequence[Row], *, column: str, what: str, reason: str = "") -> Figure:
    """Draw the mean loss in every bin of a column.

    Shapes: rows {bin, side, loss, low, high, rows}; sides those of SIDES.
    """
    title, note = f"`{column}`: where predictions go wrong", f"{what}, 95 % interval"
    if not rows:
        return Figure(title, note, empty=reason or "Nothing is known of this time.")
    names = list(dict.fromkeys(row["bin"] for row in rows))
    spec = filled(_template(), {"rows": rows}, height=losses_height(len(names)))
    for layer in spec["layer"]:
        layer["encoding"]["y"]["scale"] = {"domain": names}
    return Figure(title, note, rows, spec)


def losses_height(bins: int) -> int:
    """How high it will be.  Units: px."""
    return LANE * max(bins, 1) + MARGIN


@lru_cache(maxsize=1)
def _template() -> dict[str, Any]:
    alt = altair()

    rows = alt.Chart(alt.NamedData("rows"))
    y = alt.Y(
        "bin:N", sort=None, title=None,
        axis=alt.Axis(ticks=False, labelColor=INK, labelPadding=8, labelLimit=150),
    )  # fmt: skip
    x = alt.X("loss:Q", title=None, axis=percents(), scale=alt.Scale(zero=True))
    colour = alt.Color(
        "side:N", title=None, legend=alt.Legend(orient="top"),
        scale=alt.Scale(domain=list(SIDES), range=[REFERENCE, CURRENT, CURRENT]),
    )  # fmt: skip
    shape = alt.Shape(
        "side:N", title=None, legend=alt.Legend(orient="top"),
        scale=alt.Scale(domain=list(SIDES), range=["circle", "circle", "diamond"]),
    )  # fmt: skip
    offset = alt.YOffset("side:N", sort=list(SIDES))
    tips = [
        alt.Tooltip("bin:N", title="values"), alt.Tooltip("side:N", title="of"),
        alt.Tooltip("loss:Q", title="mean loss", format=".3~p"),
        alt.Tooltip("low:Q", title="from", format=".3~p"),
        alt.Tooltip("high:Q", title="to", format=".3~p"),
        alt.Tooltip("rows:Q", title="rows", format=","),
    ]  # fmt: skip
    return bare(
        alt.layer(
            rows.mark_rule(strokeWidth=1.5, opacity=0.6).encode(
                x=alt.X("low:Q"), x2="high:Q", y=y, yOffset=offset, color=colour
            ),
            rows.mark_point(filled=True, size=42, opacity=1).encode(
                x=x, y=y, yOffset=offset, color=colour, shape=shape, tooltip=tips
            ),
        ).properties(width="container", height=200)
    )
