"""When an incident is explained, and what of the explanation the incident keeps.

Owns: asking for an explanation, and again until the labels of the incident's time have come.  Does
not own: making one (`engine.explaining`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from vedette.alerts.harm import Harm
from vedette.alerts.incident import Incident
from vedette.core.durations import DAY
from vedette.engine.model import ModelState
from vedette.engine.outputs import CAUSES, Changed, Output, Wanted

NEWS = ("opened", "reopened", "updated")  # events of an incident that want an explanation
LONGEST = 30 * DAY  # how long labels are waited for


@dataclass(frozen=True)
class Explained:
    """The answer to a wish for causes: what the incident does to the predictions."""

    about: str
    harm: Harm


def ask_causes(state: ModelState, out: list[Output], *, judged: bool) -> ModelState:
    """Ask why what just happened did; when windows were judged by their labels, also of what waits
    for these."""
    if state.plan is None or state.plan.baseline.appraisal is None:
        return state
    fresh = [one.incident for one in out if isinstance(one, Changed) and one.event in NEWS]
    waiting = state.outcomes.unexplained
    if not fresh and not (judged and waiting):
        return state
    again = waiting if judged else ()
    known = {incident.id: incident for incident in state.incidents}
    ids = dict.fromkeys((*(incident.id for incident in fresh), *again))
    out += [Wanted(CAUSES, 0, 0, about) for about in ids if about in known]
    left = [one for one in dict.fromkeys((*waiting, *ids)) if _waits(state, known.get(one))]
    return replace(state, outcomes=replace(state.outcomes, unexplained=tuple(left)))


def _waits(state: ModelState, incident: Incident | None) -> bool:
    """Whether more labels of an incident's time may come."""
    if incident is None or state.drift.closed - incident.opened > LONGEST:
        return False
    return state.labels.closed < incident.opened or state.drift.closed < incident.opened


def explained(state: ModelState, answer: Explained, out: list[Output]) -> ModelState:
    """Keep with an incident what it does; nobody is told again for that."""
    incidents: Sequence[Incident] = [
        msgspec.structs.replace(one, harm=answer.harm) if one.id == answer.about else one
        for one in state.incidents
    ]
    out += [Changed(one, "") for one in incidents if one.id == answer.about]
    return replace(state, incidents=tuple(incidents))
