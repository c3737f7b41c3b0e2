"""Loss by the bins of a column: what a drop is taken apart with.

Owns: rows, sums of the loss and of its square per code of a column.  Does not own: codes
(`profiles.codes`), taking a drop apart (`stats.attribution`).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Losses:
    """Shapes: `rows` int64[k], `loss` and `squares` float64[k], per code; the last code is "no
    usable value".  Units: the loss lies in [0, 1]."""

    rows: NDArray[np.int64]
    loss: NDArray[np.float64]
    squares: NDArray[np.float64]

    @classmethod
    def zero(cls, codes: int) -> Self:
        """Sum no row."""
        return cls(np.zeros(codes, np.int64), np.zeros(codes), np.zeros(codes))

    @classmethod
    def of(cls, codes: NDArray[np.integer], loss: NDArray[np.float64], width: int) -> Self:
        """Sum the loss of rows by code, 0 <= code < width.

        Example:
            >>> Losses.of(np.array([0, 1, 1]), np.array([0.5, 1.0, 0.0]), 3).loss.tolist()
            [0.5, 1.0, 0.0]
        """
        return cls(
            np.bincount(codes, minlength=width),
            np.bincount(codes, weights=loss, minlength=width).astype(np.float64),
            np.bincount(codes, weights=loss**2, minlength=width).astype(np.float64),
        )

    def merge(self, other: Self) -> Self:
        """Add two summaries of disjoint rows."""
        return type(self)(
            self.rows + other.rows, self.loss + other.loss, self.squares + other.squares
        )

    def negated(self) -> Self:
        """What takes these rows out again when it is added."""
        return type(self)(-self.rows, -self.loss, -self.squares)

    def state(self) -> tuple[object, ...]:
        """The value as bytes."""
        return (
            self.rows.astype("<i8").tobytes(),
            self.loss.astype("<f8").tobytes(),
            self.squares.astype("<f8").tobytes(),
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Losses) and self.state() == other.state()

    __hash__ = None  # type: ignore[assignment]
