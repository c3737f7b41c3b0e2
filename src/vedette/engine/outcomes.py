"""Labels on their way to the windows of their events.

Owns: which windows wait for labels, when one may be judged, stepping again what labels changed
afterwards.  Does not own: finding the event of a label (`engine.joining`), grading
(`engine.grade`), the monitors.

Windows are judged in the order of event time, each once its labels have come.  When a label comes,
is corrected or withdrawn after that, the monitors are stepped again from the state before the first
window that is still remembered, so the evidence is what it would have been.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from vedette.core.windows import Window
from vedette.engine.delays import Labelling, labelling_of, matured, usual_share
from vedette.engine.look import look
from vedette.engine.model import ModelState, renewed
from vedette.engine.outputs import Output
from vedette.engine.plan import LABELS, Rung
from vedette.engine.remembered import slim
from vedette.engine.selective import lacking
from vedette.profiles.baseline import Baseline
from vedette.profiles.grading import EXPECTED, REALISED
from vedette.profiles.profile import WHOLE, Profile

REMEMBERED = 400  # judged windows whose labels may still change the evidence
RECENT = 30  # judged windows in which it is seen whether labels come for some scores only
MOST_WAITING = 1000  # windows without labels that are remembered; the oldest go unjudged


def counted(state: ModelState, start: int, profile: Profile) -> ModelState:
    """Remember how many predictions a window has, or that its labels came.

    What lies before the first window remembered changes no evidence any more.
    """
    o = state.outcomes
    if state.plan is None or not state.plan.labels.monitors:
        return state
    if start < state.labels.closed and start < min(o.windows, default=state.labels.closed):
        return state
    appraisal = state.plan.baseline.appraisal
    assert appraisal is not None
    own = slim(profile, appraisal.grading.task, scored(state.plan.baseline))
    known = o.windows.get(start)
    windows = {**o.windows, start: own if known is None else known.merge(own)}
    changed = o.changed or start < state.labels.closed
    return replace(state, outcomes=replace(o, windows=windows, changed=changed))


def judge_matured(state: ModelState, now: int, event_now: int, out: list[Output]) -> ModelState:
    """Judge every window whose labels have come, in order."""
    assert state.plan is not None
    rung = state.plan.labels
    if not rung.monitors:
        return state
    state = _selected(state)
    if state.outcomes.changed:
        state = _again(state, now, out)
    how = labelling(state, event_now)
    usual = 1.0 if how.usual is None else how.usual
    while (start := _next(state)) is not None:
        end = start + rung.width
        predictions, labels = sizes(state.outcomes.windows[start])
        ripe = matured(how, event_now - end, predictions, labels, usual, rung.width)
        if not ripe and sum(at >= start for at in state.outcomes.windows) <= MOST_WAITING:
            break
        if 0 <= state.outcomes.fresh_at < end:
            state = _anew(state, start)
        state = replace(state, labels=replace(state.labels, closed=end))
        if labels:
            state = _look(state, start, now, out)
    return _forgotten(state)


def sizes(profile: Profile) -> tuple[int, int]:
    """How many predictions of a window were counted, and how many of them have a label."""
    expected = profile.graded.get((EXPECTED, WHOLE))
    realised = profile.graded.get((REALISED, WHOLE))
    labels = 0 if realised is None else realised.rows
    return max(labels, 0 if expected is None else expected.rows), labels


def _next(state: ModelState) -> int | None:
    """The first window that is not judged and has ended."""
    assert state.plan is not None
    width = state.plan.labels.width
    found = [at for at in state.outcomes.windows if at >= state.labels.closed]
    first = min(found, default=None)
    return first if first is not None and first + width <= state.drift.closed else None


def _look(state: ModelState, start: int, now: int, out: list[Output]) -> ModelState:
    """Step the monitors through a window and judge what they have gathered."""
    assert state.plan is not None
    rung, before = state.plan.labels, state.labels
    shown, window = _shown(state, start)
    watch, incidents = look(state, rung, before, shown, window, now, out)
    state = replace(state, incidents=incidents).with_watch(LABELS, watch)
    if watch.owners != before.owners:  # evidence began anew: what came before is settled
        settled = renewed(state.outcomes, watch.closed, watch.monitors)
        state = replace(state, outcomes=settled)
    return state


def _anew(state: ModelState, start: int) -> ModelState:
    """Begin with evidence anew where another version of the model does."""
    assert state.plan is not None
    watch = state.labels
    pairs = zip(state.plan.labels.monitors, watch.monitors, strict=True)
    states = tuple(
        monitor.reset(own, np.ones(len(monitor.streams), np.bool_)) for (_, monitor), own in pairs
    )
    outcomes = replace(renewed(state.outcomes, start, states), fresh_at=-1)
    return replace(state, labels=replace(watch, monitors=states), outcomes=outcomes)


def _again(state: ModelState, now: int, out: list[Output]) -> ModelState:
    """Step again through what was judged, and judge the last of it with the labels as they are."""
    assert state.plan is not None
    o, watch, rung = state.outcomes, state.labels, state.plan.labels
    state = replace(state, outcomes=replace(o, changed=False))
    judged = sorted(at for at in o.windows if at < watch.closed and sizes(o.windows[at])[1])
    states = o.anchor or _begun(rung)
    if not judged:  # all labels were withdrawn
        watch = replace(watch, monitors=states, total=0.0, parts=())
        return state.with_watch(LABELS, watch)
    for start in judged[:-1]:
        states = _stepped(rung, states, _shown(state, start))
    calm = watch.alarms.calm
    alarms = replace(watch.alarms, calm=np.where(calm > 0, calm - 1, calm))
    watch = replace(watch, monitors=states, alarms=alarms, looks=watch.looks - 1)
    return _look(state.with_watch(LABELS, watch), judged[-1], now, out)


def _stepped(rung: Rung, states: tuple[Any, ...], shown: tuple[Profile, Window]) -> tuple[Any, ...]:
    return tuple(
        monitor.step(own, *shown)[0]
        for (_, monitor), own in zip(rung.monitors, states, strict=True)
    )


def _shown(state: ModelState, start: int) -> tuple[Profile, Window]:
    """What the monitors see of a window: its rows are those with a label."""
    assert state.plan is not None
    profile = state.outcomes.windows[start]
    window = Window(start, start + state.plan.labels.width)
    return replace(profile, window=window, rows=sizes(profile)[1], losses={}), window


def scored(baseline: Baseline) -> str:
    """The column by whose bins it is seen which rows get labels: the score, else what was said."""
    appraisal = baseline.appraisal
    if appraisal is None:
        return ""
    names = (*(n for n in appraisal.grading.scores if n), appraisal.grading.prediction or "")
    return next((name for name in names if name in baseline.binnings), "")


def _selected(state: ModelState) -> ModelState:
    """See whether labels come for some scores only, in windows whose labels have come."""
    assert state.plan is not None
    column, o = scored(state.plan.baseline), state.outcomes
    binning = state.plan.baseline.binnings.get(column)
    recent = sorted(at for at in o.windows if at < state.labels.closed)[-RECENT:]
    pairs = [
        [o.windows[at].losses.get((kind, column)) for kind in (EXPECTED, REALISED)] for at in recent
    ]
    counts = [[one.rows for one in pair if one is not None] for pair in pairs]
    known = [pair for pair in counts if len(pair) == 2]
    if binning is None or not known:
        return state
    rows, labels = (np.sum([pair[at] for pair in known], axis=0)[:-1] for at in (0, 1))
    return replace(state, outcomes=replace(o, selective=lacking(rows, labels, binning, column)))


def _forgotten(state: ModelState) -> ModelState:
    """Let go of the oldest windows: their labels may change no evidence any more."""
    assert state.plan is not None
    o, rung = state.outcomes, state.plan.labels
    judged = sorted(at for at in o.windows if at < state.labels.closed)
    if len(judged) <= REMEMBERED:
        return state
    states, windows = o.anchor or _begun(rung), dict(o.windows)
    for start in judged[: len(judged) - REMEMBERED]:
        if sizes(windows.pop(start))[1]:
            states = _stepped(rung, states, _shown(state, start))
    return replace(state, outcomes=replace(o, windows=windows, anchor=states))


def _begun(rung: Rung) -> tuple[Any, ...]:
    return tuple(monitor.start() for _, monitor in rung.monitors)


def labelling(state: ModelState, event_now: int) -> Labelling:
    """How the labels of a model come, as far as its windows tell."""
    o, width = state.outcomes, state.settings.clocks.widths[2]
    starts = sorted(o.windows)
    followed = event_now - state.clock.first  # windows are let go of, not this
    pairs = np.array([sizes(o.windows[at]) for at in starts], np.int64).reshape(-1, 2)
    ages = event_now - width - np.array(starts, np.int64)
    share = usual_share(ages, pairs[:, 0], pairs[:, 1], o.delays.settled(followed))
    return labelling_of(
        o.delays, followed, share, waiting=o.waiting, lost=o.lost, selective=o.selective
    )
