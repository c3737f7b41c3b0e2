"""What an audit finds, in sentences.

Owns: the reason of a finding, the names of metrics.  Does not own: digits (`core.words`), verdicts
(`stats.fairness.verdict`).
"""

from collections.abc import Mapping
from math import isfinite, isnan, nan
from types import MappingProxyType
from typing import NamedTuple

from vedette.core.rates import OTHERS, RATES
from vedette.core.words import count, number, percent, plural, points, times

# What a rate is a share of; in braces the classes that count as selected, and as not.
ROWS: Mapping[str, str] = MappingProxyType(
    {
        "true_positive_rate": "rows labelled {yes}",
        "false_positive_rate": "rows labelled {no}",
        "false_negative_rate": "rows labelled {yes}",
        "positive_predictive_value": "labelled rows that were selected",
        "negative_predictive_value": "labelled rows that were not selected",
        "accuracy": "labelled rows",
        "base_rate": "labelled rows",
    }
)
CANNOT_TELL = "cannot tell"
NOBODY = "there is nobody to hold it against"
SURE = 0.05  # p below which chance is ruled out


class Case(NamedTuple):
    """One group beside others on one metric: what its sentence is made of.

    Units: shares; `p` adjusted, ruled out by chance up to `alpha`; `others` rows of those it is
    held against; `per_day` rows of the group, None where no time is known.  `shown` is "" where
    its figures are, `refused` where it may be told at all, else why not; `classes` those that count
    as selected, and as not, "" where no class is known.
    """

    metric: str
    group: str
    against: str
    verdict: str
    by_ratio: bool
    rate: float
    other: float
    difference: tuple[float, float, float]  # with the interval that holds for all groups together
    ratio: tuple[float, float, float]
    rows: float
    needed: float
    limit: float
    least: int
    per_day: float | None = None
    shown: str = ""
    refused: str = ""
    p: float = nan
    alpha: float = SURE
    others: float = nan
    classes: tuple[str, str] = ("", "")


def reason(case: Case) -> str:
    """Say what was found of one group on one metric.

    Example:
        >>> case = Case("selection_rate", "sex=F", "the rest", "alarming", True, 0.2, 0.4,
        ...             (-0.2, -0.25, -0.15), (0.5, 0.4, 0.6), 900, 500, 0.8, 30, p=1e-9)
        >>> reason(case)
        'the selection rate of `sex=F` is 20 % against 40 % of the rest: 0.50 times (0.40 to 0.60; \
p < 0.001), beyond the limit of 0.8'
        >>> reason(case._replace(verdict="notable"))
        'the selection rate of `sex=F` is 20 % against 40 % of the rest: 0.50 times (0.40 to 0.60)\
, lower beyond chance (p < 0.001), though perhaps not beyond the limit of 0.8'
        >>> reason(case._replace(verdict="unknown", needed=1447, per_day=50.0))
        'cannot tell whether the selection rate of `sex=F` is beyond 0.8 times that of the rest: \
needs about 1447 rows, has 900: about 547 more, 11 days at the present traffic'
    """
    if case.refused:
        return f"the {RATES.get(case.metric, case.metric)} of `{case.group}` {case.refused}"
    if case.shown:
        return _hidden(case)
    if case.verdict == "unknown":
        return _cannot_tell(case)
    name = RATES.get(case.metric, case.metric)
    chance = f"; {p_words(case.p)}" if case.verdict == "alarming" else ""
    return (
        f"the {name} of `{case.group}` is {percent(case.rate)} against {percent(case.other)} of "
        f"{named(case.against)}: {_beside(case, chance)}, {_held(case)}"
    )


def _held(case: Case) -> str:
    """How a case stands beside its limit."""
    limit = f"the limit of {limit_words(case)}"
    if case.verdict == "alarming":
        return f"beyond {limit}"
    told = _side(case)
    if case.verdict == "notable":
        return f"{told}, though perhaps not beyond {limit}"
    if case.p <= case.alpha:
        near = "within" if _wholly_within(case) else "as far as can be told not beyond"
        return f"{told}, but {near} {limit}"
    if _point_beyond(case):
        return f"beyond {limit}, but no more than chance does ({p_words(case.p)})"
    return f"within {limit}"


def _side(case: Case) -> str:
    side = "lower" if case.difference[0] < 0 else "higher"
    return f"{side} beyond chance ({p_words(case.p)})"


def p_words(p: float | None) -> str:
    """How likely chance alone does as much.

    Example:
        >>> p_words(1e-9), p_words(0.0123), p_words(0.4)
        ('p < 0.001', 'p 0.012', 'p 0.4')
    """
    if p is None or not isfinite(p):
        return "p not known"
    return "p < 0.001" if p < 1e-3 else f"p {number(p, 2)}"


def limit_words(case: Case) -> str:
    """The limit that a case is held against."""
    if not case.by_ratio:
        return f"{points(case.limit)} points"
    return number(case.limit if case.difference[0] <= 0 else 1 / case.limit, 3)


def more_rows(what: str, rows: float, needed: float, per_day: float | None) -> str:
    """Say how many rows are lacking, and how long they take to come.

    Example:
        >>> more_rows("rows", 900, 1447, 50.0)
        'needs about 1447 rows, has 900: about 547 more, 11 days at the present traffic'
        >>> more_rows("rows", 900, float("inf"), None)
        'no number of rows would tell'
    """
    if not isfinite(needed):
        return "no number of rows would tell"
    lacking = max(int(needed - rows), 1)
    told = f"needs about {count(int(needed))} {what}, has {count(int(rows))}"
    if per_day is None or per_day <= 0:
        return f"{told}: about {count(lacking)} more"
    days = plural(max(round(lacking / per_day), 1), "day")
    return f"{told}: about {count(lacking)} more, {days} at the present traffic"


def _cannot_tell(case: Case) -> str:
    what, asked = _rows(case), _asked(case)
    if not case.others:
        return f"{asked}: {NOBODY}"
    others = case.others if isfinite(case.others) else case.rows
    if case.rows < case.least:
        if isfinite(case.needed) and case.needed > case.rows:
            return f"{asked}: {more_rows(what, case.rows, case.needed, case.per_day)}"
        return f"{asked}: fewer than {case.least} {what}"
    if others < case.least:
        return f"{asked}: fewer than {case.least} {what} of {named(case.against)}"
    if case.needed <= case.rows:
        return f"{asked}: too few {what} of {named(case.against)} to hold it against"
    if others < case.rows and isfinite(case.needed):  # the smaller side is what lacks
        needed = case.needed * others / case.rows
        per_day = None if case.per_day is None else case.per_day * others / case.rows
        told = more_rows(what, others, needed, per_day)
        return f"{asked}: {named(case.against)} {told}"
    return f"{asked}: {more_rows(what, case.rows, case.needed, case.per_day)}"


def _hidden(case: Case) -> str:
    """The sentence of a group whose figures are not shown."""
    if case.verdict == "unknown":
        return f"{_asked(case)}: {case.shown}{_needed(case)}"
    name = RATES.get(case.metric, case.metric)
    limit = f"the limit of {limit_words(case)}"
    # p is a figure, too
    told = {"alarming": "beyond", "notable": "perhaps beyond"}.get(
        case.verdict, "not surely beyond"
    )
    return f"the {name} of `{case.group}` lies {told} {limit}; {case.shown}"


def _needed(case: Case) -> str:
    if not isfinite(case.needed):
        return ""
    return f"; about {count(int(float(f'{case.needed:.2g}')))} {_rows(case)} are needed"


def _rows(case: Case) -> str:
    """What a rate is a share of."""
    told = ROWS.get(case.metric, "rows")
    yes, no = case.classes
    if not yes:
        return told.replace("rows labelled {yes}", "truly positive rows").replace(
            "rows labelled {no}", "truly negative rows"
        )
    return told.format(yes=repr(yes), no=repr(no) if no else f"other than {yes!r}")


def _asked(case: Case) -> str:
    name = RATES.get(case.metric, case.metric)
    against = named(case.against)
    beyond = (
        f"beyond {number(case.limit, 3)} times that of {against}"
        if case.by_ratio
        else f"more than {points(case.limit)} points from that of {against}"
    )
    return f"{CANNOT_TELL} whether the {name} of `{case.group}` is {beyond}"


def named(against: str) -> str:
    """What a group is held against, in a sentence.

    Example:
        >>> named("the rest"), named("sex=F")
        ('the rest', '`sex=F`')
    """
    return against if against in OTHERS else f"`{against}`"


def _beside(case: Case, more: str) -> str:
    """By how much it differs, with the interval and what more stands in brackets."""
    if case.by_ratio:
        value, low, high = case.ratio
        if not isfinite(value):
            told = "no difference" if isnan(value) else f"{times(low)} times or more"
            return f"{told} ({more[2:]})" if more else told
        end = f"{times(low)} to {times(high)}" if isfinite(high) else f"{times(low)} or more"
        return f"{times(value)} times ({end}{more})"
    value, low, high = case.difference
    side = "lower" if value < 0 else "higher"
    if value < 0:
        value, low, high = -value, -high, -low
    return f"{points(value)} points {side} ({points(low)} to {points(high)}{more})"


def _point_beyond(case: Case) -> bool:
    if case.by_ratio:
        return not case.limit <= case.ratio[0] <= 1 / case.limit
    return abs(case.difference[0]) > case.limit


def _wholly_within(case: Case) -> bool:
    """Whether the whole interval keeps the limit."""
    if case.by_ratio:
        return case.limit <= case.ratio[1] and case.ratio[2] <= 1 / case.limit
    return max(-case.difference[1], case.difference[2]) <= case.limit
