"""Intervals of shares and of their differences.

Owns: Wilson, Newcombe, Cohen's h.  Does not own: tests (`stats.rates`).
"""

from math import asin, hypot, sqrt

Z95 = 1.96  # two-sided 95 %, rounded alike everywhere so that intervals agree with each other


def wilson(k: float, n: float, z: float = Z95) -> tuple[float, float]:
    """Bound a share, k of n rows, on both sides.

    Bounds: within [0, 1]; n = 0 says nothing and gives (0, 1).
    Source: Wilson 1927, Journal of the American Statistical Association 22, 209-212.

    Example:
        >>> [round(x, 4) for x in wilson(0, 10)]
        [0.0, 0.2775]
    """
    if n <= 0:
        return 0.0, 1.0
    q, c = k / n, z * z / n
    mid, half = (q + c / 2) / (1 + c), z * sqrt(q * (1 - q) / n + c / (4 * n)) / (1 + c)
    return max(mid - half, 0.0), min(mid + half, 1.0)


def newcombe(x: float, n: float, k: float, m: float, z: float = Z95) -> tuple[float, float]:
    """Bound the difference of two shares, x of n minus k of m.

    Bounds: within [-1, 1]; an empty side gives (-1, 1).
    Source: Newcombe 1998, Statistics in Medicine 17, 873-890, method 10.

    Example:
        >>> [round(v, 4) for v in newcombe(56, 70, 48, 80)]
        [0.0524, 0.3339]
    """
    if n <= 0 or m <= 0:
        return -1.0, 1.0
    r1, r0 = x / n, k / m
    (lo1, hi1), (lo0, hi0) = wilson(x, n, z), wilson(k, m, z)
    return r1 - r0 - hypot(r1 - lo1, hi0 - r0), r1 - r0 + hypot(hi1 - r1, r0 - lo0)


def cohen_h(p1: float, p0: float) -> float:
    """Measure the step from share p0 to p1 on the scale where every share is equally hard to see.

    Bounds: within [-pi, pi]; shares outside [0, 1] are clipped.
    Source: Cohen 1988, Statistical Power Analysis, chapter 6.

    Example:
        >>> round(cohen_h(0.6, 0.5), 4)
        0.2014
    """
    return 2 * asin(sqrt(min(max(p1, 0.0), 1.0))) - 2 * asin(sqrt(min(max(p0, 0.0), 1.0)))
