"""Rows by group, decision, label and score bin: what every figure of fairness is made of.

Owns: the additive count cube of one set of groups.  Does not own: which groups there are
(`profiles.groups`), reading rows (`profiles.cubes`), figures (`stats.fairness`).

Any threshold and any past window can be told from it, without the rows.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Cube:
    """Shapes, with G groups, D decisions, Y labels, K score bins: `counts` int64[G, D, Y + 1, K],
    rows; the last label is "none known", the last bin "no score".  `scores` float64[G, Y + 1, 2],
    sums of the score and of its square.
    Bounds: the difference of two cubes may be below 0: a label came, was corrected or withdrawn.
    """

    counts: NDArray[np.int64]
    scores: NDArray[np.float64]

    @classmethod
    def zero(cls, groups: int, decisions: int, labels: int, bins: int) -> Self:
        """Count no row."""
        shape = (groups, decisions, labels + 1, bins)
        return cls(np.zeros(shape, np.int64), np.zeros((groups, labels + 1, 2)))

    @classmethod
    def of(
        cls,
        groups: NDArray[np.integer],
        decisions: NDArray[np.integer],
        labels: NDArray[np.integer],
        bins: NDArray[np.integer],
        scores: NDArray[np.float64],
        shape: tuple[int, int, int, int],
    ) -> Self:
        """Count rows.

        Shapes: n of each; `labels` -1 where none is known, `scores` 0 where a row has none (its bin
        is the last); `shape` (G, D, Y, K).
        Example:
            >>> two = np.array([0, 1])
            >>> cube = Cube.of(two, two, np.array([1, -1]), two * 0, np.zeros(2), (2, 2, 2, 1))
            >>> cube.counts[0, 0, 1, 0], cube.counts[1, 1, 2, 0]
            (np.int64(1), np.int64(1))
        """
        G, D, Y, K = shape
        label = np.where(labels < 0, Y, labels)
        flat = ((groups * D + decisions) * (Y + 1) + label) * K + bins
        counts = np.bincount(flat, minlength=G * D * (Y + 1) * K)
        place, size = groups * (Y + 1) + label, G * (Y + 1)
        sums = [np.bincount(place, weights=part, minlength=size) for part in (scores, scores**2)]
        return cls(
            counts.reshape(G, D, Y + 1, K).astype(np.int64),
            np.stack(sums, axis=-1).reshape(G, Y + 1, 2).astype(np.float64),
        )

    @property
    def rows(self) -> int:
        """All rows that were counted."""
        return int(self.counts.sum())

    def merge(self, other: Self) -> Self:
        """Add two cubes of disjoint rows."""
        return type(self)(self.counts + other.counts, self.scores + other.scores)

    def negated(self) -> Self:
        """What takes these rows out again when it is added."""
        return type(self)(-self.counts, -self.scores)

    def unlabelled(self) -> Self:
        """The same rows without their labels: what a label that comes takes out."""
        counts, scores = np.zeros_like(self.counts), np.zeros_like(self.scores)
        counts[:, :, -1] = self.counts.sum(axis=2)
        scores[:, -1] = self.scores.sum(axis=1)
        return type(self)(counts, scores)

    def slim(self) -> Self:
        """The same in one bin of the score: what evidence over time needs."""
        return type(self)(self.counts.sum(axis=3, keepdims=True), self.scores)

    def unbinned(self) -> Self:
        """The same with scores in one bin, beside the rows without one: what rates need."""
        counts = self.counts
        if counts.shape[3] <= 2:
            return self
        scored = counts[..., :-1].sum(axis=3)
        return type(self)(np.stack([scored, counts[..., -1]], axis=3), self.scores)

    def state(self) -> tuple[object, ...]:
        """The value as integers and bytes."""
        return (
            *self.counts.shape,
            self.counts.astype("<i8").tobytes(),
            self.scores.astype("<f8").tobytes(),
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Cube) and self.state() == other.state()

    __hash__ = None  # type: ignore[assignment]
