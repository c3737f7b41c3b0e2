"""Rates drawn towards what the groups have in common, to rank them by.

Owns: beta-binomial shrinkage.  Does not own: verdicts: a shrunk rate never passes or fails a group.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from vedette.stats.fairness.intervals import Array

_ENDLESS = 1e12  # prior rows that stand for "no difference between groups at all"


class Shrunk(NamedTuple):
    """Rates drawn towards the common one, `weight` what a group's own rows count, and how many rows
    the common rate counts as.  Shapes: [..., G], [..., G], [...], [...]."""

    rate: Array
    weight: Array
    common: Array
    strength: Array


def shrink(k: ArrayLike, n: ArrayLike) -> Shrunk:
    """Draw the rates of groups towards the common one, the more the fewer rows they have.

    Shapes: k of n rows, [G] or [M, G].
    Bounds: a group without rows has the common rate, no rows at all nan; one group, or all equal
    rates, have the common rate; rates that differ no more than chance has it, too.
    Assumes that true rates are drawn from one beta law.
    Source: Kleinman 1973, Journal of the American Statistical Association 68, 46-54, with groups
    weighted by their rows.

    Example:
        >>> found = shrink([1, 300, 480], [2, 1000, 1200])
        >>> found.rate.round(2).tolist()
        [0.36, 0.3, 0.4]
    """
    k, n = np.broadcast_arrays(np.asarray(k, np.float64), np.asarray(n, np.float64))
    some = n > 0
    total = n.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        common = np.where(some, k, 0.0).sum(axis=-1, keepdims=True) / total
        own = np.where(some, k / n, common)
        spread = (n * (own - common) ** 2).sum(axis=-1, keepdims=True)
        chance = common * (1 - common)
        fewer = some.sum(axis=-1, keepdims=True) - 1
        room = total - (n**2).sum(axis=-1, keepdims=True) / total
        alike = (spread / chance - fewer) / (room - fewer)  # correlation within groups
        alike = np.where((chance > 0) & (room > fewer), np.clip(alike, 0.0, 1.0), 0.0)
        strength = np.minimum((1 - alike) / alike, _ENDLESS)
    strength = np.where(np.isfinite(strength), strength, _ENDLESS)
    with np.errstate(invalid="ignore"):
        weight = np.where(some, n / (n + strength), 0.0)
        rate = common + weight * (own - common)
    return Shrunk(rate, weight, common[..., 0], strength[..., 0])
