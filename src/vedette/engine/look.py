"""One look of all monitors of a clock at one window: evidence, words, alarm.

Owns: what follows from a window that ended.  Does not own: when it ends (`engine.step`), the
monitors, the budget's rule (`alerts.alarms`), incidents (`engine.incidents`).
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from vedette.alerts.alarms import judge
from vedette.alerts.axis import AXIS, Served
from vedette.alerts.incident import Incident
from vedette.core.windows import Window
from vedette.engine.deploys import deploy_of, since_deploy
from vedette.engine.hurting import doubt_of, harm_of
from vedette.engine.incidents import Seen, alarm, calm, recent, served_of, young
from vedette.engine.model import ModelState, Watch
from vedette.engine.outputs import Charted, Looked, Output, Promised, Told
from vedette.engine.plan import DRIFT, LABELS, OF_ROWS, QUICK, READ, TRAFFIC, Rung
from vedette.engine.standings import burning_of, standing_of
from vedette.monitors.finding import WAITING, Finding
from vedette.monitors.metrics import MONITOR as METRICS
from vedette.monitors.monitor import Look, Stream, side_by_side
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
    courses = [one.course for one in looks if one.course is not None]
    if courses:
        out.append(Charted(rung.name, window, side_by_side(courses)))
    if burning := burning_of(rung.monitors, states, window.end):
        standing = standing_of(burning[0], burning[2])
        out.append(Promised(rung.name, window, standing))
    incidents = recent(state, window)
    assert state.plan is not None
    if rung.name == DRIFT and profile.rows == 0:
        return watch, incidents
    seen = _seen(rung, profile, effect)
    alarms, judged = judge(
        watch.alarms,
        rung.weights,
        rung.threshold,
        evidence,
        quiet,
        attach=bool(young(incidents, window)),
        seen=seen,
    )
    parts = _parts(state, rung, watch, evidence)
    watch = replace(watch, alarms=alarms, total=judged.total, parts=parts)
    share = judged.total / rung.threshold
    if rung.name != QUICK or judged.members or share >= SHOWN:
        out.append(
            Looked(rung.name, window, rung.streams, rung.weights, evidence, effect,
                   judged.total, rung.threshold, profile.rows)
        )  # fmt: skip
    told = _tell(
        rung, watch, looks, profiles, _worth(state, rung, evidence, judged.members, window)
    )
    told = {at: _named(f, state.name, window, at in judged.members) for at, f in told.items()}
    since = {at: deploy_of(f, state.metered, int(onset[at])) for at, f in told.items()}
    told = {at: since_deploy(f, since[at]) for at, f in told.items()}
    out += [Told(finding) for finding in told.values()]
    members = [place for place in judged.members if place in told]
    at = Seen(state, rung, window, now, evidence, onset, told, since)
    if members:
        mature, distrust = rung.name == LABELS, doubt_of(state)
        harm = harm_of(state.plan.baseline, profile, mature=mature, distrust=distrust)
        at = replace(at, harm=harm)
        watch, incidents = alarm(at, watch, incidents, members, out)
    if judged.released:
        watch, incidents = calm(at, watch, incidents, judged.released, out)
    return watch, incidents


def _speaks(stream: Stream) -> bool:
    """Whether a stream says something of a window without rows: one about the model itself, as that
    nothing came."""
    return not stream.column and stream.monitor not in OF_ROWS


def _seen(rung: Rung, profile: Profile, effect: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The streams of which a window says anything: metrics that are logged need no rows."""
    said = np.array([stream.monitor in READ for stream in rung.streams], np.bool_)
    rows = np.array([profile.rows > 0 or _speaks(stream) for stream in rung.streams], np.bool_)
    seen: NDArray[np.bool_] = rows | (said & ~np.isnan(effect))
    return seen


def _parts(
    state: ModelState, rung: Rung, watch: Watch, evidence: NDArray[np.float64]
) -> tuple[float, ...]:
    """The weighted evidence of every monitor, of streams that belong to no incident; then, apart
    from theirs, of metrics that are about the service."""
    worth = np.where(watch.alarms.frozen, 0.0, rung.weights * np.nan_to_num(evidence))
    apart = _apart(rung.streams, served_of(state))
    own = np.where(apart, 0.0, worth)
    sums = [float(own[rung.part(at)].sum()) for at in range(len(rung.monitors))]
    return tuple(min(one, 1e300) for one in (*sums, float(worth[apart].sum())))


@lru_cache(maxsize=256)  # every window of a clock asks for the same
def _apart(streams: tuple[Stream, ...], served: Served) -> NDArray[np.bool_]:
    """Which streams are metrics that are about the service."""
    found = [
        stream.monitor == METRICS and served.axis_of(METRICS, stream.column) != AXIS[METRICS]
        for stream in streams
    ]
    return np.array(found, np.bool_)


def _profiles(state: ModelState, rung: Rung, profile: Profile, window: Window) -> list[Profile]:
    """What each monitor is shown: the rows as they are; of traffic, the events they stand for."""
    unsent = sum(n for at, n in state.unsent.items() if window.start <= at < window.end)
    traffic = replace(profile, rows=profile.rows + round(unsent)) if unsent else profile
    return [traffic if name in TRAFFIC else profile for name, _ in rung.monitors]


def _step(
    rung: Rung, watch: Watch, profiles: Sequence[Profile], window: Window
) -> tuple[tuple[Any, ...], list[Look]]:
    pairs = [
        monitor.step(own, profile, window)
        for (_, monitor), own, profile in zip(rung.monitors, watch.monitors, profiles, strict=True)
    ]
    return tuple(own for own, _ in pairs), [one for _, one in pairs]


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
