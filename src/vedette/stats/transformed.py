"""Whether one sample looks like another one multiplied, or with something added.

Owns: the factors and offsets that all quantiles of two samples agree on.  Does not own: rows that
belong together (`engine.skew`), words.

Assumes independent rows on both sides.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

TIMES, PLUS = "times", "plus"
CRITICAL = 1.36  # of a Kolmogorov-Smirnov statistic of two samples, 5 % (Smirnov 1948)
DRAWN = 0.002  # what straight lines between quantiles may be off, as a share of rows
ENDS = 0.02  # of the rows at each end: quantiles say little there
FEWEST = 8  # edges that must agree
CLOSE = 0.06  # of itself: a factor or an offset that is known less closely is none
APART = 10.0  # times the band that the samples differ by: a mixture of rows looks like less


class Transformed(NamedTuple):
    """A transformation with the interval that holds at every quantile.

    Units: `value` is a factor (TIMES), or in units of the column (PLUS).
    """

    kind: str
    value: float
    low: float
    high: float


def likely(quantiles: Array, m: int, edges: Array, counts: NDArray[np.int64]) -> Transformed | None:
    """The one factor, or the one offset, that makes the first sample the second.

    Every edge, where F of the second sample is known exactly, bounds the factor by the quantiles of
    the first within the Kolmogorov-Smirnov band; what all bounds leave is the answer.  None where
    nothing is left, where both a factor and an offset would do, where it is not known closely, and
    where the samples hardly differ.

    Shapes: quantiles of the first at even steps, of `m` rows; k + 1 ascending edges, rows of the
    second in k + 2 places: up to the first edge, between two (the right one included), beyond.
    Bounds: n or m = 0, constants and fewer than FEWEST edges give None.
    Source: Smirnov 1948, Annals of Mathematical Statistics 19, 279-281 (the band).
    Example:
        >>> miles = np.sort(np.random.default_rng(0).lognormal(6, 0.5, 20_000))
        >>> edges = np.quantile(1.609 * miles, np.linspace(0, 1, 31))
        >>> counts = np.array([0, *np.histogram(1.609 * miles, edges)[0], 0])
        >>> found = likely(np.quantile(miles, np.linspace(0, 1, 129)), 20_000, edges, counts)
        >>> found.kind, round(found.value, 3)
        ('times', 1.609)
    """
    n = int(counts.sum())
    if not (n and m and len(quantiles) > 1 and quantiles[-1] > quantiles[0]):
        return None
    F = np.cumsum(counts)[:-1] / n
    band = CRITICAL * (1 / n + 1 / m) ** 0.5 + DRAWN
    use = (ENDS + band < F) & (1 - ENDS - band > F) & np.isfinite(edges)
    use &= np.diff(F, prepend=0.0) > 0
    if use.sum() < FEWEST:
        return None
    x, F = edges[use], F[use]
    steps = np.linspace(0, 1, len(quantiles))
    before = np.abs(np.interp(x, quantiles, steps, left=0.0, right=1.0) - F).max()
    if before < APART * band:
        return None
    low, middle, high = (np.interp(F + by, steps, quantiles) for by in (-band, 0.0, band))
    found = [
        one
        for one in (_factor(x, low, middle, high), _offset(x, low, middle, high))
        if one is not None
    ]
    if len(found) != 1:
        return None
    (only,) = found
    return only if only.high - only.low <= CLOSE * abs(only.value) else None


def _factor(x: Array, low: Array, middle: Array, high: Array) -> Transformed | None:
    """Bounds of a positive factor; edges whose band holds 0 say nothing."""
    sided = (low * high > 0) & (x * low > 0)
    if sided.sum() < FEWEST or (low[~sided] * high[~sided] > 0).any():
        return None
    ends = np.stack([x[sided] / low[sided], x[sided] / high[sided]])
    return _kept(TIMES, x[sided] / middle[sided], ends)


def _offset(x: Array, low: Array, middle: Array, high: Array) -> Transformed | None:
    return _kept(PLUS, x - middle, np.stack([x - low, x - high]))


def _kept(kind: str, each: Array, ends: Array) -> Transformed | None:
    """The interval that lies within the bounds of every edge."""
    low, high = float(ends.min(0).max()), float(ends.max(0).min())
    if low > high:
        return None
    return Transformed(kind, float(np.clip(np.median(each), low, high)), low, high)
