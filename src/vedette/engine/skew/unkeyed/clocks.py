"""Clocks: the hour of the day of columns that have one.

Owns: whether the hours of a day are spread otherwise, and by how many hours they are turned.  Does
not own: hours against other columns (`relations`).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, chndtr

from vedette.engine.skew.unkeyed.trait import MONITOR, Two
from vedette.engine.skew.unkeyed.values import HOURS
from vedette.monitors.finding import Finding

EXPECTED = 5.0
SOME = 0.05  # share of rows that must be turned
MOST = 0.6  # of what differs, that a turn may leave
EPS = 0.1  # w: an eighth of a day's rows an hour later or so


def clocks(two: Two, eps: float) -> list[Finding]:
    """Test whether the hours of the day are distributed as in training."""
    if not (two.training.is_clock and two.serving.is_clock):
        return []
    one, other = (hour_counts(side.hours) for side in (two.training, two.serving))
    m, n = one.sum(), other.sum()
    both = one + other
    big = both * min(m, n) / (m + n) >= EXPECTED
    if big.sum() < 2:
        return []
    one, other = (np.append(side[big], side[~big].sum()) for side in (one, other))
    both = np.maximum(one + other, 1e-9)
    chi2 = float(((one * np.sqrt(n / m) - other * np.sqrt(m / n)) ** 2 / both).sum())
    df = float((both >= 1).sum() - 1)
    scale = m * n / (m + n)
    w = float(np.sqrt(chi2 / (m + n)))
    k = turned(one_profile(two.training.hours), one_profile(two.serving.hours))
    said = f", as if turned by {k:+d} h" if k else ""
    return [
        Finding(
            monitor=MONITOR,
            component="hours",
            column=two.name,
            effect=w,
            unit="w",
            magnitude=w,
            p=float(chdtrc(df, chi2)),
            p_margin=float(1 - chndtr(chi2, df, EPS**2 * scale)),
            n_baseline=int(m),
            n_window=int(n),
            min_effect=EPS,
            reason=f"the hours of serving `{two.name}` are spread otherwise than in training{said}",
        )
    ]


def hour_counts(hours: NDArray[np.int64]) -> NDArray[np.float64]:
    """Rows of each hour of the day."""
    return np.bincount(hours[hours >= 0], minlength=HOURS).astype(np.float64)


def one_profile(hours: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share of rows of each hour.  Shapes: float64[24, 1]."""
    counts = hour_counts(hours)
    shares: NDArray[np.float64] = counts / max(counts.sum(), 1.0)
    return shares[:, None]


def turned(training: NDArray[np.float64], serving: NDArray[np.float64]) -> int:
    """By how many hours serving, or a part of it, runs ahead of training; 0 if no turn explains
    most of what differs.

    Shapes: shares of rows by hour and anything else, float64[24, k].
    Example:
        >>> day = np.arange(24.0)[:, None] / 276
        >>> turned(day, np.roll(day, 5, axis=0)), turned(day, day)
        (5, 0)
    """
    gaps, start = [], float(np.abs(training - serving).sum())
    for k in range(HOURS):
        way = np.roll(training, k, axis=0) - training
        size = float((way**2).sum())
        share = float(np.clip(((serving - training) * way).sum() / size, 0, 1)) if size else 0.0
        gaps.append(
            float(np.abs(serving - training - share * way).sum()) if share > SOME else start
        )
    best = int(np.argmin(gaps))
    if start == 0 or gaps[best] > MOST * start:
        return 0
    return best if best <= HOURS // 2 else best - HOURS
