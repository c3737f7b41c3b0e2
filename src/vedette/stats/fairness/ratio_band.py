"""A band for the ratio of two rates that holds at every look at once.

Owns: the normal-mixture confidence sequence of a log ratio.  Does not own: that of a difference
(`stats.fairness.sequence`), intervals of one look (`stats.fairness.intervals`).
"""

import numpy as np
from numpy.typing import ArrayLike

from vedette.stats.fairness.sequence import FEWEST, Band, factor


def ratio_band(
    k: ArrayLike, n: ArrayLike, other_k: ArrayLike, other_n: ArrayLike, level: float = 0.95
) -> Band:
    """Follow the ratio of two rates, k/n over other_k/other_n, window by window.

    Shapes: [T] or [T, ...], windows in order; all broadcast together.
    Bounds: 0 and up; before `sequence.FEWEST` rows on either side (0, inf), and nan before any; a
    row of each kind is added to the variance, as no rate is known to be 0.
    Assumes independent rows of one rate each: a band is left when a rate moves.
    Source: as `stats.fairness.sequence`, on the log scale by the delta method.

    Example:
        >>> one = np.ones(60)
        >>> band = ratio_band(40 * one, 200 * one, 60 * one, 200 * one)
        >>> int((band.high < 0.8).argmax())  # the first window that is surely below four fifths
        8
    """
    parts = np.broadcast_arrays(k, n, other_k, other_n)
    k, n, other_k, other_n = (np.asarray(part, np.float64).cumsum(axis=0) for part in parts)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = (k / n) / (other_k / other_n)
        p, q = (k + 1) / (n + 2), (other_k + 1) / (other_n + 2)
        variance = (1 - p) / (p * n) + (1 - q) / (q * other_n)
        rows = 2 * n * other_n / (n + other_n)  # harmonic mean
        rows = np.where(np.minimum(n, other_n) > 0, rows, 0.0)
        half = factor(rows, level) * np.sqrt(variance)
        low, high = value * np.exp(-half), value * np.exp(half)
    told = (np.minimum(n, other_n) >= FEWEST) & np.isfinite(low) & np.isfinite(high)
    return Band(value, np.where(told, low, 0.0), np.where(told, high, np.inf))
