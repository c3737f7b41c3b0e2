"""What there is to see of the objectives of a model.

Owns: the values, and how they follow from a model's state.  Does not own: watching them
(`monitors.objectives`), showing them (`web`).
"""

from collections.abc import Sequence

import msgspec
import numpy as np

from vedette.core.durations import SECOND
from vedette.engine.model import ModelState
from vedette.engine.standings import burning_of
from vedette.monitors.objectives import Burning, Objectives
from vedette.monitors.objectives_state import ObjectivesState
from vedette.monitors.objectives_words import went_wrong
from vedette.stats.burn import PAIRS


class BurnView(msgspec.Struct, frozen=True, kw_only=True):
    """How fast a budget of errors burns in a long and a short window, which must both burn `factor`
    times faster than allowed; None where no event counted.  Units: seconds."""

    long_s: float
    short_s: float
    factor: float
    long: float | None
    short: float | None
    too_fast: bool


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the period.  Units: UTC nanoseconds; events, rows standing for several."""

    start: int
    end: int
    events: float
    wrong: float


class ObjectiveView(msgspec.Struct, frozen=True, kw_only=True):
    """One objective.  Units: `period_s` seconds; `left` of the budget of errors as a share, below 0
    where more is used up than there is, None where no event counted; `events` of the period so far,
    of which `wrong` went wrong.  `verdict` is that on the last window, `means` what going wrong
    is, `column` what that is read from."""

    name: str
    target: float
    period_s: float
    means: str
    column: str
    verdict: str
    events: float
    wrong: float
    left: float | None
    burns: Sequence[BurnView]
    steps: Sequence[StepView]


def objective_views(state: ModelState) -> list[ObjectiveView]:
    """The objectives of a model as they stand after the last window."""
    if state.plan is None:
        return []
    end = max(state.fast.closed, 0)
    found = burning_of(state.plan.fast.monitors, state.fast.monitors, end)
    if found is None:
        return []
    return [_view(*found, at, end) for at in range(len(found[0].streams))]


def _view(
    monitor: Objectives, state: ObjectivesState, found: Burning, at: int, end: int
) -> ObjectiveView:
    one, steps = monitor.objectives[at], _steps(state, at, end - monitor.objectives[at].period)
    unknown = not any(step.events for step in steps)
    alarming = int(state.led[at]) >= 0
    return ObjectiveView(
        name=one.name,
        target=one.target,
        period_s=one.period / SECOND,
        means=went_wrong(one),
        column=one.column,
        verdict="unknown" if unknown else "alarming" if alarming else "calm",
        events=sum(step.events for step in steps),
        wrong=sum(step.wrong for step in steps),
        left=_known(float(found.left[at])),
        burns=[
            BurnView(
                long_s=pair.long / SECOND,
                short_s=pair.short / SECOND,
                factor=pair.factor(one.period),
                long=_known(float(found.long[at, place])),
                short=_known(float(found.short[at, place])),
                too_fast=bool(found.too_fast[at, place]),
            )
            for place, pair in enumerate(PAIRS)
        ],
        steps=steps,
    )


def _steps(state: ObjectivesState, at: int, begin: int) -> list[StepView]:
    """The parts of the period that hold an event, the oldest first."""
    ring = state.rings[-1]
    width, starts = int(ring.width[at]), ring.start[at]
    order = np.argsort(starts, kind="stable")
    return [
        StepView(
            start=int(starts[k]),
            end=int(starts[k]) + width,
            events=float(ring.counted[at, k]),
            wrong=float(ring.wrong[at, k]),
        )
        for k in order.tolist()
        if starts[k] >= max(begin, 0) and ring.counted[at, k] > 0
    ]


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
