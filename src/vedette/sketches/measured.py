"""Numbers of a row summed by group: what a score, an error or a latency is like in each.

Owns: the additive sums of one set of groups.  Does not own: the groups (`profiles.groups`), how a
number is binned (`profiles.measures`), figures (`stats.fairness`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray


class Binned(NamedTuple):
    """A number of the rows of a batch, ready to be summed under any groups.

    Shapes: `known` intp[k] rows that have it; `bins` intp[k] below `size`, `less` float64[k] what
    it is above the centre.
    """

    known: NDArray[np.intp]
    bins: NDArray[np.intp]
    less: NDArray[np.float64]
    size: int


@dataclass(frozen=True, eq=False)
class Measured:
    """Sums of M numbers by G groups.

    Shapes: `counts` holds one int64[G, K] of every number, rows that have it by bin; `sums`
    float64[M, G, 2], of the number less its centre, and of that squared.
    """

    counts: tuple[NDArray[np.int64], ...]
    sums: NDArray[np.float64]

    @classmethod
    def zero(cls, size: int, bins: Sequence[int]) -> Self:
        """Sum no row; `bins` of every number."""
        counts = tuple(np.zeros((size, k), np.int64) for k in bins)
        return cls(counts, np.zeros((len(bins), size, 2)))

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
            >>> rows = Binned(np.array([0, 1]), np.array([1, 2]), np.array([0.5, 2.0]), 3)
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

    def state(self) -> tuple[object, ...]:
        """The value as integers and bytes."""
        counts = [(*one.shape, one.astype("<i8").tobytes()) for one in self.counts]
        return (*counts, self.sums.astype("<f8").tobytes())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Measured) and self.state() == other.state()

    __hash__ = None  # type: ignore[assignment]
