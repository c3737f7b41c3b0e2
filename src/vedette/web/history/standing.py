"""How the five axes stood, step by step, with incidents, deploys and labels on one time line.

Owns: the verdict of a step.  Does not own: how they stand now (`engine.axes`), drawing
(`report.figures.timeline`).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.alerts.grouping import AXIS
from vedette.alerts.incident import AXES
from vedette.engine.looks import Looks
from vedette.engine.plan import CLOCK_OF, DRIFT, QUICK
from vedette.monitors.catalog import MONITORS
from vedette.monitors.finding import live_verdict
from vedette.web.history.past import Past, ends_at
from vedette.web.history.span import Span


def standing(past: Past, span: Span) -> dict[str, Any]:
    """The time line of a model as plain data.

    Shapes: `cells` one per axis and step: axis, start, verdict, share of what alarms; `incidents`
    and `marks` with their instants.  Units: UTC nanoseconds.
    """
    seen = _seen(past, span)
    looks = {clock: past.looks(clock, span.start, span.end) for clock in (QUICK, DRIFT)}
    incidents = past.incidents(span.start, span.end)
    cells = []
    for axis in AXES:
        part = _part(axis, looks, span)
        alarmed = np.zeros(span.steps, np.bool_)
        for incident in (one for one in incidents if one.axis == axis):
            first, last = span.at([incident.onset, ends_at(incident, past.now) - 1])
            alarmed[max(first, 0) : max(last + 1, 0)] = True
        watched = seen & (part >= 0)
        for at, start in enumerate(span.starts):
            verdict = "unknown"
            if alarmed[at]:
                verdict = "alarming"
            elif watched[at]:
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
        "marks": past.marks(span.start, span.end),
    }


def _seen(past: Past, span: Span) -> NDArray[np.bool_]:
    """The steps of which anything is kept."""
    seen = np.zeros(span.steps, np.bool_)
    for clock in {DRIFT, past.clock_for(span.width)}:
        entries = past.store.read("look", past.model, span.start, span.end, prefix=f"{clock}/")
        kept = [entry.time for entry in entries]
        if clock != DRIFT or not kept:
            kept += [window.start for window, _ in past.profiles(clock, span.start, span.end)]
        steps = span.at(kept)
        width = max(dict(zip(("base", DRIFT), past.widths[::2], strict=True))[clock], span.width)
        for step in steps[(steps >= 0) & (steps < span.steps)]:
            seen[step : step + width // span.width] = True
    return seen


def _part(axis: str, looks: dict[str, Looks], span: Span) -> NDArray[np.float64]:
    """The largest share of what alarms that an axis came to in every step; -1 where nothing of
    vedette watches it."""
    part = np.full(span.steps, -1.0)
    for monitor in (name for name in MONITORS if AXIS.get(name) == axis):
        part = np.maximum(part, 0.0)
        own = looks[CLOCK_OF[monitor]]
        chosen = np.array([key[0] == monitor for key in own.streams], np.bool_)
        if not chosen.any() or not len(own.starts):
            continue
        share = np.nansum(own.part[:, chosen], axis=1)
        steps = span.at(own.starts)
        inside = (steps >= 0) & (steps < span.steps)
        np.maximum.at(part, steps[inside], share[inside])
    return part
