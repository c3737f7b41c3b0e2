"""How far numbers lie apart, summed up as they come.

Owns: mean, extremes and quantiles of differences in bounded memory.  Does not own: which rows count
as different.
"""

from collections import Counter
from dataclasses import dataclass
from math import floor, isfinite, log

import numpy as np
from numpy.typing import NDArray

STEP = 1.02  # bins of a size: quantiles are told within one percent
QUANTILES = (0.5, 0.95)


@dataclass(frozen=True)
class Size:
    """How far the served numbers lie from the others, over the rows that differ and have both.

    Units: of the prediction.  `mean` is served less replayed, `typical` the median of its size,
    `large` what one row in twenty exceeds, `largest` the most; `up` the share that was served
    higher.
    """

    rows: int
    mean: float
    mean_size: float
    typical: float
    large: float
    largest: float
    up: float


class Sizes:
    """Differences, added up.  Bounds: some thousand counters whatever is added."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self._rows = self._up = 0
        self._sum = self._sizes = self._largest = 0.0

    def add(self, differences: NDArray[np.float64]) -> None:
        """Add differences; those that are not finite, or nothing, are left out."""
        found = differences[np.isfinite(differences) & (differences != 0)]
        if len(found) == 0:
            return
        size = np.abs(found)
        bins, counts = np.unique(np.floor(np.log(size) / log(STEP)).astype(int), return_counts=True)
        self._counts.update(dict(zip(bins.tolist(), counts.tolist(), strict=True)))
        self._rows += len(found)
        self._up += int((found > 0).sum())
        self._sum += float(found.sum())
        self._sizes += float(size.sum())
        self._largest = max(self._largest, float(size.max()))

    def size(self) -> Size | None:
        """What was added; None when nothing was.

        Example:
            >>> sizes = Sizes()
            >>> sizes.add(np.array([-1.0, 1.0, 3.0, np.nan]))
            >>> made = sizes.size()
            >>> made.rows, made.mean, made.largest, round(made.typical, 1)
            (3, 1.0, 3.0, 1.0)
        """
        if self._rows == 0 or not isfinite(self._sizes):
            return None
        typical, large = (self._quantile(q) for q in QUANTILES)
        return Size(
            rows=self._rows,
            mean=self._sum / self._rows,
            mean_size=self._sizes / self._rows,
            typical=typical,
            large=large,
            largest=self._largest,
            up=self._up / self._rows,
        )

    def _quantile(self, q: float) -> float:
        left = floor(q * (self._rows - 1)) + 1
        for at in sorted(self._counts):
            left -= self._counts[at]
            if left <= 0:
                return min(float(STEP ** (at + 0.5)), self._largest)
        return self._largest
