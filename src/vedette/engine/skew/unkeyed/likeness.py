"""How alike two sampled columns are.

Owns: a distance between 0 and 1, and the chance of one as large if they were drawn alike.  Does not
own: samples (`values`), verdicts on columns (`monitors.family`).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, kolmogorov

from vedette.engine.skew.unkeyed.values import Values

SURE = 1e-3  # chance from which two samples pass for one law: one pair in a thousand is refused
DIGITS = 6  # of a number: what is left of a product of decimals
EXPECTED = 5.0  # rows a cell must expect: the usual rule of Pearson's chi-square
CELLS = 50


class Likeness(NamedTuple):
    """A distance and its chance.  Bounds: both in [0, 1]; 0 and 1 for two empty samples."""

    distance: float
    p: float

    @property
    def alike(self) -> bool:
        return self.p > SURE


def likeness(one: Values, two: Values) -> Likeness:
    """Compare two columns, missing values included; of different kinds they are never alike."""
    if one.kind != two.kind or not one.kind or not one.rows or not two.rows:
        return Likeness(1.0, 0.0)
    gaps = _shares(
        np.array([one.usable, one.rows - one.usable], np.float64),
        np.array([two.usable, two.rows - two.usable], np.float64),
    )
    if not one.usable or not two.usable:
        return gaps
    body = (
        alike_words(one.tally, two.tally)
        if one.kind == "text"
        else alike_numbers(one.ordered, two.ordered)
    )
    return Likeness(max(body.distance, gaps.distance), min(body.p, gaps.p, 1.0))


def alike_numbers(one: NDArray[np.float64], two: NDArray[np.float64]) -> Likeness:
    """Kolmogorov and Smirnov's distance of two ordered samples, and its asymptotic chance.

    Values that agree to six digits are equal, so that arithmetic does not tell them apart.
    """
    if not len(one) or not len(two):
        return Likeness(1.0, 0.0) if len(one) != len(two) else Likeness(0.0, 1.0)
    one, two = rounded(one), rounded(two)
    every = np.concatenate([one, two])
    gap = np.searchsorted(one, every, "right") / len(one)
    gap -= np.searchsorted(two, every, "right") / len(two)
    distance = float(np.abs(gap).max())
    size = np.sqrt(len(one) * len(two) / (len(one) + len(two)))
    return Likeness(distance, float(kolmogorov(size * distance)))


def alike_words(one: dict[str, int], two: dict[str, int]) -> Likeness:
    """Total variation of two samples of words, and the chance of Pearson's chi-square."""
    names = sorted(
        one.keys() | two.keys(), key=lambda word: (-one.get(word, 0) - two.get(word, 0), word)
    )
    shares = [np.array([side.get(name, 0) for name in names], np.float64) for side in (one, two)]
    return _shares(*shares)


def rounded(ordered: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same numbers to six digits.

    Example:
        >>> rounded(np.array([0.30000000000000004, 1234567.0])).tolist()
        [0.3, 1234570.0]
    """
    size = np.abs(ordered)
    with np.errstate(divide="ignore"):
        exponent = np.floor(np.log10(np.where(size > 0, size, 1.0)))
    scale = 10.0 ** (DIGITS - 1 - np.clip(exponent, -290, 290))
    kept: NDArray[np.float64] = np.rint(ordered * scale) / scale
    return kept


def _shares(one: NDArray[np.float64], two: NDArray[np.float64]) -> Likeness:
    m, n = one.sum(), two.sum()
    if not m or not n:
        return Likeness(0.0, 1.0) if m == n else Likeness(1.0, 0.0)
    distance = float(np.abs(one / m - two / n).sum() / 2)
    both = one + two
    big = both * min(m, n) / (m + n) >= EXPECTED
    big[CELLS:] = False
    one = np.append(one[big], one[~big].sum())
    two = np.append(two[big], two[~big].sum())
    both = one + two
    one, two, both = one[both > 0], two[both > 0], both[both > 0]
    if len(both) < 2:
        return Likeness(distance, 1.0)
    statistic = float(((one * np.sqrt(n / m) - two * np.sqrt(m / n)) ** 2 / both).sum())
    return Likeness(distance, float(chdtrc(len(both) - 1, statistic)))
