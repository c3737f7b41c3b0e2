"""A metric over time: its values, where they are expected, those that are odd.

Owns: the drawing.  Does not own: judging values.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from vedette.report.figures import parts
from vedette.report.figures.figure import Figure, Row, filled
from vedette.report.figures.theme import CRITICAL, CURRENT, MUTED, REFERENCE, WARNING
from vedette.report.library import altair

HEIGHT = 190
ODD = {"notable": WARNING, "alarming": CRITICAL}  # verdicts that are marked


def series(
    points: Sequence[Row],
    marks: Sequence[Row],
    incidents: Sequence[Row],
    *,
    name: str,
    unit: str,
    step: str,
    reason: str = "",
) -> Figure:
    """Draw a series.

    Shapes: points {t0, t1, value, expected, low, high, score, verdict, most, windows}, None where
    there was none; `most` is the oddest value of the step, of `windows` windows; unit "share" or
    the metric's own.  Units: milliseconds since 1970.
    """
    title = titled(name)
    if not points:
        return Figure(title, "", empty=reason or "No value of this time is kept.")
    unit_words = f" in {unit}" if unit and unit != "share" else ""
    note = f"value of {step}{unit_words}; the band holds 99 of 100 ordinary ones"
    data = {"points": points, "marks": marks, "incidents": incidents}
    spec = filled(_template(unit), data)
    return Figure(title, note, points, spec, times=("t0", "t1"))


def titled(name: str) -> str:
    """A title of words begins with a capital; names of metrics stay as they are.

    Example:
        >>> titled("mean of latency_s"), titled("p50 of latency_s"), titled("queue.waiting")
        ('Mean of latency_s', 'p50 of latency_s', 'queue.waiting')
    """
    first, _, more = name.partition(" ")
    return name[:1].upper() + name[1:] if more and first.isalpha() else name


@lru_cache(maxsize=4)
def _template(unit: str) -> dict[str, Any]:
    alt = altair()

    is_share = unit == "share"
    form = ".3~p" if is_share else ".4~g"
    points = parts.timed("points").transform_calculate(middle="(datum.t0 + datum.t1) / 2")
    tips = [
        alt.Tooltip("value:Q", title="value", format=form),
        alt.Tooltip("expected:Q", title="expected", format=form),
        alt.Tooltip("low:Q", title="usually from", format=form),
        alt.Tooltip("high:Q", title="to", format=form),
        alt.Tooltip("most:Q", title="the oddest", format=form),
        alt.Tooltip("score:Q", title="how unusual, of 1", format=".2f"),
        alt.Tooltip("verdict:N", title="verdict"), *parts.tip_times(),
    ]  # fmt: skip
    written = {"labelExpr": "format(datum.value, '.4~s') + 'B'"} if unit == "bytes" else {}
    axis = parts.percents() if is_share else alt.Axis(tickCount=4, ticks=False, **written)
    scale, middle = alt.Scale(zero=False), alt.X("middle:T")
    y = alt.Y("value:Q", title=None, axis=axis, scale=scale)
    judged = points.transform_filter("isValid(datum.low)")
    known = points.transform_filter("isValid(datum.value)")
    verdicts = alt.Scale(domain=list(ODD), range=list(ODD.values()))
    outside = "isValid(datum.low) && (datum.value < datum.low || datum.value > datum.high)"
    colour = alt.condition(outside, alt.value(WARNING), alt.value(CURRENT))
    rule, text = parts.mark_times(MUTED)
    return parts.bare(
        alt.layer(
            parts.spans(0.06),
            judged.mark_rect(color=REFERENCE, opacity=0.2, clip=True).encode(
                x=parts.time_axis(), x2="t1:T", y=alt.Y("low:Q", scale=scale), y2="high:Q"
            ),
            points.mark_line(
                color=REFERENCE, strokeWidth=1, strokeDash=[4, 2], clip=True
            ).encode(x=middle, y=alt.Y("expected:Q", scale=scale)),
            points.mark_line(color=CURRENT, strokeWidth=1.5, clip=True).encode(x=middle, y=y),
            known.mark_point(filled=True, size=18, opacity=1, clip=True)
            .encode(x=middle, y=y, tooltip=tips, color=colour)
            .add_params(parts.zoom()),
            points.transform_filter("isValid(datum.most)").transform_filter(
                alt.FieldOneOfPredicate("verdict", list(ODD))
            ).mark_point(filled=True, size=70, opacity=1, clip=True, shape="diamond").encode(
                x=middle, y=alt.Y("most:Q", scale=scale),
                fill=alt.Fill("verdict:N", scale=verdicts, legend=None), tooltip=tips,
            ),
            rule,
            text,
        )
        .resolve_scale(fill="independent")
        .properties(width="container", height=HEIGHT)
    )  # fmt: skip
