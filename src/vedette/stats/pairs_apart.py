"""Which two columns no longer go together as they did.

Owns: rank correlations of two tables side by side.  Does not own: where the tables come from.
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

LIKE_CHANCE = 4.0  # standard errors below which a difference is not told
LEAST = 50  # rows a side in which both columns are known


class Apart(NamedTuple):
    """Two columns by their places, and their rank correlations."""

    one: int
    two: int
    before: float
    after: float


def correlations_apart(before: NDArray[np.float64], after: NDArray[np.float64]) -> Apart | None:
    """The pair of columns whose rank correlation moved most, if that is more than chance.

    Spearman's correlations, their difference by Fisher's transformation with the standard error of
    ranks, 1.03 / sqrt(n - 3) (Fieller, Hartley & Pearson 1957).
    Shapes: float64[m, k], float64[n, k], NaN for missing: such rows do not count.  None of fewer
    than two columns or 50 rows, and of columns of one value.

    Example:
        >>> x = np.arange(400.0)
        >>> correlations_apart(np.stack([x, x], axis=1), np.stack([x, -x], axis=1))
        Apart(one=0, two=1, before=1.0, after=-1.0)
    """
    best: tuple[float, Apart] | None = None
    for i, j in combinations(range(before.shape[1]), 2):
        sides = [_correlation(side[:, i], side[:, j]) for side in (before, after)]
        (r, m), (s, n) = sides
        if min(m, n) < LEAST or not np.isfinite(r + s):
            continue
        turned = np.arctanh(np.clip([r, s], -0.9999, 0.9999))
        z = abs(float(turned[1] - turned[0])) / (1.03 * np.sqrt(1 / (m - 3) + 1 / (n - 3)))
        if z > LIKE_CHANCE and (best is None or z > best[0]):
            best = z, Apart(i, j, round(r, 6), round(s, 6))
    return None if best is None else best[1]


def _correlation(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, int]:
    """Spearman's correlation of the rows in which both are known, and how many these are."""
    known = np.isfinite(x) & np.isfinite(y)
    if known.sum() < LEAST:
        return float("nan"), int(known.sum())
    a, b = (rankdata(side[known]) for side in (x, y))
    a, b = a - a.mean(), b - b.mean()
    spread = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return (float((a * b).sum()) / spread if spread else float("nan")), int(known.sum())
