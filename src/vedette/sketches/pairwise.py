"""How columns go together: small tables of all pairs, second moments and projections, as integers.

Owns: the counts and their sum.  Does not own: bins, scales and directions
(`profiles.dependence`), what they say (`monitors.dependence`).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

BLOCK = 8_192  # rows whose bits are compared at once: they stay in the processor's cache
PART = 256  # rows multiplied at once


@dataclass(frozen=True, eq=False)
class Pairwise:
    """Counts of C columns taken two at a time, P = C (C - 1) / 2, in the order of
    `numpy.triu_indices(C, 1)`.

    Shapes: `tables` int64[P, k, k] rows by the places of both columns, where both have one;
    `known` int64[C] rows where a column has one; `firsts` int64[C] sums of clipped, rounded,
    standardised values, `seconds` int64[C, C] sums of their products (exact: they are integers);
    `projected` int64[R, b] rows by their place on each of R directions.
    """

    tables: NDArray[np.int64]
    known: NDArray[np.int64]
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

        Shapes: codes int[n, C] below `places`, negative where a row has no place; values int[n, C],
        0 there; projected int[n, R] in [0, bins).
        Bounds: exact while n times the largest squared value stays below 2**53.

        Example:
            >>> codes = np.array([[0, 1], [1, 1], [-1, 0]])
            >>> made = Pairwise.of(codes, codes, np.zeros((3, 0), int), 2, 4)
            >>> made.tables.tolist(), made.known.tolist()
            ([[[0, 1], [0, 1]]], [2, 3])
        """
        rows, columns = codes.shape
        tables = np.zeros((columns * (columns - 1) // 2, places, places), np.int64)
        for at in range(0, rows, BLOCK):
            tables += _met(codes[at : at + BLOCK], places)
        shape = (projected.shape[1], bins)
        flat = (projected + np.arange(shape[0]) * bins).ravel()
        return cls(
            tables,
            np.count_nonzero(codes >= 0, axis=0).astype(np.int64),
            values.sum(axis=0, dtype=np.int64),
            _products(values.astype(np.float64)).astype(np.int64),
            np.bincount(flat, minlength=shape[0] * bins).astype(np.int64).reshape(shape),
        )

    def merge(self, other: Self) -> Self:
        return type(self)(
            self.tables + other.tables,
            self.known + other.known,
            self.firsts + other.firsts,
            self.seconds + other.seconds,
            self.projected + other.projected,
        )

    def state(self) -> tuple[object, ...]:
        parts = (self.tables, self.known, self.firsts, self.seconds, self.projected)
        return tuple(x for one in parts for x in (one.shape, one.astype("<i8").tobytes()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pairwise) and self.state() == other.state()

    __hash__ = None  # type: ignore[assignment]


def _met(codes: NDArray[np.integer], places: int) -> NDArray[np.int64]:
    """Rows by the places of every two columns: a bit per row and place, and-ed and counted, four
    times as fast as a product of matrices and exact."""
    columns = codes.shape[1]
    held = np.arange(places).astype(codes.dtype)
    packed = np.packbits(codes.T[:, None, :] == held[:, None], axis=-1)
    words = -(-packed.shape[2] // 8)
    bits = np.zeros((columns, places, 8 * words), np.uint8)
    bits[..., : packed.shape[2]] = packed
    whole = bits.view(np.uint64)
    found = [
        np.bitwise_count(whole[i][None, :, None] & whole[i + 1 :, None]).sum(-1, dtype=np.int64)
        for i in range(columns - 1)
    ]
    return np.concatenate(found) if found else np.zeros((0, places, places), np.int64)


def _products(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums of products, in parts too small for a linear algebra library to start threads."""
    whole = len(values) // PART * PART
    parts = values[:whole].reshape(-1, PART, values.shape[1])
    rest = values[whole:]
    summed: NDArray[np.float64] = (parts.transpose(0, 2, 1) @ parts).sum(axis=0) + rest.T @ rest
    return summed
