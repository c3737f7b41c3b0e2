"""The smallest difference between groups that would be told.

Owns: that difference.  Does not own: the rows it takes to see a limit (`stats.fairness.verdict`).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from vedette.stats.fairness.intervals import sidak
from vedette.stats.fairness.verdict import Limits


def smallest_seen(
    n: ArrayLike, other_k: ArrayLike, other_n: ArrayLike, limits: Limits, groups: int = 1
) -> NDArray[np.float64]:
    """The smallest difference from other_k of other_n that n rows tell with chance `limits.power`.

    Shapes: broadcast together.  Bounds: nan without rows on a side.
    Assumes a two-sided test at the level shared by `groups`, and the others' variance on both
    sides.

    Example:
        >>> seen = smallest_seen([100, 10_000], 3000, 10_000, Limits())
        >>> seen.round(3).tolist()
        [0.129, 0.018]
    """
    n, k, m = (np.asarray(part, np.float64) for part in (n, other_k, other_n))
    level = sidak(limits.level, groups)
    reach = float(ndtri(limits.power)) - float(ndtri((1 - level) / 2))
    rate = (k + 0.5) / (m + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = reach * np.sqrt(rate * (1 - rate) * (1 / n + 1 / m))
    return np.where((n > 0) & (m > 0), found, np.nan)
