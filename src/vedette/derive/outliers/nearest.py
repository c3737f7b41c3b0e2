"""How far points lie from the sampled rows of the reference.

Owns: the distance to the nearest of them, exact whatever lies beside a point.  Does not own: what a
point is (`derive.outliers.encode`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vedette.derive.outliers.encode import Points

Array = NDArray[np.float64]
FEW = (64, 256)  # sampled rows that are tried first
AT_ONCE = 1 << 20  # distances at a time: they stay in a processor's cache


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Sampled rows of the reference.

    Shapes: `across` float32[d, m], whole; `squares` float32[m], how far each lies from the centre;
    `step` steps of one standard deviation.
    """

    across: NDArray[np.float32]
    squares: NDArray[np.float32]
    step: float

    @classmethod
    def of(cls, sample: NDArray[np.int16], step: float) -> "Neighbours":
        """Hold sampled points ready.  Shapes: int16[m, d]."""
        across = np.ascontiguousarray(sample.T.astype(np.float32))
        squares = (sample.astype(np.float64) ** 2).sum(axis=1)
        return cls(across, squares.astype(np.float32), step)

    def distances(self, points: Points, k: int, sure: float = -1.0) -> Array:
        """The mean distance to the k nearest; where it surely is at most `sure`, one that is no
        larger than that and no smaller than theirs.

        Nearer rows can only bring the distance down: a few sampled rows settle nearly all points,
        and what that gives a point does not depend on what lies beside it either.
        Shapes: n points -> float64[n].  Units: robust standard deviations.
        """
        k, every = min(k, len(self.squares)), len(self.squares)
        found, left = np.empty(len(points.at)), np.arange(len(points.at))
        for first in (*(few for few in FEW if sure >= 0 and k <= few < every), every):
            size = max(AT_ONCE // first, 1)
            for start in range(0, len(left), size):
                rows = left[start : start + size]
                found[rows] = self._mean(points.at[rows], points.beyond[rows], k, first)
            left = left[found[left] > sure]
        return found

    def _mean(self, at: NDArray[np.float32], beyond: Array, k: int, first: int) -> Array:
        """The mean distance to the k nearest of the first sampled rows."""
        near = self._apart(at, first)
        near.partition(k - 1, axis=1)
        squared = np.sort(near[:, :k], axis=1).astype(np.float64)
        own = np.square(at, dtype=np.float64).sum(axis=1) + beyond
        apart = np.sqrt(np.maximum(squared + own[:, None], 0.0))
        total = np.zeros(len(at))
        for i in range(k):  # one after the other: the same whatever the number of rows
            total += apart[:, i]
        return total / (k * self.step)

    def closest(self, points: Points) -> NDArray[np.intp]:
        """The place of the nearest."""
        found: NDArray[np.intp] = self._apart(points.at, len(self.squares)).argmin(axis=1)
        return found

    def _apart(self, at: NDArray[np.float32], first: int) -> NDArray[np.float32]:
        """Squared distances to the first sampled rows, less what belongs to the point alone."""
        product = at @ self.across[:, :first]
        product *= -2
        product += self.squares[:first]
        return product
