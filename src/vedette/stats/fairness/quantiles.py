"""Quantiles of many groups at once, from their rows by bin.

Owns: those values.  Does not own: bins (`sketches.cube`), gaps of quantiles with intervals
(`stats.fairness.distribution`).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from vedette.stats.fairness.intervals import Array


def quantiles_of(counts: ArrayLike, edges: ArrayLike, at: Sequence[float]) -> Array:
    """Find the quantiles of every group.

    Shapes: counts [G, K] in K bins between K + 1 ascending edges -> [G, Q].  Units: of the edges.
    Bounds: a group without rows gives nan; rows of a bin are spread evenly in it.

    Example:
        >>> quantiles_of([[10, 10], [0, 0]], [0.0, 1.0, 3.0], [0.25, 0.75]).tolist()
        [[0.5, 2.0], [nan, nan]]
    """
    rows, ends = np.asarray(counts, np.float64), np.asarray(edges, np.float64)
    found = np.full((len(rows), len(at)), np.nan)
    for group, own in enumerate(rows):
        if own.sum() > 0:
            below = np.append(0.0, own.cumsum() / own.sum())
            held = np.append(True, own > 0)  # ends of empty bins leave the inverse no choice
            found[group] = np.interp(at, below[held], ends[held])
    return found
