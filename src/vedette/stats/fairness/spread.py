"""The widest gap between groups, and how wide chance alone would make it.

Owns: largest less smallest rate, their ratio, and what both are without any disparity.  Does not
own: which group it is due to (`stats.fairness.compare`).

The gap grows with the number of groups and never averages 0: show it beside its expectation.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from vedette.stats.fairness.intervals import Array

_GRID = np.linspace(-6.0, 6.0, 121)  # sd's of the widest group; chances beyond are below 1e-8
_LEAST = 0.1  # of that sd: what is surer than this is certain enough, and the grid resolves it
_NEVER = 1e-30  # a chance that is as good as 0
_HALVINGS = 15  # to 4e-4 sd


class Spread(NamedTuple):
    """Largest less smallest rate, smallest over largest, and the places of both; one per metric."""

    difference: Array
    ratio: Array
    lowest: NDArray[np.intp]
    highest: NDArray[np.intp]


class WorstGap(NamedTuple):
    """The widest gap as it is, its mean and its upper bound if all groups were alike, and what is
    left of it beyond that mean."""

    gap: Array
    expected: Array
    bound: Array
    corrected: Array


def spread(rate: ArrayLike) -> Spread:
    """Find the widest gap between groups.

    Shapes: [G] or [M, G] rates, nan where a group has none -> [] or [M].
    Bounds: with no rate at all nan and places 0; one group, or all equal, has difference 0; a ratio
    of rates that are all 0 is nan.
    Source: agrees with fairlearn.metrics.MetricFrame.difference() and .ratio().

    Example:
        >>> found = spread([0.2, 0.5, 0.4])
        >>> found.difference, found.ratio, int(found.lowest)
        (np.float64(0.3), np.float64(0.4), 0)
    """
    rate = np.asarray(rate, np.float64)
    told = ~np.isnan(rate)
    low, high = np.where(told, rate, np.inf), np.where(told, rate, -np.inf)
    some = told.any(axis=-1)
    least, most = low.min(axis=-1), high.max(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = np.where(some, most - least, np.nan)
        ratio = np.where(some & (most > 0), least / most, np.nan)
    return Spread(difference[()], ratio[()], low.argmin(axis=-1), high.argmax(axis=-1))


def worst_gap(k: ArrayLike, n: ArrayLike, level: float = 0.95) -> WorstGap:
    """Hold the widest gap between groups against the one that chance alone makes.

    Shapes: k of n rows, [G] or [M, G] -> [] or [M].
    Bounds: groups without rows do not count; fewer than two have gap, mean and bound 0; all rows
    alike have bound 0.
    Assumes independent groups and a normal rate with the variance of the pooled one: leave groups
    of a handful of rows out.
    Source: range of independent normal variables, Gupta 1963, Annals of Mathematical Statistics 34,
    792-828.

    Example:
        >>> gap = worst_gap([10] * 14, [50] * 14)  # 14 groups of 50 rows, 20 % each
        >>> gap.expected.round(2), gap.bound.round(2), gap.corrected
        (np.float64(0.19), np.float64(0.27), np.float64(0.0))
    """
    k, n = np.broadcast_arrays(np.asarray(k, np.float64), np.asarray(n, np.float64))
    told = n > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(told, k / n, np.nan)
        pooled = np.where(told, k, 0.0).sum(-1, keepdims=True) / np.where(told, n, 0.0).sum(
            -1, keepdims=True
        )
        sd = np.where(told, np.sqrt(pooled * (1 - pooled) / n), 0.0)
    widest = sd.max(axis=-1)
    unit = np.where(widest > 0, widest, 1.0)
    scale = np.where(told, sd / unit[..., None], np.nan)
    # a group that does not count lies neither below nor above anything
    below = np.where(told[..., None, :], _below(_GRID, scale), 1.0).prod(axis=-1)
    above = np.where(told[..., None, :], _below(-_GRID, scale), 1.0).prod(axis=-1)
    counts = told.sum(axis=-1) > 1
    mean = np.where(counts & (widest > 0), np.trapezoid(1 - below - above, _GRID) * unit, 0.0)
    bound = np.where(counts & (widest > 0), _range_bound(scale, told, level) * unit, 0.0)
    gap = np.where(told.sum(axis=-1) > 0, spread(rate).difference, 0.0)
    return WorstGap(gap[()], mean[()], bound[()], np.maximum(gap - mean, 0.0)[()])


def _below(x: Array, scale: Array) -> Array:
    """Chance of a group to be below each x.  Shapes: [X], [..., G] -> [..., X, G]."""
    return np.asarray(ndtr(x[:, None] / np.maximum(scale[..., None, :], _LEAST)), np.float64)


def _range_bound(scale: Array, told: NDArray[np.bool_], level: float) -> Array:
    """The range that is exceeded with chance 1 - level.  Shapes: [..., G] -> [...]."""
    safe = np.maximum(np.where(told, scale, 1.0), _LEAST)[..., None, :]
    start = _GRID[:, None]
    at = ndtr(start / safe)
    used = told[..., None, :]
    density = np.where(used, np.exp(-((start / safe) ** 2) / 2) / (safe * np.sqrt(2 * np.pi)), 0.0)
    low, high = np.zeros(scale.shape[:-1]), np.full(scale.shape[:-1], 12.0)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        inside = np.where(used, ndtr((start + middle[..., None, None]) / safe) - at, 1.0)
        # each group as the lowest, all the rest within the range above it
        lowest = (density / np.maximum(inside, _NEVER)).sum(axis=-1) * inside.prod(axis=-1)
        chance = np.trapezoid(lowest, _GRID)
        enough = chance >= level
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.asarray((low + high) / 2, np.float64)
