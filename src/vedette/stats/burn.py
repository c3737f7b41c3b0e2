"""How fast a budget of errors is used up, and whether that may be luck.

Owns: burn rates over two windows at a time, the chance of so many errors.  Does not own: counting,
alarms (`monitors.objectives`).

Source: B. Beyer et al., The Site Reliability Workbook (2018), chapter 5: multiwindow,
multi-burn-rate alerts.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc, gammaincc

from vedette.core.durations import HOUR, MINUTE

Array = NDArray[np.float64]


class Pair(NamedTuple):
    """A long window that says much was used up, and a short one that says it still is.

    Units: nanoseconds; `used` the share of the whole period's budget that the long window uses up.
    """

    long: int
    short: int
    used: float

    def factor(self, period: int) -> float:
        """How many times faster than allowed the budget must burn.

        Example:
            >>> round(PAIRS[0].factor(720 * HOUR), 1), PAIRS[2].factor(24 * HOUR)
            (14.4, 1.0)
        """
        return max(self.used * period / self.long, 1.0)


PAIRS = (
    Pair(HOUR, 5 * MINUTE, 0.02),
    Pair(6 * HOUR, 30 * MINUTE, 0.05),
    Pair(72 * HOUR, 6 * HOUR, 0.10),
)


def burn(wrong: Array, counted: Array, allowed: Array) -> Array:
    """How many times faster than allowed errors come; nan where nothing was counted.

    Example:
        >>> burn(np.array([2.0, 0.0]), np.array([100.0, 0.0]), np.array([0.01, 0.01])).tolist()
        [2.0, nan]
    """
    known = counted > 0
    share = np.where(known, wrong / np.where(known, counted, 1.0), np.nan)
    found: Array = share / allowed
    return found


def chance(wrong: Array, counted: Array, allowed: Array, heaviest: Array) -> Array:
    """The chance of as many errors or more where no more than allowed come.

    Errors are taken for independent, and rare: the tail of a Poisson count is above that of a
    binomial one.  Where rows stand for several events all count as if each stood for as many as
    the heaviest, which is an upper bound.
    Bounds: 1 without an error.
    Example:
        >>> chance(np.array([3.0]), np.array([10.0]), np.array([0.001]), np.array([1.0])).round(9)
        array([1.65e-07])
    """
    size = np.maximum(heaviest, 1.0)
    events = wrong / size
    tail = gammainc(np.maximum(events, 1e-300), counted * allowed / size)
    found: Array = np.where(events > 0, tail, 1.0)
    return found


def chance_of_few(wrong: Array, counted: Array, share: Array, heaviest: Array) -> Array:
    """The chance of as few errors or fewer where a share of events goes wrong; 1 without events.

    As `chance`, for the other side.
    Example:
        >>> few = chance_of_few(np.array([0.0]), np.array([300.0]), np.array([0.01]), np.ones(1))
        >>> few.round(4)
        array([0.0498])
    """
    size = np.maximum(heaviest, 1.0)
    found: Array = gammaincc(wrong / size + 1.0, np.maximum(counted * share / size, 1e-300))
    return found
