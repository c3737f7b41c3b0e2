"""How the five axes stood, step by step, with incidents, deploys and labels on one time line.

Owns: the verdict of a step.  Does not own: how they stand now (`engine.axes`), drawing
(`report.figures.timeline`).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.alerts.axis import AXIS
from vedette.alerts.grouping import OF_GROUPS
from vedette.alerts.incident import AXES
from vedette.engine.looks import Looks
from vedette.engine.plan import CLOCK_OF, DRIFT, LABELS, PAIRS, QUICK, WATCHED
from vedette.monitors.catalog import MONITORS
from vedette.monitors.finding import live_verdict
from vedette.web.history.past import Past, ends_at
from vedette.web.history.span import Span


def standing(past: Past, span: Span) -> dict[str, Any]:
    """The time line of a model as plain data.

    Shapes: `cells` one per axis and step: axis, start, verdict, share of what alarms; `incidents`
    with their instants.  Units: UTC nanoseconds.
    """
    looks = {clock: past.looks(clock, span) for clock in WATCHED}
    seen = _seen(past, span, looks)
    incidents = past.incidents(span.start, span.end)
    cells = []
    for axis in AXES:
        part = _part(past, axis, looks, seen, span)
        alarmed = np.zeros(span.steps, np.bool_)
        for incident in (one for one in incidents if one.axis == axis):
            first, last = span.at([incident.onset, ends_at(incident, past.now) - 1])
            alarmed[max(first, 0) : max(last + 1, 0)] = True
        for at, start in enumerate(span.starts):
            verdict = "unknown"
            if alarmed[at]:
                verdict = "alarming"
            elif part[at] >= 0:
                verdict = live_verdict(min(float(part[at]), 0.999))
            cells.append((axis, start, verdict, max(float(part[at]), 0.0)))
    return {
        "cells": cells,
        "incidents": [
            {
                "id": one.id,
                "axis": one.axis,
                "title": one.title,
                "severity": one.severity,
                "state": one.state,
                "onset": one.onset,
                "opened": one.opened,
                "end": ends_at(one, past.now),
            }
            for one in incidents
        ],
    }


def _seen(past: Past, span: Span, looks: dict[str, Looks]) -> dict[str, NDArray[np.bool_]]:
    """The steps that each clock looked at.

    Of the fast clock, only looks that found something are kept: it looked at every window whose
    rows were counted.  Those of the drift clock are looked at, too, once it has begun.
    """
    drift, quick = (looks[c].starts[looks[c].rows > 0] for c in (DRIFT, QUICK))
    clock = past.clock_for(span.width)
    until = int(drift[0]) if clock == DRIFT and len(drift) else span.end
    counted = np.array(past.counted(clock, span.start, until), np.int64)
    return {
        DRIFT: _steps(span, drift),
        QUICK: _steps(span, np.concatenate([drift, quick, counted])),
        **{clock: _steps(span, looks[clock].starts) for clock in (LABELS, PAIRS)},
    }


def _steps(span: Span, times: NDArray[np.int64]) -> NDArray[np.bool_]:
    found = np.zeros(span.steps, np.bool_)
    steps = span.at(times)
    found[steps[(steps >= 0) & (steps < span.steps)]] = True
    return found


def _part(
    past: Past,
    axis: str,
    looks: dict[str, Looks],
    seen: dict[str, NDArray[np.bool_]],
    span: Span,
) -> NDArray[np.float64]:
    """The largest share of what alarms that an axis came to in every step; -1 where nothing looked
    at it."""
    part = np.full(span.steps, -1.0)
    if not any(AXIS.get(name) == axis and name not in past.without for name in MONITORS):
        return part
    for monitor in (name for name in MONITORS if name not in past.without):
        clock = CLOCK_OF[monitor]
        own = looks[clock]
        chosen = np.array(
            [key[0] == monitor and past.served.axis_of(*key[:2]) == axis for key in own.streams],
            np.bool_,
        )
        if (monitor in OF_GROUPS or AXIS.get(monitor) != axis) and not chosen.any():
            continue  # it does not run where no groups are told apart, or is about another axis
        part = np.where(seen[clock], np.maximum(part, 0.0), part)
        if not chosen.any():
            continue
        share = np.nansum(own.part[:, chosen], axis=1)
        able = own.rows > 0  # of no rows, only what watches no column can say anything
        if not any(key[1] for key in own.streams if key[0] == monitor):
            able[:] = True
        steps = span.at(own.starts)
        inside = able & (steps >= 0) & (steps < span.steps)
        np.maximum.at(part, steps[inside], share[inside])
    return part
