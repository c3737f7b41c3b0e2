"""What an audit finds, in sentences.

Owns: the reason of a finding, the names of metrics.  Does not own: digits (`core.words`), verdicts
(`stats.fairness.verdict`).
"""

from collections.abc import Mapping
from math import isfinite
from types import MappingProxyType
from typing import NamedTuple

from vedette.core.words import count, number, percent, plural, points

METRICS: Mapping[str, str] = MappingProxyType(
    {
        "selection_rate": "selection rate",
        "true_positive_rate": "true positive rate",
        "false_positive_rate": "false positive rate",
        "false_negative_rate": "false negative rate",
        "positive_predictive_value": "positive predictive value",
        "negative_predictive_value": "negative predictive value",
        "accuracy": "accuracy",
        "base_rate": "base rate",
        "calibration": "observed over expected",
    }
)
# What a rate is a share of.
ROWS: Mapping[str, str] = MappingProxyType(
    {
        "true_positive_rate": "rows that are truly positive",
        "false_positive_rate": "rows that are truly negative",
        "false_negative_rate": "rows that are truly positive",
        "positive_predictive_value": "labelled rows that were selected",
        "negative_predictive_value": "labelled rows that were not selected",
        "accuracy": "labelled rows",
        "base_rate": "labelled rows",
    }
)
OTHERS = ("the rest", "the best group")  # that are no name of a group
CANNOT_TELL = "cannot tell"


class Case(NamedTuple):
    """One group beside others on one metric: what its sentence is made of.

    Units: shares; `per_day` rows of the group, None where no time is known.  `shown` is "" where
    its figures are, `refused` where it may be told at all, else why not.
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


def reason(case: Case) -> str:
    """Say what was found of one group on one metric.

    Example:
        >>> case = Case("selection_rate", "sex=F", "the rest", "alarming", True, 0.2, 0.4,
        ...             (-0.2, -0.25, -0.15), (0.5, 0.4, 0.6), 900, 500, 0.8, 30)
        >>> reason(case)
        'the selection rate of `sex=F` is 20 %, 0.5 times that of the rest (0.4 to 0.6), 40 %: \
beyond the limit of 0.8'
        >>> reason(case._replace(verdict="unknown", needed=1447, per_day=50.0))
        'cannot tell whether the selection rate of `sex=F` is beyond 0.8 times that of the rest: \
needs about 1447 rows, has 900: about 547 more, 11 days at the present traffic'
    """
    if case.refused:
        return f"the {METRICS.get(case.metric, case.metric)} of `{case.group}` {case.refused}"
    if case.shown:
        return _hidden(case)
    if case.verdict == "unknown":
        return _cannot_tell(case)
    told = (
        f"the {METRICS.get(case.metric, case.metric)} of `{case.group}` is {percent(case.rate)}, "
        f"{_beside(case)}, {percent(case.other)}"
    )
    return f"{told}: {_held(case)}"


def _held(case: Case) -> str:
    """How a case stands beside its limit."""
    beyond = f"beyond the limit of {limit_words(case)}"
    if case.verdict == "alarming":
        return beyond
    if case.verdict == "notable":
        return f"{beyond}, but not surely by so much"
    if _point_beyond(case):
        return f"{beyond}, but no more than chance does"
    return f"within the limit of {limit_words(case)}"


def limit_words(case: Case) -> str:
    """The limit that a case is held against."""
    if not case.by_ratio:
        return f"{points(case.limit)} points"
    return number(case.limit if case.ratio[0] <= 1 else 1 / case.limit, 3)


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
    what = ROWS.get(case.metric, "rows")
    asked = _asked(case)
    if case.rows < case.least:
        return f"{asked}: fewer than {case.least} {what}{_needed(case, what)}"
    if case.needed <= case.rows:  # the others are too few
        return f"{asked}: too few rows of {_named(case.against)} to hold it against"
    return f"{asked}: {more_rows(what, case.rows, case.needed, case.per_day)}"


def _hidden(case: Case) -> str:
    """The sentence of a group whose figures are not shown."""
    if case.verdict == "unknown":
        return f"{_asked(case)}: {case.shown}{_needed(case, ROWS.get(case.metric, 'rows'))}"
    name = METRICS.get(case.metric, case.metric)
    return f"the {name} of `{case.group}` lies {_held(case)}; {case.shown}"


def _needed(case: Case, what: str) -> str:
    if not isfinite(case.needed):
        return ""
    return f", and about {count(int(float(f'{case.needed:.2g}')))} {what} are needed"


def _asked(case: Case) -> str:
    name = METRICS.get(case.metric, case.metric)
    against = _named(case.against)
    beyond = (
        f"beyond {number(case.limit, 3)} times that of {against}"
        if case.by_ratio
        else f"more than {points(case.limit)} points from that of {against}"
    )
    return f"{CANNOT_TELL} whether the {name} of `{case.group}` is {beyond}"


def _named(against: str) -> str:
    return against if against in OTHERS else f"`{against}`"


def _beside(case: Case) -> str:
    """By how much it differs, and from whom."""
    against = _named(case.against)
    if case.by_ratio:
        value, low, high = case.ratio
        return f"{number(value, 3)} times that of {against} ({number(low, 3)} to {number(high, 3)})"
    value, low, high = case.difference
    if value < 0:
        value, low, high = -value, -high, -low
        side = "below"
    else:
        side = "above"
    return f"{points(value)} points {side} that of {against} ({points(low)} to {points(high)})"


def _point_beyond(case: Case) -> bool:
    if case.by_ratio:
        return not case.limit <= case.ratio[0] <= 1 / case.limit
    return abs(case.difference[0]) > case.limit
