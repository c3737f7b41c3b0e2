"""Predictions beside what became of them, summed: what every performance metric is made of.

Owns: the additive summary of graded rows of one segment.  Does not own: grading a row
(`profiles.grading`), metrics (`stats.performance`).

Realised rows are counted as integers; where a label is only expected, each row adds its chances
instead, and the same metrics follow from the sums.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


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
