"""What a deploy is to the metrics of a model.

Owns: remembering deploys, beginning anew with the evidence about metrics, saying after which deploy
one moved.  Does not own: the time line (`engine.acts`), the evidence of other monitors.
"""

from dataclasses import replace

import msgspec
import numpy as np

from vedette.core.durations import HOUR, MINUTE
from vedette.engine.model import Metered, ModelState
from vedette.engine.plan import QUICK
from vedette.monitors.finding import WAITING, Finding
from vedette.monitors.metrics import MONITOR as METRICS
from vedette.monitors.tail import LONGEST
from vedette.monitors.tail import MONITOR as TAIL

BEFORE, AFTER = 10 * MINUTE, HOUR  # of a deploy, in which what begins may have to do with it
REMEMBERED = 20  # deploys
USUAL = (METRICS, TAIL)  # monitors that hold numbers against what is usual of them


def deployed(state: ModelState, at: int, version: str) -> ModelState:
    """Remember a deploy; what metrics were like before it is evidence of nothing after it."""
    m = state.metered
    kept = sorted((*m.deploys, (at, version)))[-REMEMBERED:]
    state = replace(state, metered=replace(m, deploys=tuple(kept)))
    if state.plan is None:
        return state
    own = [
        monitor.reset(was, np.ones(len(monitor.streams), np.bool_)) if name in USUAL else was
        for (name, monitor), was in zip(state.plan.fast.monitors, state.fast.monitors, strict=True)
    ]
    return state.with_watch(QUICK, replace(state.fast, monitors=tuple(own)))


def deploy_of(finding: Finding, metered: Metered, onset: int) -> str:
    """After which deploy a metric moved, in words; "" after none."""
    moved = finding.monitor in USUAL and finding.verdict in ("alarming", "notable")
    begins = BEFORE if finding.monitor == METRICS else LONGEST  # a block's start, or a window's
    near = [(at, v) for at, v in metered.deploys if -begins <= onset - at <= AFTER]
    if not moved or not near:
        return ""
    _, version = min(near, key=lambda deploy: abs(onset - deploy[0]))
    return f"since the deploy of {version}" if version else "since a deploy"


def since_deploy(finding: Finding, since: str) -> Finding:
    """Say of a metric that moved after which deploy it did."""
    if not since:
        return finding
    bare = finding.reason.removesuffix(WAITING)
    tail = WAITING if bare != finding.reason else ""
    return msgspec.structs.replace(finding, reason=f"{bare}, {since}{tail}")
