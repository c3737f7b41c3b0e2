"""Evidence that a rate rose above what is tolerated, for many rates at once.

Owns: the tolerated rate, the bets against it, the exact tail of one window.  Does not own: which
rates are watched, and memory between windows (`monitors.rates`).

A bet is a likelihood ratio of a higher rate against the tolerated one, to the power 1 / dispersion:
its mean is at most 1 while the rate is tolerated and rows scatter as in the reference.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc

BETS = (1.5, 3.0, 10.0)  # times the tolerated rate; the last bet is halfway to all rows
TOO_COMMON = 0.9  # a rate that may be this high cannot rise by anything that matters
FEW = 10  # rows below which no window is enough alone: they may come from one caller
FEW_CAP = 8.0  # nats that such a window gives at most
_CAP = 50.0  # nats a window gives at most; far above any threshold


class Bets(NamedTuple):
    """Rates betted on, and what a row with and without a hit adds to the log evidence.

    Shapes: all float64[..., 4].
    """

    rates: NDArray[np.float64]
    hit: NDArray[np.float64]
    other: NDArray[np.float64]


def tolerated_rate(
    rate: ArrayLike, m: ArrayLike, dispersion: ArrayLike, eps: ArrayLike
) -> NDArray[np.float64]:
    """Give the highest rate that does not matter, for a rate seen in m reference rows.

    Two standard errors of the reference, one row of it, and the smallest change that matters.

    Bounds: in (0, 1]; m = 0 tolerates everything.
    Source: the design's `reference/statistics.md`, section 3, special rates.
    Example:
        >>> round(float(tolerated_rate(0.0, 100_000, 1.0, 0.05)), 5)
        0.00251
    """
    r, size = np.asarray(rate, float), np.maximum(np.asarray(m, float), 1e-9)
    least, d = np.asarray(eps, float), np.asarray(dispersion, float)
    spare = np.maximum(least * np.sqrt(r * (1 - r)), least**2)
    highest: NDArray[np.float64] = np.minimum(1.0, r + 2 * np.sqrt(d * r / size) + 1 / size + spare)
    return highest


def bets_against(tolerated: NDArray[np.float64]) -> Bets:
    """Choose what to bet on: half as much again, three and ten times, and halfway to all rows.

    Example:
        >>> bets_against(np.array([0.01])).rates.round(3).tolist()
        [[0.015, 0.03, 0.1, 0.505]]
    """
    r0 = np.clip(tolerated, 1e-12, 1 - 1e-9)[..., None]
    half = 0.5 + r0 / 2
    rates = np.concatenate([np.minimum(np.array(BETS) * r0, half), half], axis=-1)
    return Bets(rates, np.log(rates / r0), np.log1p(-(rates - r0) / (1 - r0)))


def window_bets(
    x: NDArray[np.float64], n: NDArray[np.float64], bets: Bets, dispersion: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Give each bet's factor for x hits in n rows.

    Shapes: x, n, dispersion float64[...]; returns float64[..., 4].
    Bounds: 1 where n = 0; a window of few rows gives at most e^8.
    Example:
        >>> window_bets(np.array([3.0]), np.array([20.0]), bets_against(np.array([0.01])),
        ...     np.array([1.0])).round(1).tolist()
        [[3.1, 19.1, 197.8, 1.0]]
    """
    log_e = (x[..., None] * bets.hit + (n - x)[..., None] * bets.other) / dispersion[..., None]
    cap = np.where(n < FEW, FEW_CAP, _CAP)[..., None]
    factors: NDArray[np.float64] = np.exp(np.clip(log_e, -_CAP, cap))
    return factors


def upper_tail(
    x: NDArray[np.float64],
    n: NDArray[np.float64],
    rate: NDArray[np.float64],
    dispersion: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Give P(hits >= x) of n rows at a rate: the exact binomial tail, of n / dispersion rows.

    Bounds: 1 where x <= n rate, where nobody asks.
    Example:
        >>> tail = upper_tail(np.array([20.0]), np.array([20.0]), np.array([0.1]), np.ones(1))
        >>> bool(np.isclose(tail, 1e-20)[0])
        True
    """
    p = np.ones_like(x, dtype=float)
    asked = x > n * rate
    if asked.any():
        d = dispersion[asked]
        hits, rows = x[asked] / d, n[asked] / d
        p[asked] = betainc(hits, rows - hits + 1, rate[asked])
    return p


def dispersion_at(
    dispersion: NDArray[np.float64], rows: NDArray[np.float64], n: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Carry a dispersion learnt on windows of `rows` rows over to windows of n: what rows share
    grows with their number.

    Example:
        >>> dispersion_at(np.array([11.0]), np.array([1001.0]), np.array([101.0])).tolist()
        [2.0]
    """
    share = np.clip((n - 1) / np.maximum(rows - 1, 1.0), 0.0, 1.0)
    at: NDArray[np.float64] = 1 + (dispersion - 1) * share
    return at
