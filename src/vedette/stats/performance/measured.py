"""A metric with its interval.

Owns: the value, and the three ways an interval is made: of a share, of a positive number, of any
number.  Does not own: variances, which every metric derives itself.
"""

from math import exp, isfinite, nan, sqrt
from typing import NamedTuple

from vedette.stats.intervals import Z95, wilson


class Measured(NamedTuple):
    """A metric.  Shapes: `low` and `high` bound it at 95 %, `n` rows it rests on, `se` its standard
    error.  Bounds: nan where there is nothing to measure it on."""

    value: float
    low: float
    high: float
    n: float
    se: float


def unmeasured(n: float = 0) -> Measured:
    """Nothing to measure on."""
    return Measured(nan, nan, nan, max(n, 0), nan)


def share(value: float, n: float, variance: float | None = None) -> Measured:
    """Bound a number in [0, 1]: Wilson's interval at the sample that would give its variance.

    Without a variance it is a share of n rows.  With one, the sample is p (1 - p) / variance, which
    for a share is n; at 0 and 1, where a variance from counts is 0, it is n.

    Source: Wilson 1927; Korn & Graubard 1998, Survey Methodology 24, for the effective sample.
    Example:
        >>> [round(x, 4) for x in share(0.8, 100)[:3]]
        [0.8, 0.7112, 0.8666]
    """
    if n <= 0 or not isfinite(value):
        return unmeasured(n)
    value = min(max(value, 0.0), 1.0)
    inside = value * (1 - value)
    if variance is None:
        variance = inside / n
    size = inside / variance if variance > 0 and inside > 0 else n
    low, high = wilson(value * size, size)
    return Measured(value, min(low, value), max(high, value), n, sqrt(max(variance, 0.0)))


def certain(value: float, n: float, variance: float) -> Measured:
    """Bound what n rows will give of a number in [0, 1] whose chances are known: normal, with half
    a row on either side, since a share of n rows moves in steps of 1 / n.

    Example:
        >>> [round(x, 3) for x in certain(0.5, 1, 0.25)[:3]]
        [0.5, 0.0, 1.0]
    """
    if n <= 0 or not isfinite(value):
        return unmeasured(n)
    value, se = min(max(value, 0.0), 1.0), sqrt(max(variance, 0.0))
    half = Z95 * se + (0.5 / n if se > 0 else 0.0)
    return Measured(value, max(value - half, 0.0), min(value + half, 1.0), n, se)


def number(value: float, n: float, variance: float) -> Measured:
    """Bound any number: normal.

    Example:
        >>> number(1.0, 100, 0.01)[:3]
        (1.0, 0.804, 1.196)
    """
    if n <= 0 or not isfinite(value):
        return unmeasured(n)
    se = sqrt(max(variance, 0.0))
    return Measured(value, value - Z95 * se, value + Z95 * se, n, se)


def positive(value: float, n: float, variance: float) -> Measured:
    """Bound a number above 0: normal on the scale of its logarithm.

    Example:
        >>> [round(x, 3) for x in positive(1.0, 100, 0.01)[:3]]
        [1.0, 0.822, 1.217]
    """
    if n <= 0 or not isfinite(value):
        return unmeasured(n)
    se = sqrt(max(variance, 0.0))
    wide = exp(min(Z95 * se / value, 700.0)) if value > 0 else 1.0
    return Measured(value, value / wide, value * wide, n, se)
