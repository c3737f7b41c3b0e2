"""How often two coded columns take each pair of values.

Owns: a table of pair counts.  Does not own: how a column is coded.  Score bins x labels give every
classification metric later, for
any threshold, exactly (AUC from its rows, calibration from its columns).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Joint:
    """Pair counts.  Shapes: counts int64[a, b]."""

    counts: NDArray[np.int64]

    @classmethod
    def zero(cls, rows: int, columns: int) -> Self:
        """Count no pair in a table of rows x columns."""
        return cls(np.zeros((rows, columns), np.int64))

    @classmethod
    def of(
        cls, first: NDArray[np.integer], second: NDArray[np.integer], rows: int, columns: int
    ) -> Self:
        """Count pairs of codes, 0 <= first < rows and 0 <= second < columns.

        Example:
            >>> Joint.of(np.array([0, 1, 1]), np.array([0, 1, 1]), 2, 2).counts.tolist()
            [[1, 0], [0, 2]]
        """
        flat = np.bincount(first * columns + second, minlength=rows * columns)
        return cls(flat.reshape(rows, columns))

    def merge(self, other: Self) -> Self:
        return type(self)(self.counts + other.counts)

    def state(self) -> tuple[object, ...]:
        return (*self.counts.shape, self.counts.astype("<i8").tobytes())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Joint) and self.state() == other.state()

    __hash__ = None  # type: ignore[assignment]
