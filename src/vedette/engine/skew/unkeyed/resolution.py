"""Resolution: to what step numbers are rounded.

Owns: the share of numbers that are whole multiples of each step.  Does not own: rounding or cutting
off (`recoding`).  Zero is a multiple of everything and left out.
"""

import numpy as np
from numpy.typing import NDArray

from vedette.core.words import number, percent
from vedette.engine.skew.unkeyed.likeness import rounded
from vedette.engine.skew.unkeyed.trait import Two, shared
from vedette.monitors.finding import Finding

STEPS = (1000.0, 100.0, 10.0, 5.0, 1.0, 0.5, 0.1, 0.01, 1e-3, 1e-4)
NEAR = 1e-6  # of a step, and of the value: what arithmetic leaves of a decimal


def resolution(two: Two, eps: float) -> list[Finding]:
    """Test for every step whether its multiples became more or less frequent."""
    if two.training.kind != "number" or not two.comparable:
        return []
    sides = [side.ordered[side.ordered != 0.0] for side in (two.serving, two.training)]
    if not all(len(side) for side in sides):
        return []
    if any(_single(side) for side in sides):
        sides = [rounded(side) for side in sides]
    found = []
    for step in STEPS:
        x, k = (int(multiples(side, step).sum()) for side in sides)
        (n, m) = (len(side) for side in sides)
        if x in (0, n) and x * m == k * n:
            continue
        reason = (
            f"{percent(x / n)} of serving `{two.name}` are multiples of {number(step)},"
            f" of training's {percent(k / m)}"
        )
        found.append(shared("resolution", two.name, (x, n), (k, m), eps, reason, f"{step:g}"))
    return found


def _single(values: NDArray[np.float64]) -> bool:
    """Whether numbers were stored in single precision, whose last digits mean nothing."""
    return bool(np.any(values % 1) and np.all(values.astype(np.float32) == values))


def multiples(values: NDArray[np.float64], step: float) -> NDArray[np.bool_]:
    """Which numbers are whole multiples of a step.

    Example:
        >>> multiples(np.array([0.3, 0.35, -2.0]), 0.1).tolist()
        [True, False, True]
        >>> multiples(np.array([1e-9, 0.0]), 1.0).tolist()  # zero is a multiple of everything
        [False, False]
    """
    ratio = values / step if step >= 1 else values * round(1 / step)
    size = np.abs(ratio)
    near = np.abs(ratio - np.rint(ratio)) <= NEAR * np.clip(size, 1.0, 1e4)
    sized: NDArray[np.bool_] = near & (size > 0.5) & (size < 1 / NEAR**2)
    return sized
