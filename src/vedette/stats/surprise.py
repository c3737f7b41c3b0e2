"""How surprising losses are, given what was expected of them.

Owns: the weight of a row in a test, the tail of a weighed sum.  Does not own: whose rows are summed
(`stats.weakest`), where expectations come from (`stats.misfit`).

A row that was expected to be right says more when it is wrong than one that might have been either:
it weighs by the inverse of its variance, bounded, since small expectations are the least certain.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc

from vedette.stats.misfit import GROUPS, centred, weigh

TINY = 1e-30  # variance below which a loss is certain
FLAT = 1e-3  # skewness below which a gamma law is a normal one


@dataclass(frozen=True, eq=False)
class Surprise:
    """Losses of rows, what was expected of them, and the moments of what they weigh in a test.

    Shapes: float64[n] each.
    """

    loss: NDArray[np.float64]
    expected: NDArray[np.float64]
    surprise: NDArray[np.float64]  # weight x (loss - expected)
    second: NDArray[np.float64]  # its variance
    third: NDArray[np.float64]  # its third central moment
    reach: NDArray[np.float64]  # how much it moves with the log odds of a loss

    @classmethod
    def of(cls, loss: NDArray[np.float64], expected: NDArray[np.float64] | None) -> Self:
        """Weigh rows by how sure their expectation was.

        Expectations are first brought to the rows' own level, within groups of like ones.
        Shapes: float64[n]; without expectations all rows have the mean of the losses.
        """
        if expected is None or len(loss) == 0:
            level = np.full(len(loss), loss.mean() if len(loss) else 0.0)
            group = np.zeros(len(loss), np.intp)
        else:
            group = _groups(expected)
            rows = np.maximum(np.bincount(group), 1)
            ratio = np.bincount(group, loss) / np.maximum(np.bincount(group, expected), 1e-12)
            shift = (np.bincount(group, loss) - ratio * np.bincount(group, expected)) / rows
            level = np.clip(expected * ratio[group] + shift[group], 0.0, 1.0)
        second, third = _moments(loss, level, group)
        weight = weigh(second)
        reach = weight * level * (1 - level)
        surprise = centred(weight * (loss - level), reach, group)
        return cls(loss, level, surprise, weight**2 * second, weight**3 * third, reach)


def _groups(expected: NDArray[np.float64]) -> NDArray[np.intp]:
    cuts = np.unique(np.quantile(expected, np.linspace(0, 1, GROUPS + 1)[1:-1]))
    return cuts.searchsorted(expected, side="left")


def _moments(
    loss: NDArray[np.float64], level: NDArray[np.float64], group: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Variance and third central moment of each row's loss: of a 0/1 loss they follow from its
    chance; of another they are those of rows with a like expectation."""
    if bool(np.isin(loss, (0.0, 1.0)).all()):
        second = level * (1 - level)
        return second, second * (1 - 2 * level)
    rows = np.maximum(np.bincount(group), 1)
    second = (np.bincount(group, (loss - level) ** 2) / rows)[group]
    return second, (np.bincount(group, (loss - level) ** 3) / rows)[group]


def stands_out(
    total: NDArray[np.float64],
    second: NDArray[np.float64],
    third: NDArray[np.float64],
    reach: NDArray[np.float64],
    shift: NDArray[np.float64],
    left_open: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Say by how many standard errors sums of centred losses stand out, and how often chance does
    that: by a gamma law with their variance and skewness, whose tail is a little heavier.

    Shapes: K sums of `surprise`, `second`, `third` and `reach`; by how many log odds they miss
    anyway (`shift`), and the variance of that -> K standard errors, K chances.
    Bounds: a sum that cannot vary stands out by 0, with the chance 1.
    """
    variance = second + reach**2 * left_open
    sd = np.sqrt(np.maximum(variance, TINY))
    z = np.where(variance > TINY, (total - reach * shift) / sd, 0.0)
    skew = np.maximum(third / sd**3, FLAT)
    shape = 4 / skew**2
    p: NDArray[np.float64] = gammaincc(shape, np.maximum(shape + z * np.sqrt(shape), 0.0))
    return z, np.where(variance > TINY, p, 1.0)
