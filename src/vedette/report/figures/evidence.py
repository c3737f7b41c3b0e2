"""How near to an alarm the model came, window by window.

Owns: the drawing.  Does not own: evidence.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from vedette.report.figures import parts
from vedette.report.figures.figure import Figure, Row, filled
from vedette.report.figures.theme import CRITICAL, CURRENT, MUTED
from vedette.report.library import altair

HEIGHT = 110


def evidence(
    rows: Sequence[Row], marks: Sequence[Row], *, step: str, stretch: parts.Stretch
) -> Figure:
    """Draw the evidence of the drift clock on a log scale whose end is the alarm.

    Shapes: rows {t0, t1, value, threshold, share}; share 1 alarms.  Units: milliseconds since 1970;
    value and threshold log10.
    """
    title = "Evidence of drift"
    note = f"the highest of {step}, on a log scale; at the line the model alarms"
    if not rows:
        return Figure(title, note, empty="No window of this time was looked at.")
    data = {"rows": rows, "marks": marks, "bar": [{"at": 1.0}]}
    spec = parts.on_stretch(filled(_template(), data), stretch)
    return Figure(title, note, rows, spec, times=("t0", "t1"))


@lru_cache(maxsize=1)
def _template() -> dict[str, Any]:
    alt = altair()

    rows = parts.timed("rows")
    label = "datum.value == 1 ? 'alarm' : format(100 * datum.value, '.2~g') + ' %'"
    axis = alt.Axis(labelExpr=label, values=[0, 0.5, 1], ticks=False, **parts.extent())
    y = alt.Y("share:Q", title=None, axis=axis, scale=alt.Scale(domain=[0, 1.08], clamp=True))
    tips = [
        alt.Tooltip("value:Q", title="evidence (log10)", format=".3~g"),
        alt.Tooltip("threshold:Q", title="alarms at (log10)", format=".3~g"), *parts.tip_times(),
    ]  # fmt: skip
    bars = (
        rows.mark_bar(color=CURRENT, opacity=0.75, clip=True)
        .encode(x=parts.time_axis(), x2="t1:T", y=y, y2=alt.Y2Datum(0), tooltip=tips)
        .add_params(parts.zoom())
    )
    line = alt.Chart(alt.NamedData("bar")).mark_rule(color=CRITICAL).encode(y=alt.Y("at:Q"))
    rule, text = parts.mark_times(MUTED)
    return parts.bare(
        alt.layer(bars, line, rule, text).properties(width="container", height=HEIGHT)
    )
