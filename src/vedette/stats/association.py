"""How columns go together, pair by pair, whatever each of them does alone.

Owns: correlations from sums, tables raked to other margins, what is left of a window's tables then.
Does not own: which pairs are watched (`profiles.dependence`), evidence (`monitors.dependence`).

A table of a pair is held against the reference's, raked to the window's own margins: rows and
columns keep their own shares, and what is left is dependence alone (Deming & Stephan 1940).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.stats.residual import Shape, moments_at

Array = NDArray[np.float64]

ROUNDS = 10  # of raking; margins agree to a per mille of a row's noise then
MATCHED = 6  # steps towards the window's own association, each with two rounds of raking
SMOOTH = 0.5  # rows added to every place of a reference table
FURTHEST = 0.999  # correlation beyond which a transformed one says no more
_CHUNK = 4_096  # rows weighed at once
_ANSCOMBE = 0.375  # Anscombe 1948, Biometrika 35, 246-254


class Associated(NamedTuple):
    """Correlations of all pairs.

    Shapes: (P,) each: rows with both values, the correlation, and its inverse hyperbolic tangent,
    both nan where one of the two columns does not vary.
    """

    n: Array
    r: Array
    y: Array


def associated(
    tables: NDArray[np.int64],
    known: NDArray[np.int64],
    firsts: NDArray[np.int64],
    seconds: NDArray[np.int64],
) -> Associated:
    """Correlate every pair of C columns from exact sums; a missing value counts as 0 there.

    Shapes: (P, k, k), (C,), (C,), (C, C) -> (P,).
    Bounds: no row with both values, or no spread of one, gives nan.
    Source: Fisher 1915, Biometrika 10, 507-521 (the transformation).

    Example:
        >>> one = np.ones(2, np.int64)
        >>> found = associated(100 * np.ones((1, 1, 1), np.int64), 100 * one, 0 * one,
        ...     np.array([[400, 200], [200, 400]]))
        >>> found.r.tolist(), found.y.round(3).tolist()
        ([0.5], [0.549])
    """
    first, second = np.triu_indices(len(known), 1)
    n = tables.sum(axis=(1, 2)).astype(np.float64)
    rows = np.maximum(known, 1)
    mean = firsts / rows
    variance = np.diag(seconds) / rows - mean**2
    scale = np.sqrt(np.maximum(variance, 0.0))[first] * np.sqrt(np.maximum(variance, 0.0))[second]
    covariance = seconds[first, second] / np.maximum(n, 1) - mean[first] * mean[second]
    able = (n > 1) & (scale > 1e-9)
    r = np.where(able, np.clip(covariance / np.where(able, scale, 1.0), -1.0, 1.0), np.nan)
    return Associated(n, r, np.arctanh(np.clip(r, -FURTHEST, FURTHEST)))


def raked(p: Array, rows: Array, columns: Array, rounds: int = ROUNDS) -> Array:
    """Scale tables until they have the given margins; every odds ratio stays.

    Shapes: (P, k, k), (P, k), (P, k) -> (P, k, k).  Bounds: both margins of a pair have one sum; a
    row that the table lacks stays empty.
    Source: Deming & Stephan 1940, Annals of Mathematical Statistics 11, 427-444.

    Example:
        >>> p = np.array([[[0.4, 0.1], [0.1, 0.4]]])
        >>> raked(p, np.array([[80.0, 20.0]]), np.array([[50.0, 50.0]])).round(1).tolist()
        [[[48.3, 31.7], [1.7, 18.3]]]
    """
    made = p
    for _ in range(rounds):
        made = made * _ratio(rows, made.sum(2))[:, :, None]
        made = made * _ratio(columns, made.sum(1))[:, None, :]
    return made


def expected(p: Array, counts: Array, scores: Array) -> Array:
    """What a window's tables would be if its columns went together as in the reference, but for
    their association, which is the window's own.

    Shapes: (P, k, k) reference shares and counts, scores (P, k, k): the product of both places'
    scores, 0 where a pair has no order.
    """
    rows, columns = counts.sum(2), counts.sum(1)
    made = raked(p, rows, columns, 3)
    target = (counts * scores).sum((1, 2))
    for _ in range(MATCHED):
        total = np.maximum(made.sum((1, 2)), 1e-300)
        mean = (made * scores).sum((1, 2))
        spread = (made * scores**2).sum((1, 2)) - mean**2 / total
        step = np.clip((target - mean) / np.maximum(spread, 1e-9 * total), -0.5, 0.5)
        made = raked(made * np.exp(step[:, None, None] * scores), rows, columns, 2)
    return made


def left_over(p: Array, counts: Array, scores: Array) -> Shape:
    """How far tables lie from the reference's, beyond their margins and their association; the
    smaller of the distances with the association matched and without.

    Shapes: as `expected`.  Bounds: its mean and variance are those of Poisson counts times the
    share of degrees of freedom that are left; 0 where none is.
    Source: Anscombe 1948 (the roots).
    """
    rows, columns = counts.sum(2), counts.sum(1)
    plain = raked(p, rows, columns)
    tilted = expected(p, counts, scores)
    used = p > 0
    wide, deep = used.any(2).sum(1), used.any(1).sum(1)
    linear = scores.any((1, 2))
    free = np.maximum((wide - 1) * (deep - 1) - linear, 0)
    share = free / np.maximum(wide * deep, 1)
    seen = np.sqrt(counts + _ANSCOMBE)
    Q, Q0 = (
        (4 * (seen - np.sqrt(lam + _ANSCOMBE)) ** 2 * used).sum((1, 2)) for lam in (tilted, plain)
    )
    mean, variance = ((one * used).sum((1, 2)) * share for one in moments_at(tilted))
    return Shape(np.minimum(Q, Q0), mean, variance)


def _ratio(wanted: Array, have: Array) -> Array:
    return np.divide(wanted, have, out=np.zeros_like(wanted), where=have > 0)


def row_variance(
    values: NDArray[np.integer], known: NDArray[np.bool_], along: NDArray[np.integer]
) -> Array:
    """How much one row's part in a transformed correlation scatters, and in the sums of those along
    directions: 1 for a pair of a normal law, 0 where a column does not vary.

    The part of a row is that of the estimate's first derivative; such sums of rows that go together
    otherwise than normal ones scatter more, or less.

    Shapes: values and known [n, C], along [R, C] of -1, 0, 1 -> float64[P + R]; the sums are
    `along_sums`.
    Source: Devlin, Gnanadesikan & Kettenring 1975, Biometrika 62, 531-545 (influence functions).
    """
    n, C = values.shape
    first, second = np.triu_indices(C, 1)
    x = np.where(known, values, 0).astype(np.float64)
    rows = np.maximum(known.sum(0), 1)
    x = np.where(known, x - x.sum(0) / rows, 0.0)
    sd = np.sqrt((x * x).sum(0) / rows)
    z = np.where(sd > 0, x / np.where(sd > 0, sd, 1.0), 0.0)
    both = np.maximum(known.astype(np.float64).T @ known, 1)
    square = z * z
    r = np.clip((z.T @ z) / both, -FURTHEST, FURTHEST)
    crossed, fourth = (square.T @ square) / both, (square * square).sum(0) / rows
    third = ((square * z).T @ z) / both
    part = (crossed - r * (third + third.T) + r**2 / 4 * (fourth[:, None] + fourth + 2 * crossed))[
        first, second
    ]
    rho = r[first, second]
    able = (sd[first] > 0) & (sd[second] > 0)
    pairs = np.where(able, np.maximum(part, 0.0) / (1 - rho**2) ** 2, 0.0)
    summed = np.zeros(len(along))
    signs = pair_signs(along)
    for at in range(0, n, _CHUNK):
        one, two = z[at : at + _CHUNK], square[at : at + _CHUNK]
        for way, sign in enumerate(signs):
            weight = np.zeros((C, C))
            weight[first, second] = sign / (1 - rho**2) * able
            weight = weight + weight.T
            pull = (one @ weight * one).sum(1) / 2 - (two @ (weight * r)).sum(1) / 2
            summed[way] += (pull**2).sum()
    return np.concatenate([pairs, summed / max(n, 1)])


def skewness(values: NDArray[np.integer], known: NDArray[np.bool_]) -> Array:
    """Skewness of every column's values, 0 of one that does not vary.

    Shapes: [n, C] twice -> (C,).
    """
    rows = np.maximum(known.sum(0), 1)
    x = np.where(known, values, 0).astype(np.float64)
    x = np.where(known, x - x.sum(0) / rows, 0.0)
    square = x * x
    sd = np.sqrt(square.sum(0) / rows)
    cube = (square * x).sum(0) / rows
    found: Array = np.where(sd > 0, cube / np.where(sd > 0, sd, 1.0) ** 3, 0.0)
    return found


def pair_signs(along: NDArray[np.integer]) -> Array:
    """What a pair counts for along each direction: directions of length 1 over all pairs.

    Shapes: [R, C] -> (R, P).
    Example:
        >>> pair_signs(np.array([[1, -1, 1]])).round(3).tolist()
        [[-0.577, 0.577, -0.577]]
    """
    first, second = np.triu_indices(along.shape[1], 1)
    signs = (along[:, first] * along[:, second]).astype(np.float64)
    length = np.sqrt((signs**2).sum(axis=1))
    scaled: Array = signs / np.maximum(length, 1.0)[:, None]
    return scaled
