"""The gap between a group's rate and that of the rest, as something to bet on.

Owns: a window's gap beside the one expected, which gaps matter.  Does not own: the bets
(`loss_bets`), which gaps are watched (`monitors.gap_reference`), intervals (`stats.fairness`).

Given the hits of a window in all, those of a group scatter about its part of them, whatever the
rate of the day was.  Bets are therefore laid about the rate of both together, never about that of
the rest alone, which may be of few rows.  The variance is that of both rates.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from vedette.stats.fairness.intervals import sidak
from vedette.stats.fairness.verdict import Limits
from vedette.stats.loss_bets import Batch

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

SURE = 0.95


class Sides(NamedTuple):
    """k of n rows of each group, and of the rest.  Shapes: alike."""

    k: Array
    n: Array
    other_k: Array
    other_n: Array

    def take(self, places: NDArray[np.intp]) -> "Sides":
        """Some of them."""
        return Sides(*(part[places] for part in self))


def gap_batch(sides: Sides, gap: Array) -> Batch:
    """One window of groups.

    ``gap`` is how far the group's rate is expected above that of the rest; where it would leave
    (0, 1), as far as there is room.

    Shapes: (C,) each.  Bounds: a window that cannot show a gap has no rows: one of the sides has
    none, or all rows are alike.

    Example:
        >>> one = np.ones(1)
        >>> sides = Sides(30 * one, 100 * one, 400 * one, 1000 * one)
        >>> batch = gap_batch(sides, -0.1 * one)
        >>> batch.loss[0], batch.expected.round(3)[0], batch.variance.round(2)[0]
        (np.float64(30.0), np.float64(0.3), np.float64(0.23))
    """
    k, n, other_k, other_n = sides
    every, hits = n + other_n, k + other_k
    some = (n > 0) & (other_n > 0) & (hits > 0) & (hits < every)
    size, rest = np.where(some, n, 1.0), np.where(some, other_n, 1.0)
    whole = size + rest
    rate = np.where(some, hits, 0.5 * whole) / whole
    edge = 0.5 / whole  # what no row showed is not believed impossible
    own = np.clip(rate + gap * rest / whole, edge, 1 - edge)
    others = np.clip(rate - gap * size / whole, edge, 1 - edge)
    # Of rates that were estimated from the same rows one degree of freedom is gone.
    spread = own * (1 - own) + others * (1 - others) * size / rest
    return Batch(
        np.where(some, n, 0.0),
        k,
        np.where(some, other_k, 0.0) / rest + own - others,
        spread * whole / np.maximum(whole - 1, 1.0),
        own,
    )


def matters(other: Array, limits: Limits, by_ratio: Flags) -> tuple[Array, Array]:
    """How far above, and below, the rate of the rest a group's rate is at the limits.

    Shapes: (C,) each, `by_ratio` where the ratio counts and not the difference.
    Example:
        >>> up, down = matters(np.array([0.3, 0.3]), Limits(), np.array([True, False]))
        >>> down.round(3).tolist(), up.round(3).tolist()
        ([0.06, 0.05], [0.075, 0.05])
    """
    down = np.where(by_ratio, (1 - limits.ratio) * other, limits.gap)
    up = np.where(by_ratio, (1 / limits.ratio - 1) * other, limits.gap)
    return up, down


def surely(gap: float, error: float, groups: int) -> bool:
    """Whether a gap is no chance, at 95 % over so many groups together.

    Example:
        >>> surely(-0.03, 0.01, 2), surely(-0.02, 0.01, 6), surely(0.5, float("inf"), 2)
        (True, False, False)
    """
    return abs(gap) > float(ndtri(0.5 + sidak(SURE, groups) / 2)) * error


def shadows(k: Array, n: Array, apart: Flags) -> Array:
    """The gap that groups which stand apart make of one that is like all others: these are part of
    its rest.

    Shapes: (G,) each, all groups of a set.
    Example:
        >>> apart = np.array([True, False, False])
        >>> shadows(np.array([10.0, 30, 30]), np.array([100.0, 100, 100]), apart).round(3).tolist()
        [0.0, 0.1, 0.1]
    """
    like = n[~apart].sum()
    if not apart.any() or like <= 0:
        return np.zeros_like(n)
    common = k[~apart].sum() / like
    rest = np.maximum(n.sum() - n, 1.0)
    others = ((like - n) * common + k[apart].sum()) / rest
    found: Array = np.where(apart, 0.0, common - others)
    return found


def beyond(gap: Array, sd: Array, other: Array, limits: Limits, by_ratio: Flags) -> Flags:
    """Whether a gap may lie beyond the limits, above and below: as far as can be told, it does.

    One standard deviation is granted: of a gap just at the limit half of all figures fall short of
    it, which says nothing.  Shapes: (C, 2), up and down, of gap and sd alike.
    Example:
        >>> one = np.ones((1, 2))
        >>> beyond(-0.05 * one, 0.011 * one, 0.3 * one, Limits(), np.array([True])).tolist()
        [[False, True]]
    """
    up, down = matters(other, limits, by_ratio[:, None])
    far = np.stack([gap[:, 0] + sd[:, 0] - up[:, 0], sd[:, 1] - gap[:, 1] - down[:, 1]], axis=1)
    found: Flags = far >= 0
    return found
