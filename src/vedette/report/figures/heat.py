"""Columns by time: where it changed, and how much.

Owns: the drawing.  Does not own: which effect stands for a step.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from vedette.core.words import plural
from vedette.report.figures import parts
from vedette.report.figures.figure import Figure, Row, filled
from vedette.report.figures.theme import INK, MUTED, VERDICTS
from vedette.report.library import altair

ROW, MARGIN = 15, 46  # px of a column; of the time axis and the names of deploys
FULL = 0.5  # effect that is drawn in full colour


def heat(
    columns: Sequence[str], of: int, cells: Sequence[Row], marks: Sequence[Row], *, step: str
) -> Figure:
    """Draw it, a row for each column.

    Shapes: cells {column, segment, t0, t1, effect, verdict, href}; marks {t0, text}.  Units:
    milliseconds since 1970; effects in the unit of their finding, standard deviations for most.
    """
    title = "Columns by time, by effect"
    shown = "" if len(columns) == of else f"; the {len(columns)} worst of {plural(of, 'column')}"
    note = f"a mark stands for {step}, its strength for the effect{shown}"
    if not cells:
        return Figure(title, note, empty="No column of this time was looked at.")
    spec = filled(_template(), {"cells": cells, "marks": marks}, height=heat_height(len(columns)))
    for layer in spec["layer"]:
        if layer["encoding"].get("y", {}).get("field") == "column":
            layer["encoding"]["y"]["scale"] = {"domain": list(columns), "paddingInner": 0.12}
    return Figure(title, note, cells, spec, times=("t0", "t1"))


def heat_height(columns: int) -> int:
    """How high it will be.  Units: px."""
    return ROW * max(columns, 1) + MARGIN


@lru_cache(maxsize=1)
def _template() -> dict[str, Any]:
    alt = altair()

    y = alt.Y(
        "column:N", sort=None, title=None,
        axis=alt.Axis(ticks=False, labelColor=INK, labelPadding=8, labelLimit=150, domain=False),
    )  # fmt: skip
    colours = alt.Scale(domain=list(VERDICTS), range=list(VERDICTS.values()))
    cells = (
        parts.timed("cells")
        .transform_calculate(
            size=f"isValid(datum.effect) ? 0.1 + 0.9 * sqrt(min(abs(datum.effect) / {FULL}, 1))"
            " : 1",
            strength="datum.size * (datum.verdict == 'calm' ? 0.45 : 1)",
        )
        .mark_rect(clip=True, cursor="pointer")
        .encode(
            x=parts.time_axis(), x2="t1:T", y=y,
            fill=alt.Fill("verdict:N", scale=colours, legend=None),
            opacity=alt.Opacity("strength:Q", scale=None, legend=None),
            href="href:N",
            tooltip=[
                alt.Tooltip("column:N", title="column"), alt.Tooltip("segment:N", title="segment"),
                alt.Tooltip("verdict:N", title="verdict"),
                alt.Tooltip("effect:Q", title="effect", format="+.3~g"), *parts.tip_times(),
            ],
        )
        .add_params(parts.zoom())
    )  # fmt: skip
    rule, text = parts.mark_times(MUTED)
    return parts.bare(
        alt.layer(cells, rule, text)
        .resolve_scale(opacity="independent")
        .properties(width="container", height=300)
    )
