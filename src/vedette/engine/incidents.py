"""What the streams of a clock make of a model's incidents.

Owns: opening, extending, reopening and ending incidents, and which stream belongs to which.  Does
not own: who is a member (`alerts.alarms`), what an incident is (`alerts.grouping`), how it moves
(`alerts.lifecycle`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, log10
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.alerts.axis import Served
from vedette.alerts.grouping import ATTACH, attach, holds, open_incident, settle
from vedette.alerts.harm import Harm
from vedette.alerts.incident import Incident
from vedette.alerts.lifecycle import is_open, move
from vedette.core.windows import Window
from vedette.engine.model import ModelState, Watch
from vedette.engine.outputs import Changed, Output
from vedette.engine.plan import WATCHED, Rung
from vedette.monitors.finding import Finding

LEARNT = "quiet under a baseline that took over while it was open, and was learnt from it, too"


@dataclass(frozen=True, eq=False)
class Seen:
    """One window of one clock, looked at.

    Shapes: `evidence` and `onset` one entry per stream, `told` a finding by the place of its
    stream, `since` the deploy that it began with, if any.
    Units: `now` UTC nanoseconds of the server's clock.
    """

    state: ModelState
    rung: Rung
    window: Window
    now: int
    evidence: NDArray[np.float64]
    onset: NDArray[np.int64]
    told: Mapping[int, Finding]
    since: Mapping[int, str]
    harm: Harm | None = None


def recent(state: ModelState, window: Window) -> tuple[Incident, ...]:
    """The incidents that are open, or ended within a day."""
    return tuple(
        i for i in state.incidents if is_open(i) or window.end - (i.closed or i.opened) <= ATTACH
    )


def young(incidents: Sequence[Incident], window: Window) -> list[Incident]:
    """The open ones of less than a day: what alarms now has the same cause.

    Labels come late: a window of theirs may have ended before an incident began.
    """
    return [
        i
        for i in incidents
        if is_open(i) and i.onset <= window.end and window.end - i.opened <= ATTACH
    ]


def alarm(
    seen: Seen,
    watch: Watch,
    incidents: tuple[Incident, ...],
    members: Sequence[int],
    out: list[Output],
) -> tuple[Watch, tuple[Incident, ...]]:
    """Open an incident, or let its members join one that is there; their evidence begins anew."""
    weighted = seen.rung.weights * seen.evidence
    members = sorted(members, key=lambda at: -weighted[at])
    incident, event = _opened(seen, watch, incidents, members, weighted[members])
    out.append(Changed(incident, event))
    which = np.zeros(len(seen.rung.streams), np.bool_)
    which[members] = True
    owners = tuple(
        incident.id if chosen else owner
        for owner, chosen in zip(watch.owners, which.tolist(), strict=True)
    )
    watch = replace(watch, owners=owners, monitors=_reset(seen.rung, watch, which))
    return watch, (incident, *(i for i in incidents if i.id != incident.id))


def calm(
    seen: Seen,
    watch: Watch,
    incidents: tuple[Incident, ...],
    released: Sequence[int],
    out: list[Output],
) -> tuple[Watch, tuple[Incident, ...]]:
    """Watch streams again that have been quiet; end an incident that has none left."""
    gone = {watch.owners[at] for at in released} - {""}
    owners = tuple("" if at in released else owner for at, owner in enumerate(watch.owners))
    which = np.zeros(len(owners), np.bool_)
    which[list(released)] = True
    watch = replace(watch, owners=owners, monitors=_reset(seen.rung, watch, which))
    others = (seen.state.watch(clock) for clock in WATCHED if clock != seen.rung.name)
    held = {*owners, *(owner for other in others for owner in other.owners)}
    kept = list(incidents)
    for at, incident in enumerate(kept):
        if incident.id in gone and incident.id not in held and is_open(incident):
            note = LEARNT if _is_learnt(seen.state, incident) else ""
            kept[at] = settle(incident, seen.window, seen.now, note)
            out.append(Changed(kept[at], "resolved"))
    return watch, tuple(kept)


def _opened(
    seen: Seen,
    watch: Watch,
    incidents: Sequence[Incident],
    members: Sequence[int],
    worth: NDArray[np.float64],
) -> tuple[Incident, str]:
    """The incident of an alarm, and what happened to it.

    Streams join a young incident, or one that holds their columns; what ended within a day and
    comes back is reopened; all else is new.
    """
    findings = [seen.told[at] for at in members]
    total = float(worth.sum())
    shares = [float(one) / total if 0 < total < inf else 1 / len(members) for one in worth]
    joined: dict[str, Any] = {
        "at": seen.now,
        "window": seen.window,
        "predictions": _predictions(seen.state),
        "harm": seen.harm,
        "since": {seen.told[at].column: seen.since[at] for at in members if seen.since[at]},
    }
    streams = [seen.rung.streams[at] for at in members]
    keys = [(stream.monitor, stream.column, stream.segment) for stream in streams]
    for incident in young(incidents, seen.window):
        return attach(incident, findings, shares, **joined), "updated"
    for incident in incidents:
        if is_open(incident) and holds(incident, keys):
            return attach(incident, findings, shares, **joined), "updated"
    for incident in incidents:
        if not is_open(incident) and keys[0] in incident.streams:
            moved = move(incident, "reopen", at=seen.now, note="it came back")
            return attach(moved, findings, shares, **joined), "reopened"
    made = open_incident(
        seen.state.name,
        findings,
        shares=shares,
        onset=int(min(seen.onset[members[0]], seen.window.end)),
        evidence=log10(max(watch.total, 1e-300)),
        threshold=log10(seen.rung.threshold),
        version=seen.state.version,
        served=served_of(seen.state),
        **joined,
    )
    return made, "opened"


def served_of(state: ModelState) -> Served:
    """What is known of a model's metrics that are about its service."""
    schema = None if state.plan is None else state.plan.baseline.schema
    return Served.of(schema, state.settings.metering().bounds)


def _is_learnt(state: ModelState, incident: Incident) -> bool:
    """Whether what an incident is about is part of what windows are held against."""
    assert state.plan is not None
    learnt = state.plan.baseline.profile.window
    return learnt is not None and learnt.start <= incident.onset < learnt.end


def _predictions(state: ModelState) -> list[str]:
    assert state.plan is not None
    fields = state.plan.baseline.schema.fields
    return [field.name for field in fields if field.role in ("prediction", "score")]


def _reset(rung: Rung, watch: Watch, which: NDArray[np.bool_]) -> tuple[Any, ...]:
    return tuple(
        monitor.reset(own, which[rung.part(at)])
        for at, ((_, monitor), own) in enumerate(zip(rung.monitors, watch.monitors, strict=True))
    )
