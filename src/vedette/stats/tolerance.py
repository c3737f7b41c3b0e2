"""Rates that a stream may show without being told.

Owns: the tolerated rate and its dispersion.  Does not own: bets on it (`bets`).
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ENOUGH = 20  # events from which a dispersion can be told


def tolerated(hits: Array, rows: Array, least: Array, dispersion: Array, eps: Array) -> Array:
    """The rate that is still ordinary: the reference's, its error, and what does not matter.

    ``least`` is a rate to be expected even where the reference shows none (what lies beyond its
    extremes, categories it never met).  Bounds: no reference row gives 1: nothing is told.

    Example:
        >>> one = np.ones(1)
        >>> tolerated(0 * one, 1e5 * one, 0 * one, one, 0.05 * one).round(4).tolist()
        [0.0025]
    """
    m = np.maximum(rows, 1)
    rate = np.maximum((hits + 0.5) / (m + 1), least)
    matters = np.maximum(eps * np.sqrt(rate * (1 - np.minimum(rate, 1))), eps**2)
    r0 = rate + 2 * np.sqrt(dispersion * rate / m) + 1 / m + matters
    return np.where(rows > 0, np.minimum(r0, 0.9), 1.0)


def dispersion(x: Array, n: Array) -> Array:
    """Pearson's dispersion of a rate over windows.

    Shapes: (T, C, S), (T, C) -> (C, S).  Bounds: at least 1; 1 with fewer than ENOUGH events.
    Windows without a row do not count.
    """
    used = (n > 0)[:, :, None]
    hits, rows = x.sum(0), n.sum(0)[:, None]
    rate = (hits + 0.5) / (rows + 1)
    expected = n[:, :, None] * rate
    pearson = np.where(
        used, (x - expected) ** 2 / np.maximum(expected * (1 - rate), 1e-3), 0.0
    ).sum(0) / np.maximum(used.sum(0), 1)
    return np.where(hits > ENOUGH, np.maximum(1.0, pearson), 1.0)
