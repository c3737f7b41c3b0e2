"""Predictions beside what became of them, summed: what every performance metric is made of.

Owns: the additive summary of graded rows of one segment.  Does not own: grading a row
(`profiles.graded_rows`), metrics (`stats.performance`).

Realised rows are counted as integers; where a label is only expected, each row adds its chances
instead, and the same metrics follow from the sums.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

AT_ONCE = 1 << 15  # terms of all rows, up to which every pair is multiplied in one go
Terms = Sequence[NDArray[np.float64] | None]


@dataclass(frozen=True, eq=False)
class Graded:
    """Sums over graded rows, with L classes, C ranked scores in K bins, M terms of a row.

    Shapes: `confusion` [L, L], predicted x label; `ranked` [C, K, 2], rows by score bin that are
    not, and are, of the score's class; both int64 of realised rows, float64 of expected ones;
    `inside` float64[C, K, 2], the sums of the score there; `moments` float64[M, M], sums of v v' of
    a row's terms v, of which the first is 1 (`profiles.grading.TERMS`).
    Bounds: the difference of two summaries may be below 0: a label was corrected or withdrawn.
    """

    rows: int
    confusion: NDArray[Any]
    ranked: NDArray[Any]
    inside: NDArray[np.float64]
    moments: NDArray[np.float64]

    @classmethod
    def zero(
        cls, classes: int, scores: int, bins: int, terms: int, *, expected: bool = False
    ) -> Self:
        """Sum no row."""
        kind: Any = np.float64 if expected else np.int64
        return cls(
            0,
            np.zeros((classes, classes), kind),
            np.zeros((scores, bins, 2), kind),
            np.zeros((scores, bins, 2)),
            np.zeros((terms, terms)),
        )

    @classmethod
    def of(
        cls,
        label: NDArray[np.integer],
        predicted: NDArray[np.integer],
        places: NDArray[np.integer],
        scores: NDArray[np.float64],
        terms: Terms,
        classes: int,
        bins: int,
    ) -> Self:
        """Sum rows whose label is known.

        Shapes: n labels and predicted classes, both below `classes` (not read where that is 0);
        places int[C, n], the bin of each score, `bins` where a row has none; scores float64[C, n],
        0 there; terms as they are listed, n of each, None where all are 0.  One score is that of
        class 1, more are those of all classes.
        Example:
            >>> one = np.ones(2)
            >>> Graded.of(
            ...     np.array([0, 1]), np.array([1, 1]), np.array([[0, 1]]), np.array([[0.1, 0.9]]),
            ...     [one], 2, 2
            ... ).confusion.tolist()
            [[0, 0], [1, 1]]
        """
        n, m = len(terms[0] if terms and terms[0] is not None else label), len(places)
        pairs = predicted * classes + label if classes else np.zeros(0, np.intp)
        confusion = np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)
        ranked, inside = np.zeros((m, bins, 2), np.int64), np.zeros((m, bins, 2))
        for c in range(m):
            code = places[c] * 2 + (label == (1 if m == 1 else c))
            ranked[c] = _table(np.bincount(code, minlength=2 * bins), bins)
            inside[c] = _table(np.bincount(code, weights=scores[c], minlength=2 * bins), bins)
        return cls(n, confusion, ranked, inside, _moments(terms))

    @classmethod
    def expected(
        cls,
        chances: NDArray[np.float64],
        predicted: NDArray[np.integer],
        places: NDArray[np.integer],
        scores: NDArray[np.float64],
        terms: Terms,
        bins: int,
    ) -> Self:
        """Sum rows by the chances of their label.

        Shapes: chances float64[L, n], columns that sum to 1, or float64[0, n]; the others as in
        `of`.
        Example:
            >>> Graded.expected(
            ...     np.array([[0.25], [0.75]]), np.array([1]), np.array([[0]]), np.array([[0.6]]),
            ...     [np.ones(1)], 1
            ... ).ranked.tolist()
            [[[0.25, 0.75]]]
        """
        (classes, n), m = chances.shape, len(places)
        confusion = np.zeros((classes, classes))
        for j in range(classes):
            confusion[:, j] = np.bincount(predicted, weights=chances[j], minlength=classes)
        ranked, inside = np.zeros((m, bins, 2)), np.zeros((m, bins, 2))
        for c in range(m):
            yes = chances[1 if m == 1 else c]
            for k, weight in enumerate((1 - yes, yes)):
                ranked[c, :, k] = _column(places[c], weight, bins)
                inside[c, :, k] = _column(places[c], weight * scores[c], bins)
        return cls(n, confusion, ranked, inside, _moments(terms))

    def merge(self, other: Self) -> Self:
        """Add two summaries of disjoint rows."""
        return type(self)(
            self.rows + other.rows,
            self.confusion + other.confusion,
            self.ranked + other.ranked,
            self.inside + other.inside,
            self.moments + other.moments,
        )

    def negated(self) -> Self:
        """What takes these rows out again when it is added."""
        return type(self)(-self.rows, -self.confusion, -self.ranked, -self.inside, -self.moments)

    def slim(self) -> Self:
        """Only the sums of the terms: what evidence over time needs."""
        none = (np.zeros((0, 0), self.confusion.dtype), np.zeros((0, 0, 2), self.ranked.dtype))
        return type(self)(self.rows, *none, np.zeros((0, 0, 2)), self.moments)

    def state(self) -> tuple[object, ...]:
        """The value as plain integers, text and bytes."""
        arrays = (self.confusion, self.ranked, self.inside, self.moments)
        plain = [a.astype("<f8" if a.dtype.kind == "f" else "<i8") for a in arrays]
        return (self.rows, *((a.dtype.str, a.shape, a.tobytes()) for a in plain))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Graded) and self.state() == other.state()

    __hash__ = None  # type: ignore[assignment]


def _table(counts: NDArray[Any], bins: int) -> NDArray[Any]:
    """Counts by bin and side, without the rows that have no score."""
    return counts[: 2 * bins].reshape(bins, 2)


def _column(
    places: NDArray[np.integer], weights: NDArray[np.float64], bins: int
) -> NDArray[np.float64]:
    return np.bincount(places, weights=weights, minlength=bins)[:bins].astype(np.float64)


def _moments(terms: Terms) -> NDArray[np.float64]:
    """Sums of v v'.  Not by a matrix product: those differ between machines in the last digits."""
    sums = np.zeros((len(terms), len(terms)))
    there = [i for i, term in enumerate(terms) if term is not None]
    rows = np.array([terms[i] for i in there])
    if rows.size <= AT_ONCE:  # of few rows the calls would cost more than the sums
        if there:
            sums[np.ix_(there, there)] = np.einsum("in,jn->ij", rows, rows)
        return sums
    for i, first in enumerate(terms):
        for j, second in enumerate(terms[: i + 1]):
            if first is not None and second is not None:
                sums[i, j] = sums[j, i] = np.einsum("i,i->", first, second)
    return sums
