"""What the scores leave unexplained of a window's counts.

Owns: the shape residual of many streams at once, and its null mean and variance.  Does not own: the
residual of two tables (`shape`).

The reference is tilted exponentially until its scores equal the window's: without it benign wobble
of the mean leaks into the residual (measured: 4 to 6 false alarms a month instead of 0 to 0.5).
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

Array = NDArray[np.float64]

FEWEST = 50  # rows a window needs
MANY = 1000  # rows below which the outermost bins are pooled
POOLED = 4  # of them on each side
_ANSCOMBE = 0.375  # Anscombe 1948, Biometrika 35, 246-254


class Shape(NamedTuple):
    """Shapes: (C,) each: the statistic, its mean and variance under counting noise alone."""

    Q: Array
    mean: Array
    variance: Array


class Places(NamedTuple):
    """What the residual needs of the streams.

    Shapes: shares p (C, K), 0 in padding; phi (C, K, 3) of ordered streams, 0 for others;
    used, middle, head, tail bool (C, K): places looked at, those that are never pooled, and the
    outermost ones.
    """

    p: Array
    phi: Array
    ordered: NDArray[np.bool_]
    used: NDArray[np.bool_]
    middle: NDArray[np.bool_]
    head: NDArray[np.bool_]
    tail: NDArray[np.bool_]


def places(
    p: Array,
    phi: Array,
    ordered: NDArray[np.bool_],
    rest: NDArray[np.bool_],
    sizes: NDArray[np.int64],
) -> Places:
    """Lay out streams whose places come first in padded rows."""
    at, size = np.arange(p.shape[1])[None], sizes[:, None]
    can = (ordered & (sizes >= 3 * POOLED))[:, None]
    head, tail = can & (at < POOLED), can & (at >= size - POOLED) & (at < size)
    phi = np.where(ordered[:, None, None], phi[:, :, :3], 0.0)
    return Places(p, phi, ordered, rest, rest & ~head & ~tail, head, tail)


def shape_residual(counts: Array, n: Array, where: Places) -> Shape:
    """Compare counts with the reference tilted to the window's own scores; the smaller of tilted
    and untilted distance counts.

    Shapes: (C, K), (C,).
    Source: Anscombe 1948 (the roots); their moments are those of Poisson counts.
    """
    rows = np.maximum(n, 1)
    big = (n >= MANY)[:, None]
    use = np.where(big, where.used, where.middle)
    ends = ~big & where.head.any(1, keepdims=True)
    use = np.concatenate([use, ends, ends], axis=1)

    def laid(x: Array) -> Array:
        head, tail = (x * side for side in (where.head, where.tail))
        return np.concatenate([x, head.sum(1)[:, None], tail.sum(1)[:, None]], axis=1)

    seen = np.sqrt(laid(counts) + _ANSCOMBE)
    tilted = laid(rows[:, None] * _tilted(counts / rows[:, None], where))
    plain = laid(rows[:, None] * where.p)
    Q, Q0 = ((4 * (seen - np.sqrt(lam + _ANSCOMBE)) ** 2 * use).sum(1) for lam in (tilted, plain))
    mean, variance = ((one * use).sum(1) for one in moments_at(tilted))
    return Shape(np.minimum(Q, Q0), mean, variance)


def _tilted(q: Array, where: Places) -> Array:
    """Ordered: two damped Newton steps from the scores.  Nominal: the places without a score keep
    their proportions."""
    at = np.flatnonzero(where.ordered)
    made = np.where(where.used, where.p, q)
    left = (q * where.used).sum(1) / np.maximum((where.p * where.used).sum(1), 1e-300)
    made = np.where(where.used, made * left[:, None], made)
    if not len(at):
        return made
    phi, p = where.phi[at], where.p[at]
    log_p = np.log(np.maximum(p, 1e-300))
    s = (q[at][:, None] @ phi)[:, 0]
    # phi is centred on the reference, from which what counts are held against may lie far.
    theta, ridge = np.clip(s - (p[:, None] @ phi)[:, 0], -1, 1), 1e-3 * np.eye(3)

    def tilt(theta: Array) -> Array:
        lp = log_p + (phi @ theta[:, :, None])[:, :, 0]
        grown = np.exp(lp - lp.max(1, keepdims=True))
        scaled: Array = grown / grown.sum(1, keepdims=True)
        return scaled

    for _ in range(2):
        now = tilt(theta)
        mean = (now[:, None] @ phi)[:, 0]
        weighted = now[:, :, None] * phi
        H = weighted.transpose(0, 2, 1) @ phi - mean[:, :, None] * mean[:, None, :]
        step = np.linalg.solve(H + ridge, (s - mean)[:, :, None])[:, :, 0]
        theta = theta + np.clip(step, -0.5, 0.5)
    made[at] = tilt(theta)
    return made


def cube_root(shape: Shape, n: Array, dispersion: Array, margin: Array) -> Array:
    """Standardise the residual as an overdispersed chi-square that may exceed its mean by
    ``margin``.

    Bounds: -3 where a window has too few rows or nothing to look at; at most 3.5 below MANY rows.
    Source: Wilson & Hilferty 1931, PNAS 17, 684-688.
    """
    able = (n >= FEWEST) & (shape.variance > 1e-9)
    df = np.where(able, 2 * shape.mean**2 / np.maximum(shape.variance, 1e-9), 1.0)
    ratio = np.maximum(shape.Q, 1e-9) / np.maximum(shape.mean * dispersion + margin, 1e-9)
    z = (np.cbrt(ratio) - (1 - 2 / (9 * df))) / np.sqrt(2 / (9 * df))
    clipped: Array = np.clip(np.where(able, z, -3.0), -8, np.where(n < MANY, 3.5, 8.0))
    return clipped


def moments_at(lam: Array) -> tuple[Array, Array]:
    """Mean and variance of one place's part of the distance, for Poisson counts of these means.

    Shapes: any, twice.
    Example:
        >>> [round(float(one), 2) for one in moments_at(np.array(50.0))]
        [1.0, 2.04]
    """
    grid, *tables = _moments()
    mean, variance = (np.interp(lam, grid, table) for table in tables)
    return mean, variance


@cache
def _moments() -> tuple[Array, Array, Array]:
    """Mean and variance of 4 (sqrt(c + 3/8) - sqrt(lam + 3/8))^2 for c ~ Poisson(lam), over a grid
    of lam."""
    grid = np.concatenate([[0], np.logspace(-3, 2.5, 120)])
    mean, variance = [], []
    for lam in grid:
        k = np.arange(int(lam + 12 * np.sqrt(lam) + 20))
        weight = np.exp(k * np.log(max(lam, 1e-300)) - lam - gammaln(k + 1.0))
        q = 4 * (np.sqrt(k + _ANSCOMBE) - np.sqrt(lam + _ANSCOMBE)) ** 2
        mean.append(float(weight @ q))
        variance.append(float(weight @ (q * q)) - mean[-1] ** 2)
    return grid, np.array(mean), np.array(variance)


def distance(counts: Array, expected: Array) -> Array:
    """The variance-stabilised distance of counts from what is expected, places of padding left out.

    Shapes: (C, K), (C, K) -> (C,).
    """
    roots = np.sqrt(counts + _ANSCOMBE) - np.sqrt(expected + _ANSCOMBE)
    found: Array = (4 * roots**2 * (expected > 0)).sum(1)
    return found
