"""Whether a gap between groups has changed since the reference: the difference of differences.

Owns: the change of gap and ratio with intervals and test.  Does not own: the gaps themselves
(`stats.fairness.compare`).
"""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from vedette.stats.fairness.compare import Compared
from vedette.stats.fairness.intervals import Array


class Changed(NamedTuple):
    """Gap now less gap then, and ratio now over ratio then; one entry per metric and group.

    `z` is above 0 where the gap rose; nan where a side of either has no rows.
    """

    change: Array
    low: Array
    high: Array
    ratio: Array
    ratio_low: Array
    ratio_high: Array
    z: Array
    p: Array


def change(now: Compared, then: Compared) -> Changed:
    """Compare two comparisons of the same groups, made at the same level.

    Shapes: both broadcast together.
    Bounds: within [-2, 2]; an empty side gives nan with (-2, 2) and (0, inf); all rows alike in all
    four has change 0 and p 1.
    Assumes that the rows of now and then are independent.
    Source: Zou & Donner 2008, Statistics in Medicine 27, 1693-1702, for intervals of a difference
    (and, on the log scale, a ratio) from those of its parts; z with one row of each kind added to
    every side.

    Example:
        >>> from vedette.stats.fairness.compare import compare
        >>> then, now = compare([300], [1000], [300], [1000]), compare([200], [1000], [300], [1000])
        >>> found = change(now, then)
        >>> [float(x[0].round(3)) for x in (found.change, found.low, found.high, found.p)]
        [-0.1, -0.155, -0.045, 0.0]
    """
    d, d0 = now.difference, then.difference
    low = d - d0 - np.hypot(d - now.difference_low, then.difference_high - d0)
    high = d - d0 + np.hypot(now.difference_high - d, d0 - then.difference_low)
    some = ~np.isnan(d - d0)
    with np.errstate(divide="ignore", invalid="ignore"):
        r, r_low, r_high = (np.log(part) for part in (now.ratio, now.ratio_low, now.ratio_high))
        s, s_low, s_high = (np.log(part) for part in (then.ratio, then.ratio_low, then.ratio_high))
        ratio_low = np.exp(r - s - np.hypot(r - r_low, s_high - s))
        ratio_high = np.exp(r - s + np.hypot(r_high - r, s - s_low))
        ratio = now.ratio / then.ratio
        se = np.sqrt(_variance(now) + _variance(then))
        z = np.where(d == d0, 0.0, (d - d0) / se)
    told = some & np.isfinite(r) & np.isfinite(s)
    return Changed(
        change=d - d0,
        low=np.where(some, np.maximum(low, -2.0), -2.0),
        high=np.where(some, np.minimum(high, 2.0), 2.0),
        ratio=ratio,
        ratio_low=np.where(told, ratio_low, 0.0),
        ratio_high=np.where(told, ratio_high, np.inf),
        z=np.where(some, z, np.nan),
        p=np.where(some, 2 * ndtr(-np.abs(z)), np.nan),
    )


class Sight(NamedTuple):
    """Whether a change would have been seen: `power` to tell it from none, and the rows `needed`
    now for that to be four in five, the others growing alike and the reference staying as it is;
    infinite where the reference alone is too small."""

    power: Array
    needed: Array


def sight(now: Compared, then: Compared, gap: float, power: float = 0.8) -> Sight:
    """How well a change of `gap` is told from none, at the level of both comparisons.

    Shapes: both broadcast together.
    Bounds: power 0 without rows on any side.
    Assumes the z-test of `change`, and the spread that was seen.

    Example:
        >>> from vedette.stats.fairness.compare import compare
        >>> one = compare([300], [1000], [300], [1000])
        >>> found = sight(one, one, 0.1)
        >>> found.power.round(2).tolist(), found.needed.tolist()
        ([0.93], [493.0])
    """
    za, zb = -float(ndtri((1 - now.level) / 2)), float(ndtri(power))
    with np.errstate(divide="ignore", invalid="ignore"):
        own, before = _variance(now), _variance(then)
        seen = ndtr(gap / np.sqrt(own + before) - za)
        left = (gap / (za + zb)) ** 2 - before
        needed = np.where(left > 0, np.ceil(now.n * own / left), np.inf)
    told = np.isfinite(own + before)
    return Sight(np.where(told, seen, 0.0), np.where(told, needed, np.inf))


def _variance(found: Compared) -> Array:
    """Variance of a difference of two shares."""
    p, q = (found.k + 1) / (found.n + 2), (found.other_k + 1) / (found.other_n + 2)
    return np.asarray(p * (1 - p) / found.n + q * (1 - q) / found.other_n, np.float64)
