"""How columns go together: small tables of all pairs, second moments and projections, as integers.

Owns: the counts and their sum.  Does not own: bins, scales and directions
(`profiles.dependence`), what they say (`monitors.dependence`).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Pairwise:
    """Counts of C columns taken two at a time, P = C (C - 1) / 2, in the order of
    `numpy.triu_indices(C, 1)`.

    Shapes: `tables` int64[P, k, k] rows by the places of both columns; `seconds` int64[C, C] sums
    of products of clipped, rounded, standardised values (exact: they are integers); `firsts`
    int64[C] their sums; `projected` int64[R, b] rows by their place on each of R directions.
    """

    tables: NDArray[np.int64]
    firsts: NDArray[np.int64]
    seconds: NDArray[np.int64]
    projected: NDArray[np.int64]

    @classmethod
    def zero(cls, columns: int, places: int, directions: int, bins: int) -> Self:
        """Count no rows."""
        pairs = columns * (columns - 1) // 2
        return cls(
            np.zeros((pairs, places, places), np.int64),
            np.zeros(columns, np.int64),
            np.zeros((columns, columns), np.int64),
            np.zeros((directions, bins), np.int64),
        )

    @classmethod
    def of(
        cls,
        codes: NDArray[np.integer],
        values: NDArray[np.integer],
        projected: NDArray[np.integer],
        places: int,
        bins: int,
    ) -> Self:
        """Count rows.

        Shapes: codes int[n, C] in [0, places), values int[n, C], projected int[n, R] in [0, bins).
        Bounds: exact while n times the largest squared value stays below 2**53.

        Example:
            >>> codes = np.array([[0, 1], [1, 1]])
            >>> Pairwise.of(codes, codes, np.zeros((2, 0), int), 2, 4).tables.tolist()
            [[[0, 1], [0, 1]]]
        """
        rows, columns = codes.shape
        first, second = np.triu_indices(columns, 1)
        is_at = np.zeros((rows, columns * places), np.float64)
        is_at[np.arange(rows)[:, None], codes + np.arange(columns) * places] = 1.0
        met = (is_at.T @ is_at).reshape(columns, places, columns, places)
        numbers = values.astype(np.float64)
        shape = (projected.shape[1], bins)
        flat = (projected + np.arange(shape[0]) * bins).ravel()
        return cls(
            met[first, :, second, :].astype(np.int64),
            values.sum(axis=0, dtype=np.int64),
            (numbers.T @ numbers).astype(np.int64),
            np.bincount(flat, minlength=shape[0] * bins).astype(np.int64).reshape(shape),
        )

    def merge(self, other: Self) -> Self:
        return type(self)(
            self.tables + other.tables,
            self.firsts + other.firsts,
            self.seconds + other.seconds,
            self.projected + other.projected,
        )

    def state(self) -> tuple[object, ...]:
        parts = (self.tables, self.firsts, self.seconds, self.projected)
        return tuple(x for one in parts for x in (one.shape, one.astype("<i8").tobytes()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pairwise) and self.state() == other.state()

    __hash__ = None  # type: ignore[assignment]
