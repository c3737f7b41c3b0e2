"""Metrics of predicted numbers.

Owns: MAE, RMSE, MAPE, R2, bias, quantile loss from sums of terms.  Does not own: the terms
(`profiles.row_terms`).
"""

from math import exp, sqrt

import numpy as np

from vedette.stats.intervals import Z95
from vedette.stats.performance.measured import Measured, number, positive, unmeasured
from vedette.stats.performance.sums import Sums


def mae(sums: Sums) -> Measured:
    """Mean |error|."""
    mean, variance, n = sums.mean_variance("absolute")
    return positive(mean, n, variance)


def rmse(sums: Sums) -> Measured:
    """Root of the mean squared error; its variance is that of the mean square / (4 mean square)."""
    mean, variance, n = sums.mean_variance("squared")
    if n <= 0:
        return unmeasured()
    root = sqrt(max(mean, 0.0))
    return positive(root, n, variance / (4 * mean) if mean > 0 else 0.0)


def mape(sums: Sums) -> Measured:
    """Mean |error| / |label| over the labels that are not 0."""
    mean, variance, n = sums.mean_variance("percentage", "measurable")
    return positive(mean, n, variance)


def bias(sums: Sums) -> Measured:
    """Mean error, predicted minus label."""
    mean, variance, n = sums.mean_variance("error")
    return number(mean, n, variance)


def pinball(sums: Sums, term: str) -> Measured:
    """Mean quantile loss."""
    mean, variance, n = sums.mean_variance(term)
    return positive(mean, n, variance)


def r2(sums: Sums) -> Measured:
    """1 - mean squared error / variance of the labels.

    Interval: delta method on the means of error^2, label and label^2, on the scale of
    log(1 - R2).  Bounds: nan with fewer than two rows or labels that are all equal.
    """
    n = sums.rows
    error = sums.total("squared") / n
    label, square = sums.total("label") / n, sums.total("label_squared") / n
    spread = square - label**2
    if n < 2 or spread <= 1e-15 * abs(square):
        return unmeasured(n)
    left = error / spread
    if sums.expected:
        variance = sums.total("squared_variance") / n**2 / spread**2
    else:
        names = ("squared", "label", "label_squared")
        slope = np.array([-1 / spread, -2 * label * error / spread**2, error / spread**2])
        products = np.array([[sums.product(a, b) for b in names] for a in names]) / n
        means = np.array([error, label, square])
        variance = float(slope @ (products - np.outer(means, means)) @ slope) / n
    se = sqrt(max(variance, 0.0))
    wide = exp(min(Z95 * se / left, 700.0)) if left > 0 else 1.0
    return Measured(1 - left, 1 - left * wide, 1 - left / wide, n, se)
