"""One component of a column over time, and the same over segments.

Owns: the drawings.  Does not own: components.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from vedette.report import words
from vedette.report.figures import parts
from vedette.report.figures.figure import Figure, Row, filled
from vedette.report.figures.theme import (
    CALM,
    CRITICAL,
    CURRENT,
    INK,
    MUTED,
    RULE,
    UNKNOWN,
    WARNING,
)
from vedette.report.library import altair

HEIGHT = 150
LANE, MARGIN = 22, 34  # px of a segment; of the axis
UNITS = {"level": "sd", "spread": "sd", "skew": "sd", "shape": "w"}  # others are shares of rows


def unit_of(component: str) -> str:
    """The unit of a component's effect.

    Example:
        >>> unit_of("level"), unit_of("missing")
        ('sd', 'share')
    """
    return UNITS.get(component, "share")


def _in_words(unit: str) -> str:
    return "points of a hundred" if unit == "share" else unit


def course(
    component: str,
    points: Sequence[Row],
    marks: Sequence[Row],
    incidents: Sequence[Row],
    *,
    column: str,
    min_effect: float,
    step: str,
) -> Figure:
    """Draw a component with its interval, the smallest effect that matters, and incidents.

    Shapes: points {t0, t1, effect, low, high, observed, expected, rows}; incidents {t0, t1, opened,
    severity, title, href}.  Units: milliseconds since 1970.
    """
    unit = unit_of(component)
    said = _in_words(unit)
    title = f"`{column}`: {words.COMPONENTS.get(component, component)}"
    note = f"change against the reference in {said}, 95 % interval; a mark stands for {step}"
    if not points:
        return Figure(title, note, empty="No window of this time holds this column.")
    spec = filled(
        _course(unit == "share"),
        {"points": points, "marks": marks, "incidents": incidents,
         "zone": [{"low": -min_effect, "high": min_effect}]},
    )  # fmt: skip
    return Figure(title, note, points, spec, times=("t0", "t1"))


def segments(rows: Sequence[Row], *, column: str, component: str, min_effect: float) -> Figure:
    """Draw a component in every segment, with its interval.

    Shapes: rows {segment, effect, low, high, rows, reason}.
    """
    unit = unit_of(component)
    title = f"`{column}` by segment: {words.COMPONENTS.get(component, component)}"
    note = f"change against the same segment of the reference in {_in_words(unit)}, 95 % interval"
    if not rows:
        return Figure(title, note, empty="No row of this time holds this column.")
    names = [row["segment"] for row in rows]
    spec = filled(
        _segments(unit == "share"),
        {"rows": rows, "zone": [{"low": -min_effect, "high": min_effect}]},
        height=segments_height(len(rows)),
    )
    for layer in spec["layer"]:
        if layer["encoding"].get("y", {}).get("field") == "segment":
            layer["encoding"]["y"]["scale"] = {"domain": names}
    return Figure(title, note, rows, spec)


def segments_height(rows: int) -> int:
    """How high it will be.  Units: px."""
    return LANE * max(rows, 1) + MARGIN


def _axis(is_share: bool, **more: Any) -> Any:
    alt = altair()

    label = "format(100 * datum.value, '+.3~g')" if is_share else "format(datum.value, '+.3~g')"
    return alt.Axis(labelExpr=label, tickCount=5, ticks=False, **more)


def _tips(is_share: bool) -> list[Any]:
    alt = altair()

    form = "+.3~p" if is_share else "+.3~g"
    return [
        alt.Tooltip("effect:Q", title="effect", format=form),
        alt.Tooltip("low:Q", title="from", format=form),
        alt.Tooltip("high:Q", title="to", format=form),
        alt.Tooltip("rows:Q", title="rows", format=","),
    ]


@lru_cache(maxsize=2)
def _course(is_share: bool) -> dict[str, Any]:
    alt = altair()

    points = parts.timed("points")
    x = parts.time_axis()
    y = alt.Y("effect:Q", title=None, axis=_axis(is_share), scale=alt.Scale(zero=True))
    tips = [*_tips(is_share), *parts.tip_times()]
    zone = alt.Chart(alt.NamedData("zone"))
    rule, text = parts.mark_times(MUTED)
    return parts.bare(
        alt.layer(
            zone.mark_rect(color=RULE, opacity=0.6).encode(y=alt.Y("low:Q"), y2="high:Q"),
            parts.spans(0.12),
            points.mark_rule(color=CURRENT, opacity=0.45, clip=True).encode(
                x=x, y=alt.Y("low:Q"), y2="high:Q"
            ),
            points.mark_line(color=CURRENT, strokeWidth=1, clip=True).encode(x=x, y=y),
            points.mark_point(color=CURRENT, filled=True, size=22, opacity=1, clip=True)
            .encode(x=x, y=y, tooltip=tips)
            .add_params(parts.zoom()),
            rule,
            text,
        ).properties(width="container", height=HEIGHT)
    )


@lru_cache(maxsize=2)
def _segments(is_share: bool) -> dict[str, Any]:
    alt = altair()

    rows = parts.timed("rows")
    y = alt.Y(
        "segment:N", sort=None, title=None,
        axis=alt.Axis(ticks=False, labelColor=INK, labelPadding=8, labelLimit=150),
    )  # fmt: skip
    x = alt.X("effect:Q", title=None, axis=_axis(is_share), scale=alt.Scale(zero=True))
    colour = alt.Color(
        "verdict:N", legend=None,
        scale=alt.Scale(domain=["alarming", "notable", "calm", "unknown"],
                        range=[CRITICAL, WARNING, CALM, UNKNOWN]),
    )  # fmt: skip
    tips = [alt.Tooltip("segment:N", title="segment"), *_tips(is_share)]
    zone = alt.Chart(alt.NamedData("zone"))
    unknown = rows.transform_filter("!isValid(datum.effect)").mark_text(
        align="left", fontSize=10, color=MUTED
    ).encode(x=alt.XDatum(0), y=y, text="reason:N")  # fmt: skip
    return parts.bare(
        alt.layer(
            zone.mark_rect(color=RULE, opacity=0.6).encode(x=alt.X("low:Q"), x2="high:Q"),
            rows.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q"), x2="high:Q", y=y, color=colour),
            rows.mark_point(filled=True, size=45, opacity=1).encode(
                x=x, y=y, color=colour, tooltip=tips
            ),
            unknown,
        ).properties(width="container", height=200)
    )
