"""How differently a number is spread in a group: its score, or any column that is compared.

Owns: quantile gaps and Wasserstein's distance from bins, the standardised gap of means from sums,
the share above the common middle; all with intervals.  Does not own: bins and sums
(`sketches.cube`), means in their own unit (`stats.fairness.means`), shares
(`stats.fairness.compare`).

All are of two independent sets of rows: a group, and the rest or another group.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from vedette.stats.fairness.intervals import Array, Bounds, rate_interval
from vedette.stats.fairness.means import Moments

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)


class Gap(NamedTuple):
    """A value with its interval.  Shapes: those of what came in."""

    value: Array
    low: Array
    high: Array


def standardised(own: Moments, other: Moments, level: float = 0.95) -> Gap:
    """Gap of means in standard deviations within groups: the standardised mean difference.

    Shapes: those of the moments, broadcast together.
    Bounds: fewer than two rows on a side give nan and infinite intervals; all equal on both sides
    has 0; all equal within sides that differ has no standard deviation: nan.
    Assumes independent rows, enough of them for means to be normal (30 and more), and spreads that
    are alike.
    Source: Hedges & Olkin 1985, Statistical Methods for Meta-Analysis, chapter 5.

    Example:
        >>> gap = standardised(Moments.of(400, 200.0, 200.0), Moments.of(900, 360.0, 300.0))
        >>> [float(x.round(2)) for x in gap]
        [0.23, 0.11, 0.34]
    """
    n, m = own.n, other.n
    with np.errstate(divide="ignore", invalid="ignore"):
        d = own.mean - other.mean
        within = np.sqrt(((n - 1) * own.variance + (m - 1) * other.variance) / (n + m - 2))
        value = np.where(d == 0, 0.0, np.where(within > 0, d / within, np.nan))
        se = np.sqrt(1 / n + 1 / m + value**2 / (2 * (n + m)))
    told = (n > 1) & (m > 1) & ~np.isnan(value)
    half = -float(ndtri((1 - level) / 2)) * se
    return Gap(
        np.where(told, value, np.nan),
        np.where(told, value - half, -np.inf),
        np.where(told, value + half, np.inf),
    )


def quantile_gap(
    counts: ArrayLike,
    other: ArrayLike,
    edges: ArrayLike,
    at: Sequence[float] = QUANTILES,
    level: float = 0.95,
) -> Gap:
    """Compare quantiles: the group's less the other's.

    Shapes: counts [G, K] and other [G, K] in K bins between K + 1 ascending edges -> [G, Q].
    Units: those of the edges.
    Bounds: an empty side gives nan and infinite intervals; rows of one bin are spread evenly in it.
    Assumes independent rows.
    Source: Woodruff 1952, Journal of the American Statistical Association 47, 635-646, with
    Wilson's bounds of the share below; joined as Newcombe joins shares.

    Example:
        >>> edges = np.linspace(0, 1, 11)
        >>> gap = quantile_gap([[10] * 10], [[0] * 5 + [20] * 5], edges, at=[0.5])
        >>> gap.value.round(2).tolist(), gap.low.round(2).tolist(), gap.high.round(2).tolist()
        ([[-0.25]], [[-0.36]], [[-0.14]])
    """
    one, low, high = _quantiles(counts, edges, at, level)
    two, other_low, other_high = _quantiles(other, edges, at, level)
    d = one - two
    below, above = np.hypot(one - low, other_high - two), np.hypot(high - one, two - other_low)
    told = ~np.isnan(d)
    return Gap(d, np.where(told, d - below, -np.inf), np.where(told, d + above, np.inf))


def transport(counts: ArrayLike, other: ArrayLike, edges: ArrayLike, level: float = 0.95) -> Gap:
    """Measure how far rows of one side have to move, on average, to be spread like the other.

    Wasserstein's distance of order 1, less what chance alone gives, for many groups at once;
    corrected as in `stats.distances.wasserstein`.

    Shapes: counts [G, K] and other [G, K] in K bins between K + 1 ascending edges -> [G].
    Units: those of the edges.
    Bounds: 0 and up; an empty side gives nan and (0, inf); equal shares give 0.
    Assumes independent rows, spread evenly within a bin.

    Example:
        >>> edges = np.linspace(0, 1, 11)
        >>> gap = transport([[10] * 10], [[0] * 5 + [20] * 5], edges)
        >>> gap.value.round(2).tolist()
        [0.25]
    """
    x, y = np.asarray(counts, np.float64), np.asarray(other, np.float64)
    width = np.diff(np.asarray(edges, np.float64))
    n, m = x.sum(axis=-1), y.sum(axis=-1)
    some = (n > 0) & (m > 0)
    rows, others = np.where(some, n, 1.0)[..., None], np.where(some, m, 1.0)[..., None]
    F, H, pooled = _below(x, rows), _below(y, others), _below(x + y, rows + others)
    a, b = (H - F)[..., :-1], (H - F)[..., 1:]
    reach = np.abs(a) + np.abs(b)
    safe = np.where(reach > 0, reach, 1.0)
    crossing = a * b < 0
    area = width * np.where(crossing, (a**2 + b**2) / (2 * safe), reach / 2)
    raw = area.sum(axis=-1)
    pooled = np.minimum(pooled, 1.0)  # rounding
    noise = np.sqrt(2 / np.pi * pooled * (1 - pooled) * (1 / rows + 1 / others))
    null = (width * (noise[..., :-1] + noise[..., 1:]) / 2).sum(axis=-1)
    slope = width * (a + b) / safe  # signed by which side lies ahead in the bin
    later = slope[..., ::-1].cumsum(axis=-1)[..., ::-1] - slope / 2  # what one row there adds
    variance = _spread(x / rows, later) / rows[..., 0] + _spread(y / others, later) / others[..., 0]
    half = -float(ndtri((1 - level) / 2)) * np.sqrt(variance)
    value = np.sqrt(np.maximum(raw**2 - null**2, 0.0))
    return Gap(
        np.where(some, value, np.nan),
        np.where(some, np.maximum(value - half, 0.0), 0.0),
        np.where(some, value + half, np.inf),
    )


def _quantiles(
    counts: ArrayLike, edges: ArrayLike, at: Sequence[float], level: float
) -> tuple[Array, Array, Array]:
    """Quantiles of each row of counts with their bounds.  Shapes: [G, K] -> [G, Q] thrice."""
    counts, edges = np.asarray(counts, np.float64), np.asarray(edges, np.float64)
    q = np.asarray(at, np.float64)
    found = np.full((3, len(counts), len(q)), np.nan)
    for g, own in enumerate(counts):
        n = own.sum()
        if n <= 0:
            continue
        below = np.append(0.0, own.cumsum() / n)
        bounds: Bounds = rate_interval(q * n, n, level)
        held = np.append(own > 0, False) | np.append(False, own > 0)  # edges of bins with rows
        for i, share in enumerate((q, *bounds)):
            found[i, g] = np.interp(share, below[held], edges[held])
    return found[0], found[1], found[2]


def _below(counts: Array, rows: Array) -> Array:
    """Share of rows below each edge.  Shapes: [..., K] -> [..., K + 1]."""
    inner = counts.cumsum(axis=-1) / rows
    return np.concatenate([np.zeros((*inner.shape[:-1], 1)), inner], axis=-1)


def _spread(shares: Array, value: Array) -> Array:
    """Variance of a value by bin.  Shapes: [..., K] twice -> [...]."""
    mean = (shares * value).sum(axis=-1, keepdims=True)
    found: NDArray[np.float64] = (shares * (value - mean) ** 2).sum(axis=-1)
    return found
