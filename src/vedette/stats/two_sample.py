"""Everything one column says about two samples: its components, from counts.

Owns: which aspects of a column are tested, with their weights.  Does not own: the formulas
(`scores`, `shape`, `rates`), the decision over all columns (`holm`), nor counting.

Assumes independent rows, and ordered bins cut at order statistics of the reference itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vedette.stats import scores as score_tests
from vedette.stats.bins import FLOOR, TESTED, TOP, grouped, largest, merge_ordered
from vedette.stats.rates import RateChange, beyond_prior, good_turing, rate_change
from vedette.stats.shape import ShapeChange, shape_change

SPECIAL = 0.05  # weight of a special rate other than missing

# How a column's share of alpha is split: chosen for power against a shift, a change of spread,
# outliers, a new category, missing values.  Rescaled over the components that can speak.
ORDERED_WEIGHTS: Mapping[str, float] = MappingProxyType(
    {"level": 0.30, "spread": 0.15, "skew": 0.10, "shape": 0.20, "missing": 0.10, "range": 0.15}
)
NOMINAL_WEIGHTS: Mapping[str, float] = MappingProxyType(
    {"shape": 0.35, "category": 0.30, "unseen": 0.20, "missing": 0.15}
)
_NO_SPECIALS: Mapping[str, tuple[int, int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Component:
    """One tested aspect of a column.

    ``p`` is against no change, ``p_margin`` against a change of eps; low and high bound the effect
    (95 %).  ``category`` is the index of the tested category, for components of that name.  Units:
    scores in reference sd's, rates in shares, shape like Cohen's w.  Weights of a column's
    components sum to 1.
    """

    name: str
    category: int | None
    observed: float
    expected: float
    effect: float
    low: float
    high: float
    se: float
    p: float
    p_margin: float
    weight: float = 0.0


def ordered(
    reference: ArrayLike,
    current: ArrayLike,
    *,
    below: int = 0,
    above: int = 0,
    specials: Mapping[str, tuple[int, int]] = _NO_SPECIALS,
    eps: float = 0.05,
) -> list[Component]:
    """Test every aspect of a column of ordered values.

    ``current`` counts values inside the reference's range, ``below`` and ``above`` current values
    beyond it.  ``specials`` names counts (reference, current) of rows without a value: missing,
    not_finite, broken; each is a rate over all rows.

    Shapes: K counts, K counts.
    Bounds: level, spread and skew as far as bins allow (K merged bins have at most K - 1 scores;
    all equal has none), shape when a degree of freedom is left, range, and a special rate where
    either side has any.  Reference values fewer than 2, or no current value: special rates only.  A
    side without rows: nothing.

    Example:
        >>> [c.name for c in ordered([50] * 8, [40] * 7 + [120], specials={"missing": (0, 3)})]
        ['level', 'spread', 'skew', 'shape', 'range', 'missing']
    """
    r, c = np.asarray(reference, float), np.asarray(current, float)
    beyond = float(below + above)
    m, n = float(r.sum()), float(c.sum()) + beyond
    out: list[Component] = []
    if m >= 2 and n >= 1:
        c = c.copy()
        c[0] += below  # the scores see values beyond the extremes, too
        c[-1] += above
        out += _moments(r, c, n, eps)
        out.append(_rate("range", rate_change(beyond, n, 0, m, eps, beyond_prior(m))))
    out += _specials(specials, m, n, eps)
    return _weighted(out, ORDERED_WEIGHTS)


def nominal(
    reference: ArrayLike,
    current: ArrayLike,
    *,
    unseen: int = 0,
    once: int = 0,
    twice: int = 0,
    reference_rows: int | None = None,
    current_rows: int | None = None,
    choose: ArrayLike | None = None,
    specials: Mapping[str, tuple[int, int]] = _NO_SPECIALS,
    eps: float = 0.05,
) -> list[Component]:
    """Test every aspect of a column of named categories.

    ``reference`` and ``current`` count the listed categories; ``choose`` picks the categories that
    are tested, by rows that favour neither side (the largest of many counts of one side are lucky);
    by default the reference's.  ``unseen`` counts current rows in categories the whole reference
    never shows, ``once`` and ``twice`` its categories seen exactly that
    often.  ``reference_rows`` and ``current_rows`` are rows with a value, by default what the
    counts add up to.

    Shapes: K counts, K counts, K counts.
    Bounds: shape over the large categories and a rest, the five largest one by one, unseen, and
    special rates as for `ordered`.  Reference values fewer than 2, or no current value: special
    rates only.  A side without rows: nothing.

    Example:
        >>> [(c.name, c.category) for c in nominal([60, 40], [40, 60], unseen=2)]
        [('shape', None), ('category', 0), ('category', 1), ('unseen', None)]
    """
    r, c = np.asarray(reference, float), np.asarray(current, float)
    chosen = r if choose is None else np.asarray(choose, float)
    m, n = reference_rows, current_rows
    if m is None:
        m = int(r.sum() + (0 if choose is None else chosen.sum()))
    if n is None:
        n = int(c.sum()) + unseen
    out: list[Component] = []
    if m >= 2 and n >= 1:
        top = largest(chosen, TOP, FLOOR * max(1.0, float(chosen.sum()) / n))
        out += _categories(r, c, top, n, unseen, eps)
        change = rate_change(unseen, n, 0, m, eps, good_turing(once, twice, m))
        out.append(_rate("unseen", change))
    out += _specials(specials, m, n, eps)
    return _weighted(out, NOMINAL_WEIGHTS)


def _moments(
    r: NDArray[np.float64], c: NDArray[np.float64], n: float, eps: float
) -> list[Component]:
    """Level, spread, skew and shape over the merged bins."""
    groups = merge_ordered(r, n)
    R, C = grouped(groups, r), grouped(groups, c)
    if len(R) < 2:
        return []
    phi = score_tests.scores(R / R.sum())
    change = score_tests.score_change(R, C, phi, eps)
    out = [
        Component(name, None, s, 0.0, s, low, high, se, p, p_margin)
        for name, s, _, se, p, p_margin, low, high in zip(
            score_tests.NAMES, *(values.tolist() for values in change), strict=False
        )
    ]
    rest = shape_change(R, C, phi, eps)
    return out if rest is None else [*out, _shape(rest)]


def _categories(
    r: NDArray[np.float64],
    c: NDArray[np.float64],
    top: list[int],
    n: float,
    unseen: float,
    eps: float,
) -> list[Component]:
    """Shape over the large categories and the rest, then the largest categories one by one."""
    R = np.append(r[top], r.sum() - r[top].sum())
    C = np.append(c[top], n - c[top].sum())  # everything else, unseen included
    if R[-1] == 0 and C[-1] == unseen and len(R) > 2:
        R, C = R[:-1], C[:-1]  # no other category exists: unseen has its own test
    keep = R > 0
    if keep.sum() < 2 or C[keep].sum() <= 0:
        return []
    rest = shape_change(R[keep], C[keep], np.zeros((int(keep.sum()), 0)), eps)
    out = [] if rest is None else [_shape(rest)]
    m = float(r.sum())
    for i, k in enumerate(top[:TESTED]):
        change = rate_change(float(C[i]), n, float(R[i]), m, eps)
        out.append(_rate("category", change, k))
    return out


def _specials(
    specials: Mapping[str, tuple[int, int]], m: float, n: float, eps: float
) -> list[Component]:
    """Each special rate over all rows, with a value or not."""
    M = m + sum(pair[0] for pair in specials.values())
    N = n + sum(pair[1] for pair in specials.values())
    if M <= 0 or N <= 0:
        return []
    return [
        _rate(name, rate_change(x, N, k, M, eps)) for name, (k, x) in specials.items() if k or x
    ]


def _rate(name: str, change: RateChange, category: int | None = None) -> Component:
    return Component(name, category, *change)


def _shape(change: ShapeChange) -> Component:
    e = change.effect
    return Component(
        "shape", None, e, 0.0, e, change.low, change.high, change.se, change.p, change.p_margin
    )


def _weighted(components: list[Component], weights: Mapping[str, float]) -> list[Component]:
    """The same components with weights that sum to 1; the categories share theirs."""
    several = max(sum(c.name == "category" for c in components), 1)
    raw = [
        weights.get(c.name, SPECIAL) / (several if c.name == "category" else 1) for c in components
    ]
    total = sum(raw)
    return [replace(c, weight=w / total) for c, w in zip(components, raw, strict=True)]
