"""A metric of performance over time: by labels, as estimated without them, beside the reference.

Owns: the drawing.  Does not own: metrics, what labels came (`report.figures.labels`).
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from vedette.report.figures import parts
from vedette.report.figures.figure import Figure, Row, filled
from vedette.report.figures.theme import (
    CURRENT,
    MUTED,
    PAPER,
    REFERENCE,
    RULE,
    WARNING,
)
from vedette.report.library import altair
from vedette.report.performance_words import is_share, named

HEIGHT = 220


def performance(
    metric: str,
    rows: Sequence[Row],
    reference: Mapping[str, float] | None,
    marks: Sequence[Row],
    incidents: Sequence[Row],
    *,
    step: str,
    segment: str = "",
    reason: str = "",
) -> Figure:
    """Draw a metric with its intervals.

    Shapes: rows {t0, t1, predictions, labelled, mature, realised, realised_low, realised_high,
    estimated, estimated_low, estimated_high, trusted, immature}, what is not known null; reference
    {value, low, high}.  Units: milliseconds since 1970.
    """
    title = named(metric) + (f" where {segment}" if segment else "")
    title = title[:1].upper() + title[1:]
    note = f"95 % intervals; a mark stands for {step}"
    if not rows:
        return Figure(title, note, empty=reason or "Nothing is known of this time.")
    spec = filled(
        _template(is_share(metric)),
        {"rows": rows, "marks": marks, "incidents": incidents,
         "reference": [dict(reference)] if reference else []},
    )  # fmt: skip
    return Figure(title, note, rows, spec, times=("t0", "t1"))


def _axis(in_percent: bool) -> Any:
    alt = altair()

    label = (
        "format(100 * datum.value, '.3~g') + ' %'" if in_percent else "format(datum.value, '.3~g')"
    )
    return alt.Axis(labelExpr=label, tickCount=5, ticks=False)


@lru_cache(maxsize=2)
def _template(in_percent: bool) -> dict[str, Any]:
    alt = altair()

    form = ".3~p" if in_percent else ",.4~g"
    rows = parts.timed("rows").transform_calculate(middle="(datum.t0 + datum.t1) / 2")
    scale = alt.Scale(zero=False)
    tips = [
        alt.Tooltip("realised:Q", title="by labels", format=form),
        alt.Tooltip("realised_low:Q", title="from", format=form),
        alt.Tooltip("realised_high:Q", title="to", format=form),
        alt.Tooltip("estimated:Q", title="estimated", format=form),
        alt.Tooltip("estimated_low:Q", title="from", format=form),
        alt.Tooltip("estimated_high:Q", title="to", format=form),
        alt.Tooltip("trusted:N", title="estimate trusted"),
        alt.Tooltip("labelled:Q", title="labels", format=","),
        alt.Tooltip("predictions:Q", title="predictions", format=","),
        alt.Tooltip("immature:N", title="labels under way"), *parts.tip_times(),
    ]  # fmt: skip
    y = alt.Y("realised:Q", title=None, axis=_axis(in_percent), scale=scale)
    known = rows.transform_filter("isValid(datum.realised)")
    guessed = rows.transform_filter("isValid(datum.estimated)")
    distrust = alt.condition("datum.trusted === 'no'", alt.value(WARNING), alt.value(MUTED))
    before = alt.Chart(alt.NamedData("reference"))
    x = parts.time_axis()
    middle = alt.X("middle:T")
    full = alt.condition("datum.mature", alt.value(CURRENT), alt.value(PAPER))
    rule, text = parts.mark_times(MUTED)
    return parts.bare(
        alt.layer(
            before.mark_rect(color=RULE, opacity=0.6).encode(
                y=alt.Y("low:Q", scale=scale), y2="high:Q"
            ),
            before.mark_rule(color=REFERENCE).encode(y=alt.Y("value:Q", scale=scale)),
            parts.spans(),
            guessed.mark_rect(opacity=0.16, clip=True).encode(
                x=x, x2="t1:T", y=alt.Y("estimated_low:Q", scale=scale), y2="estimated_high:Q",
                color=distrust,
            ),
            guessed.mark_rule(strokeDash=[4, 2], strokeWidth=1.5, clip=True).encode(
                x=x, x2="t1:T", y=alt.Y("estimated:Q", scale=scale), color=distrust
            ),
            known.mark_rule(color=CURRENT, opacity=0.5, clip=True).encode(
                x=middle, y=alt.Y("realised_low:Q", scale=scale), y2="realised_high:Q"
            ),
            known.mark_line(color=CURRENT, strokeWidth=1, clip=True).encode(x=middle, y=y),
            known.mark_point(filled=True, size=34, opacity=1, strokeWidth=1.5, clip=True).encode(
                x=middle, y=y, fill=full, stroke=alt.value(CURRENT)
            ),
            # What is pointed at is the whole step: of some, only the estimate is known.
            rows.mark_rect(opacity=0, clip=True)
            .encode(x=x, x2="t1:T", y=alt.value(0), y2=alt.value("height"), tooltip=tips)
            .add_params(parts.zoom()),
            rule,
            text,
        ).properties(width="container", height=HEIGHT)
    )  # fmt: skip
