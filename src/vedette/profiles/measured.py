"""Numbers of a row summed by group: what a score, an error or a latency is like in each.

Owns: how a number is binned, the additive sums of one set of groups.  Does not own: the groups
(`profiles.groups`), decisions and labels (`sketches.cube`), figures (`stats.fairness`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

BINS = 200  # of a number: quantiles are told to half a point of a hundred


@dataclass(frozen=True, eq=False)
class Measure:
    """A number of every row that is compared between groups.

    Shapes: `edges` float64[K - 1], a bin holds its lower edge.  Units: `centre` is subtracted
    before squares are summed, in the number's own unit; `share` says that it is yes or no, so that
    its mean is a rate.
    """

    name: str
    edges: NDArray[np.float64]
    centre: float = 0.0
    share: bool = False


def fit_measure(name: str, values: NDArray[np.float64], share: bool = False) -> Measure:
    """Choose bins for a number at order statistics of a sample; a value that many rows hold, or any
    of few values, is alone in its bin.

    Shapes: n values, NaN none.
    Example:
        >>> fit_measure("stars", np.array([1.0, 2.0, 2.0, np.nan])).edges.round(9).tolist()
        [1.0, 1.0, 2.0, 2.0]
    """
    known = np.sort(values[np.isfinite(values)]) + 0.0
    if not len(known):
        return Measure(name, np.zeros(0), 0.0, share)
    different = np.unique(known)
    if len(different) > BINS // 2:
        cuts = np.append(known[np.arange(BINS) * len(known) // BINS], known[-1])
        different, times = np.unique(cuts, return_counts=True)
        heavy = np.append(different[times > 1], known[-1:])
    else:
        heavy = different
    edges = np.unique(np.append(different, np.nextafter(heavy, np.inf)))
    return Measure(name, edges, float(known.mean()), share)


class Binned(NamedTuple):
    """A number of the rows of a batch, ready to be summed under any groups.

    Shapes: `known` intp[k] rows that have it; `bins` intp[k] below `size`, `less` float64[k] what
    it is above the centre.
    """

    known: NDArray[np.intp]
    bins: NDArray[np.intp]
    less: NDArray[np.float64]
    size: int


def binned(measure: Measure, values: NDArray[np.float64]) -> Binned:
    """Bin the values of a batch.  Shapes: n values, NaN none."""
    known = np.flatnonzero(np.isfinite(values))
    own = values[known]
    bins = measure.edges.searchsorted(own, side="right")
    return Binned(known, bins, own - measure.centre, len(measure.edges) + 1)


@dataclass(frozen=True, eq=False)
class Measured:
    """Sums of M numbers by G groups.

    Shapes: `counts` holds one int64[G, K] of every number, rows that have it by bin; `sums`
    float64[M, G, 2], of the number less its centre, and of that squared.
    """

    counts: tuple[NDArray[np.int64], ...]
    sums: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        groups: NDArray[np.intp],
        size: int,
        binned: Sequence[Binned],
    ) -> Self:
        """Sum the rows of a batch.

        Shapes: n groups below `size`.
        Example:
            >>> one = Measure("x", np.array([0.0, 1.0]))
            >>> rows = binned(one, np.array([0.5, 2, np.nan]))
            >>> made = Measured.of(np.array([0, 1, 1]), 2, [rows])
            >>> made.counts[0].tolist(), made.sums[0].tolist()
            ([[0, 1, 0], [0, 0, 1]], [[0.5, 0.25], [2.0, 4.0]])
        """
        counts, sums = [], np.zeros((len(binned), size, 2))
        for at, one in enumerate(binned):
            group = groups[one.known]
            flat = group * one.size + one.bins
            counts.append(np.bincount(flat, minlength=size * one.size).reshape(size, one.size))
            sums[at, :, 0] = np.bincount(group, one.less, size)
            sums[at, :, 1] = np.bincount(group, one.less**2, size)
        return cls(tuple(part.astype(np.int64) for part in counts), sums)

    def between(self, at: int) -> NDArray[np.int64]:
        """Rows of a number between its edges; what the sample never showed lies in the outermost.

        Shapes: int64[G, K - 2] between K - 1 edges.
        Example:
            >>> one = Measured((np.array([[1, 2, 3, 4]]),), np.zeros((1, 1, 2)))
            >>> one.between(0).tolist()
            [[3, 7]]
        """
        counts = self.counts[at]
        inner = counts[:, 1:-1].copy()
        if inner.shape[1]:
            inner[:, 0] += counts[:, 0]
            inner[:, -1] += counts[:, -1]
        return inner

    def merge(self, other: Self) -> Self:
        """Add the sums of other rows."""
        counts = tuple(a + b for a, b in zip(self.counts, other.counts, strict=True))
        return type(self)(counts, self.sums + other.sums)
