"""How far the values of a fresh sample may reach beyond those seen.

Owns: the level that a fresh sample exceeds with a small chance.  Does not own: limits of schemas.
"""

from math import sqrt

import numpy as np
from numpy.typing import NDArray

LEAST, MOST, SHARE = 20, 500, 0.05  # values that the tail is fitted on


def reach(values: NDArray[np.float64], chance: float) -> float:
    """A level that one value of the same kind exceeds with a chance, from the largest seen.

    A generalised Pareto tail by probability-weighted moments, taken for no lighter than an
    exponential one, and for heavier by a standard error of its index: too low a level is to be
    rare.  Assumes independent values.
    Shapes: finite values, at least 100.  Bounds: never below the largest; the largest itself when
    the largest are all equal, as at a cap.
    Source: Hosking & Wallis 1987, Technometrics 29, 339-349; its `k` is minus the index here.
    Example:
        >>> rng = np.random.default_rng(0)
        >>> round(reach(rng.normal(size=10_000), 1e-8))
        13
    """
    ordered = np.sort(values)
    count = int(min(max(SHARE * len(ordered), LEAST), MOST, len(ordered) // 2))
    start = ordered[-count - 1]
    over = ordered[-count:] - start
    first = float(over.mean())
    ranks = (np.arange(1, count + 1) - 0.35) / count
    second = float(((1 - ranks) * over).mean())
    largest = float(ordered[-1])
    if first <= 0 or first <= 2 * second * (1 + 1e-12):
        return largest
    index = 2 - first / (first - 2 * second)
    scale = 2 * first * second / (first - 2 * second)
    index = min(max(index, 0.0), 1.0) + 1 / sqrt(count)
    times = count / len(ordered) / chance
    if times <= 1:
        return largest
    return max(float(start + scale * (times**index - 1) / index), largest)
