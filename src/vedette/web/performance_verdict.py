"""Is the model still right?  One sentence, and the verdict that it ends in.

Owns: the answer in words, with what it rests on.  Does not own: numbers (`engine.performance`),
alarms: an incident that is open is the word of the monitors, and leads.
"""

from collections.abc import Sequence
from typing import NamedTuple

from vedette.alerts.incident import Incident
from vedette.alerts.lifecycle import is_open
from vedette.core.words import count
from vedette.engine.performance import UNIT, Told
from vedette.report.performance_words import bounded, named, size_of, spelt
from vedette.stats.intervals import Z95
from vedette.web.performance import Performed
from vedette.web.performance_tables import difference

MONITORS = ("concept", "estimate")  # that watch performance
POINT, TENTH = 0.01, 0.1  # what does not matter: of a metric in [0, 1]; of its value else
ESTIMATED = {  # the words for what no label has borne out yet
    "Yes": "As far as can be estimated, yes",
    "No": "Probably not",
}
BECAUSE = "assuming that outcomes still depend on the inputs as in the reference"


class Right(NamedTuple):
    """The answer: a verdict as a finding has it, a word for it, one sentence, and the incident that
    says so, if one does."""

    verdict: str
    word: str
    sentence: str
    incident: Incident | None = None


def is_right(asked: Performed, incidents: Sequence[Incident] = ()) -> Right:
    """Whether the predictions of a stretch are as good as the reference's, as far as that is known.

    Labels of steps that have not matured are left out where others have.
    """
    opened = [one for one in incidents if is_open(one) and speaks(one, asked.segment)]
    before = asked.judge.tell(asked.reference(), asked.metric)
    sums = asked.mature()
    real = asked.judge.tell(sums.realised, asked.metric)
    guess = asked.judge.estimate(asked.sums().expected, asked.metric, asked.far)
    told = real or guess
    if told is None or before is None:
        return Right("unknown", "Unknown", _unknown(asked))
    now = _said(asked, real, guess, before)
    if opened:
        return Right("alarming", "No", now, max(opened, key=lambda one: one.opened))
    verdict, word, room = _compared(asked, told, before)
    if real is not None:
        return Right(verdict, word, f"{now}{room}")
    word = ESTIMATED.get(word, word)
    if asked.trusted()[-1:] == [False]:
        word, verdict = "Unknown", "unknown"
        room = "; labels that came before do not bear such estimates out"
    return Right(verdict, word, f"{now}{room}, {BECAUSE}. No label of this time has come.")


def speaks(incident: Incident, segment: str) -> bool:
    """Whether an incident is about performance before all else, and in this segment."""
    first = any(finding.monitor in MONITORS for finding in incident.findings[:1])
    own = (where for monitor, _, where in incident.streams if monitor in MONITORS)
    return first and (not segment or segment in own)


def _compared(asked: Performed, now: Told, before: Told) -> tuple[str, str, str]:
    """How much worse it is than in the reference, beyond what does not matter: a verdict, a word,
    and what cannot be ruled out."""
    name, better = asked.metric.name, asked.metric.better
    unit = name in UNIT or name.startswith("pinball")
    tolerance = TENTH * abs(before.value) if unit else POINT
    moved = difference(now, before)
    assert moved is not None
    low, high = moved["low"], moved["high"]
    if better == "higher":
        low, high = -high, -low
    elif better == "zero":
        worse, tolerance = abs(now.value) - abs(before.value), max(tolerance, Z95 * before.se)
        low, high = worse - (high - low) / 2, worse + (high - low) / 2
    if low > tolerance:
        return "notable", "No", ""
    if high <= 2 * tolerance:
        return "calm", "Yes", ""
    most = size_of(name, high)
    room = f"; that it is worse by up to {most} cannot be ruled out"
    return "unknown", "Probably" if low < 0 < high else "Unknown", room


def _said(asked: Performed, real: Told | None, guess: Told | None, before: Told) -> str:
    name, where = named(asked.metric.name), asked.segment
    place = f" where {where}" if where else ""
    was = f"{spelt(asked.metric.name, before.value)} in the reference"
    if real is not None:
        size = bounded(asked.metric.name, *real[:3])
        over = f"{count(real.n)} labelled predictions"
        if not any(step.is_mature and step.sums.labels for step in asked.steps):
            over += ", whose labels were the first to come"
        return _sentence(f"{name}{place} is {size} over {over}, {was}")
    assert guess is not None
    size = bounded(asked.metric.name, *guess[:3])
    over = f"{count(guess.n)} predictions"
    return _sentence(f"{name}{place} is estimated at {size} over {over}, {was}")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _unknown(asked: Performed) -> str:
    sums = asked.sums()
    if not sums.predictions:
        return "No prediction of this time is kept."
    if asked.judge.tell(asked.reference(), asked.metric) is None:
        return f"The reference says nothing of {named(asked.metric.name)} here."
    return f"Neither labels nor estimates say anything of {named(asked.metric.name)} here."
