"""Evidence that traffic stopped, fell or rose.

Owns: the factor that one window's rows give to each bet, and the tail of one window.  Does not own:
the forecast (`stats.traffic`), memory between windows (`monitors.volume`).

Rows of a window are negative binomial about their forecast.  A bet is a likelihood ratio against
the nearest level that still counts as usual: its mean is at most 1 for every usual level.
"""

from math import log, log1p, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from vedette.stats.traffic import Forecast

FALLS = (0.7, 0.3, 0.05)  # bets: times the lowest usual level
RISES = (1.4, 3.0, 10.0)  # times the highest
CAP = 8.0  # nats that one window gives to a lasting bet: a single odd window is never enough
LEAST_EMPTY = 1e-4  # no window is less likely than that to be empty: two are needed at least


def empty_chance(expected: Forecast) -> float:
    """Say how likely no row is, at the least that is to be expected.

    Bounds: at least the share of empty windows seen at this time of day, and 1 in 10,000.
    Example:
        >>> busy = Forecast(10.0, 10.0, 10.0, shape=400.0, scatter=1.0, empty=0.0)
        >>> night = Forecast(0.0, 0.0, 0.0, shape=400.0, scatter=1.0, empty=0.0)
        >>> round(empty_chance(busy), 6), empty_chance(night)
        (0.0001, 1.0)
    """
    burst = expected.scatter - 1
    mean = expected.least * (log1p(burst) / burst if burst > 1e-6 else 1.0)
    p = (1 + mean / expected.shape) ** -expected.shape
    return float(min(1.0, max(p, expected.empty, LEAST_EMPTY)))


def level_bets(rows: int, expected: Forecast, low: float, high: float) -> NDArray[np.float64]:
    """Give each bet's factor: three falls below `low`, three rises above `high`.

    Units: `low` and `high` are the least and the greatest usual level, times the forecast.
    Shapes: float64[6].
    Example:
        >>> busy = Forecast(100.0, 100.0, 100.0, shape=400.0, scatter=1.0, empty=0.0)
        >>> level_bets(40, busy, 0.8, 1.2).round(2).tolist()
        [2980.96, 616.62, 0.0, 0.0, 0.0, 0.0]
    """
    size = expected.size
    usual = np.repeat([low * expected.mean, high * expected.mean], 3)
    other = usual * np.array(FALLS + RISES)
    # Both laws have the same size, the variance over the mean grows with the mean.
    log_e = rows * np.log(np.array(FALLS + RISES)) + (size + rows) * (
        np.log1p(usual / size) - np.log1p(other / size)
    )
    most = np.full(6, CAP)
    if rows == 0:  # where windows are often empty, another one says little
        most[:3] = min(CAP, -log(max(expected.empty, 1e-9)))
    factors: NDArray[np.float64] = np.exp(np.clip(log_e, -50.0, most))
    return factors


def level_tails(rows: int, expected: Forecast, low: float, high: float) -> tuple[float, float]:
    """Give the chances of so few rows at the least usual level, and of so many at the greatest.

    Example:
        >>> busy = Forecast(100.0, 100.0, 100.0, shape=1e9, scatter=1.0, empty=0.0)
        >>> few, many = level_tails(100, busy, 1.0, 1.0)
        >>> round(few, 2), round(many, 2)
        (0.53, 0.51)
    """
    size = expected.size
    few = float(betainc(size, rows + 1, size / (size + low * expected.mean + 1e-12)))
    few = max(few, expected.empty) if rows == 0 else few
    share = high * expected.mean / (size + high * expected.mean + 1e-12)
    many = float(betainc(rows, size, share)) if rows > 0 else 1.0
    return few, many


def silence_needed(expected: Forecast, nats: float) -> float:
    """Say how many empty windows give so much evidence, were all like this one.

    Bounds: infinite where an empty window is usual.
    Example:
        >>> busy = Forecast(10.0, 10.0, 10.0, shape=400.0, scatter=1.0, empty=0.0)
        >>> silence_needed(busy, 13.4)
        2.0
    """
    each = -log(empty_chance(expected))
    return float(np.ceil(nats / each)) if each > 0 else float("inf")


def fall_needed(expected: Forecast, low: float, nats: float, windows: float) -> float | None:
    """Say what share of the traffic must be missing to be told within so many windows.

    Bounds: None where not even all of it would be.
    Example:
        >>> busy = Forecast(100.0, 100.0, 100.0, shape=400.0, scatter=1.0, empty=0.0)
        >>> round(fall_needed(busy, 0.8, 16.0, 20.0), 2)
        0.34
    """
    if expected.mean <= 0:
        return None
    share = 1 - low + sqrt(2 * nats / windows) * expected.deviation / expected.mean
    return share if share < 1 else None


def gap_bet(gap: int, longest: int) -> float:
    """Give the evidence of a gap while the season is unknown: gaps fall off like 1 / length^2.

    Example:
        >>> gap_bet(800, 1), gap_bet(3, 5)
        (640000.0, 1.0)
    """
    return float(max(1.0, gap / max(longest, 1)) ** 2)
