"""How seldom the reference holds a value like this in one column.

Owns: the look-up tables, for numbers, categories and what is neither.  Does not own: how columns
are put in order (`derive.outliers.score`).

Surprise is minus the logarithm of a chance: that an ordinary value lies as far in the tail, in as
wide a gap, or in as rare a category.  Units: nats.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from vedette.derive.outliers.read import BROKEN, MISSING, STATES, Rows, places_of, seldom

Array = NDArray[np.float64]
AROUND = 10  # values on either side that a gap is held against
LEAST = 5.0  # nats below which a value is usual: 1 in 150
GRAIN = 0.25  # nats that are not told apart, so that tables stay small
FARTHEST = 20.0  # nats that lying beyond the range adds, at most
PARTS = ("knots", "cuts", "nats", "reach", "others", "sizes")


@dataclass(frozen=True, eq=False)
class Surprise:
    """Tables of every column.

    Shapes: `knots` float64, ascending for each numeric column, one column after the other, `cuts`
    int64[C] how many of each; `nats` float64 what the interval before the first knot, the knot, the
    next interval ... are worth, 2 * cuts + 1 for each; `reach` float64[C] the distance beyond the
    range that counts as one more; `others` float64[P] states of numbers and places of categories,
    in the order of `derive.outliers.encode`; `sizes` int64[K] places of each nominal column.
    """

    knots: Array
    cuts: NDArray[np.int64]
    nats: Array
    reach: Array
    others: Array
    sizes: NDArray[np.int64]

    def of_rows(self, rows: Rows) -> Array:
        """The surprise of every value.  Shapes: float64[C + K, n]."""
        found = np.empty((len(self.cuts) + len(rows.places), rows.numbers.shape[1]))
        knot = nat = 0
        for j, (values, cuts) in enumerate(zip(rows.numbers, self.cuts.tolist(), strict=True)):
            knots, nats = self.knots[knot : knot + cuts], self.nats[nat : nat + 2 * cuts + 1]
            found[j] = _looked_up(values, knots, nats, float(self.reach[j]))
            knot, nat = knot + cuts, nat + 2 * cuts + 1
            odd = np.flatnonzero(rows.states[j])
            found[j, odd] = self.others[STATES * j + rows.states[j][odd].astype(np.intp) - 1]
        first = STATES * len(self.cuts)
        for k, (codes, size) in enumerate(zip(rows.places, self.sizes.tolist(), strict=True)):
            found[len(self.cuts) + k] = self.others[first + codes]
            first += size
        return found

    def ends(self, column: int) -> tuple[float, float]:
        """The range of a numeric column; none where it had no number."""
        return self._ranges[column]

    @cached_property
    def _ranges(self) -> list[tuple[float, float]]:
        found, start = [], 0
        for cuts in self.cuts.tolist():
            own = self.knots[start : start + cuts]
            found.append((float(own[0]), float(own[-1])) if cuts else (-np.inf, np.inf))
            start += cuts
        return found

    @classmethod
    def fit(cls, rows: Rows, names: Sequence[int], unseen: Sequence[float]) -> Self:
        """Learn the tables from rows.

        Shapes: of each nominal column `names`, how many there are, and `unseen`, the chance of a
        category that was never seen.
        """
        n = rows.numbers.shape[1]
        tables = [_table(np.sort(v[~np.isnan(v)])) for v in rows.numbers]
        others = []
        for states in rows.states:
            others += [_nats(seldom(int((states == s).sum()), n)) for s in (MISSING, BROKEN)]
        for codes, count, fresh in zip(rows.places, names, unseen, strict=True):
            seen = np.bincount(codes, minlength=places_of(count)).tolist()
            kept = [number for number in seen[: count + 1] if number]
            rarer = [sum(one for one in kept if one <= number) for number in seen[: count + 1]]
            others += [_nats(seldom(number, n)) for number in rarer]
            others += [_nats(fresh), *(_nats(seldom(number, n)) for number in seen[-2:])]
        return cls(
            np.concatenate([np.zeros(0), *(knots for knots, _, _ in tables)]),
            np.array([len(knots) for knots, _, _ in tables], np.int64),
            np.concatenate([np.zeros(0), *(nats for _, nats, _ in tables)]),
            np.array([reach for _, _, reach in tables], np.float64),
            np.array(others, np.float64),
            np.array([places_of(count) for count in names], np.int64),
        )

    def parts(self) -> dict[str, NDArray[Any]]:
        """The same as plain arrays."""
        return {f"surprise.{name}": getattr(self, name) for name in PARTS}

    @classmethod
    def of(cls, parts: Mapping[str, NDArray[Any]]) -> Self:
        """Read what `parts` wrote."""
        return cls(*(parts[f"surprise.{name}"] for name in PARTS))


def _nats(chance: float) -> float:
    return float(-np.log(min(chance, 1.0)))


def _looked_up(values: Array, knots: Array, nats: Array, reach: float) -> Array:
    if not len(knots):
        return np.full(len(values), nats[0])
    at = knots.searchsorted(values, side="left")
    inside = np.minimum(at, len(knots) - 1)
    found = nats[2 * at + (knots[inside] == values)]
    with np.errstate(over="ignore", invalid="ignore"):
        beyond = np.maximum(knots[0] - values, values - knots[-1]) / reach
    return np.asarray(found + np.minimum(np.log1p(np.fmax(beyond, 0.0)), FARTHEST))


def _table(ordered: Array) -> tuple[Array, Array, float]:
    """Knots, what lies between and on them, and the reach, of a column's values in order.

    A value is held against the rows themselves: one that stands alone lies in the gap that is left
    without it (so no law is assumed, and gaps of whole numbers are no surprise).
    """
    values, counts = np.unique(ordered[np.isfinite(ordered)], return_counts=True)
    n, u = int(counts.sum()), len(values)
    if u == 0:
        return np.zeros(0), np.zeros(1), 1.0
    middle = float(np.subtract(*np.quantile(ordered[np.isfinite(ordered)], (0.95, 0.05))))
    spread = middle or float(values[-1] - values[0]) or max(abs(float(values[0])), 1.0) / 50
    reach = spread / 20
    below = np.concatenate([[0], np.cumsum(counts)])  # rows below each gap
    nats = np.zeros(2 * u + 1)
    nats[::2] = -np.log(np.minimum(2 * (np.minimum(below, n - below) + 1) / (n + 1), 1.0))
    smaller = np.minimum(below[1:], n - below[:-1])
    nats[1::2] = -np.log(np.minimum(2 * smaller / (n + 1), 1.0))
    if u > 2:
        wide, alone = _isolation(values, counts)
        alone.sort()
        rarer = len(alone) - alone.searchsorted(wide, side="left")
        empty = -np.log(np.minimum((rarer + 1) / (n + 1), 1.0))
        width = np.diff(values) / reach
        empty[width < 1] = 0.0  # chance leaves narrow gaps in any law
        empty[empty >= LEAST] += np.log1p(width[empty >= LEAST] / 2)
        nats[2:-1:2] = np.maximum(nats[2:-1:2], empty)
    nats = np.floor(nats / GRAIN) * GRAIN
    nats[nats < min(LEAST, np.log(n + 1) - 1)] = 0.0
    keep = ~((nats[:-2:2] == nats[1:-1:2]) & (nats[1:-1:2] == nats[2::2]))
    keep[[0, -1]] = True
    kept = np.flatnonzero(keep)
    pairs = np.column_stack([nats[2 * kept], nats[2 * kept + 1]])
    return values[kept], np.append(pairs.ravel(), nats[-1]), reach


def _isolation(values: Array, counts: NDArray[np.int64]) -> tuple[Array, Array]:
    """The width of every gap against its surroundings; and that of the gap which each value that is
    alone leaves behind.  Shapes: u values -> u - 1 gaps, at most u - 2."""
    u = len(values)
    places = np.arange(u - 1)
    low = values[np.maximum(places - AROUND, 0)]
    high = values[np.minimum(places + 1 + AROUND, u - 1)]
    wide = np.diff(values) / (high - low)
    once = np.flatnonzero(counts[1:-1] == 1) + 1
    low = values[np.maximum(once - AROUND - 1, 0)]
    high = values[np.minimum(once + AROUND + 1, u - 1)]
    return wide, (values[once + 1] - values[once - 1]) / (high - low)
