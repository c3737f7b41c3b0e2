"""Several numbers over time, a line each.

Owns: the drawing.  Does not own: the numbers.  Drawings of one width whose axis of time is the same
lie below one another as on one time line.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from vedette.report.figures import parts
from vedette.report.figures.figure import Figure, Row, filled
from vedette.report.figures.theme import CALM, CRITICAL, CURRENT, MUTED, REFERENCE, WARNING
from vedette.report.library import altair

HEIGHT = 130
COLOURS = (REFERENCE, CURRENT, WARNING, CALM, CRITICAL)
SHARE, SECONDS = "share", "seconds"
SIGNS = {SECONDS: "s", "bytes": "B"}  # behind the numbers of an axis, which are in m, k, M


def lines(
    rows: Sequence[Row],
    marks: Sequence[Row],
    incidents: Sequence[Row],
    *,
    title: str,
    unit: str,
    step: str,
    stretch: parts.Stretch,
    names: Sequence[str],
    empty: str = "No value of this time is kept.",
) -> Figure:
    """Draw them.

    Shapes: rows {t0, t1, name, value, rows}; marks {t0, text}; incidents {t0, t1, severity, title,
    href}; `names` in the order of their colours, `unit` "share", or that of the values.
    Units: milliseconds since 1970, `stretch` too.
    """
    in_unit = f", in {unit}" if unit not in ("", SHARE) else ""
    note = f"of {step}{in_unit}"
    if not rows:
        return Figure(title, note, empty=empty)
    data = {"rows": rows, "marks": marks, "incidents": incidents}
    spec = parts.on_stretch(filled(_template(unit, tuple(names)), data), stretch)
    return Figure(title, note, rows, spec, times=("t0", "t1"))


@lru_cache(maxsize=16)
def _template(unit: str, names: tuple[str, ...]) -> dict[str, Any]:
    alt = altair()

    is_share = unit == SHARE
    form = ".3~p" if is_share else ",.4~g"
    written = f"format(datum.value, '~s') + '{SIGNS.get(unit, '')}'"
    plain = {"tickCount": 4, "ticks": False, "labelExpr": written}
    axis = parts.percents(**parts.extent()) if is_share else alt.Axis(**plain, **parts.extent())
    colours = [COLOURS[at % len(COLOURS)] for at in range(len(names))]
    legend = alt.Legend(orient="top", symbolType="stroke", direction="horizontal")
    colour = alt.Color(
        "name:N", title=None, scale=alt.Scale(domain=list(names), range=colours),
        legend=legend if len(names) > 1 else None,
    )  # fmt: skip
    tips = [
        alt.Tooltip("name:N", title="what"), alt.Tooltip("value:Q", title="value", format=form),
        alt.Tooltip("rows:Q", title="rows", format=","), *parts.tip_times(),
    ]  # fmt: skip
    y = alt.Y("value:Q", title=None, axis=axis, scale=alt.Scale(zero=is_share))
    drawn = (
        parts.timed("rows")
        .mark_rule(strokeWidth=2, clip=True)
        .encode(x=parts.time_axis(), x2="t1:T", y=y, color=colour, tooltip=tips)
        .add_params(parts.zoom())
    )
    # From one step up or down to the next; none over a time that nothing is known of.
    to_next = (
        parts.timed("rows")
        .transform_window(
            sort=[alt.SortField("t0")], groupby=["name"], next="lead(value)", after="lead(t0)"
        )
        .transform_filter("isValid(datum.after) && abs(datum.after - datum.t1) < 1")
        .mark_rule(strokeWidth=1, clip=True)
        .encode(x="t1:T", y=y, y2="next:Q", color=colour)
    )
    rule, text = parts.mark_times(MUTED)
    return parts.bare(
        alt.layer(parts.spans(0.08), to_next, drawn, rule, text)
        .resolve_scale(fill="independent")
        .properties(width="container", height=HEIGHT)
    )
