"""Five axes on one time line, with incidents, deploys and labels.

Owns: the drawing.  Does not own: verdicts.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from vedette.report.figures import parts
from vedette.report.figures.figure import Figure, Row, filled
from vedette.report.figures.theme import CURRENT, INK, MUTED, SEVERITIES, VERDICTS
from vedette.report.library import altair

LEVELS = 4  # places of incidents in the lane of an axis
LANE, MARGIN = 32, 46  # px of an axis; of the time axis and the names of deploys
_STRENGTH = "datum.verdict == 'calm' ? 0.3 : datum.verdict == 'unknown' ? 0.25 : 0.6"
LABELS = "labels"  # the lane below the axes


def timeline(
    axes: Sequence[str],
    cells: Sequence[Row],
    incidents: Sequence[Row],
    marks: Sequence[Row],
    coverage: Sequence[Row],
    *,
    step: str,
    stretch: parts.Stretch,
) -> Figure:
    """Draw it.

    Shapes: cells {axis, t0, t1, verdict, part}; incidents {axis, t0, t1, opened, title, severity,
    state, href}; marks {t0, text}; coverage {axis, t0, t1, share, rows}.  Units: milliseconds since
    1970; shares in [0, 1].
    """
    title, note = "The five axes over time", f"a mark stands for {step}"
    if not any(cell["verdict"] != "unknown" for cell in cells) and not incidents:
        return Figure(title, note, empty="No window of this time was looked at.")
    lanes, incidents = [*axes, LABELS], stacked(incidents)
    spec = filled(
        _template(),
        {"cells": cells, "incidents": incidents, "marks": marks, "coverage": coverage},
        lanes=lanes,
        height=timeline_height(len(axes)),
    )
    for layer in spec["layer"]:  # a domain cannot be an expression for every mark
        if "y" in layer["encoding"] and layer["encoding"]["y"].get("field") == "axis":
            layer["encoding"]["y"]["scale"] = {"domain": lanes, "paddingInner": 0.2}
    spec = parts.on_stretch(spec, stretch)
    told = (("incident", incidents), ("mark", marks), ("labels", coverage))
    rows = [*cells, *({"kind": kind, **one} for kind, some in told for one in some)]
    return Figure(title, note, rows, spec, times=("t0", "t1", "opened"))


def timeline_height(axes: int) -> int:
    """How high it will be.  Units: px."""
    return LANE * (axes + 1) + MARGIN


def stacked(incidents: Sequence[Row]) -> Sequence[Row]:
    """Give incidents of one axis that overlap places beside each other.

    Bounds: LEVELS places; what finds none shares the last.
    Example:
        >>> two = [{"axis": "drift", "t0": 0, "t1": 9}, {"axis": "drift", "t0": 5, "t1": 9}]
        >>> [one["level"] for one in stacked(two)]
        [0, 1]
    """
    ends: dict[str, list[float]] = {}
    placed = []
    for one in sorted(incidents, key=lambda one: one["t0"]):
        taken = ends.setdefault(one["axis"], [])
        free = (at for at, end in enumerate(taken) if end <= one["t0"])
        level = min(next(free, len(taken)), LEVELS - 1)
        taken[level : level + 1] = [max(one["t1"], *taken[level : level + 1], 0)]
        placed.append({**one, "level": level})
    return placed


@lru_cache(maxsize=1)
def _template() -> dict[str, Any]:
    alt = altair()

    y = alt.Y(
        "axis:N", sort=None, title=None,
        axis=alt.Axis(ticks=False, labelColor=INK, labelPadding=8, labelLimit=parts.EXTENT - 8,
                      **parts.extent()),
    )  # fmt: skip
    x = parts.time_axis()
    verdicts = alt.Scale(domain=list(VERDICTS), range=list(VERDICTS.values()))
    severities = alt.Scale(domain=list(SEVERITIES), range=list(SEVERITIES.values()))
    cells = (
        parts.timed("cells")
        .transform_calculate(strength=_STRENGTH)
        .mark_rect(clip=True)
        .encode(
            x=x, x2="t1:T", y=y,
            fill=alt.Fill("verdict:N", scale=verdicts, legend=None),
            opacity=alt.Opacity("strength:Q", legend=None, scale=None),
            tooltip=[
                alt.Tooltip("axis:N", title="axis"), alt.Tooltip("verdict:N", title="verdict"),
                alt.Tooltip("part:Q", title="evidence, of what alarms", format=".2p"),
                *parts.tip_times(),
            ],
        )
        .add_params(parts.zoom())
    )  # fmt: skip
    labels = (
        parts.timed("coverage")
        .mark_rect(color=CURRENT, clip=True)
        .encode(
            x=x, x2="t1:T", y=y,
            opacity=alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0.04, 0.85]),
                                legend=None),
            tooltip=[
                alt.Tooltip("share:Q", title="predictions with a label", format=".1%"),
                alt.Tooltip("rows:Q", title="predictions", format=","), *parts.tip_times(),
            ],
        )
    )  # fmt: skip
    about = [
        alt.Tooltip("title:N", title="incident"), alt.Tooltip("severity:N", title="severity"),
        alt.Tooltip("state:N", title="state"),
        alt.Tooltip("opened_utc:N", title="found (UTC)"), *parts.tip_times(),
    ]  # fmt: skip
    incidents = parts.timed("incidents").transform_calculate(
        opened_utc="utcFormat(datum.opened, '%Y-%m-%d %H:%M')"
    )
    level = alt.YOffset(
        "level:O", scale=alt.Scale(domain=list(range(LEVELS)), paddingInner=0.25, paddingOuter=0.2)
    )
    bars = incidents.mark_bar(cornerRadius=2, clip=True, cursor="pointer").encode(
        x=x, x2="t1:T", y=y, yOffset=level, tooltip=about, href="href:N",
        fill=alt.Fill("severity:N", scale=severities, legend=None),
    )  # fmt: skip
    found = incidents.mark_point(
        shape="diamond", size=36, filled=True, clip=True, stroke=INK, strokeWidth=1,
        cursor="pointer",
    ).encode(
        x=alt.X("opened:T"), y=y, yOffset=level, tooltip=about, href="href:N",
        fill=alt.Fill("severity:N", scale=severities, legend=None),
    )  # fmt: skip
    rule, text = parts.mark_times(MUTED)
    return parts.bare(
        alt.layer(cells, labels, rule, bars, found, text)
        .resolve_scale(fill="independent", opacity="independent")
        .properties(width="container", height=200),
    )
