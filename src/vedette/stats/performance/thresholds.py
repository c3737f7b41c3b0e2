"""The table of two classes at any threshold, after the fact.

Owns: cutting score bins at a threshold, and the sweep over all edges.  Does not own: metrics of a
table (`stats.performance.confusion`).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.stats.performance.confusion import Table


class Sweep(NamedTuple):
    """Two classes at every edge, exactly: a row is positive when its score >= threshold.

    Shapes: K - 1 of each; the counts may be expected ones.
    """

    threshold: NDArray[np.float64]
    true_positive: NDArray[np.float64]
    false_positive: NDArray[np.float64]
    false_negative: NDArray[np.float64]
    true_negative: NDArray[np.float64]

    @property
    def precision(self) -> NDArray[np.float64]:
        return _ratio(self.true_positive, self.true_positive + self.false_positive)

    @property
    def recall(self) -> NDArray[np.float64]:
        return _ratio(self.true_positive, self.true_positive + self.false_negative)

    @property
    def specificity(self) -> NDArray[np.float64]:
        return _ratio(self.true_negative, self.true_negative + self.false_positive)

    @property
    def f1(self) -> NDArray[np.float64]:
        twice = 2 * self.true_positive
        return _ratio(twice, twice + self.false_positive + self.false_negative)

    @property
    def accuracy(self) -> NDArray[np.float64]:
        right = self.true_positive + self.true_negative
        return _ratio(right, right + self.false_positive + self.false_negative)

    def cost(self, cost: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean cost of a row at every threshold.  Shapes: cost [2, 2], predicted x label."""
        counts = (self.true_negative, self.false_negative, self.false_positive, self.true_positive)
        weighed = sum(c * k for c, k in zip(np.ravel(cost), counts, strict=True))
        return _ratio(np.asarray(weighed), np.sum(counts, axis=0))


def sweep(ranked: NDArray[np.float64], edges: NDArray[np.float64]) -> Sweep:
    """Count two classes at every edge.

    Shapes: ranked [K', 2], rows by bin that are not, and are, positive, K' > the number of edges.
    Example:
        >>> table = sweep(np.array([[8, 2], [1, 9]]), np.array([0.5]))
        >>> table.precision.tolist(), table.recall.round(2).tolist()
        ([0.9], [0.82])
    """
    below = np.cumsum(ranked.astype(np.float64), axis=0)
    total, cut = below[-1], below[: len(edges)]
    above = total - cut
    return Sweep(edges, above[:, 1], above[:, 0], cut[:, 1], cut[:, 0])


def table_at(
    ranked: NDArray[np.float64], edges: NDArray[np.float64], threshold: float, expected: bool
) -> Table:
    """The table of two classes at a threshold.

    Bounds: exact at an edge; between two edges, rows of the bin are taken to be spread evenly; a
    threshold in an outermost bin, which has one edge only, is above all of its rows.
    Example:
        >>> table_at(np.array([[8, 2], [1, 9]]), np.array([0.5]), 0.5, False).counts.tolist()
        [[8.0, 2.0], [1.0, 9.0]]
    """
    counts = ranked.astype(np.float64)
    k = int(edges.searchsorted(threshold, side="left"))
    part = np.zeros(len(counts))  # share of each bin that is at or above the threshold
    part[k + 1 :] = 1.0
    if k < len(edges):
        low = edges[k - 1] if k > 0 else -np.inf
        part[k] = (edges[k] - threshold) / (edges[k] - low) if np.isfinite(low) else 0.0
    above = (counts * part[:, None]).sum(axis=0)
    below = (counts * (1 - part[:, None])).sum(axis=0)
    if not expected:
        return Table(np.stack([below, above]))
    rows = counts.sum(axis=1)
    spread = _ratio(counts[:, 0] * counts[:, 1], rows, 0.0)
    return Table(
        np.stack([below, above]), np.array([(spread * (1 - part)).sum(), (spread * part).sum()])
    )


def _ratio(
    over: NDArray[np.float64], under: NDArray[np.float64], otherwise: float = np.nan
) -> NDArray[np.float64]:
    out = np.full(np.shape(over), otherwise, np.float64)
    return np.divide(over, under, out=out, where=under > 0)
