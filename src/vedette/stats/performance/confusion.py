"""Metrics of a table of predicted x label.

Owns: shares of the table of two classes, cost, and their variances.  Does not own: averages over
many classes (`stats.performance.averages`), thresholds (`stats.performance.thresholds`).
"""

from dataclasses import dataclass
from math import hypot

import numpy as np
from numpy.typing import NDArray

from vedette.stats.performance.measured import Measured, certain, number, share, unmeasured

LIKELY = 0.5  # expected labels from which a class is taken to occur among rows without labels


@dataclass(frozen=True, eq=False)
class Table:
    """Predicted x label.

    Shapes: counts float64[L, L].  `spread` float64[L] where labels are only expected: by predicted
    class, the sum over its rows of q (1 - q) of being that class; None where they are known.
    """

    counts: NDArray[np.float64]
    spread: NDArray[np.float64] | None = None

    @property
    def n(self) -> float:
        return float(self.counts.sum())

    @property
    def predicted(self) -> NDArray[np.float64]:
        """Rows by predicted class."""
        rows: NDArray[np.float64] = self.counts.sum(axis=1)
        return rows

    @property
    def labels(self) -> NDArray[np.float64]:
        """Rows by label."""
        rows: NDArray[np.float64] = self.counts.sum(axis=0)
        return rows

    @property
    def labelled(self) -> NDArray[np.bool_]:
        """Classes that have labels; of expected ones those that probably will."""
        there: NDArray[np.bool_] = self.labels > 0 if self.spread is None else self.labels >= LIKELY
        return there

    def variance(self, slope: NDArray[np.float64]) -> float:
        """Variance of a function of the counts, by the delta method.

        Known labels: rows drawn like these, multinomial.  Expected ones: predictions stay, labels
        are drawn by their chances.

        Shapes: slope float64[L, L], what one more row of a cell adds.
        """
        squares, sums = self.counts * slope**2, self.counts * slope
        if self.spread is None:
            n = self.n
            return float(squares.sum() - sums.sum() ** 2 / n) if n > 0 else 0.0
        rows = self.predicted
        one = np.where(rows > 0, rows, 1.0)
        within = squares.sum(axis=1) - sums.sum(axis=1) ** 2 / one
        right = np.diagonal(self.counts)
        most = right * (1 - right / one)  # were all chances of a predicted class alike
        shrunk = np.divide(self.spread, most, out=np.ones(len(most)), where=most > 0)
        return float((within * np.clip(shrunk, 0.0, 1.0)).sum())

    def share_of(self, hits: NDArray[np.bool_], among: NDArray[np.bool_]) -> Measured:
        """A share of the rows of some cells: Wilson's interval."""
        n, k = float(self.counts[among].sum()), float(self.counts[hits].sum())
        if n <= 0:
            return unmeasured()
        if self.spread is None:
            return share(k / n, n)
        return certain(k / n, n, self.variance((hits - k / n * among) / n))


def at(*cells: tuple[int, int]) -> NDArray[np.bool_]:
    """Cells of a table of two classes."""
    chosen = np.zeros((2, 2), np.bool_)
    for cell in cells:
        chosen[cell] = True
    return chosen


TN, FN, FP, TP = at((0, 0)), at((0, 1)), at((1, 0)), at((1, 1))


def accuracy(table: Table) -> Measured:
    """Share of rows whose class is right; for one predicted label a row also every micro average.

    Example:
        >>> round(accuracy(Table(np.array([[3.0, 1.0], [1.0, 5.0]]))).value, 3)
        0.8
    """
    right = np.eye(len(table.counts), dtype=np.bool_)
    return table.share_of(right, np.ones_like(right))


def precision(table: Table) -> Measured:
    """Share of positives among rows called positive; nan when none is."""
    return table.share_of(TP, TP | FP)


def recall(table: Table) -> Measured:
    """Share of positives that are called positive; nan without positives."""
    return table.share_of(TP, TP | FN)


def specificity(table: Table) -> Measured:
    """Share of negatives that are called negative; nan without negatives."""
    return table.share_of(TN, TN | FP)


def f1(table: Table) -> Measured:
    """Harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN).

    Interval: F1 = 2 J / (1 + J) grows with J = TP / (TP + FP + FN), a share of the rows that are or
    are called positive, so Wilson's interval of J is carried over.
    Bounds: nan without such rows.
    """
    jaccard = table.share_of(TP, TP | FP | FN)
    value, low, high = (2 * j / (1 + j) for j in jaccard[:3])
    slope = 2 / (1 + jaccard.value) ** 2
    return Measured(value, low, high, jaccard.n, jaccard.se * slope)


def balanced_accuracy(table: Table) -> Measured:
    """Mean recall over the classes that have labels, as scikit-learn's balanced_accuracy_score.

    Interval: the recalls' own ones, squared and added (Zou & Donner 2008, Statistics in Medicine
    27); of expected labels by the delta method.
    """
    labels = table.labels
    with_rows = np.flatnonzero(table.labelled)
    if not len(with_rows):
        return unmeasured()
    right, m = np.diagonal(table.counts), len(with_rows)
    shares = [share(right[c] / labels[c], labels[c]) for c in with_rows]
    value = float(np.mean([s.value for s in shares]))
    if table.spread is not None:
        slope = np.zeros_like(table.counts)
        for c, s in zip(with_rows, shares, strict=True):
            slope[:, c] = -s.value / labels[c] / m
            slope[c, c] += 1 / labels[c] / m
        return certain(value, table.n, table.variance(slope))
    down = hypot(*(s.value - s.low for s in shares)) / m
    up = hypot(*(s.high - s.value for s in shares)) / m
    se = hypot(*(s.se for s in shares)) / m
    return Measured(value, max(value - down, 0.0), min(value + up, 1.0), table.n, se)


def mean_cost(table: Table, cost: NDArray[np.float64]) -> Measured:
    """Mean cost of a row.

    Shapes: cost float64[L, L], predicted x label.  Interval: normal.
    Example:
        >>> mean_cost(Table(np.array([[8.0, 1.0], [0.0, 1.0]])), np.array([[0, 10], [1, 0]])).value
        1.0
    """
    n = table.n
    if n <= 0:
        return unmeasured()
    mean = float((table.counts * cost).sum() / n)
    return number(mean, n, table.variance((cost - mean) / n))
