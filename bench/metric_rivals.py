"""Detectors of metric anomalies that others use, re-implemented for a bench: seasonal ESD, EWMA.

Owns: their scores, point by point, from the past only.  Does not own: thresholds.

Seasonal hybrid ESD (Vallis, Hochenbaum & Kejariwal 2014; Twitter's AnomalyDetection) runs over the
last 14 days at every point: the season is the median of each phase of the day, the residual what
lies beside season and median, and the score the statistic of the point at its own removal: its
distance from the median over the median absolute deviation, all larger ones being left out.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
DAYS = 14
MOST = 0.1  # share of points that may be removed before this one
EWMA = (0.01, 0.03, 0.1, 0.3)


def seasonal_esd(values: Array, per_day: int, first: int) -> Array:
    """Score every point from `first`; missing ones 0."""
    score = np.zeros(len(values))
    span = DAYS * per_day
    for t in range(max(first, span), len(values)):
        if np.isnan(values[t]):
            continue
        part = values[t + 1 - span : t + 1].reshape(DAYS, per_day)
        gone = np.isnan(part)
        if gone.any():
            part = np.where(gone, np.nanmedian(part), part)
        middle = np.median(part)
        season = np.partition(part, DAYS // 2, axis=0)[DAYS // 2 - 1 : DAYS // 2 + 1].mean(axis=0)
        rest = (part - season).ravel()
        rest = rest - np.median(rest)
        size = np.abs(rest)
        larger = size > size[-1]
        if larger.sum() > MOST * span:
            continue
        kept = rest[~larger]
        centre = np.median(kept)
        spread = 1.4826 * np.median(np.abs(kept - centre))
        score[t] = abs(rest[-1] - centre) / (spread + 1e-9 * (abs(middle) + 1e-300))
    return score


def ewma_z(values: Array, weight: float) -> Array:
    """Distance from an exponentially weighted mean in weighted standard deviations."""
    score, mean, square, seen = np.zeros(len(values)), 0.0, 0.0, 0
    for t, value in enumerate(values.tolist()):
        if value != value:
            continue
        gain = max(weight, 1.0 / (seen + 1))
        off = value - mean
        if seen > 10:
            score[t] = abs(off) / (square**0.5 + 1e-12)
        mean += gain * off
        square = (1 - gain) * (square + gain * off * off)
        seen += 1
    return score
