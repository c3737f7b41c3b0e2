"""The rates of an audit: every metric of every group beside the rest, or beside a named group.

Owns: which groups are compared with whom, and under how many.  Does not own: formulas
(`stats.fairness`), words (`engine.audit.words`), which figures are shown (`engine.audit.shown`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vedette.engine.audit.asked import BEST, Asked
from vedette.engine.audit.labels import falls_of, refusals
from vedette.profiles.groups import Grouping, Groups
from vedette.sketches.cube import Cube
from vedette.stats.fairness.bounds import rest_shares
from vedette.stats.fairness.compare import Compared, compare
from vedette.stats.fairness.detectable import smallest_seen
from vedette.stats.fairness.metrics import GROUP_METRICS, GroupMetric, Share, shares
from vedette.stats.fairness.tally import Tally
from vedette.stats.fairness.verdict import Judged, Limits, judge

REST = "the rest"
CONTEXT = ("base_rate",)  # what groups are like rather than what the model does: told, not judged
TWINS = ("false_negative_rate",)  # one less a rate that is judged: the same fact once more
# What each metric asks: a rate and one less it the same, what groups are like nothing.
QUESTIONS = {
    "selection_rate": 0, "true_positive_rate": 1, "false_negative_rate": 1,
    "false_positive_rate": 2, "positive_predictive_value": 3, "negative_predictive_value": 4,
    "accuracy": 5, "base_rate": -1,
}  # fmt: skip
LOW_IS_BEST = ("false_positive_rate", "false_negative_rate")


@dataclass(frozen=True, eq=False)
class Beside:
    """Every group held against others, on every metric.

    Shapes: `compared`, `judged` and `detectable` [M, G] in the order of the metrics and of
    `places`; `against` is what the groups are held against, `comparisons` how many of them hold
    together; `refused` claims that fall for want of labels, and why.  Units: `detectable` the
    smallest difference that is told four times in five.
    """

    against: str
    compared: Compared
    judged: Judged
    comparisons: int
    detectable: NDArray[np.float64]
    refused: NDArray[np.bool_]
    why_refused: str = ""


@dataclass(frozen=True, eq=False)
class Rated:
    """The rates of one set of groups.

    Shapes: `places` of the groups that are compared, all but "other" and "not stated"; `tally` of
    every group; `beside` first what verdicts rest on; `classes` those that count as selected, and
    as not, "" where no class is known; `out` bool[all metrics, stated groups] are in no rest.
    """

    groups: Groups
    places: NDArray[np.intp]
    tally: Tally
    metrics: tuple[GroupMetric, ...]
    beside: tuple[Beside, ...]
    classes: tuple[str, str] = ("", "")
    out: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((len(GROUP_METRICS), 0), bool))

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The names of the compared groups."""
        every = self.groups.labels
        return tuple(every[place] for place in self.places)

    @property
    def rows(self) -> NDArray[np.int64]:
        """Rows of the compared groups."""
        found: NDArray[np.int64] = self.tally.rows[self.places]
        return found


def limits_of(asked: Asked) -> Limits:
    """The limits that verdicts are given by."""
    return Limits(asked.ratio, asked.gap, asked.enough, level=asked.level)


def tally_of(cube: Cube, grouping: Grouping) -> Tally:
    """The tally of a cube, with the class that counts as selected."""
    return Tally.of(cube.counts, cube.scores, grouping.positive)


def metrics_of(tally: Tally) -> tuple[GroupMetric, ...]:
    """The metrics that can be told: those of labels where there are any."""
    labels = bool(tally.labelled.sum())
    return tuple(one for one in GROUP_METRICS if labels or not one.labels)


def classes_of(grouping: Grouping) -> tuple[str, str]:
    """The class that counts as selected and the one that does not; "" for several, or none."""
    names = grouping.grading.classes
    if not names:
        return "", ""
    return names[grouping.positive], names[1 - grouping.positive] if len(names) == 2 else ""


def rated(
    groups: Groups,
    tally: Tally,
    asked: Asked,
    classes: tuple[str, str] = ("", ""),
    out: NDArray[np.bool_] | None = None,
    shown: NDArray[np.bool_] | None = None,
) -> Rated:
    """Compare every group of a set.

    Rows whose group is not stated are nobody's others: they may be of any group.  `out` bool[all
    metrics, G] are in no rest beside those whose own labels tell of one decision alone; the best
    group is one of `shown`, of the same shape.
    """
    places = np.arange(len(groups.names))
    everyone = tally.take(np.arange(len(groups) - 1))
    metrics = metrics_of(tally)
    falls = falls_of(everyone) if out is None else falls_of(everyone) | out
    own = shares(tally.take(places), metrics)
    rest = Share(*(part[:, places] for part in rest_shares(everyone, metrics, falls)))
    usable = int((tally.rows[places] >= asked.enough).sum())
    alone = usable == 2 and not everyone.rows[-1]
    told = refusals(everyone, metrics, falls)
    why = told[1]
    own_fell = falls[[GROUP_METRICS.index(one) for one in metrics]][:, places]
    found = [
        _beside(REST, own, rest, metrics, 1 if alone else usable, asked, (told[0][:, places], why))
    ]
    for name in asked.against:
        if name == BEST:
            fits = ~own_fell
            if shown is not None:
                fits &= shown[[GROUP_METRICS.index(one) for one in metrics]][:, places]
            best = _best(own, metrics, asked.enough, fits)
            pairs = max(usable * (usable - 1) // 2, 1)
            found.append(
                _beside("the best group", own, best, metrics, pairs, asked, (own_fell, why))
            )
        elif name in groups.labels[: len(places)]:
            other = _named(own, groups.labels.index(name))
            at = groups.labels.index(name)
            both = own_fell | own_fell[:, [at]], why
            beside = _beside(name, own, other, metrics, max(usable - 1, 1), asked, both)
            found.insert(0, beside)
    return Rated(groups, places, tally, metrics, tuple(found), classes, falls)


def _beside(
    against: str,
    own: Share,
    other: Share,
    metrics: Sequence[GroupMetric],
    comparisons: int,
    asked: Asked,
    falls: tuple[NDArray[np.bool_], str],
) -> Beside:
    compared = compare(own.k, own.n, other.k, other.n, asked.level)
    by_ratio = np.array([[one.ratio] for one in metrics])
    questions = [QUESTIONS[one.name] for one in metrics]
    judged = judge(compared, limits_of(asked), comparisons, by_ratio, questions)
    seen = smallest_seen(own.n, other.k, other.n, limits_of(asked), comparisons)
    return Beside(against, compared, judged, comparisons, seen, *falls)


def _named(own: Share, place: int) -> Share:
    """One group as the other of all, but not of itself."""
    k, n = (np.repeat(part[:, [place]], part.shape[1], axis=1) for part in own)
    k[:, place] = n[:, place] = 0
    return Share(k, n)


def _best(own: Share, metrics: Sequence[GroupMetric], least: int, fits: NDArray[np.bool_]) -> Share:
    """The group with the best rate on each metric as the other of all, but not of itself."""
    k, n = np.zeros_like(own.k), np.zeros_like(own.n)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(fits & (own.n >= least), own.k / own.n, np.nan)
    for at, metric in enumerate(metrics):
        if np.isnan(rate[at]).all():
            continue
        pick = np.nanargmin if metric.name in LOW_IS_BEST else np.nanargmax
        place = int(pick(rate[at]))
        k[at], n[at] = own.k[at, place], own.n[at, place]
        k[at, place] = n[at, place] = 0
    return Share(k, n)
