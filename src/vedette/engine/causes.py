"""When an incident is explained, and what of the explanation the incident keeps.

Owns: asking for an explanation, and again until the labels of the incident's time have come; asking
why twins disagree, and whether rows can be told from the reference's.  Does not own: answers
(`engine.explaining`, `engine.twin_causes`, `engine.separating`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from vedette.alerts.grouping import title_of
from vedette.alerts.harm import Harm
from vedette.alerts.incident import Incident
from vedette.alerts.separation import Separation
from vedette.core.durations import DAY
from vedette.engine.model import ModelState
from vedette.engine.outputs import CAUSES, GUESS, SEPARATION, Changed, Output, Wanted
from vedette.monitors.twins import MONITOR as TWINS

BECAUSE = ", because "  # between what is seen and why
NEWS = ("opened", "reopened", "updated")  # events of an incident that want an explanation
OF_ROWS = ("shift", "dependence", "skew", "outliers")  # monitors of what rows are like
LONGEST = 30 * DAY  # how long labels are waited for
WINDOWS = 7  # of an incident by which it is explained; a day's at least


@dataclass(frozen=True)
class Guessed:
    """The answer to a wish for guesses: why columns of an incident disagree with their offline
    values, in sentences by column."""

    about: str
    said: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Explained:
    """The answer to a wish for causes: what the incident does to the predictions."""

    about: str
    harm: Harm


@dataclass(frozen=True)
class Separated:
    """The answer to a wish for a separation: how well the rows of an incident can be told from the
    reference's."""

    about: str
    separation: Separation


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
    if incident is None or state.drift.closed - incident.opened > LONGEST or state.plan is None:
        return False
    end = explained_until(incident, state.plan.drift.width)
    return state.labels.closed < end or state.drift.closed < end


def explained_until(incident: Incident, width: int) -> int:
    """The instant to which an incident is explained: its end, or some windows after it opened, for
    what is still open weeks later has others beside it.

    Units: UTC nanoseconds of event time, `width` of a window of the drift clock.
    """
    end = incident.opened + max(WINDOWS * width, DAY)
    return end if incident.closed is None else min(end, incident.closed)


def explained(state: ModelState, answer: Explained, out: list[Output]) -> ModelState:
    """Keep with an incident what it does; nobody is told again for that."""
    incidents: Sequence[Incident] = [
        msgspec.structs.replace(one, harm=answer.harm) if one.id == answer.about else one
        for one in state.incidents
    ]
    out += [Changed(one, "") for one in incidents if one.id == answer.about]
    return replace(state, incidents=tuple(incidents))


def ask_guesses(out: list[Output]) -> None:
    """Ask why twins disagree, of every incident that is about that and just moved."""
    fresh = (one.incident for one in list(out) if isinstance(one, Changed) and one.event in NEWS)
    own = (one.id for one in fresh if any(stream[0] == TWINS for stream in one.streams))
    out += [Wanted(GUESS, 0, 0, about) for about in dict.fromkeys(own)]


def ask_separation(state: ModelState, out: list[Output]) -> None:
    """Ask whether rows can be told from the reference's, of every incident that is about what rows
    are like and just moved."""
    if state.plan is None:
        return
    fresh = (one.incident for one in list(out) if isinstance(one, Changed) and one.event in NEWS)
    own = (one.id for one in fresh if any(stream[0] in OF_ROWS for stream in one.streams))
    out += [Wanted(SEPARATION, 0, 0, about) for about in dict.fromkeys(own)]


def separated(state: ModelState, answer: Separated, out: list[Output]) -> ModelState:
    """Keep with an incident how its rows differ; nobody is told again for that."""
    incidents: Sequence[Incident] = [
        msgspec.structs.replace(one, separation=answer.separation)
        if one.id == answer.about
        else one
        for one in state.incidents
    ]
    out += [Changed(one, "") for one in incidents if one.id == answer.about]
    return replace(state, incidents=tuple(incidents))


def guessed(state: ModelState, answer: Guessed, out: list[Output]) -> ModelState:
    """Say with an incident why its columns disagree; nobody is told again for that."""
    incidents = [
        _with_guesses(one, answer.said) if one.id == answer.about else one
        for one in state.incidents
    ]
    out += [Changed(one, "") for one in incidents if one.id == answer.about and answer.said]
    return replace(state, incidents=tuple(incidents))


def _with_guesses(incident: Incident, said: Mapping[str, tuple[str, ...]]) -> Incident:
    """An incident whose causes say, of columns that disagree, why: whatever told it first."""
    causes = tuple(
        msgspec.structs.replace(cause, statement=_with_guess(cause.statement, said[cause.column]))
        if cause.column in said
        else cause
        for cause in incident.causes
    )
    return msgspec.structs.replace(incident, causes=causes, title=title_of(causes))


def _with_guess(statement: str, why: tuple[str, ...]) -> str:
    return f"{statement.partition(BECAUSE)[0]}{BECAUSE}{'; '.join(why)}"
