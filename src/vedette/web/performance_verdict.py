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
from vedette.report.performance_words import bounded, named, spelt
from vedette.stats.intervals import Z95
from vedette.web.history.performance import Sums, together
from vedette.web.performance import Performed
from vedette.web.performance_tables import difference

MONITORS = ("concept", "estimate")  # that watch performance
POINT, TENTH = 0.01, 0.1  # what does not matter: of a metric in [0, 1]; of its value else
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
    opened = [one for one in incidents if is_open(one) and speaks(one)]
    before = asked.judge.tell(asked.reference(), asked.metric)
    sums = mature(asked)
    real = asked.judge.tell(sums.realised, asked.metric)
    guess = asked.judge.estimate(asked.sums().expected, asked.metric, asked.far)
    told = real or guess
    if told is None or before is None:
        return Right("unknown", "Unknown", _unknown(asked))
    now = _said(asked, real, guess, before)
    if opened:
        return Right("alarming", "No", now, max(opened, key=lambda one: one.opened))
    verdict, word = _compared(asked, told, before)
    if real is None:
        if word != "Unknown":
            word = {"Yes": "As far as can be estimated, yes"}.get(word, f"Probably {word.lower()}")
        return Right(verdict, word, f"{now}, {BECAUSE}. No label of this time has come.")
    return Right(verdict, word, now)


def speaks(incident: Incident) -> bool:
    """Whether an incident is about performance before all else."""
    first = incident.findings[:1]
    return any(finding.monitor in MONITORS for finding in first)


def mature(asked: Performed) -> Sums:
    """The sums of the steps whose labels have come; of all where none has matured."""
    chosen = [step for step in asked.steps if step.is_mature and step.sums.labels]
    return together(chosen) if chosen else asked.sums()


def _compared(asked: Performed, now: Told, before: Told) -> tuple[str, str]:
    """How much worse it is than in the reference, beyond what does not matter."""
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
        return "notable", "No"
    return ("calm", "Yes") if high <= 2 * tolerance else ("unknown", "Unknown")


def _said(asked: Performed, real: Told | None, guess: Told | None, before: Told) -> str:
    name, where = named(asked.metric.name), asked.segment
    place = f" where {where}" if where else ""
    was = f"{spelt(asked.metric.name, before.value)} in the reference"
    if real is not None:
        size = bounded(asked.metric.name, *real[:3])
        over = f"{count(real.n)} labelled predictions"
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
