"""What the causes of numbers share: closeness, decimals, and where many numbers lie together.

Owns: these.  Does not own: any cause.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from vedette.engine.skew.causes.pairs import Mask, Pairs

Floats = NDArray[np.float64]
CLOSE = 2e-6  # relative: what single precision and a few steps of arithmetic leave
EXACT = 1e-15  # relative: what double precision leaves; whole numbers beyond 2**53 lie closer
FINEST = 6  # decimals; more are taken for none
COARSE = 20.0  # differences are so many times the rounding, or rounding could explain them


def decimals(values: Floats) -> int | None:
    """How many decimals numbers are written with, 0 to 4; None when with more.

    Bounds: one number in a hundred may have more; nothing is said of numbers beyond 1e12.
    Example:
        >>> decimals(np.array([1.25, 3.0])), decimals(np.array([7.0])), decimals(np.array([1 / 3]))
        (2, 0, None)
    """
    values = values[np.isfinite(values) & (np.abs(values) < 1e12)]
    if not len(values):
        return None
    for digits in range(FINEST - 1):
        scaled = values * 10.0**digits
        off = np.abs(scaled - np.rint(scaled)) > 1e-5
        if np.count_nonzero(off) <= len(values) / 100:
            return digits
    return None


def half_step(pairs: Pairs) -> float:
    """Half of the step in which online numbers are written; 0 when they are not rounded, or when
    the differences are not large beside it."""
    both = pairs.both
    if not both.any():
        return 0.0
    online = pairs.online.floats()[both]
    digits = decimals(online)
    if digits is None:
        return 0.0
    half = 0.5 * 10.0**-digits
    size = float(np.median(np.abs(online - pairs.offline.floats()[both])))
    return half if size >= COARSE * half else 0.0


def near(predicted: Floats, pairs: Pairs, slack: float = 0.0) -> Mask:
    """Which online numbers are as predicted: to six digits, or within the slack.

    Bounds: False where either is missing.
    """
    online = pairs.online.floats()
    with np.errstate(invalid="ignore", over="ignore"):
        room = CLOSE * np.maximum(np.abs(predicted), np.abs(online))
        room = np.maximum(room, max(slack * (1 + 1e-6), pairs.absolute, _floor(online)))
        return np.asarray(np.abs(predicted - online) <= room)


def apart(pairs: Pairs, room: float) -> Mask:
    """Which pairs are not two numbers that lie within a part of themselves.

    Example:
        >>> from vedette.engine.skew.causes.pairs import values_of
        >>> two = Pairs(values_of([1.0, 1.0, None]), values_of([1.0000001, 2.0, 1.0]))
        >>> apart(two, 1e-6).tolist()
        [False, True, True]
    """
    if not pairs.numeric:
        return np.ones(len(pairs), np.bool_)
    a, b = pairs.offline.floats(), pairs.online.floats()
    with np.errstate(invalid="ignore"):
        return ~np.asarray(np.abs(a - b) <= room * np.maximum(np.abs(a), np.abs(b)))


def _floor(online: Floats) -> float:
    """What is as good as nothing beside the numbers of a column."""
    held = np.abs(online[np.isfinite(online)])
    return 1e-7 * float(np.median(held)) if len(held) else 0.0


def modes(values: Floats, width: Callable[[Floats], Floats], most: int = 3) -> list[float]:
    """Where most numbers lie together: the medians of the fullest stretches, fullest first.

    Shapes: `width` gives the length of the stretch that begins at each number.
    Example:
        >>> modes(np.array([1.0, 5.0, 5.0, 9.0, 5.0, 9.0]), lambda x: 0 * x + 1e-9)
        [5.0, 9.0, 1.0]
    """
    left = np.sort(values[np.isfinite(values)])
    found: list[float] = []
    while len(left) and len(found) < most:
        ends = np.searchsorted(left, left + width(left), side="right")
        counts = ends - np.arange(len(left))
        start = int(np.argmax(counts))
        end = int(ends[start])
        found.append(float(np.median(left[start:end])))
        left = np.delete(left, np.s_[start:end])
    return found


def several(values: Floats, least: int = 5) -> bool:
    """Whether numbers take enough different values for a rule to be told from a coincidence."""
    return len(np.unique(values[np.isfinite(values)])) >= least
