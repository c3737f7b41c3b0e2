"""Did a share of rows change, and by more than it may?

Owns: the test of one rate against another or against a prior, with its interval.  Does not own:
which rates are looked at.

Assumes independent rows.  The tail is that of Binomial(n, rate) averaged over what the reference
leaves open about the rate, a Beta.  With Beta(k + 1, m - k) upwards, Beta(k, m - k + 1) downwards,
this is Fisher's exact test.
"""

from functools import cache
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaincinv, expit, logit, ndtr

from vedette.stats.intervals import newcombe

_STEP, _REACH = 0.25, 8.0  # nodes of the integral over a normal variable: every quarter sd out to 8
_SMOOTH = 100  # pseudo-counts on both sides from which a Beta's quantiles are interpolated
_NODES = 13  # from this many of them; the error is below 1e-12 sd of the Beta
_LOOK = 0.05  # the margin is not asked for unless something changed at all


class RateChange(NamedTuple):
    """Change of a share.  Units: shares, except p's.  Bounds: low and high are Newcombe's 95 %."""

    observed: float
    expected: float
    effect: float
    low: float
    high: float
    se: float
    p: float
    p_margin: float


def rate_change(
    x: float, n: float, k: float, m: float, eps: float, prior: tuple[float, float] | None = None
) -> RateChange:
    """Test the change of a rate from k of m reference rows to x of n current rows.

    ``prior`` (a, b) replaces what k of m says about the rate and makes the test one-sided, upwards:
    for things the reference by its nature never shows.  A change up to
    `rate_tolerance` does not matter.

    Bounds: p = 1 within one standard error (and p_margin = 1 unless p < 0.05), where exact tails
    cannot matter.
    Errors: n and m must be positive.
    Source: Fisher 1935; Altham 1969, Journal of the Royal Statistical Society B 31, 261-269.

    Example:
        >>> change = rate_change(30, 1000, 5, 1000, eps=0.05)
        >>> round(change.effect, 3), change.p < 0.001
        (0.025, True)
    """
    r0, r1 = k / m, x / n
    base = prior[0] / (prior[0] + prior[1]) if prior else r0
    d, p, p_margin = r1 - base, 1.0, 1.0
    noise = sqrt(base * (1 - base) * (1 / n + 1 / m) + 1e-300)
    if abs(d) >= noise and not (prior and d <= 0):
        up = prior is not None or r1 >= r0
        a, b = prior or ((k + 1, m - k) if up else (max(k, 1e-9), m - k + 1))
        rates = _beta_nodes(a, b)
        p = min(1.0, (1 if prior else 2) * _mixed_tail(x, n, rates, 0.0, up))
        if p < _LOOK:
            p_margin = _mixed_tail(x, n, rates, rate_tolerance(base, eps), up)
    low, high = newcombe(x, n, k, m)
    se = sqrt(r1 * (1 - r1) / n + r0 * (1 - r0) / m)
    return RateChange(r1, r0, r1 - r0, low, high, se, p, p_margin)


def rate_tolerance(base: float, eps: float) -> float:
    """Say how far a rate may move without mattering.

    Example:
        >>> rate_tolerance(0.5, 0.05), rate_tolerance(0.0, 0.05)
        (0.025, 0.0025000000000000005)
    """
    return max(eps * sqrt(base * (1 - base)), eps**2)


def rate_tail(x: float, n: float, a: float, b: float, shift: float = 0.0, up: bool = True) -> float:
    """Give P(Binomial(n, rate + shift) >= x) for a rate ~ Beta(a, b).

    When not ``up``: P(Binomial(n, rate - shift) <= x).

    Bounds: in [0, 1].  The integral is a sum over 65 normal quantiles; where n is far larger than a
    + b the steep binomial tail makes its relative error a few percent.

    Example:
        >>> round(rate_tail(1, 1, 1, 1), 6)
        0.5
    """
    return _mixed_tail(x, n, _beta_nodes(a, b), shift, up)


def beyond_prior(m: float) -> tuple[float, float]:
    """Give the Beta of the true share beyond the extremes of m rows: mean 2 / (m + 1), not 0.

    Example:
        >>> beyond_prior(100)
        (2.0, 99.0)
    """
    return 2.0, float(max(m - 1, 1))


def good_turing(once: float, twice: float, m: float) -> tuple[float, float]:
    """Give the Beta of the true share of categories that m reference rows never showed.

    ``once`` and ``twice`` count the categories seen exactly once and exactly twice; mean (f1 +
    1)/(m + 1) and variance (f1 + 1 + 2 f2)/m^2 are matched.

    Bounds: m = 0 gives the uniform Beta(1, 1).
    Source: Good 1953, Biometrika 40, 237-264.

    Example:
        >>> a, b = good_turing(9, 3, 999)
        >>> round(a / (a + b), 6)
        0.01
    """
    if m <= 0:
        return 1.0, 1.0
    mass = min((once + 1) / (m + 1), 1 - 1e-9)
    size = max(mass * (1 - mass) / ((once + 1 + 2 * twice) / m**2) - 1, 1.0)
    return mass * size, (1 - mass) * size


def _mixed_tail(x: float, n: float, rates: NDArray[np.float64], shift: float, up: bool) -> float:
    """The binomial tail averaged over the nodes of `_beta_nodes`."""
    rates = np.clip(rates + (shift if up else -shift), 0.0, 1.0)
    if up:
        tail = betainc(x, n - x + 1, rates) if x > 0 else np.ones_like(rates)
    else:
        tail = betainc(n - x, x + 1, 1 - rates) if x < n else np.ones_like(rates)
    return float(min(1.0, tail @ _normal_nodes()[2]))


def _beta_nodes(a: float, b: float) -> NDArray[np.float64]:
    """Beta(a, b) quantiles at the normal nodes, ascending."""
    if min(a, b) < _SMOOTH:
        nodes: NDArray[np.float64] = betaincinv(a, b, _normal_nodes()[1])
        return nodes
    below, above, spread = _interpolation()
    few = np.concatenate([betaincinv(a, b, below), 1 - betaincinv(b, a, above)])
    smooth: NDArray[np.float64] = expit(spread @ logit(few))
    return smooth


@cache
def _normal_nodes() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Nodes z, their normal probabilities, and their weights in an integral over the normal."""
    z = np.arange(-_REACH, _REACH + _STEP / 2, _STEP)
    return z, ndtr(z), np.exp(-z * z / 2) / np.sqrt(2 * np.pi) * _STEP


@cache
def _interpolation() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Chebyshev points, as lower and upper probabilities, and the matrix from them to the nodes."""
    k = np.arange(_NODES - 1, -1, -1)
    angle = np.pi * (k + 0.5) / _NODES
    points = _REACH * np.cos(angle)
    points[_NODES // 2] = 0.0
    gap = _normal_nodes()[0][:, None] - points
    hit = gap == 0
    matrix = (-1.0) ** k * np.sin(angle) / np.where(hit, 1.0, gap)
    matrix /= matrix.sum(axis=1, keepdims=True)
    matrix[hit.any(axis=1)] = hit[hit.any(axis=1)]
    below = points <= 0
    return ndtr(points[below]), ndtr(-points[~below]), matrix
