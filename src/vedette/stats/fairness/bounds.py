"""What missing labels leave open, by group.

Owns: label coverage by decision, and bounds of every metric whatever the missing labels are.  Does
not own: when labels are old enough to count on.

Where only one decision ever gets a label (only the approved repay), rates among the truly positive
or negative cannot be told at all: `selective` says so, and `REFUSED` which claims then fall.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.stats.fairness.intervals import Array, rate_interval
from vedette.stats.fairness.metrics import GROUP_METRICS, GroupMetric, Share
from vedette.stats.fairness.tally import Counts, Tally

UNEVEN = 0.05  # difference of coverage from which bounds are shown beside a figure
SELECTIVE = 0.2  # one decision is labelled less than this part as often as the other
UNTOLD = 2  # a kind: too few rows to show whose labels are known

# Claims about everyone with some label, of whom nearly only one decision's are known.
REFUSED = frozenset(
    {"true_positive_rate", "false_positive_rate", "false_negative_rate", "accuracy", "base_rate"}
)
# What is left rests on one decision alone, and falls if just that one has no labels.
ON_SELECTED, ON_REST = "positive_predictive_value", "negative_predictive_value"


class Coverage(NamedTuple):
    """Share of rows with a label by group, in all and by decision, nan where there are no rows.

    `uneven`: more than UNEVEN from the share of everyone else; `selective`: the selected, or the
    others, have next to no labels.  Shapes: [G] each.
    """

    labelled: Array
    low: Array
    high: Array
    selected: Array
    others: Array
    uneven: NDArray[np.bool_]
    selective: NDArray[np.bool_]


class Bounded(NamedTuple):
    """The least and the most each metric can be, in the order of GROUP_METRICS.  Shapes: [M, G]."""

    low: Array
    high: Array


def coverage(tally: Tally, level: float = 0.95) -> Coverage:
    """Say how many rows of each group have a label, and whether the decision decides that.

    Shapes: [G].
    Bounds: n = 0 gives nan, (0, 1), neither uneven nor selective; nor is a group selective in which
    every row has the same decision, or that is too small to show it: ask `tally.total()`, too.
    Assumes that labels are old enough to be counted on.

    Example:
        >>> counts = np.zeros((1, 2, 3, 1), int)
        >>> counts[0, :, :, 0] = [[0, 0, 700], [60, 230, 10]]  # only the selected have labels
        >>> found = coverage(Tally.of(counts, np.zeros((1, 3, 2)), positive=1))
        >>> found.labelled.tolist(), found.selective.tolist()
        ([0.29], [True])
    """
    known, known_rest = _labelled(tally)
    others = tally.rows - tally.selected
    low, high = rate_interval(tally.labelled, tally.rows, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        whole, one, two = tally.labelled / tally.rows, known / tally.selected, known_rest / others
    (one_low, one_high), (two_low, two_high) = (
        rate_interval(known, tally.selected, level),
        rate_interval(known_rest, others, level),
    )
    selective = (two_high < SELECTIVE * one_low) | (one_high < SELECTIVE * two_low)
    everyone = tally.rest()
    with np.errstate(divide="ignore", invalid="ignore"):
        uneven = np.abs(whole - everyone.labelled / everyone.rows) > UNEVEN
    return Coverage(whole, low, high, one, two, uneven, selective)


def refused(found: Coverage) -> NDArray[np.bool_]:
    """Which claims fall because of whose labels are missing.

    Shapes: [G] -> [M, G], in the order of GROUP_METRICS.  Selection rates need no label.

    Example:
        >>> one = np.ones(1)
        >>> found = Coverage(one, one, one, one, 0 * one, one > 0, one > 0)
        >>> refused(found)[:, 0].tolist()
        [False, True, True, True, False, True, True, True]
    """
    with np.errstate(invalid="ignore"):
        only_rest, only_selected = found.selected < found.others, found.others < found.selected
    none = np.zeros_like(found.selective)
    by_name = {
        ON_SELECTED: found.selective & only_rest,
        ON_REST: found.selective & only_selected,
    } | dict.fromkeys(REFUSED, found.selective)
    return np.stack([by_name.get(metric.name, none) for metric in GROUP_METRICS])


def kinds(tally: Tally) -> NDArray[np.int64]:
    """Whose labels are known: 1 of the selected alone, -1 of the others alone, 0 of both.

    A group that is too small to show which is taken to be what all groups together are.

    Shapes: int64[G].
    Example:
        >>> counts = np.zeros((2, 2, 3, 1), int)
        >>> counts[0, :, :, 0] = [[0, 0, 700], [60, 230, 10]]  # only the selected have labels
        >>> counts[1, :, :, 0] = [[400, 300, 0], [60, 240, 0]]
        >>> kinds(Tally.of(counts, np.zeros((2, 3, 2)), positive=1)).tolist()
        [1, 0]
    """
    known, known_rest = _labelled(tally)
    found = kind_of(tally.selected, known, tally.rows - tally.selected, known_rest)
    everyone = kinds(tally.total())[0] if len(found) > 1 else 0
    return np.where(found == UNTOLD, everyone, found)


def kind_of(
    selected: Counts, known: Counts, others: Counts, known_rest: Counts
) -> NDArray[np.int64]:
    """Whose labels are known, as far as rows of each decision and those with a label show it.

    1 those of the selected alone, -1 those of the others alone, 0 of both, UNTOLD where rows are
    too few to show any of these.

    Shapes: alike.
    Example:
        >>> n = np.array([18, 36, 36])
        >>> kind_of(n, n, n, np.array([0, 0, 18])).tolist()
        [2, 1, 0]
    """
    one_low, one_high = rate_interval(known, selected)
    two_low, two_high = rate_interval(known_rest, others)
    both = (two_low >= SELECTIVE * one_high) & (one_low >= SELECTIVE * two_high)
    alone = [two_high < SELECTIVE * one_low, one_high < SELECTIVE * two_low]
    return np.select([*alone, both], [1, -1, 0], UNTOLD)


def fallen(kind: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which claims fall for groups of such kinds.

    Shapes: int64[G] -> bool[M, G], in the order of GROUP_METRICS.

    Example:
        >>> fallen(np.array([0, 1, -1]))[4].tolist()  # predictive values of the selected
        [False, False, True]
    """
    none = np.zeros(len(kind), np.bool_)
    by_name = {ON_SELECTED: kind < 0, ON_REST: kind > 0} | dict.fromkeys(REFUSED, kind != 0)
    return np.stack([by_name.get(metric.name, none) for metric in GROUP_METRICS])


def rests(tally: Tally, fell: NDArray[np.bool_]) -> list[Tally]:
    """Everyone but the group, and but those whose claims fall: what is known of the labels of one
    decision alone is no measure of others.

    Shapes: fell bool[M, G] -> a tally [G] for each metric.
    """
    every = tally.rest()
    return [tally.rest(own) if own.any() else every for own in fell]


def rest_shares(tally: Tally, metrics: Sequence[GroupMetric], fell: NDArray[np.bool_]) -> Share:
    """All metrics of the rests of all groups as two tables.

    Shapes: `metrics` M of GROUP_METRICS, fell bool[all metrics, G] -> k and n, [M, G] each.
    """
    every = rests(tally, fell)
    found = [metric.of(every[GROUP_METRICS.index(metric)]) for metric in metrics]
    return Share(np.stack([k for k, _ in found]), np.stack([n for _, n in found]))


def bounds(tally: Tally) -> Bounded:
    """Bound every metric by the worst and the best that the missing labels could be.

    They hold for any labels whatever, and no narrower ones do.  The bounds of a difference are low
    less the other's high, and high less the other's low.

    Shapes: [G] -> [M, G] in the order of GROUP_METRICS.
    Bounds: within [0, 1]; without missing labels both are the metric; where a metric could have no
    row at all nan.
    Source: Manski 1989, Journal of Human Resources 24, 343-360, for bounds by the missing.

    Example:
        >>> counts = np.zeros((1, 2, 3, 1), int)
        >>> counts[0, :, :, 0] = [[40, 10, 10], [20, 30, 10]]
        >>> found = bounds(Tally.of(counts, np.zeros((1, 3, 2)), positive=1))
        >>> found.low[1].round(2).tolist(), found.high[1].round(2).tolist()  # true positive rate
        ([0.6], [0.8])
    """
    low_k, low_n, high_k, high_n = bound_counts(tally)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Bounded(low_k / low_n, high_k / high_n)


def bound_counts(tally: Tally) -> NDArray[np.float64]:
    """The rows that bounds are shares of: those of several windows add up to those of all.

    Shapes: [G] -> [4, M, G]: k and n of the least, then of the most.
    """
    t = tally
    known, known_rest = _labelled(t)
    s, u = t.selected - known, t.rows - t.selected - known_rest  # without labels, by decision
    missing = s + u
    by_name = {
        "selection_rate": (t.selected, t.rows, t.selected, t.rows),
        "true_positive_rate": (t.tp, t.tp + t.fn + u, t.tp + s, t.tp + s + t.fn),
        "false_positive_rate": (t.fp, t.fp + t.tn + u, t.fp + s, t.fp + s + t.tn),
        "false_negative_rate": (t.fn, t.fn + t.tp + s, t.fn + u, t.fn + u + t.tp),
        "positive_predictive_value": (t.tp, t.selected, t.tp + s, t.selected),
        "negative_predictive_value": (t.tn, t.rows - t.selected, t.tn + u, t.rows - t.selected),
        "accuracy": (t.right, t.rows, t.right + missing, t.rows),
        "base_rate": (t.tp + t.fn, t.rows, t.tp + t.fn + missing, t.rows),
    }
    return np.array([by_name[metric.name] for metric in GROUP_METRICS], np.float64).swapaxes(0, 1)


def _labelled(tally: Tally) -> tuple[Counts, Counts]:
    """Labelled rows among the selected, and among the others."""
    return tally.tp + tally.fp, tally.fn + tally.tn
