"""How each of the five axes stands, of one model.

Owns: the verdict on an axis and its reason.  Does not own: the monitors, incidents, showing them.

Unknown is never shown as calm: an axis that nothing watches says so.
"""

from collections.abc import Mapping

import msgspec

from vedette.alerts.axis import AXIS, INFRASTRUCTURE
from vedette.alerts.grouping import OF_GROUPS
from vedette.alerts.incident import AXES, SEVERITIES
from vedette.alerts.lifecycle import is_open
from vedette.core.durations import roughly
from vedette.core.words import percent, plural
from vedette.engine.model import ModelState
from vedette.engine.plan import CLOCK_OF, DRIFT, LABELS, Plan, Rung
from vedette.engine.sides import unmatched
from vedette.monitors.catalog import MONITORS
from vedette.monitors.finding import live_verdict
from vedette.monitors.skew import is_drift

RATES = "rates"  # runs wherever the axis of skew is watched
NO_GROUPS = "no groups are told apart: name columns under fairness in the settings"


class AxisView(msgspec.Struct, frozen=True):
    """One axis: a verdict as a finding has it, and why.

    Shapes: `about` are the sets of groups, by key, that the reason may name, `streams` the monitor,
    column and segment that it may be about else: not everybody may see them.
    """

    verdict: str
    reason: str
    about: tuple[str, ...] = ()
    streams: tuple[tuple[str, str, str], ...] = ()


def axes_of(state: ModelState, why: str = "") -> dict[str, AxisView]:
    """The five axes of a model; `why` is why it is not watched, "" when it is."""
    return {axis: _axis(state, axis, why) for axis in AXES}


def monitors_of(axis: str) -> list[str]:
    """The monitors that speak for an axis.

    Example:
        >>> monitors_of("anomalies"), monitors_of("infrastructure")
        (['outliers', 'metrics'], ['volume', 'tail', 'objectives', 'saturation', 'blindness'])
    """
    return [name for name in MONITORS if AXIS.get(name) == axis]


def _axis(state: ModelState, axis: str, why: str) -> AxisView:
    opened = [i for i in state.incidents if is_open(i) and i.axis == axis]
    if opened:
        worst = max(opened, key=lambda incident: SEVERITIES.index(incident.severity))
        more = f", and {plural(len(opened) - 1, 'more incident')}" if len(opened) > 1 else ""
        about = sorted({column for monitor, column, _ in worst.streams if monitor in OF_GROUPS})
        others = tuple(stream for stream in worst.streams if stream[0] not in OF_GROUPS)
        return AxisView("alarming", f"{worst.title}{more}", tuple(about), others)
    names = monitors_of(axis)
    plan = state.plan
    if plan is None:
        return AxisView("unknown", why or "nothing is watched yet")
    running = _running(plan)
    own = [name for name in names if name in running]
    if not own:
        left_out = [name for name in names if name in state.settings.without]
        nothing = NO_GROUPS if "parity" in names else "there is nothing to watch"
        reason = "left out in the settings" if left_out else why or nothing
        return AxisView("unknown", reason)
    clock = CLOCK_OF[own[0]]
    if state.watch(clock).looks == 0:
        return AxisView(
            "unknown", _outcomes(state) if clock == LABELS else "no window has ended yet"
        )
    if clock == DRIFT and not _knows_variation(plan):
        return AxisView("unknown", why or "natural variation is not known: only gross shifts tell")
    return _calm(state, running, own, axis)


def _calm(
    state: ModelState, running: Mapping[str, tuple[str, int]], own: list[str], axis: str
) -> AxisView:
    assert state.plan is not None
    part = 0.0
    for name in own:
        clock, at = running[name]
        parts = state.watch(clock).parts
        if at < len(parts):
            part = max(part, parts[at] / state.plan.rung(clock).threshold)
    if axis == INFRASTRUCTURE:  # metrics that are about the service
        part = max(part, *(_served(state, rung) for rung in state.plan.rungs))
    verdict = live_verdict(min(part, 0.999))  # without an incident it is no alarm
    said = f"evidence of a change is at {percent(part)} of what alarms"
    if verdict == "calm":
        said = "no change beyond what ordinary windows show"
    if RATES in own:
        said = f"{said}; {_training(state)}"
    if "shift" in own:  # inputs that stay the same say nothing of what becomes of them
        said = f"{said}; {_outcomes(state)}"
    if "rates" in own:
        said = f"{said}; {_twins(state)}"
    return AxisView(verdict, said)


def _served(state: ModelState, rung: Rung) -> float:
    parts, many = state.watch(rung.name).parts, len(rung.monitors)
    return parts[many] / rung.threshold if len(parts) > many else 0.0


def _training(state: ModelState) -> str:
    """What serving is held against, beside the rates of broken data."""
    assert state.plan is not None
    baseline = state.plan.baseline
    if baseline.training is None:
        named = state.settings.training.file
        return "the training sample was not read" if named else "no training sample is named"
    if is_drift(baseline):
        said = "the baseline was fitted on the training sample: drift from it is skew"
    else:
        said = f"held against the training sample {baseline.training.name}"
    return "; ".join(filter(None, (said, unmatched(baseline.training))))


def _twins(state: ModelState) -> str:
    """Whether it is known that serving sees what is reckoned offline."""
    assert state.plan is not None
    t = state.twins
    if not t.came:
        return "no offline values were logged to hold those of serving against"
    if "twins" in state.settings.without:
        return "values of serving are not held against offline ones"
    if not t.pairs:
        return "no offline value has found its event yet"
    return f"{plural(t.pairs, 'event')} of serving held against offline values"


def _outcomes(state: ModelState) -> str:
    """What is known of how good the predictions are."""
    assert state.plan is not None
    if not state.tally.labels:
        return "outcomes are not known: no labels came"
    if state.plan.baseline.appraisal is None:
        return "outcomes are not known: the reference has no labels to compare with"
    if not state.plan.labels.monitors:
        return "outcomes are not watched"
    if state.labels.looks == 0:
        return "outcomes are not known yet: labels are under way"
    seen = roughly(max(state.drift.closed - state.labels.closed, 0))
    late = "" if state.labels.closed >= state.drift.closed else f" up to {seen} ago"
    return f"outcomes were looked at{late}"


def _running(plan: Plan) -> dict[str, tuple[str, int]]:
    """The clock of every monitor that runs, and its place there."""
    return {
        name: (rung.name, at) for rung in plan.rungs for at, (name, _) in enumerate(rung.monitors)
    }


def _knows_variation(plan: Plan) -> bool:
    variation = plan.baseline.variation
    return variation is not None and variation.enough
