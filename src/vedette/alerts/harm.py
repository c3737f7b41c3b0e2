"""Does a change harm?  Harmful, benign or unknown, and what the answer rests on, in words.

Owns: the verdict on a change of loss, and the change that does not matter.  Does not own:
estimates and their intervals (`stats`), causes (`engine.explanation`), severities
(`alerts.grouping`).

Benign is a claim, too: it needs an interval that leaves no room for a rise that matters.
"""

from math import isfinite

import msgspec

from vedette.core.words import percent, points

HARMFUL, BENIGN, UNKNOWN = "harmful", "benign", "unknown"
REALISED, ESTIMATED = "realised", "estimated"  # what a change of loss was seen by
UNCHANGED = "assuming that outcomes still depend on the inputs as in the reference"
LABELLED = "assuming that the rows whose label is known stand for the others"
OUTSIDE = 0.05  # share of rows unlike any of the reference, from which an estimate is a guess
# A rise of the loss by a point, or by a tenth of what it was, is the least that anybody acts
# on; below 0.2 points nothing is ever told apart.
POINT, TENTH, LEAST = 0.01, 0.1, 0.002


class Harm(msgspec.Struct, frozen=True, kw_only=True):
    """What a change does to the model's loss.

    Units: `change`, `low` and `high` (95 %) of the mean loss, which lies in [0, 1] (of a
    classifier: the share of wrong predictions); above 0 is worse.  `tolerance` does not matter.
    `basis` is "realised" (by labels) or "estimated" (without).
    """

    verdict: str
    statement: str
    assumption: str = ""
    change: float | None = None
    low: float | None = None
    high: float | None = None
    tolerance: float = 0.0
    unit: str = "loss"
    basis: str = ""


def tolerated(before: float, noise: float = 0.0) -> float:
    """Say which rise of the mean loss does not matter.

    Units: `before` is the loss in the reference, `noise` one standard deviation of how far the
    figure lies from the truth between parts of the reference, beyond sampling.

    Example:
        >>> [round(tolerated(*x), 4) for x in ((0.3,), (0.05,), (0.05, 0.02), (0.0,))]
        [0.01, 0.005, 0.02, 0.002]
    """
    return max(noise, min(POINT, max(TENTH * before, LEAST)))


def verdict(
    change: float | None,
    low: float | None,
    high: float | None,
    *,
    tolerance: float,
    basis: str,
    column: str = "",
    outside: float = 0.0,
    distrust: str = "",
) -> Harm:
    """Judge a change of the mean loss.

    Harmful: the whole interval lies above 0, and the change above the tolerance.  Benign: the
    change is within the tolerance, and the interval leaves no room for twice as much.  Unknown:
    all else, with the reason.

    Units: `change` with its 95 % interval; `outside` is the share of rows unlike any of the
    reference; `distrust` says why an estimate is not to be trusted, "" if it is.  `column` is
    whose doing it is, "" for all together.
    Bounds: what is None or not finite is unknown.  `outside` and `distrust` count only where the
    basis is "estimated": a label needs no reference.

    Example:
        >>> print(verdict(0.05, 0.03, 0.07, tolerance=0.01, basis="realised").statement)
        Harmful: the loss rose by 5 points (95 %: 3 to 7)
        >>> print(verdict(0.002, -0.003, 0.007, tolerance=0.01, basis="estimated").statement)
        Benign: the estimated loss hardly moved, by 0.2 points (95 %: -0.3 to 0.7)
        >>> verdict(0.002, -0.04, 0.05, tolerance=0.01, basis="estimated").verdict
        'unknown'
    """
    known = all(x is not None and isfinite(x) for x in (change, low, high))
    assumption = LABELLED if basis == REALISED else UNCHANGED

    def answer(word: str, statement: str) -> Harm:
        return Harm(
            verdict=word,
            statement=f"{word.capitalize()}: {statement}",
            assumption=assumption,
            tolerance=tolerance,
            basis=basis,
            change=change if known else None,
            low=low if known else None,
            high=high if known else None,
        )

    if change is None or low is None or high is None or not known:
        return answer(UNKNOWN, distrust or "there is no loss to compare; no labels are known")
    if basis != REALISED and distrust:
        return answer(UNKNOWN, distrust)
    if basis != REALISED and outside > OUTSIDE:
        unlike = f"{percent(outside)} of the rows are unlike any of the reference"
        return answer(UNKNOWN, f"{unlike}, so an estimate of their loss is a guess")
    subject = _subject(basis, column)
    interval = f"(95 %: {points(low)} to {points(high)})"
    if low > 0 and change > tolerance:
        verb = "raised" if column else "rose by"
        return answer(HARMFUL, f"{subject} {verb} {_by(change, column)} {interval}")
    if change <= tolerance and high <= 2 * tolerance:
        return answer(BENIGN, f"{_calm(subject, column, change, tolerance)} {interval}")
    return answer(UNKNOWN, _open(column, change, low, high, tolerance))


def of_groups(harm: Harm) -> Harm:
    """The same of an incident that is about groups: that the loss of all rows hardly moved says
    nothing of how they are treated.

    Example:
        >>> calm = Harm(verdict="benign", statement="Benign: the loss hardly moved, by 0.1 points")
        >>> of_groups(calm).statement
        'Unknown: the loss hardly moved, by 0.1 points; that says nothing of how groups are treated'
    """
    if harm.verdict != BENIGN:
        return harm
    said = harm.statement.removeprefix(f"{BENIGN.capitalize()}: ")
    statement = f"{UNKNOWN.capitalize()}: {said}; that says nothing of how groups are treated"
    return msgspec.structs.replace(harm, verdict=UNKNOWN, statement=statement)


def spelt(change: float) -> str:
    """Spell the size of a change with its unit.

    Example:
        >>> spelt(-0.01), spelt(0.0312)
        ('1 point', '3.1 points')
    """
    text = points(abs(change))
    return f"{text} point{'' if text == '1' else 's'}"


def _subject(basis: str, column: str) -> str:
    if column:
        return f"the drift of {column}"
    return "the loss" if basis == REALISED else "the estimated loss"


def _by(change: float, column: str) -> str:
    return f"the loss by {spelt(change)}" if column else spelt(change)


def _calm(subject: str, column: str, change: float, tolerance: float) -> str:
    if change < -tolerance:
        return f"{subject} {'lowered the loss' if column else 'fell'} by {spelt(change)}"
    moved = f"by {points(change)} point{'' if points(abs(change)) == '1' else 's'}"
    return f"{subject} hardly moved {'the loss, ' if column else ', '}{moved}".replace(" ,", ",")


def _open(column: str, change: float, low: float, high: float, tolerance: float) -> str:
    what = f"what the drift of {column} does to the loss" if column else "the change of the loss"
    span = f"{what} lies between {points(low)} and {points(high)} points"
    if low > 0:
        return f"{span}: a rise, but perhaps none that matters"
    return f"{span}, which leaves room for more than the {spelt(tolerance)} that matter"
