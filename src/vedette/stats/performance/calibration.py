"""Whether scores that are chances come true.

Owns: the calibration curve and the expected calibration error, debiased.  Does not own: log loss
and Brier score, which are means of terms (`stats.performance.metrics`).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.stats.intervals import Z95, wilson
from vedette.stats.performance.measured import Measured, unmeasured

GROUPS = 20  # with more, noise of the rates is most of the error


class Curve(NamedTuple):
    """Groups of about as many rows each, by score.

    Shapes: G of each: mean score, share of positives with its interval (Wilson's), rows.
    """

    score: NDArray[np.float64]
    rate: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    n: NDArray[np.float64]


def calibration_curve(
    ranked: NDArray[np.float64], inside: NDArray[np.float64], groups: int = GROUPS
) -> Curve:
    """Join bins to groups of about as many rows each and compare score and outcome.

    Shapes: ranked [K, 2], inside [K, 2], sums of the score -> at most `groups`.
    Example:
        >>> rows, sums = np.array([[8, 2], [1, 9]]), np.array([[1.6, 0.4], [0.8, 7.2]])
        >>> curve = calibration_curve(rows, sums)
        >>> curve.score.round(3).tolist(), curve.rate.tolist()
        ([0.2, 0.8], [0.2, 0.9])
    """
    counts = ranked.astype(np.float64)
    rows = counts.sum(axis=1)
    total = rows.sum()
    if total <= 0:
        none = np.zeros(0)
        return Curve(none, none, none, none, none)
    middle = np.cumsum(rows) - rows / 2
    group = np.minimum((middle / total * groups).astype(np.intp), groups - 1)
    sizes = np.bincount(group, rows, minlength=groups)
    some = sizes > 0
    n = sizes[some].astype(np.float64)
    score = (np.bincount(group, inside.sum(axis=1), minlength=groups)[some] / n).astype(np.float64)
    rate = (np.bincount(group, counts[:, 1], minlength=groups)[some] / n).astype(np.float64)
    bounds = np.array([wilson(r * k, k) for r, k in zip(rate, n, strict=True)]).reshape(-1, 2)
    return Curve(score, rate, bounds[:, 0], bounds[:, 1], n)


def ece(curve: Curve) -> Measured:
    """Mean distance of score and outcome over the groups, less what chance alone would give.

    `sum n_g |score_g - rate_g| / n - sum sqrt(2 / pi) sqrt(m_g (1 - m_g) n_g) / n`, at least 0, m
    the mean score: the second sum is what a calibrated model shows.
    Interval: normal, with the variance of the rates.
    """
    n = float(curve.n.sum())
    if n <= 0:
        return unmeasured()
    m = np.clip(curve.score, 0.0, 1.0)
    seen = float(curve.n @ np.abs(curve.score - curve.rate)) / n
    chance = float(np.sqrt(2 / np.pi * m * (1 - m) * curve.n).sum()) / n
    p = (curve.rate * curve.n + 0.5) / (curve.n + 1)  # a rate of 0 is not known to be 0
    se = float(np.sqrt((curve.n * p * (1 - p)).sum())) / n
    value = max(seen - chance, 0.0)
    return Measured(value, max(value - Z95 * se, 0.0), min(value + Z95 * se, 1.0), n, se)
