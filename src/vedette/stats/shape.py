"""What level, spread and skew leave unexplained of the distance between two binned samples.

Owns: the shape residual, its test, and the noncentral chi-square tail it needs.  Does not own: the
scores.

Assumes independent rows and enough of them per bin (`bins.FLOOR`) for a chi-square approximation of
the variance-stabilised distance.
"""

from math import log, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, gammaincc, gammaln

from vedette.stats.intervals import Z95

_ANSCOMBE = 0.375  # Anscombe 1948, Biometrika 35, 246-254: sqrt(count + 3/8) has variance 1/4
_LOOK = 0.05  # the margin is not asked for unless something changed at all


class ShapeChange(NamedTuple):
    """The residual distance, like Cohen's w; ``se`` is what counting noise alone gives."""

    effect: float
    low: float
    high: float
    se: float
    p: float
    p_margin: float
    Q: float
    df: int


def shape_change(
    reference: NDArray[np.float64],
    current: NDArray[np.float64],
    phi: NDArray[np.float64],
    eps: float,
) -> ShapeChange | None:
    """Test what the scores leave of the distance between two samples over the same bins.

    The scores' part is taken out linearly, or by tilting the reference until its scores agree; the
    smaller residual counts.

    Shapes: K counts (reference all positive), K counts, (K, J) scores or (K, 0) for named
    categories.
    Bounds: None when no degree of freedom is left (K - 1 - J < 1); p_margin = 1 unless p < 0.05.
    Errors: both sides must hold rows.
    Source: Anscombe 1948 (the roots); chi-square, df = K - 1 - J, noncentrality eps^2 / (1/n + 1/m)
    for the margin.

    Example:
        >>> r = np.array([50.0, 50.0, 50.0])
        >>> change = shape_change(r, np.array([50.0, 20.0, 80.0]), np.zeros((3, 0)), eps=0.05)
        >>> round(change.effect, 2), change.p < 0.01
        (0.49, True)
    """
    m, n = float(reference.sum()), float(current.sum())
    K, J = phi.shape
    df, v = K - 1 - J, 1 / n + 1 / m
    if df < 1:
        return None
    p, seen = reference / m, np.sqrt((current + _ANSCOMBE) / n)
    y = 2 * (seen - np.sqrt((reference + _ANSCOMBE) / m))
    b = (np.sqrt(p)[:, None] * phi).T @ y
    Q = float(y @ y - b @ b) / v
    if J:
        y = 2 * (seen - np.sqrt((m * _tilted(p, phi, current / n) + _ANSCOMBE) / m))
        Q = min(Q, float(y @ y) / v)
    p_value = float(chdtrc(df, Q))
    p_margin = noncentral_tail(Q, df, eps**2 / v) if p_value < _LOOK else 1.0
    w2, sd = (Q - df) * v, sqrt(2 * df + 4 * max(Q - df, 0.0)) * v
    effect, low, high = (sqrt(max(t, 0.0)) for t in (w2, w2 - Z95 * sd, w2 + Z95 * sd))
    return ShapeChange(effect, low, high, sqrt(df * v), p_value, p_margin, Q, df)


def _tilted(
    p: NDArray[np.float64], phi: NDArray[np.float64], q: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The reference tilted exponentially towards the scores of q: four damped Newton steps."""
    target = q @ phi
    theta, ridge = np.clip(target, -1, 1), 1e-3 * np.eye(phi.shape[1])
    tilted = p
    for _ in range(4):
        tilted = p * np.exp(np.clip(phi @ theta, -50, 50))
        tilted = tilted / tilted.sum()
        mean = tilted @ phi
        H = (phi * tilted[:, None]).T @ phi - np.outer(mean, mean)
        theta = theta + np.clip(np.linalg.solve(H + ridge, target - mean), -0.5, 0.5)
    return tilted


def noncentral_tail(x: float, df: float, noncentrality: float) -> float:
    """Give P(X >= x) for a noncentral chi-square X, with all digits far out in the upper tail.

    1 - scipy.special.chndtr loses every digit below 1e-16 and is slow at large
    noncentrality.  Here: the Poisson mixture of central tails, summed over the terms that count;
    the tails follow from one incomplete gamma function by a recursion of positive terms.

    Bounds: in [0, 1]; 0 where the tail is below exp(-750).

    Example:
        >>> round(noncentral_tail(10.0, 3, 2.0), 10)
        0.1014350365
    """
    if x <= 0:
        return 1.0
    half, y, a = noncentrality / 2, x / 2, df / 2
    if half == 0:
        return float(chdtrc(df, x))
    # Birge 2001, lemma 8.1: P(X >= df + L + 2 sqrt((df + 2 L) t) + 2 t) <= exp(-t)
    if x >= df + noncentrality + 2 * sqrt((df + 2 * noncentrality) * 750) + 1500:
        return 0.0
    centre = max(
        half, sqrt(half * y)
    )  # the largest term lies between these, and terms fall like a normal density around it
    first = int(max(0.0, half - 10 * sqrt(half) - 10))
    j = np.arange(first, int(centre + 10 * sqrt(centre) + 50))
    weight = np.exp(j * log(half) - half - gammaln(j + 1.0))
    step = np.exp((a + j[:-1]) * log(y) - y - gammaln(a + j[:-1] + 1.0))
    tail = np.empty(len(j))
    tail[0] = gammaincc(a + first, y)
    tail[1:] = tail[0] + np.cumsum(step)
    return float(min(1.0, weight @ tail))
