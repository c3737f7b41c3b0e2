"""Bands that hold at every look at once, for the history of a rate or of a gap.

Owns: mixture confidence sequences.  Does not own: alarms (`monitors`), intervals of one look
(`stats.fairness.intervals`).

Looking daily for a year at a 95 % interval calls a fair pair unfair in 43 % of years; these bands,
about 1.6 times as wide, in less than 5 %.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaln, xlog1py, xlogy

from vedette.stats.fairness.intervals import Array

BEST = 1000.0  # rows at which a band is narrowest for its level
_HALVINGS = 30  # to 1e-9
_EDGE = 1e-12


class Band(NamedTuple):
    """The running estimate and what it is certain to lie between, at all looks at once.

    Shapes: those of what came in, windows first.
    """

    value: Array
    low: Array
    high: Array


def factor(n: ArrayLike, level: float = 0.95, best: float = BEST) -> Array:
    """Half the width of a band of a mean, in standard errors, after n rows.

    Bounds: infinite at n = 0.  Assumes that the mean of n rows is normal: start at 30 or more.
    Source: Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas 2024, Annals of Statistics 52, 2613-2640,
    theorem 2.2 and appendix B.2 for the tuning.

    Example:
        >>> factor([30, 1000, 100_000]).round(2).tolist()
        [5.68, 3.04, 3.56]
    """
    n = np.asarray(n, np.float64)
    r = _mixing(level, best)
    with np.errstate(divide="ignore", invalid="ignore"):
        half = np.sqrt(2 * (n * r + 1) / (n * r) * np.log(np.sqrt(n * r + 1) / (1 - level)))
    return np.where(n > 0, half, np.inf)


def rate_band(k: ArrayLike, n: ArrayLike, level: float = 0.95, best: float = BEST) -> Band:
    """Follow a rate, k of n rows in each window.

    The band holds every p whose likelihood is not beaten by more than 1 / (1 - level) by a beta
    mixture about it, which is a martingale when p is true: exact at any number of rows.

    Shapes: [T] or [T, ...], windows in order.
    Bounds: within [0, 1]; (0, 1) and nan before any row; windows without rows change nothing; all
    rows alike leaves a band that closes in on them.
    Assumes independent rows of one rate: a band is left when the rate moves.
    Source: Robbins 1970, Annals of Mathematical Statistics 41, 1397-1409, with the mixture as wide
    as that of `factor`.

    Example:
        >>> band = rate_band([20] * 50, [100] * 50)
        >>> float(band.low[-1].round(3)), float(band.high[-1].round(3))
        (0.183, 0.218)
    """
    k, n = np.broadcast_arrays(_running(k), _running(n))
    some = n > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        value = k / n
    wide, enough = 1 / _mixing(level, best) - 1, -np.log(1 - level)
    middle = np.where(some, value, 0.5)
    low, high = (_edge(k, n, middle, end, wide, enough) for end in (_EDGE, 1 - _EDGE))
    return Band(
        value,
        np.where(some & (k > 0), low, 0.0),
        np.where(some & (k < n), high, 1.0),
    )


def gap_band(
    k: ArrayLike,
    n: ArrayLike,
    other_k: ArrayLike,
    other_n: ArrayLike,
    level: float = 0.95,
    best: float = BEST,
) -> Band:
    """Follow the difference of two rates, k/n less other_k/other_n, window by window.

    Shapes: [T] or [T, ...], windows in order; all broadcast together.
    Bounds: within [-1, 1]; (-1, 1) and nan before any row on either side.
    Assumes independent rows.  The bands of both rates are joined as Newcombe joins intervals; that
    keeps the level in simulation (sides of equal and of very different size).

    Example:
        >>> one = [1.0] * 60
        >>> band = gap_band(*(np.multiply(one, x) for x in (48, 200, 60, 200)))
        >>> int((band.high < 0).argmax())  # the first window in which the gap is certain
        5
    """
    k, n, other_k, other_n = np.broadcast_arrays(k, n, other_k, other_n)
    one, two = rate_band(k, n, level, best), rate_band(other_k, other_n, level, best)
    d = one.value - two.value
    some = ~np.isnan(d)
    low = d - np.hypot(one.value - one.low, two.high - two.value)
    high = d + np.hypot(one.high - one.value, two.value - two.low)
    return Band(d, np.where(some, low, -1.0), np.where(some, high, 1.0))


def _mixing(level: float, best: float) -> float:
    """Variance of the mixture, in variances of a row, that makes a band narrowest after `best`."""
    nats = -2 * float(np.log(1 - level))
    return (nats + float(np.log(nats + 1))) / best


def _edge(k: Array, n: Array, middle: Array, end: float, wide: float, enough: float) -> Array:
    """Where the evidence against p passes `enough`, between the estimate and an end."""
    inside, outside = middle, np.full_like(middle, end)
    for _ in range(_HALVINGS):
        p = np.clip((inside + outside) / 2, _EDGE, 1 - _EDGE)
        a, b = wide * p, wide * (1 - p)
        evidence = betaln(a + k, b + n - k) - betaln(a, b) - xlogy(k, p) - xlog1py(n - k, -p)
        kept = evidence < enough
        inside, outside = np.where(kept, p, inside), np.where(kept, outside, p)
    return (inside + outside) / 2


def _running(counts: ArrayLike) -> Array:
    return np.asarray(counts, np.float64).cumsum(axis=0)
