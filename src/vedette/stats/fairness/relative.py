"""Whether the scores of a group are off by more than those of everyone else.

Owns: observed over expected of a group beside that of others.  Does not own: the ratio of one group
(`stats.fairness.calibration`).

A model whose scores are too high for everyone is wrong, not unfair; this ratio is 1 then.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from vedette.stats.fairness.calibration import Calibrated, calibration
from vedette.stats.fairness.intervals import Array
from vedette.stats.fairness.tally import Tally


class Relative(NamedTuple):
    """Observed over expected of a group, over that of others; `p` is of no difference between the
    two.  Shapes: [G] each; `own` and `other` are the ratios by themselves."""

    own: Calibrated
    other: Calibrated
    ratio: Array
    low: Array
    high: Array
    p: Array


def relative(own: Tally, other: Tally, level: float = 0.95) -> Relative:
    """Compare observed over expected positives of each group with those of others.

    Shapes: [G] of both.
    Bounds: nan and (0, inf) where a side has no labelled row with a score, or scores that are all
    0; where no row of a side is positive the ratio is 0, infinite or nan, and p is nan.
    Assumes independent rows, and groups without common ones.
    Source: the interval joins the two logarithms as Zou & Donner 2008, Statistics in Medicine 27,
    1693-1702, join differences; p takes the interval's reach towards 1 for so many standard errors,
    so that it is 1 - level where the interval just touches 1.

    Example:
        >>> def tally(n, happened, expected, squares):
        ...     zero = np.zeros(1)
        ...     rest = (np.array([float(x)]) for x in (n, happened, expected, squares))
        ...     return Tally(*[zero] * 8, *rest)
        >>> found = relative(tally(2000, 480, 400, 120), tally(20_000, 4000, 4000, 1200))
        >>> [float(x[0].round(2)) for x in (found.ratio, found.low, found.high)]
        [1.2, 1.11, 1.29]
        >>> bool(found.p[0] < 1e-4)
        True
    """
    one, two = calibration(own, level), calibration(other, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        r, r_low, r_high = (np.log(part) for part in (one.ratio, one.low, one.high))
        s, s_low, s_high = (np.log(part) for part in (two.ratio, two.low, two.high))
        d = r - s
        low = np.exp(d - np.hypot(r - r_low, s_high - s))
        high = np.exp(d + np.hypot(r_high - r, s - s_low))
        ratio = one.ratio / two.ratio
        reach = np.where(d < 0, np.log(high) - d, d - np.log(low))
        z = np.where(d == 0, 0.0, d / reach) * -float(ndtri((1 - level) / 2))
    told = np.isfinite(d)
    return Relative(
        one,
        two,
        ratio,
        np.where(told, low, 0.0),
        np.where(told, high, np.inf),
        np.where(told, 2 * ndtr(-np.abs(z)), np.nan),
    )
