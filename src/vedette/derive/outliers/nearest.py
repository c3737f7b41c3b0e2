"""How far points lie from the sampled rows of the reference.

Owns: the distance to the nearest of them, exact whatever lies beside a point.  Does not own: what a
point is (`derive.outliers.encode`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vedette.derive.outliers.encode import Points

Array = NDArray[np.float64]
BLOCK = 1024  # points at a time: their distances stay in a processor's cache


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

    def distances(self, points: Points, k: int) -> Array:
        """The mean distance to the k nearest.

        Shapes: n points -> float64[n].  Units: robust standard deviations.
        """
        k = min(k, len(self.squares))
        found = np.empty(len(points.at))
        for start in range(0, len(found), BLOCK):
            at = points.at[start : start + BLOCK]
            near = self._apart(at)
            near.partition(k - 1, axis=1)
            squared = np.sort(near[:, :k], axis=1).astype(np.float64)
            own = np.square(at, dtype=np.float64).sum(axis=1) + points.beyond[start : start + BLOCK]
            apart = np.sqrt(np.maximum(squared + own[:, None], 0.0))
            total = np.zeros(len(at))
            for i in range(k):  # one after the other: the same whatever the number of rows
                total += apart[:, i]
            found[start : start + BLOCK] = total / (k * self.step)
        return found

    def closest(self, points: Points) -> NDArray[np.intp]:
        """The place of the nearest."""
        found: NDArray[np.intp] = self._apart(points.at).argmin(axis=1)
        return found

    def _apart(self, at: NDArray[np.float32]) -> NDArray[np.float32]:
        """Squared distances less what belongs to the point alone."""
        product = at @ self.across
        product *= -2
        product += self.squares
        return product
