"""Whether pairs of columns go together in two samples alike.

Owns: two tests of every pair, of its correlation and of its table.  Does not own: what is decided
over all of them (`monitors.family`), the tables (`sketches.pairwise`).

Assumes independent rows.  The table's test fits what both tables share but their margins: no
interaction of three (Bartlett 1935, Supplement to the Journal of the Royal Statistical Society 2,
248-252), by raking (Deming & Stephan 1940); the distance to that is Anscombe's, for sparse places.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtrc, stdtr

from vedette.stats.association import associated
from vedette.stats.residual import moments_at
from vedette.stats.shape import noncentral_tail

Array = NDArray[np.float64]

FEWEST = 50  # rows with both values that a side needs
ROUNDS = 12  # of raking
# Tails are not normal that far out: rows per degree of freedom of Student's t, and of F's second.
PER_DEGREE, PER_PLACE = 8, 4
SKEWED = 0.3  # skewness of a mean product beyond which its tail is not believed
_ANSCOMBE = 0.375  # Anscombe 1948, Biometrika 35, 246-254
_LOOK = 0.05  # the margin is not asked for unless something changed at all


class Counts(NamedTuple):
    """One side: the counts of `sketches.pairwise`, and the variance of a row's part in each pair's
    transformed correlation.  Shapes: unit (P,), skew (C,), the skewness of every column's values.
    """

    tables: NDArray[np.int64]
    known: NDArray[np.int64]
    firsts: NDArray[np.int64]
    seconds: NDArray[np.int64]
    unit: Array
    skew: Array


class Changes(NamedTuple):
    """Shapes: (P,) each.  r of both sides, their transformed difference with its error; p against
    no change, margin against one that does not matter; nan where nothing can be told."""

    before: Array
    now: Array
    effect: Array
    se: Array
    p: Array
    margin: Array


class Patterns(NamedTuple):
    """Shapes: (P,) each: distance as Cohen's w, p against none and against one that does not
    matter; nan where nothing can be told."""

    effect: Array
    p: Array
    margin: Array


def correlation_changes(one: Counts, two: Counts, eps: float) -> Changes:
    """Compare the correlation of every pair.

    Units: `eps` of a correlation near 0; of closer ones that much over the root of 1 - r^2.
    """
    a, b = (associated(*side[:4]) for side in (one, two))
    first = len(a.n)
    rows = np.minimum(a.n, b.n)
    able = (a.n >= FEWEST) & (b.n >= FEWEST) & np.isfinite(a.y) & np.isfinite(b.y)
    able &= (one.unit[:first] > 0) & (two.unit[:first] > 0)
    able &= np.maximum(_skewed(one), _skewed(two)) <= SKEWED * np.sqrt(np.maximum(rows, 1))
    se = np.sqrt(one.unit[:first] / np.maximum(a.n, 1) + two.unit[:first] / np.maximum(b.n, 1))
    effect = np.where(able, b.y - a.y, np.nan)
    size = np.where(able, se, np.nan)
    limit = eps / np.sqrt(np.maximum(1 - a.r**2, 1e-3))
    degrees = np.maximum(rows / PER_DEGREE, 1.0)
    p, margin = (stdtr(degrees, (less - np.abs(effect)) / size) for less in (0.0, limit))
    return Changes(a.r, b.r, effect, size, 2 * p, margin)


def pattern_changes(one: NDArray[np.int64], two: NDArray[np.int64], eps: float) -> Patterns:
    """Compare the table of every pair, margins left aside.

    Shapes: (P, k, k) twice.  Bounds: nan with fewer than FEWEST rows on a side, or where one of the
    columns has a single place.
    """
    both = np.stack([one, two], axis=1).astype(np.float64)
    n, m = both[:, 1].sum((1, 2)), both[:, 0].sum((1, 2))
    usual = _alike(both)
    used = usual > 0
    wide = (both.sum((1, 3)) > 0).sum(1)
    deep = (both.sum((1, 2)) > 0).sum(1)
    df = np.maximum((wide - 1) * (deep - 1), 0)
    able = (n >= FEWEST) & (m >= FEWEST) & (df > 0)
    roots = np.sqrt(both + _ANSCOMBE) - np.sqrt(usual + _ANSCOMBE)
    Q = (4 * roots**2 * used).sum((1, 2, 3))
    # Places that few rows reach add less than their share of the degrees of freedom.
    places = np.maximum(used.sum((1, 2, 3)), 1)
    left = df * (moments_at(usual)[0] * used).sum((1, 2, 3)) / places
    v = 1 / np.maximum(n, 1) + 1 / np.maximum(m, 1)
    effect = np.sqrt(np.maximum((Q - left) * v, 0.0))
    freedom, rows = np.maximum(df, 1), np.minimum(n, m)
    p = fdtrc(freedom, np.maximum(rows / PER_PLACE, 1.0), Q / freedom)
    margin = np.ones(len(p))
    for at in np.flatnonzero(able & (p < _LOOK)):
        margin[at] = noncentral_tail(float(Q[at]), float(df[at]), eps**2 / float(v[at]))
    told = (np.where(able, x, np.nan) for x in (effect, p, margin))
    return Patterns(*told)


def _skewed(side: Counts) -> Array:
    """How skewed products of a pair's values are.  Shapes: (P,)."""
    first, second = np.triu_indices(len(side.skew), 1)
    found: Array = np.abs(side.skew[first] * side.skew[second])
    return found


def _alike(both: Array) -> Array:
    """What both sides would show if only their margins differed.  Shapes: (P, 2, k, k)."""
    shared, rows, columns = both.sum(1), both.sum(3), both.sum(2)
    made = np.ones_like(both)
    for _ in range(ROUNDS):
        made = made * _ratio(shared, made.sum(1))[:, None]
        made = made * _ratio(rows, made.sum(3))[..., None]
        made = made * _ratio(columns, made.sum(2))[:, :, None, :]
    return made


def _ratio(wanted: Array, have: Array) -> Array:
    return np.divide(wanted, have, out=np.zeros_like(wanted), where=have > 0)
