"""What the reference says of the gap between each group and the rest.

Owns: the gap that stood, whether it surely did, and what gaps of others make of it.  Does not own:
which gaps are asked about (`monitors.gap_reference`), fitting (`profiles.gap_variation`).

The rest of a group holds other groups.  Where one of them surely stood apart, all that are alike
lie a little off their own rest: that shadow is no gap of theirs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vedette.profiles.gap_variation import gap_name
from vedette.profiles.groups import Groups
from vedette.profiles.loss_variation import BEYOND, COVERED, ENOUGH, LossVariation
from vedette.stats.gap_bets import Sides, gap_batch, shadows, surely

Array = NDArray[np.float64]

LEAST = 30  # rows below which nothing is said of a group


@dataclass(frozen=True, eq=False)
class Known:
    """One gap in the reference: `rate` of the group and `other` of the rest, nan where rows are too
    few; `gap` with its standard error, infinite then; its unrest, and cycles `beta`.

    `stood`: there surely was one; `shadow` is the gap that those of others make.
    """

    rows: float
    rate: float
    other: float
    gap: float
    error: float
    t2: float
    phi: float
    learnt: bool
    beta: Array
    stood: bool = False
    shadow: float = 0.0


def known_gaps(
    sides: Sides, groups: Groups, told: Sequence[int], metric: str, variation: LossVariation | None
) -> list[Known]:
    """What is known of the groups that are told of, on one metric.

    Shapes: `sides` [G] each, the two unnamed groups included; one entry for each of `told`.
    """
    found = [_known(sides, at, gap_name(metric, groups.labels[at]), variation) for at in told]
    stood = np.zeros(len(groups), np.bool_)
    shadow = np.zeros(len(groups))
    while True:  # the farthest first: it may be all that the others show
        off = {
            at: abs(one.gap - shadow[at]) / one.error
            for at, one in zip(told, found, strict=True)
            if not stood[at] and surely(one.gap - shadow[at], one.error, len(told))
        }
        if not off:
            break
        stood[max(off, key=lambda at: off[at])] = True
        shadow = shadows(sides.k, sides.n, stood)
    return [
        replace(one, stood=bool(stood[at]), shadow=float(shadow[at]))
        for at, one in zip(told, found, strict=True)
    ]


def _known(sides: Sides, at: int, name: str, variation: LossVariation | None) -> Known:
    k, n, other_k, other_n = (float(part[at]) for part in sides)
    nan = float("nan")
    beta = np.zeros(0 if variation is None else variation.beta.shape[2])
    if n < LEAST or other_n < LEAST:
        return Known(n, nan, nan, 0.0, np.inf, 0.0, 0.0, False, beta)
    rate, other = k / n, other_k / other_n
    one = gap_batch(sides.take(np.array([at])), np.zeros(1))
    error = float(np.sqrt(one.variance[0] / n)) if one.n[0] else 1 / n
    place = -1 if variation is None else variation.at(name)
    if variation is None or place < 0 or not np.isfinite(variation.mean[place, BEYOND]):
        return Known(n, rate, other, rate - other, error, 0.0, 0.0, False, beta)
    mean, error, t2, phi = (
        float(part[place, BEYOND])
        for part in (variation.mean, variation.error, variation.t2, variation.phi)
    )
    # Where windows showed but some of the rows they do not know the level, only the unrest.
    gap = mean if variation.rows[place] >= COVERED * n else rate - other
    learnt = bool(variation.used[place] >= ENOUGH)
    return Known(n, rate, other, gap, error, t2, phi, learnt, variation.beta[place, BEYOND])
