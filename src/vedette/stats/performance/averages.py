"""Precision, recall and F1 of many classes, one by one and averaged.

Owns: macro and weighted averages with their variances.  Does not own: micro averages, which are the
accuracy (`stats.performance.confusion`).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.stats.performance.confusion import Table
from vedette.stats.performance.measured import Measured, certain, share, unmeasured

KINDS = ("precision", "recall", "f1")


class _Slopes(NamedTuple):
    """What a class's share gains from one more row that is right, is called it, is labelled it."""

    value: NDArray[np.float64]
    right: NDArray[np.float64]
    predicted: NDArray[np.float64]
    label: NDArray[np.float64]


def by_class(table: Table, kind: str) -> list[Measured]:
    """Precision, recall or F1 of every class; nan where it has no rows to tell from.

    Intervals: Wilson's; F1 as of two classes, the class against the rest.
    Example:
        >>> two = Table(np.array([[3.0, 1.0], [1.0, 5.0]]))
        >>> [round(m.value, 3) for m in by_class(two, "f1")]
        [0.75, 0.833]
    """
    L = len(table.counts)
    found = []
    for c in range(L):
        hits, row, column = (np.zeros((L, L), np.bool_) for _ in range(3))
        hits[c, c] = row[c, :] = column[:, c] = True
        among = {"precision": row, "recall": column, "f1": row | column}[kind]
        one = table.share_of(hits, among)
        if kind == "f1":
            value, low, high = (2 * j / (1 + j) for j in one[:3])
            one = Measured(value, low, high, one.n, one.se * 2 / (1 + one.value) ** 2)
        found.append(one)
    return found


def macro(table: Table, kind: str) -> Measured:
    """Plain mean over the classes that occur, as labels or predictions; one that is never predicted
    has precision 0, one without labels recall 0, as scikit-learn has it.

    Interval: Wilson's at the effective sample of the delta method.
    """
    here = (table.predicted > 0) | table.labelled
    if not here.any():
        return unmeasured()
    s = _slopes(table, kind)
    weight = here / here.sum()
    return _averaged(table, float(s.value @ weight), _slope(s, weight))


def weighted(table: Table, kind: str) -> Measured:
    """Mean over classes, each by its share of the labels.

    Interval: Wilson's at the effective sample of the delta method.
    """
    n = table.n
    if n <= 0:
        return unmeasured()
    s = _slopes(table, kind)
    weight = table.labels / n
    value = float(s.value @ weight)
    return _averaged(table, value, _slope(s, weight) + (s.value - value)[None, :] / n)


def _averaged(table: Table, value: float, slope: NDArray[np.float64]) -> Measured:
    variance = table.variance(slope)
    if table.spread is not None:
        return certain(value, table.n, variance)
    return share(value, table.n, variance)


def _slopes(table: Table, kind: str) -> _Slopes:
    right, P, L = np.diagonal(table.counts), table.predicted, table.labels
    base = {"precision": P, "recall": L, "f1": (P + L) / 2}[kind]
    one = np.where(base > 0, base, 1.0)
    value = right / one
    gain, less = np.where(base > 0, 1 / one, 0.0), np.where(base > 0, -value / one, 0.0)
    none = np.zeros(len(P))
    sides = {"precision": (less, none), "recall": (none, less), "f1": (less / 2, less / 2)}[kind]
    return _Slopes(value, gain, *sides)


def _slope(s: _Slopes, weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """By cell, predicted x label."""
    slope: NDArray[np.float64] = (
        np.diag(weight * s.right) + (weight * s.predicted)[:, None] + (weight * s.label)[None, :]
    )
    return slope
