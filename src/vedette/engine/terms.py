"""Going on under other settings, as somebody saved them.

Owns: the plan made anew under the same baseline, and what of the watch goes on.  Does not own:
which settings may be saved (`engine.saved`), a new baseline (`engine.learning`).

Evidence begins anew where the terms changed that it was gathered under: weights chosen after
seeing it would cheat the budget.  What was learnt of wobble and traffic stays, and so does which
stream belongs to which incident.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from vedette.alerts.alarms import Alarms
from vedette.alerts.lifecycle import is_open, move
from vedette.core.errors import SettingsError
from vedette.engine.model import WATCHING, ModelState, Watch, begin_watch, renewed
from vedette.engine.model_settings import ModelSettings
from vedette.engine.outputs import Changed, Marked, Output
from vedette.engine.plan import (
    DRIFT,
    LABELS,
    LASTING,
    PAIRS,
    QUICK,
    WATCHED,
    Plan,
    Rung,
    make_plan,
)
from vedette.engine.saved import Kept, Signed, in_force, merged, refused, said, signed
from vedette.profiles.baseline import Baseline

UNWATCHED = "nothing of it is watched any more under the settings and the baseline as they are now"


def save(
    state: ModelState, act: Mapping[str, Any], now: int, event_now: int, out: list[Output]
) -> ModelState:
    """Take in a change of settings that a person saved.

    Errors: UsageError, in the words of the SettingsError, with the state as it was.
    """
    by, changes = signed(act, now), act.get("changes") or {}
    state = under(state, proposed(state, changes, by), by, out)
    key = hashlib.sha256(msgspec.json.encode(dict(act))).hexdigest()[:8]
    out.append(
        Marked(
            f"settings-{now}-{key}",
            event_now,
            {**act, "at": now, "text": f"settings: {said(changes)}"},
        )
    )
    return state


def proposed(state: ModelState, changes: Mapping[str, Any], by: Signed) -> Kept:
    """What would be saved after a change.  Errors: UsageError when it cannot be."""
    columns = None if state.baseline is None else state.baseline.columns
    try:
        kept = merged(state.saved, changes, by, columns)
        in_force(state.of_file, kept)
    except SettingsError as error:
        raise refused(error) from None
    return kept


def under(state: ModelState, kept: Kept, by: Signed, out: list[Output]) -> ModelState:
    """The model under settings saved before, or now."""
    settings = in_force(state.of_file, kept)
    state = replace(state, file=state.of_file, saved=dict(kept), settings=settings)
    held = belonging(state)
    state = replanned(state, settings)
    return let_go(state, held - belonging(state), by, out)


def replanned(state: ModelState, settings: ModelSettings) -> ModelState:
    """The model under a plan made anew of its baseline; without one as it is."""
    before = state.plan
    if before is None:
        return state
    plan = planned(
        replace(state, settings=settings), before.baseline, before.baseline_id, state.phase
    )
    return going_on(state, plan)


def planned(state: ModelState, baseline: Baseline, baseline_id: str, phase: str) -> Plan:
    """The plan of a model under a baseline, in a phase."""
    m = state.metered
    return make_plan(
        state.settings,
        baseline,
        baseline_id,
        learning=phase != WATCHING,
        twins=state.twins.watched,
        metering=state.settings.metering(m.names[: m.planned]),
    )


def carried(state: ModelState, plan: Plan, by: Signed, out: list[Output]) -> ModelState:
    """The model under another plan for the same bins, and what became of its incidents."""
    held = belonging(state)
    state = going_on(state, plan)
    return let_go(state, held - belonging(state), by, out)


def going_on(state: ModelState, plan: Plan) -> ModelState:
    """The model under another plan for the same bins."""
    before = state.plan
    assert before is not None
    return replace(
        carry_labels(before, plan, state),
        plan=plan,
        fast=carry(before, plan, QUICK, state.fast),
        drift=carry(before, plan, DRIFT, state.drift),
        pairs=carry(before, plan, PAIRS, state.pairs),
    )


def carry_labels(before: Plan, plan: Plan, state: ModelState) -> ModelState:
    """The clock of labels under other terms; where evidence begins anew, what was judged is not
    stepped again."""
    watch = carry(before, plan, LABELS, state.labels)
    state = replace(state, labels=watch)
    fresh = _fresh(before, plan, before.labels, plan.labels)
    same = [n for n, _ in before.labels.monitors] == [n for n, _ in plan.labels.monitors]
    if same and not fresh.any():
        return state
    return replace(state, outcomes=renewed(state.outcomes, watch.closed, watch.monitors))


def carry(before: Plan, plan: Plan, clock: str, watch: Watch) -> Watch:
    """One clock under other terms: what is known stays, evidence of other terms does not."""
    old, new = before.rung(clock), plan.rung(clock)
    fresh = _fresh(before, plan, old, new)
    begun = begin_watch(new, watch.closed, {})
    places = {name: at for at, (name, _) in enumerate(old.monitors)}
    states, owners = list(begun.monitors), list(begun.owners)
    frozen, calm = begun.alarms.frozen.copy(), begun.alarms.calm.copy()
    for at, (name, monitor) in enumerate(new.monitors):
        place = places.get(name, -1)
        if place < 0:
            continue
        before_it, was, own = old.monitors[place][1], old.part(place), new.part(at)
        if before_it.streams != monitor.streams and name not in LASTING:
            continue
        states[at] = monitor.reset(watch.monitors[place], fresh[own])
        at_old = {stream: place for place, stream in enumerate(before_it.streams, was.start)}
        if before_it.streams == monitor.streams:
            owners[own] = watch.owners[was]
            frozen[own], calm[own] = watch.alarms.frozen[was], watch.alarms.calm[was]
            continue
        for to, stream in enumerate(monitor.streams, own.start):
            if stream in at_old:  # that of another column may have come or gone
                owners[to] = watch.owners[at_old[stream]]
                frozen[to] = watch.alarms.frozen[at_old[stream]]
                calm[to] = watch.alarms.calm[at_old[stream]]
    begins = bool(fresh.all())
    return replace(
        begun,
        open=watch.open,
        monitors=tuple(states),
        alarms=Alarms(frozen, calm),
        owners=tuple(owners),
        looks=watch.looks,
        total=0.0 if begins else watch.total,
        parts=() if begins else watch.parts,
    )


def _fresh(before: Plan, plan: Plan, old: Rung, new: Rung) -> NDArray[np.bool_]:
    """The streams whose evidence begins anew: all of them when the budget is split in another way,
    else those with another smallest effect.  Shapes: bool[S]."""
    if (
        old.threshold != new.threshold
        or old.streams != new.streams
        or not np.array_equal(old.weights, new.weights)
    ):
        return np.ones(len(new.streams), np.bool_)
    columns = tuple(dict.fromkeys(stream.column for stream in new.streams))
    was, now = (_effects(one, columns) for one in (before, plan))
    return np.array([was[s.column] != now[s.column] for s in new.streams], np.bool_)


def _effects(plan: Plan, columns: tuple[str, ...]) -> dict[str, float]:
    own = plan.settings.effects(columns)
    return {column: own.get(column, plan.settings.min_effect) for column in columns}


def belonging(state: ModelState) -> set[str]:
    """The incidents that streams belong to."""
    return {owner for clock in WATCHED for owner in state.watch(clock).owners} - {""}


def let_go(state: ModelState, lost: set[str], by: Signed, out: list[Output]) -> ModelState:
    """Say of an incident that is open and has no stream left that only a person can end it."""
    incidents = list(state.incidents)
    for at, incident in enumerate(incidents):
        if incident.id in lost and is_open(incident):
            incidents[at] = move(incident, "note", at=by.at, by=by.by, note=UNWATCHED)
            out.append(Changed(incidents[at], "updated"))
    return replace(state, incidents=tuple(incidents))
