"""Each group beside everyone else, or beside one named group.

Owns: rates, differences and ratios with their intervals, and the test of "no difference at all".
Does not own: whether a difference matters (`stats.fairness.verdict`), how intervals are made
(`stats.fairness.intervals`).

Compare with the rest rather than with the best group: the best one is picked by noise.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from vedette.stats.fairness.intervals import (
    Array,
    difference_interval,
    rate_interval,
    ratio_interval,
)

_FEW = 5  # expected rows in a cell of the table below which the normal test is not trusted
_REACH = 128  # a cell that expects fewer than 5 rows holds more with a chance below 1e-120
_SAME = 1e-7  # relative: two tables of one chance, as scipy.stats.fisher_exact has it


class Compared(NamedTuple):
    """One entry per metric and group, all of one shape; nan where nothing can be said.

    `k` of `n` rows against `other_k` of `other_n`; `difference` is rate less other, `ratio` rate
    over other; `z` is above 0 where the group's rate is the higher.  Intervals hold one by one at
    `level`.
    """

    k: Array
    n: Array
    other_k: Array
    other_n: Array
    rate: Array
    low: Array
    high: Array
    other: Array
    difference: Array
    difference_low: Array
    difference_high: Array
    ratio: Array
    ratio_low: Array
    ratio_high: Array
    z: Array
    p: Array
    level: float


def compare(
    k: ArrayLike, n: ArrayLike, other_k: ArrayLike, other_n: ArrayLike, level: float = 0.95
) -> Compared:
    """Compare shares: k of n rows of the group, other_k of other_n of those it is compared with.

    Shapes: all broadcast together.
    Bounds: without rows on a side its rate, difference, ratio, z and p are nan and the intervals
    say nothing; a ratio to a rate of 0 is infinite, of 0 to 0 nan; all rows alike on both sides
    have z 0 and p 1.
    Assumes independent rows, and groups without common rows.
    Source: p agrees with scipy.stats.fisher_exact where a cell expects fewer than 5 rows, else with
    the root of scipy.stats.chi2_contingency(correction=False).

    Example:
        >>> found = compare([20, 0], [100, 0], [150, 170], [500, 600])
        >>> found.difference.round(2).tolist(), found.ratio.round(2).tolist()
        ([-0.1, nan], [0.67, nan])
        >>> found.p.round(3).tolist()
        [0.043, nan]
    """
    k, n, other_k, other_n = (
        np.asarray(part, np.float64) for part in np.broadcast_arrays(k, n, other_k, other_n)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        rate, other = k / n, other_k / other_n
        ratio = rate / other
    low, high = rate_interval(k, n, level)
    difference_low, difference_high = difference_interval(k, n, other_k, other_n, level)
    ratio_low, ratio_high = ratio_interval(k, n, other_k, other_n, level)
    z, p = _test(k, n, other_k, other_n)
    return Compared(
        k=k,
        n=n,
        other_k=other_k,
        other_n=other_n,
        rate=rate,
        low=low,
        high=high,
        other=other,
        difference=rate - other,
        difference_low=difference_low,
        difference_high=difference_high,
        ratio=ratio,
        ratio_low=ratio_low,
        ratio_high=ratio_high,
        z=z,
        p=p,
        level=level,
    )


def _test(k: Array, n: Array, other_k: Array, other_n: Array) -> tuple[Array, Array]:
    """Pooled z of the difference, and p: normal, or Fisher's where a cell expects few rows."""
    rows, events = n + other_n, k + other_k
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = events / rows
        se = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / other_n))
        difference = k / n - other_k / other_n
        z = np.where(se > 0, difference / se, 0.0)
        few = np.minimum(n, other_n) * np.minimum(events, rows - events) < _FEW * rows
    some = (n > 0) & (other_n > 0)
    p = 2 * ndtr(-np.abs(z))
    exact = few & some
    if exact.any():
        p[exact] = _fisher(k[exact], n[exact], events[exact], rows[exact])
    return np.where(some, z, np.nan), np.where(some, p, np.nan)


def _fisher(k: Array, n: Array, events: Array, rows: Array) -> Array:
    """Two-sided p of a table's cell given its margins.

    The table is turned so that the cell is the one that expects the fewest rows: it then starts at
    0 and hardly ever reaches far, and its chances follow from each other.  Shapes: [E] each.
    """
    flip = events > rows - events
    cell, common = np.where(flip, n - k, k), np.where(flip, rows - events, events)
    other = n > rows - n
    cell, side = np.where(other, common - cell, cell), np.where(other, rows - n, n)
    x = np.arange(_REACH, dtype=np.float64)
    more, column = side[:, None] - x, common[:, None] - x
    left = (rows - side - common)[:, None] + x + 1
    step = np.maximum(more, 0) * np.maximum(column, 0) / ((x + 1) * left)
    with np.errstate(divide="ignore"):
        log = np.cumsum(np.log(step), axis=1)
    log = np.concatenate([np.zeros((len(cell), 1)), log], axis=1)
    chance = np.exp(log - log.max(axis=1, keepdims=True))
    place = np.minimum(np.rint(cell), _REACH).astype(np.intp)
    own = np.take_along_axis(chance, place[:, None], axis=1)
    tail = np.where(chance <= own * (1 + _SAME), chance, 0.0).sum(axis=1) / chance.sum(axis=1)
    return np.asarray(np.minimum(tail, 1.0), np.float64)
