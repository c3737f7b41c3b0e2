"""One text of arithmetic for many series and for one.

Owns: the few functions that arrays and plain floats spell differently.  Does not own: what is
computed.  A row is float64[S] for S series; a single series runs on Python's floats, which is ten
times faster than arrays of length one and gives the same bits: sums, products, quotients and roots
are rounded alike, exponentials and logarithms are NumPy's in both.
"""

from collections.abc import Sequence
from math import sqrt
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

Row = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Arithmetic(Protocol):
    """What rows can do beyond operators."""

    def where(self, mask: Mask, yes: Row | float, no: Row | float) -> Row:
        """Choose by series."""

    def least(self, one: Row | float, other: Row | float) -> Row:
        """The smaller of two."""

    def most(self, one: Row | float, other: Row | float) -> Row:
        """The greater of two."""

    def clip(self, row: Row, most: Row | float) -> Row:
        """Held to at most `most` on either side of 0."""

    def root(self, row: Row) -> Row:
        """The square root."""

    def log(self, row: Row) -> Row:
        """The natural logarithm."""

    def exp(self, row: Row) -> Row:
        """The exponential."""

    def every(self, mask: Mask) -> bool:
        """Whether all series are so."""

    def flat(self, row: Row, value: float) -> Row:
        """The same value for every series."""


class _Arrays:
    where = staticmethod(np.where)
    least = staticmethod(np.minimum)
    most = staticmethod(np.maximum)
    root = staticmethod(np.sqrt)
    log = staticmethod(np.log)
    exp = staticmethod(np.exp)
    every = staticmethod(np.all)
    flat = staticmethod(np.full_like)

    @staticmethod
    def clip(row: Row, most: Row | float) -> Row:
        return np.minimum(np.maximum(row, -most), most)


class _Floats:
    root = staticmethod(sqrt)
    every = staticmethod(bool)

    @staticmethod
    def where(mask: bool, yes: float, no: float) -> float:
        return yes if mask else no

    @staticmethod
    def least(one: float, other: float) -> float:
        return one if one < other else other

    @staticmethod
    def most(one: float, other: float) -> float:
        return one if one > other else other

    @staticmethod
    def clip(row: float, most: float) -> float:
        return most if row > most else -most if row < -most else row

    @staticmethod
    def log(row: float) -> float:
        return float(np.log(row))

    @staticmethod
    def exp(row: float) -> float:
        return float(np.exp(row))

    @staticmethod
    def flat(row: float, value: float) -> float:
        return value


ARRAYS: Arithmetic = cast(Any, _Arrays)
FLOATS: Arithmetic = cast(Any, _Floats)


def put(rows: tuple[Any, ...], at: int, row: Any) -> tuple[Any, ...]:
    """A copy of a table of rows with one of them replaced; the others are shared."""
    return rows[:at] + (row,) + rows[at + 1 :]  # noqa: RUF005 - five times as quick as unpacking


def total(rows: Sequence[Row]) -> Row:
    """The sum of rows, in their order."""
    found = rows[0]
    for row in rows[1:]:
        found = found + row
    return found
