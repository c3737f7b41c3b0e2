"""The mean of a number in each group beside everyone else's.

Owns: means from sums, the interval and the test of their difference.  Does not own: shares
(`stats.fairness.compare`), whole distributions (`stats.fairness.distribution`).
"""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit

Array = NDArray[np.float64]


class Moments(NamedTuple):
    """Rows, their mean and their variance.  Shapes: [G] each; nan where there are too few rows."""

    n: Array
    mean: Array
    variance: Array

    @classmethod
    def of(cls, n: ArrayLike, total: ArrayLike, squares: ArrayLike, centre: float = 0.0) -> Self:
        """From sums of a number less a centre, and of that squared.

        Shapes: broadcast together.
        Example:
            >>> found = Moments.of([3], [6.0], [14.0])
            >>> found.mean.tolist(), found.variance.tolist()
            ([2.0], [1.0])
        """
        n, total, squares = (np.asarray(part, np.float64) for part in (n, total, squares))
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = total / n
            variance = np.maximum(squares - n * mean**2, 0.0) / (n - 1)
        return cls(n, np.where(n > 0, mean + centre, np.nan), np.where(n > 1, variance, np.nan))


class MeansCompared(NamedTuple):
    """Mean of the group less that of the others, with its interval; nan where nothing can be said.

    Units: `difference` in the number's own; `p` of no difference at all.  Shapes: [G].
    """

    difference: Array
    low: Array
    high: Array
    p: Array


def welch(own: Moments, other: Moments, level: float = 0.95) -> MeansCompared:
    """Compare means of groups whose spreads differ.

    Bounds: nan where a side has fewer than two rows; where neither varies, the interval is the
    difference itself and p is 1 or 0.
    Assumes independent rows and means that are nearly normal: tens of rows of a number whose
    variance is finite.
    Source: Welch 1947, Biometrika 34, 28-35; agrees with scipy.stats.ttest_ind(equal_var=False).

    Example:
        >>> one, two = Moments.of(10, 20.0, 58.0), Moments.of(20, 60.0, 220.0)
        >>> found = welch(one, two)
        >>> [round(float(x), 3) for x in found]
        [-1.0, -2.158, 0.158, 0.087]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b = own.variance / own.n, other.variance / other.n
        se = np.sqrt(a + b)
        freedom = (a + b) ** 2 / (a**2 / (own.n - 1) + b**2 / (other.n - 1))
        difference = own.mean - other.mean
        half = np.where(se > 0, stdtrit(freedom, (1 + level) / 2) * se, 0.0 * se)
        p = np.where(se > 0, 2 * stdtr(freedom, -np.abs(difference) / se), difference == 0)
    told = ~np.isnan(difference + se)
    return MeansCompared(
        np.where(told, difference, np.nan),
        np.where(told, difference - half, np.nan),
        np.where(told, difference + half, np.nan),
        np.where(told, p, np.nan),
    )
