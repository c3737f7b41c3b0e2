"""What missing labels leave open, by group.

Owns: label coverage by decision, bounds of every metric whatever the missing labels are, and
metrics reweighted for them.  Does not own: when labels are old enough to count on.

Where only one decision ever gets a label (only the approved repay), rates among the truly positive
or negative cannot be told at all: `selective` says so, and `REFUSED` which claims then fall.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.stats.fairness.intervals import Array, rate_interval
from vedette.stats.fairness.metrics import GROUP_METRICS, GroupMetric, Share
from vedette.stats.fairness.tally import Counts, Tally

UNEVEN = 0.05  # difference of coverage from which bounds are shown beside a figure
SELECTIVE = 0.2  # one decision is labelled less than this part as often as the other

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
    one_low, one_high = rate_interval(known, tally.selected)
    two_low, two_high = rate_interval(known_rest, tally.rows - tally.selected)
    found = np.where(
        two_high < SELECTIVE * one_low, 1, np.where(one_high < SELECTIVE * two_low, -1, 0)
    )
    both = (two_low >= SELECTIVE * one_high) & (one_low >= SELECTIVE * two_high)
    if len(found) > 1:
        found = np.where((found == 0) & ~both, kinds(tally.total())[0], found)
    return np.asarray(found, np.int64)


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
    found = [by_name[metric.name] for metric in GROUP_METRICS]
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.stack([np.asarray(k / n, np.float64) for k, n, _, _ in found])
        high = np.stack([np.asarray(k / n, np.float64) for _, _, k, n in found])
    return Bounded(low, high)


def reweighted(tally: Tally) -> Tally:
    """Let labelled rows stand for those of the same decision that have no label.

    The number of labelled rows stays as it is, so intervals of the result stay honest about it,
    though a little too narrow where the weights differ much.

    Shapes: [G], now float64.
    Bounds: a decision without any label stays without.
    Assumes two classes, and that within a group and decision it is chance which labels are missing.

    Example:
        >>> counts = np.zeros((1, 2, 3, 1), int)
        >>> counts[0, :, :, 0] = [[60, 20, 20], [10, 40, 150]]  # decision x label
        >>> found = reweighted(Tally.of(counts, np.zeros((1, 3, 2)), positive=1))
        >>> float((found.tp / (found.tp + found.fn))[0].round(3))  # 160 of 185 if all had labels
        0.865
    """
    known, known_rest = _labelled(tally)
    others = tally.rows - tally.selected
    with np.errstate(divide="ignore", invalid="ignore"):
        one = np.where(known > 0, tally.selected / known, 0.0)
        two = np.where(known_rest > 0, others / known_rest, 0.0)
        same = tally.labelled / (one * known + two * known_rest)
    same = np.where(tally.labelled > 0, same, 0.0)
    one, two = one * same, two * same
    tp, fp, fn, tn = tally.tp * one, tally.fp * one, tally.fn * two, tally.tn * two
    return replace(tally, tp=tp, fp=fp, fn=fn, tn=tn, right=tp + tn)


def _labelled(tally: Tally) -> tuple[Counts, Counts]:
    """Labelled rows among the selected, and among the others."""
    return tally.tp + tally.fp, tally.fn + tally.tn
