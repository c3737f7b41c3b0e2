"""A band for the ratio of two rates that holds at every look at once.

Owns: joining the bands of two rates.  Does not own: those (`stats.fairness.sequence`), intervals of
one look (`stats.fairness.intervals`).
"""

import numpy as np
from numpy.typing import ArrayLike

from vedette.stats.fairness.sequence import BEST, Band, rate_band


def ratio_band(
    k: ArrayLike,
    n: ArrayLike,
    other_k: ArrayLike,
    other_n: ArrayLike,
    level: float = 0.95,
    best: float = BEST,
) -> Band:
    """Follow the ratio of two rates, k/n over other_k/other_n, window by window.

    Shapes: [T] or [T, ...], windows in order; all broadcast together.
    Bounds: 0 and up; (0, inf) where either rate is 0, and nan before any row on either side.
    Assumes independent rows.  The bands of both rates are joined on the log scale.
    Source: Zou & Donner 2008, Statistics in Medicine 27, 1693-1702.

    Example:
        >>> one = np.ones(60)
        >>> band = ratio_band(40 * one, 200 * one, 60 * one, 200 * one)
        >>> int((band.high < 0.8).argmax())  # the first window that is surely below four fifths
        8
    """
    k, n, other_k, other_n = np.broadcast_arrays(k, n, other_k, other_n)
    one, two = rate_band(k, n, level, best), rate_band(other_k, other_n, level, best)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = one.value / two.value
        p, p_low, p_high = (np.log(part) for part in one)
        q, q_low, q_high = (np.log(part) for part in two)
        low = value * np.exp(-np.hypot(p - p_low, q_high - q))
        high = value * np.exp(np.hypot(p_high - p, q - q_low))
    told = (one.value > 0) & (two.value > 0)
    return Band(value, np.where(told, low, 0.0), np.where(told, high, np.inf))
