"""How rare a score is among ordinary rows.

Owns: the conformal p-value, and keeping a large calibration in few numbers.  Does not own: scores.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
TAIL = 200  # of the largest scores all are kept
LEVELS = 200  # of the others this many, so spread that the relative step of p is the same


@dataclass(frozen=True, eq=False)
class Calibration:
    """Scores of rows that were held out, as their tail-refined order statistics.

    Shapes: `levels` float64[q] ascending and distinct; `reached` and `passed` float64[q], how many
    of the `rows` scores are at least, and above, each level.
    """

    levels: Array
    reached: Array
    passed: Array
    rows: int

    @classmethod
    def fit(cls, scores: Array) -> "Calibration":
        """Keep what p-values need.

        Shapes: float64[n], any order, n from 1.
        """
        ordered = np.sort(scores)
        n = len(ordered)
        largest = np.arange(1, min(TAIL, n) + 1)
        further = np.geomspace(len(largest), n, LEVELS)
        ranks = np.unique(np.concatenate([largest, np.rint(further).astype(np.int64)]))
        levels = np.unique(ordered[n - ranks])
        reached = n - ordered.searchsorted(levels, side="left")
        passed = n - ordered.searchsorted(levels, side="right")
        return cls(levels, reached.astype(np.float64), passed.astype(np.float64), n)

    def p(self, scores: Array) -> Array:
        """The chance that an ordinary row is as far off: (1 + #{held out >= score}) / (n + 1).

        Assumes that rows are exchangeable with those held out; where scores tie p is too large, not
        too small.  Between the levels that were kept it is interpolated.
        Bounds: in (0, 1].
        Source: Bates, Candes, Lei, Romano & Sesia 2023, Annals of Statistics 51, 149-178.
        Example:
            >>> Calibration.fit(np.arange(9.0)).p(np.array([-1.0, 0.0, 7.5, 8.0, 99.0])).tolist()
            [1.0, 1.0, 0.2, 0.2, 0.1]
        """
        at = self.levels.searchsorted(scores, side="left")
        inside = np.minimum(at, len(self.levels) - 1)
        before = np.maximum(at - 1, 0)
        high, low = self.reached[inside], np.where(at > 0, self.passed[before], self.rows)
        width = np.where(at > 0, self.levels[inside] - self.levels[before], 1.0)
        part = (scores - self.levels[before]) / np.where(width > 0, width, 1.0)
        between = low + (high - low) * np.clip(part, 0.0, 1.0)
        count = np.where(self.levels[inside] == scores, high, between)
        count = np.where(at == len(self.levels), 0.0, np.where(at > 0, count, self.rows))
        return np.asarray((1 + count) / (self.rows + 1))

    def ordinary(self, p: float) -> float:
        """The largest known score of which the p-value is above p; -1 where there is none.

        Example:
            >>> Calibration.fit(np.arange(9.0)).ordinary(0.25)
            7.0
        """
        above = self.levels[(1 + self.reached) / (self.rows + 1) > p]
        return float(above[-1]) if len(above) else -1.0

    def parts(self, name: str) -> dict[str, NDArray[Any]]:
        """The same as plain arrays, under a prefix."""
        kept = {"levels": self.levels, "reached": self.reached, "passed": self.passed}
        return {f"{name}.{part}": array for part, array in kept.items()} | {
            f"{name}.rows": np.array([self.rows], np.int64)
        }

    @classmethod
    def of(cls, name: str, parts: Mapping[str, NDArray[Any]]) -> "Calibration":
        """Read what `parts` wrote."""
        levels, reached, passed = (parts[f"{name}.{p}"] for p in ("levels", "reached", "passed"))
        return cls(levels, reached, passed, int(parts[f"{name}.rows"][0]))
