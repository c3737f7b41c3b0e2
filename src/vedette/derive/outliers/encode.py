"""Mixed rows as points in whole numbers, so that distances are exact.

Owns: scales, what a category, a missing value or a broken one weighs, the size of a step.  Does not
own: reading columns (`derive.outliers.read`), distances (`derive.outliers.nearest`).

Coordinates are whole numbers held as float32, small enough that every sum of their products is
exact: a row's distance is then the same to the bit whatever rows lie beside it, however many
threads or whichever library multiply the matrices.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from vedette.derive.outliers.read import AFTER_UNSEEN, STATES, Rows, places_of, seldom

Array = NDArray[np.float64]
CLIP = 20.0  # robust standard deviations beyond which all is equally far
EXACT = 2.0**23  # sums of whole numbers below it are exact in float32, twice over
FINEST = 1000.0  # steps of one standard deviation, at most: a coordinate fits in an int16
SEEN = 1.0  # what a category or a state weighs that sampled rows have; others by how rare they are
# Shares between which a span is taken, and how many deviations it is of a normal law.
SPANS = ((0.25, 0.75, 1.349), (0.05, 0.95, 3.290), (0.005, 0.995, 5.152))
WHOLE = 6.0  # deviations between the extremes, where all else is one value
NOTHING = 1e-9  # of its size: the deviation of a constant
PARTS = ("centre", "scale", "weights", "spots", "sizes", "step")


class Points(NamedTuple):
    """Encoded rows.

    Shapes: `at` float32[n, d], whole; `beyond` float64[n], the squared distance, in squared steps,
    that lies between a row and every row of the reference alike.
    """

    at: NDArray[np.float32]
    beyond: Array


@dataclass(frozen=True, eq=False)
class Encoding:
    """How rows become points.

    Shapes: `centre`, `scale` float64[C]; `sizes` int64[K] places of each nominal column; `weights`
    float64[P], what each state of a number, then each place of a category weighs, column after
    column; `spots` int64[P], its coordinate behind the C numbers, -1 where no sampled row of the
    reference has it; `step` float64[1], steps of one standard deviation.
    """

    centre: Array
    scale: Array
    weights: Array
    spots: NDArray[np.int64]
    sizes: NDArray[np.int64]
    step: Array

    @property
    def width(self) -> int:
        """Coordinates of a point."""
        return len(self.centre) + int(self.spots.max(initial=-1)) + 1

    def points(self, rows: Rows) -> Points:
        """Encode rows."""
        C, n = rows.numbers.shape
        at = np.zeros((n, self.width + 1), np.float32)  # the last takes what has no coordinate
        beyond = np.zeros(n)
        at[:, :C] = np.rint(self.standard(rows.numbers) * self.step).T
        steps = np.rint(self.weights * self.step)
        apart = np.where(self.spots < 0, steps**2, 0.0)
        spots = np.where(self.spots < 0, self.width, self.spots + C)
        for place, which in self.places(rows):
            beyond[which] += apart[place]
            at[which, spots[place]] = steps[place]
        return Points(at[:, :-1], beyond)

    def terms(self, rows: Rows, points: Points, others: NDArray[np.float32]) -> Array:
        """What each column adds to the squared distance to another row.

        Shapes: `others` float32[n, d], one for each row -> float64[C + K, n].  Units: squared
        robust standard deviations.
        """
        C, n = rows.numbers.shape
        found = np.zeros((C + len(self.sizes), n))
        apart = np.subtract(points.at, others, dtype=np.float64) ** 2  # whole: exact in any order
        np.add.at(found, self.owners, apart.T)
        steps = np.where(self.spots < 0, np.rint(self.weights * self.step) ** 2, 0.0)
        column_of = self._columns
        for place, which in self.places(rows):
            found[column_of[place], which] += steps[place]
        return found / self.step**2

    @cached_property
    def owners(self) -> NDArray[np.intp]:
        """The column of each coordinate."""
        numbers = np.arange(len(self.centre))
        kept = self._columns[self.spots >= 0]
        return np.concatenate([numbers, kept[np.argsort(self.spots[self.spots >= 0])]])

    @cached_property
    def _columns(self) -> NDArray[np.intp]:
        """The column of each place of `weights`."""
        C = len(self.centre)
        states, categories = np.arange(C).repeat(STATES), np.arange(len(self.sizes))
        return np.concatenate([states, C + categories.repeat(self.sizes)]).astype(np.intp)

    def standard(self, numbers: Array) -> Array:
        """Robust standard scores, clipped; 0 where there is no number."""
        with np.errstate(over="ignore", invalid="ignore"):
            z = (numbers - self.centre[:, None]) / self.scale[:, None]
        z[np.isnan(z)] = 0.0
        return np.clip(z, -CLIP, CLIP)

    def places(self, rows: Rows) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Per column what is no number, as places of `weights`, and the rows that hold it."""
        found = []
        for j, states in enumerate(rows.states):
            if states.any():
                odd = np.flatnonzero(states)
                found.append((STATES * j + states[odd].astype(np.intp) - 1, odd))
        first = STATES * len(self.centre)
        every = np.arange(rows.numbers.shape[1])
        for size, codes in zip(self.sizes.tolist(), rows.places, strict=True):
            found.append((first + codes, every))
            first += size
        return found

    @classmethod
    def fit(
        cls, rows: Rows, names: Sequence[int], unseen: Sequence[float], sample: NDArray[np.intp]
    ) -> Self:
        """Learn scales from rows; the sampled ones of them give the coordinates.

        Shapes: of each nominal column `names`, how many there are, and `unseen`, the chance of a
        category that was never seen.
        """
        centre, scale = _scales(rows.numbers)
        sizes = np.array([places_of(count) for count in names], np.int64)
        total = STATES * len(centre) + int(sizes.sum())
        draft = cls(centre, scale, np.zeros(total), np.zeros(total, np.int64), sizes, np.ones(1))
        chosen = Rows(rows.numbers[:, sample], rows.states[:, sample], rows.places[:, sample])
        held = np.zeros(total, np.int64)
        for place, _ in draft.places(rows):
            held += np.bincount(place, minlength=total)
        chances = np.array([seldom(count, rows.numbers.shape[1]) for count in held.tolist()])
        ends = STATES * len(centre) + np.cumsum(sizes)
        chances[ends - AFTER_UNSEEN] = unseen
        seen = np.zeros(total, np.bool_)
        for place, _ in draft.places(chosen):
            seen[place] = True
        weights = np.where(seen, SEEN, np.minimum(1 / np.sqrt(chances), CLIP))
        spots = np.where(seen, np.cumsum(seen) - 1, -1)
        draft = cls(centre, scale, weights, spots, sizes, np.ones(1))
        return cls(centre, scale, weights, spots, sizes, _step(draft, chosen))

    def parts(self) -> dict[str, NDArray[Any]]:
        """The same as plain arrays."""
        return {f"encode.{name}": getattr(self, name) for name in PARTS}

    @classmethod
    def of(cls, parts: Mapping[str, NDArray[Any]]) -> Self:
        """Read what `parts` wrote."""
        return cls(*(parts[f"encode.{name}"] for name in PARTS))


def _scales(numbers: Array) -> tuple[Array, Array]:
    """Median and robust standard deviation of every column: the largest that any span tells, so
    that heavy tails and frequent values are no reason to be far."""
    centre, scale = np.zeros(len(numbers)), np.ones(len(numbers))
    for j, column in enumerate(numbers):
        known = np.sort(column[np.isfinite(column)])
        if not len(known):
            continue
        centre[j] = np.median(known)
        with np.errstate(over="ignore"):
            spans = [
                float(np.subtract(*np.quantile(known, (high, low)))) / normal
                for low, high, normal in SPANS
            ]
            whole = float(known[-1] - known[0]) / WHOLE
        found = [span for span in (max(spans), whole) if 0 < span < np.inf]
        # Of a constant any other value is as far as can be.
        scale[j] = found[0] if found else max(abs(centre[j]), 1.0) * NOTHING
    return centre, scale


def _step(encoding: "Encoding", sample: Rows) -> Array:
    """The finest step under which every sum of products with a sampled row is exact."""
    size = np.abs(encoding.standard(sample.numbers)).sum(axis=0)
    squares = (encoding.standard(sample.numbers) ** 2).sum(axis=0)
    for place, which in encoding.places(sample):
        size[which] += encoding.weights[place]
        squares[which] += encoding.weights[place] ** 2
    most = max(CLIP * float(size.max(initial=0.0)), float(squares.max(initial=0.0)), 1.0)
    return np.array([np.floor(np.clip(np.sqrt(EXACT / most), 1.0, FINEST))])
