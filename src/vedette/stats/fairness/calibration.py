"""Whether as many rows of a group turn out positive as its scores said: observed over expected.

Owns: the ratio O/E by group with its interval and test.  Does not own: calibration curves
(`stats.performance.calibration`).
"""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from vedette.stats.fairness.intervals import Array
from vedette.stats.fairness.tally import Tally


class Calibrated(NamedTuple):
    """Observed over expected positives by group; `excess` is their difference per row, and `z` and
    `p` test that the scores are right.  Shapes: [G] each; `n` the rows with a label and a score.
    """

    ratio: Array
    low: Array
    high: Array
    excess: Array
    z: Array
    p: Array
    n: Array


def calibration(tally: Tally, level: float = 0.95) -> Calibrated:
    """Compare the positives of each group with the sum of its scores.

    The variance of O is that of rows that are positive with chance r times their score, so at r = 1
    it is the sum of s (1 - s), and the interval is the set of r that O does not refute.

    Shapes: [G].
    Bounds: no labelled row with a score, or scores that are all 0, gives nan and (0, inf); scores
    that are all exactly right (0 or 1) leave no variance: z is 0 and p is 1 if O = E.
    Assumes independent rows.  Where r times a score would pass 1, the spread of scores is left out,
    which makes the interval wider.
    Source: Spiegelhalter 1986, Statistics in Medicine 5, 421-433, for the variance; inverted as
    Wilson's interval is.

    Example:
        >>> zero = np.zeros(1)
        >>> tally = Tally(*[zero] * 8, *(np.array([x]) for x in (2000.0, 480.0, 400.0, 120.0)))
        >>> found = calibration(tally)
        >>> [float(x[0].round(2)) for x in (found.ratio, found.low, found.high)]
        [1.2, 1.12, 1.29]
    """
    n, O, E, Q = (
        np.asarray(part, np.float64)
        for part in (tally.scored, tally.happened, tally.expected, tally.expected_squares)
    )
    some = (n > 0) & (E > 0)
    n, E = np.where(some, n, 1.0), np.where(some, E, 1.0)
    Q = np.where(some, np.clip(Q, E**2 / n, E), 1.0)
    z2 = float(ndtri((1 - level) / 2)) ** 2
    flat = E**2 / n  # all rows with the same score
    Q_used = np.where(E**2 * (4 * O + z2) >= 4 * O**2 * Q, Q, flat)
    a, b = E**2 + z2 * Q_used, 2 * O * E + z2 * E
    root = np.sqrt(np.maximum(b**2 - 4 * a * O**2, 0.0))
    low, high = (b - root) / (2 * a), (b + root) / (2 * a)
    variance = np.maximum(E - Q, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(O == E, 0.0, (O - E) / np.sqrt(variance))
    return Calibrated(
        ratio=np.where(some, O / E, np.nan),
        low=np.where(some, low, 0.0),
        high=np.where(some, high, np.inf),
        excess=np.where(some, (O - E) / n, np.nan),
        z=np.where(some, z, np.nan),
        p=np.where(some, 2 * ndtr(-np.abs(z)), np.nan),
        n=np.where(some, n, 0.0),
    )
