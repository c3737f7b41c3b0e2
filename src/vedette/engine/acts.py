"""What people do to a model: to its incidents, deploys, settings.

Owns: what an act does to the state.  Does not own: the lifecycle's table (`alerts.lifecycle`), who
may act (`web`).
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from vedette.alerts.alarms import Alarms
from vedette.alerts.lifecycle import is_open, is_overdue, move
from vedette.core.errors import UsageError
from vedette.engine.deploys import deployed
from vedette.engine.model import ModelState
from vedette.engine.outputs import Changed, Marked, Output, Wanted
from vedette.engine.plan import WATCHED
from vedette.engine.terms import save

_EVENTS: Mapping[str, str] = MappingProxyType(
    {
        "acknowledge": "acknowledged",
        "mute": "muted",
        "resolve": "resolved",
        "reopen": "reopened",
    }
)


def note(
    state: ModelState, act: Mapping[str, Any], now: int, event_now: int, out: list[Output]
) -> ModelState:
    """Take in what a person did, or a deploy."""
    kind = act.get("act")
    if kind == "deploy":
        at = int(act.get("time") or event_now)
        out.append(Marked(f"deploy-{act.get('version', '')}-{at}", at, dict(act)))
        return deployed(state, at, str(act.get("version") or ""))
    if kind == "baseline":
        start, end = int(act["start"]), int(act["end"])
        out.append(Wanted("baseline", start, end))
        return state
    if kind == "remark":
        at = int(act.get("time") or event_now)
        out.append(Marked(f"remark-{now}", at, dict(act)))
        return state
    if kind == "settings":
        return save(state, act, now, event_now, out)
    return _act(state, str(kind), act, now, event_now, out)


def _act(
    state: ModelState,
    action: str,
    act: Mapping[str, Any],
    now: int,
    event_now: int,
    out: list[Output],
) -> ModelState:
    """Move one incident along its lifecycle."""
    wanted = act.get("incident")
    found = [incident for incident in state.incidents if incident.id == wanted]
    if not found:
        raise UsageError("incident", "is not under watch", got=repr(wanted), hint="see its history")
    moved = move(
        found[0],
        action,
        at=now,
        by=str(act.get("by", "")),
        note=str(act.get("note", "")),
        until=act.get("until"),
        closed=event_now if action == "resolve" else None,
    )
    out.append(Changed(moved, _EVENTS.get(action, "updated")))
    state = replace(
        state,
        incidents=tuple(moved if i.id == moved.id else i for i in state.incidents),
    )
    return state if is_open(moved) else _release(state, moved.id)


def _release(state: ModelState, incident: str) -> ModelState:
    """Watch the streams of an incident again that a person has resolved."""
    for clock in WATCHED:
        watch = state.watch(clock)
        owners = tuple("" if owner == incident else owner for owner in watch.owners)
        frozen = np.array([bool(owner) for owner in owners], np.bool_)
        alarms = Alarms(frozen, np.where(frozen, watch.alarms.calm, 0))
        state = state.with_watch(clock, replace(watch, owners=owners, alarms=alarms))
    return state


def unmute(state: ModelState, now: int, out: list[Output]) -> ModelState:
    """End what was muted until now."""
    if not any(is_overdue(incident, now) for incident in state.incidents):
        return state  # the same one: nothing of it is written again
    incidents = list(state.incidents)
    for at, incident in enumerate(incidents):
        if is_overdue(incident, now):
            incidents[at] = move(incident, "unmute", at=now, note="the time is over")
            out.append(Changed(incidents[at], "updated"))
    return replace(state, incidents=tuple(incidents))
