"""One number for how far a column moved: shown for every column, tested where the user chose it as
the method.

Owns: distances of a pair of cells.  Does not own: the formulas (`stats.distances`).
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from vedette.monitors.control import ORDERED_ONLY
from vedette.monitors.pair import Pair
from vedette.profiles.cell import Cell
from vedette.sketches.counts import Counts
from vedette.stats import distances
from vedette.stats.bins import grouped, merge_ordered
from vedette.stats.distances import Distance
from vedette.stats.shape import shape_change
from vedette.stats.two_sample import Component

REPLACED = ("level", "spread", "skew", "shape", "category")  # what a chosen distance stands for


def measure(pair: Pair) -> dict[str, Distance]:
    """Every distance between the two sides, by name; none when a side holds no value.

    Units: `wasserstein` in the column's own unit, `psi` in nats, `js` in square root of bits; the
    rest have none.
    """
    reference, current = pair.counts
    kept = reference + current > 0
    if reference.sum() == 0 or current.sum() == 0:
        return {}
    found = distances.all_distances(reference[kept], current[kept])
    if pair.is_ordered:
        found["ks"] = distances.kolmogorov_smirnov(reference[kept], current[kept])
        found["wasserstein"] = _wasserstein(pair, kept)
    return found


def chosen(
    pair: Pair, found: Mapping[str, Distance], components: list[Component]
) -> list[Component]:
    """Put the chosen distance in the place of the components it stands for.

    The p-value against no change is that of a chi-square test of square roots (Kolmogorov's test
    for `ks` and `wasserstein`) on bins that hold enough rows;
    `min_effect` is a limit in the distance's own unit, for `wasserstein` in reference standard
    deviations.
    """
    name = "w" if pair.method == "chi_square" else pair.method
    if name not in found or not components:  # scores; or a distance that categories do not have
        return components
    distance, scale = found[name], 1.0
    if name == "wasserstein":
        cell = pair.reference
        spread = cell.moments.deviation(cell.usable) if cell.moments else None
        scale = 1 / spread if spread else 1.0
    value, low, high = (scale * x for x in (distance.value, distance.low, distance.high))
    if not np.isfinite(value):
        return components
    se = max(value - low, high - value, 1e-12) / 1.96  # low may have been cut at 0
    tested_p = found["ks"].p if name in ORDERED_ONLY else _homogeneity(pair)
    p = 1.0 if tested_p is None else tested_p
    tested = Component(
        "distance",
        None,
        value,
        0.0,
        value,
        low,
        high,
        se,
        p,
        max(p, float(ndtr(-(value - pair.min_effect) / se))),
        weight=sum(c.weight for c in components if c.name in REPLACED),
    )
    rest = [c for c in components if c.name not in REPLACED]
    return [tested, *rest] if tested.weight > 0 else rest


def _homogeneity(pair: Pair) -> float | None:
    """The p-value of no change at all, over places that hold enough rows on both sides."""
    reference, current = pair.counts
    if pair.is_ordered:
        if pair.fitted:  # the reference is 0 beyond its own extremes by construction
            reference = reference[1:-1]
            current = _folded(current)
        labels = merge_ordered(reference, float(current.sum()))
        one, two = grouped(labels, reference), grouped(labels, current)
    else:
        kept = pair.testable() > 0
        one, two = (
            np.append(counts[kept], counts[~kept].sum()).astype(np.float64)
            for counts in (pair.judged, Counts(current).with_rest)
        )
        one, two = one[one > 0], two[one > 0]
    # Pearson's sum has too heavy a tail where few reference rows meet many current ones.
    change = shape_change(one, two, np.zeros((len(one), 0)), pair.min_effect)
    return None if change is None else change.p


def _folded(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    inside = counts[1:-1].copy()
    inside[0] += counts[0]
    inside[-1] += counts[-1]
    return inside


def _wasserstein(pair: Pair, kept: NDArray[np.bool_]) -> Distance:
    """W1 from bin means: the reference's inside, each side's own in the outermost places."""
    one, two = _means(pair.reference), _means(pair.current)
    inner = np.where(np.isfinite(one), one, two)
    mine, theirs = inner.copy(), inner.copy()
    for place in (0, 1, -2, -1):
        mine[place], theirs[place] = one[place], two[place]
    reference, current = pair.counts
    mine = np.where(reference > 0, mine, theirs)
    theirs = np.where(current > 0, theirs, mine)
    return distances.wasserstein_binned(reference[kept], current[kept], mine[kept], theirs[kept])


def _means(cell: Cell) -> NDArray[np.float64]:
    assert cell.bins is not None
    assert cell.moments is not None
    counts = cell.bins.counts
    with np.errstate(invalid="ignore", over="ignore"):
        return np.where(counts > 0, cell.moments.sums / np.maximum(counts, 1), np.nan)
