"""Intervals of shares, their differences and their ratios, for whole tables of counts at once.

Owns: the vectorised intervals and the level that many of them share.  Does not own: the scalar
intervals of the rest of vedette (`stats.intervals`), tests (`stats.fairness.compare`).

A share is bounded by Wilson's interval up to 99.5 % and by Jeffreys' beyond; differences and ratios
follow from those bounds by the method of variance estimates recovery.  That was chosen by exact
enumeration and simulation (`bench/bench_fairness.py`): at 95 %, shares from 0.02 to 0.98 and 30
rows or more, Wilson's covers 95.0 to 96.1 % on average, Clopper-Pearson below 5 events up to
99.1 %; at the 99.74 % that 20 groups need, Wilson's tails are too short (20 groups of 30 to 100
rows at a share of 0.02: all covered in 84 to 89 %), Jeffreys' are not (96 to 97 %).  Katz's
log interval of a ratio fails where shares are near 1 (six groups of 30 at 0.9: 74 %).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, ndtri

Array = NDArray[np.float64]
Bounds = tuple[Array, Array]

FAR = 0.995  # level beyond which Wilson's tails are too short (measured, see above)
_NEVER = 1e-300


def sidak(level: float, groups: int) -> float:
    """The level of each of so many intervals that hold together at `level`.

    Bounds: no group, or one, leaves the level as it is.  Exact for independent intervals; groups
    that are each compared with the rest are nearly so.
    Source: Sidak 1967, Journal of the American Statistical Association 62, 626-633.

    Example:
        >>> round(sidak(0.95, 6), 4)
        0.9915
    """
    return float(level ** (1 / max(groups, 1)))


def wilson(k: ArrayLike, n: ArrayLike, level: float = 0.95) -> Bounds:
    """Bound shares by Wilson's score interval.

    Shapes: k and n broadcast together.  Bounds: within [0, 1]; n = 0 gives (0, 1).
    Source: Wilson 1927, Journal of the American Statistical Association 22, 209-212; agrees with
    scipy.stats.binomtest(k, n).proportion_ci(level, "wilson").

    Example:
        >>> low, high = wilson([0, 5], [10, 10])
        >>> low.round(3).tolist(), high.round(3).tolist()
        ([0.0, 0.237], [0.278, 0.763])
    """
    k, n, some = _counted(k, n)
    q, c = k / n, _z(level) ** 2 / n
    middle = (q + c / 2) / (1 + c)
    half = np.sqrt(c * (q * (1 - q) + c / 4)) / (1 + c)
    # at the ends the two terms cancel but for rounding
    low = np.where(k <= 0, 0.0, np.maximum(middle - half, 0.0))
    high = np.where(k >= n, 1.0, np.minimum(middle + half, 1.0))
    return np.where(some, low, 0.0), np.where(some, high, 1.0)


def jeffreys(k: ArrayLike, n: ArrayLike, level: float = 0.95) -> Bounds:
    """Bound shares by Jeffreys' interval; where no row counts, from 0, where all do, up to 1.

    Shapes: k and n broadcast together.  Bounds: within [0, 1]; n = 0 gives (0, 1).
    Source: Brown, Cai & DasGupta 2001, Statistical Science 16, 101-133, section 4.1.

    Example:
        >>> low, high = jeffreys([0, 5], [10, 10])
        >>> low.round(3).tolist(), high.round(3).tolist()
        ([0.0, 0.224], [0.217, 0.776])
    """
    k, n, some = _counted(k, n)
    tail = (1 - level) / 2
    low = np.where(k > 0, betaincinv(k + 0.5, n - k + 0.5, tail), 0.0)
    high = np.where(k < n, betaincinv(k + 0.5, n - k + 0.5, 1 - tail), 1.0)
    return np.where(some, low, 0.0), np.where(some, high, 1.0)


def clopper_pearson(k: ArrayLike, n: ArrayLike, level: float = 0.95) -> Bounds:
    """Bound shares so that the level is never missed, whatever the share; wider than need be.

    Shapes: k and n broadcast together.  Bounds: within [0, 1]; n = 0 gives (0, 1).
    Source: Clopper & Pearson 1934, Biometrika 26, 404-413; agrees with
    scipy.stats.binomtest(k, n).proportion_ci(level, "exact").

    Example:
        >>> low, high = clopper_pearson([0, 5], [10, 10])
        >>> low.round(3).tolist(), high.round(3).tolist()
        ([0.0, 0.187], [0.308, 0.813])
    """
    k, n, some = _counted(k, n)
    tail = (1 - level) / 2
    low = np.where(k > 0, betaincinv(np.maximum(k, _NEVER), n - k + 1, tail), 0.0)
    high = np.where(k < n, betaincinv(k + 1, np.maximum(n - k, _NEVER), 1 - tail), 1.0)
    return np.where(some, low, 0.0), np.where(some, high, 1.0)


def rate_interval(k: ArrayLike, n: ArrayLike, level: float = 0.95) -> Bounds:
    """Bound shares, k of n rows.

    Shapes: k and n broadcast together.  Bounds: within [0, 1]; n = 0 gives (0, 1).
    Assumes independent rows.  Source: see the module.

    Example:
        >>> [bound.round(4).tolist() for bound in rate_interval(20, 100)]
        [0.1334, 0.2888]
    """
    return wilson(k, n, level) if level <= FAR else jeffreys(k, n, level)


def difference_interval(
    k: ArrayLike, n: ArrayLike, other_k: ArrayLike, other_n: ArrayLike, level: float = 0.95
) -> Bounds:
    """Bound the differences of two shares, k/n less other_k/other_n.

    Shapes: all broadcast together.  Bounds: within [-1, 1]; an empty side gives (-1, 1).
    Assumes independent rows.  Source: Newcombe 1998, Statistics in Medicine 17, 873-890, method 10,
    with the bounds of `rate_interval`.

    Example:
        >>> [bound.round(4).tolist() for bound in difference_interval(56, 70, 48, 80)]
        [0.0524, 0.3339]
    """
    one, two = _side(k, n, level), _side(other_k, other_n, level)
    some = one.some & two.some
    d = one.rate - two.rate
    low = d - np.hypot(one.rate - one.low, two.high - two.rate)
    high = d + np.hypot(one.high - one.rate, two.rate - two.low)
    return np.where(some, low, -1.0), np.where(some, high, 1.0)


def ratio_interval(
    k: ArrayLike, n: ArrayLike, other_k: ArrayLike, other_n: ArrayLike, level: float = 0.95
) -> Bounds:
    """Bound the ratios of two shares, k/n over other_k/other_n.

    Shapes: all broadcast together.  Bounds: 0 and up; the upper one is infinite where other_k is 0;
    an empty side gives (0, inf).
    Assumes independent rows.  Source: Donner & Zou 2012, Statistical Methods in Medical Research
    21, 347-359, with the bounds of `rate_interval`.

    Example:
        >>> [bound.round(3).tolist() for bound in ratio_interval(56, 70, 48, 80)]
        [1.078, 1.663]
    """
    one, two = _side(k, n, level), _side(other_k, other_n, level)
    some = one.some & two.some
    both = one.rate * two.rate
    below = two.high * (2 * two.rate - two.high)
    above = two.low * (2 * two.rate - two.low)
    root_low = both**2 - one.low * (2 * one.rate - one.low) * below
    root_high = both**2 - one.high * (2 * one.rate - one.high) * above
    with np.errstate(divide="ignore", invalid="ignore"):
        # written so that nothing is divided by `below`, which crosses 0 where other_k is small
        low = one.low * (2 * one.rate - one.low) / (both + np.sqrt(np.maximum(root_low, 0.0)))
        high = (both + np.sqrt(np.maximum(root_high, 0.0))) / above
    low = np.where(one.rate > 0, low, 0.0)
    high = np.where(two.rate > 0, high, np.inf)
    return np.where(some, low, 0.0), np.where(some, high, np.inf)


class _Side(NamedTuple):
    """One side of a comparison: its share, the bounds of that, and where there is any row."""

    rate: Array
    low: Array
    high: Array
    some: NDArray[np.bool_]


def _side(k: ArrayLike, n: ArrayLike, level: float) -> _Side:
    k, n, some = _counted(k, n)
    return _Side(k / n, *rate_interval(k, n, level), some)


def _z(level: float) -> float:
    return -float(ndtri((1 - level) / 2))


def _counted(k: ArrayLike, n: ArrayLike) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Counts as numbers, 0 of 1 where there are none, and where there are some."""
    counted, rows = np.broadcast_arrays(np.asarray(k, np.float64), np.asarray(n, np.float64))
    some = rows > 0
    return np.where(some, np.clip(counted, 0.0, rows), 0.0), np.where(some, rows, 1.0), some
