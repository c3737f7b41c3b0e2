"""One look of all monitors of a clock at one window: evidence, alarm, incident.

Owns: what follows from a window that ended.  Does not own: when it ends (`engine.step`), the
monitors, the budget's rule (`alerts.alarms`), what an incident is (`alerts.grouping`).
"""

from collections.abc import Sequence
from dataclasses import replace
from math import inf, log10
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from vedette.alerts.alarms import judge
from vedette.alerts.grouping import ATTACH, attach, holds, open_incident, settle
from vedette.alerts.incident import Incident
from vedette.alerts.lifecycle import is_open, move
from vedette.core.windows import Window
from vedette.engine.model import ModelState, Watch
from vedette.engine.outputs import Changed, Looked, Output, Told
from vedette.engine.plan import DRIFT, LASTING, Rung
from vedette.monitors.finding import WAITING, Finding
from vedette.monitors.monitor import Look
from vedette.profiles.profile import Profile

TOLD = 50  # streams of a clock that are put into words, the most evident first
MOST = 300.0  # log10 of evidence, so that it stays a number in JSON
SHOWN = 1e-3  # share of the threshold from which a fast look is worth keeping


def look(
    state: ModelState,
    rung: Rung,
    watch: Watch,
    profile: Profile,
    window: Window,
    now: int,
    out: list[Output],
) -> tuple[Watch, tuple[Incident, ...]]:
    """Step every monitor, judge them together, open, extend or end incidents."""
    profiles = _profiles(state, rung, profile, window)
    states, looks = _step(rung, watch, profiles, window)
    evidence, effect, quiet, onset = (
        np.concatenate([getattr(one, name) for one in looks])
        for name in ("evidence", "effect", "quiet", "onset")
    )
    watch = replace(watch, monitors=states, looks=watch.looks + 1)
    incidents = tuple(i for i in state.incidents if _is_recent(i, window))
    if rung.name == DRIFT and profile.rows == 0:
        return watch, incidents
    joins = [i for i in incidents if is_open(i) and window.end - i.opened <= ATTACH]
    seen = np.array([profile.rows > 0 or not stream.column for stream in rung.streams], np.bool_)
    alarms, judged = judge(
        watch.alarms,
        rung.weights,
        rung.threshold,
        evidence,
        quiet,
        attach=bool(joins),
        seen=seen,
    )
    watch = replace(watch, alarms=alarms, total=judged.total)
    share = judged.total / rung.threshold
    if rung.name == DRIFT or judged.members or share >= SHOWN:
        out.append(
            Looked(rung.name, window, rung.streams, rung.weights, evidence, effect,
                   judged.total, rung.threshold, profile.rows)
        )  # fmt: skip
    told = _tell(
        rung, watch, looks, profiles, _worth(state, rung, evidence, judged.members, window)
    )
    told = {at: _named(f, state.name, window, at in judged.members) for at, f in told.items()}
    out += [Told(finding) for finding in told.values()]
    if judged.members:
        members = [at for at in judged.members if at in told]
        watch, incidents = _alarm(
            state, rung, watch, incidents, joins, members, told, evidence, onset, window, now, out
        )
    if judged.released:
        watch, incidents = _calm(state, watch, incidents, judged.released, rung, window, now, out)
    return watch, incidents


def _profiles(state: ModelState, rung: Rung, profile: Profile, window: Window) -> list[Profile]:
    """What each monitor is shown: the rows as they are; of traffic, the events they stand for."""
    unsent = sum(n for at, n in state.unsent.items() if window.start <= at < window.end)
    traffic = replace(profile, rows=profile.rows + round(unsent)) if unsent else profile
    return [traffic if name in LASTING else profile for name, _ in rung.monitors]


def _step(
    rung: Rung, watch: Watch, profiles: Sequence[Profile], window: Window
) -> tuple[tuple[Any, ...], list[Look]]:
    pairs = [
        monitor.step(own, profile, window)
        for (_, monitor), own, profile in zip(rung.monitors, watch.monitors, profiles, strict=True)
    ]
    return tuple(own for own, _ in pairs), [one for _, one in pairs]


def _is_recent(incident: Incident, window: Window) -> bool:
    return is_open(incident) or window.end - (incident.closed or incident.opened) <= ATTACH


def _worth(
    state: ModelState,
    rung: Rung,
    evidence: NDArray[np.float64],
    members: Sequence[int],
    window: Window,
) -> list[int]:
    """The streams to put into words: the members of an incident, and as often as the drift clock
    looks also the most evident others, which say what they would have shown."""
    assert state.plan is not None
    if window.end % state.plan.drift.width:
        return list(members)
    order = np.argsort(-rung.weights * evidence, kind="stable")[:TOLD].tolist()
    return [*members, *(at for at in order if at not in members)]


def _tell(
    rung: Rung,
    watch: Watch,
    looks: list[Look],
    profiles: Sequence[Profile],
    which: Sequence[int],
) -> dict[int, Finding]:
    told: dict[int, Finding] = {}
    for at, (_, monitor) in enumerate(rung.monitors):
        part = rung.part(at)
        own = [i for i in which if part.start <= i < part.stop]
        if own:
            found = monitor.tell(
                watch.monitors[at], looks[at], profiles[at], [i - part.start for i in own]
            )
            told |= dict(zip(own, found, strict=True))
    return {at: told[at] for at in which if at in told}


def _named(finding: Finding, model: str, window: Window, alarming: bool) -> Finding:
    verdict = "alarming" if alarming else finding.verdict
    if not alarming and verdict == "alarming":
        verdict = "notable"
    return msgspec.structs.replace(
        finding,
        model=model,
        window=window,
        verdict=verdict,
        evidence=min(finding.evidence, MOST),
        reason=finding.reason.removesuffix(WAITING) if alarming else finding.reason,
    )


def _alarm(
    state: ModelState,
    rung: Rung,
    watch: Watch,
    incidents: tuple[Incident, ...],
    joins: list[Incident],
    members: list[int],
    told: dict[int, Finding],
    evidence: NDArray[np.float64],
    onset: NDArray[np.int64],
    window: Window,
    now: int,
    out: list[Output],
) -> tuple[Watch, tuple[Incident, ...]]:
    """Open an incident, or let its streams join the one that is open."""
    weighted = rung.weights * evidence
    members = sorted(members, key=lambda at: -weighted[at])
    findings = [told[at] for at in members]
    total = float(weighted[members].sum())
    shares = [
        float(weighted[at] / total) if 0 < total < inf else 1 / len(members) for at in members
    ]
    again = [i for i in incidents if not is_open(i) and _same(i, rung, members)]
    streams = [(s.monitor, s.column, s.segment) for s in (rung.streams[at] for at in members)]
    joins = joins or [i for i in incidents if is_open(i) and holds(i, streams)]
    said = _predictions(state)
    if joins:
        incident = attach(joins[0], findings, shares, at=now, window=window, predictions=said)
        event = "updated"
    elif again:
        moved = move(again[0], "reopen", at=now, note="it came back")
        incident = attach(moved, findings, shares, at=now, window=window, predictions=said)
        event = "reopened"
    else:
        event = "opened"
        incident = open_incident(
            state.name,
            findings,
            window,
            shares=shares,
            at=now,
            onset=int(min(onset[members[0]], window.end)),
            evidence=log10(max(watch.total, 1e-300)),
            threshold=log10(rung.threshold),
            version=state.version,
            predictions=said,
        )
    out.append(Changed(incident, event))
    which = np.zeros(len(rung.streams), np.bool_)
    which[members] = True
    owners = tuple(
        incident.id if chosen else owner
        for owner, chosen in zip(watch.owners, which.tolist(), strict=True)
    )
    watch = replace(
        watch,
        owners=owners,
        monitors=_reset(rung, watch, which),
    )
    others = tuple(i for i in incidents if i.id != incident.id)
    return watch, (incident, *others)


def _predictions(state: ModelState) -> list[str]:
    assert state.plan is not None
    fields = state.plan.baseline.schema.fields
    return [field.name for field in fields if field.role in ("prediction", "score")]


def _same(incident: Incident, rung: Rung, members: Sequence[int]) -> bool:
    """Whether the leading stream of an alarm was a member."""
    stream = rung.streams[members[0]]
    return (stream.monitor, stream.column, stream.segment) in incident.streams


def _reset(rung: Rung, watch: Watch, which: NDArray[np.bool_]) -> tuple[Any, ...]:
    return tuple(
        monitor.reset(own, which[rung.part(at)])
        for at, ((_, monitor), own) in enumerate(zip(rung.monitors, watch.monitors, strict=True))
    )


def _calm(
    state: ModelState,
    watch: Watch,
    incidents: tuple[Incident, ...],
    released: Sequence[int],
    rung: Rung,
    window: Window,
    now: int,
    out: list[Output],
) -> tuple[Watch, tuple[Incident, ...]]:
    """Watch streams again that have been quiet; end an incident that has none left."""
    gone = {watch.owners[at] for at in released} - {""}
    owners = tuple("" if at in released else owner for at, owner in enumerate(watch.owners))
    which = np.zeros(len(owners), np.bool_)
    which[list(released)] = True
    watch = replace(watch, owners=owners, monitors=_reset(rung, watch, which))
    other = state.drift if rung.name != DRIFT else state.fast
    held = {*owners, *other.owners}
    kept = list(incidents)
    for at, incident in enumerate(kept):
        if incident.id in gone and incident.id not in held and is_open(incident):
            kept[at] = settle(incident, window, now)
            out.append(Changed(kept[at], "resolved"))
    return watch, tuple(kept)
