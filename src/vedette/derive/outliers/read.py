"""Rows as numbers and places of categories: the one reading that distance and surprise share.

Owns: which columns are read, what of a value is usable.  Does not own: what is far
(`derive.outliers.encode`), what is surprising (`derive.outliers.surprise`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core.schema import NOMINAL_KINDS, ORDERED_KINDS, Schema
from vedette.profiles.binning import NominalBinning, hash_text
from vedette.profiles.columns import as_codes, as_numbers, column_or_absent

ROLES = ("feature", "segment", "text_input")  # what a model is asked; derived columns included
USABLE, MISSING, BROKEN = range(3)
STATES = 2  # that a number may be in instead of being usable
AFTER_UNSEEN = 3  # places from the one of unseen categories to the end: unseen, missing, broken
NEVER = 0.1  # rows that what was never seen counts as
MEMO = 100_000  # categories remembered per column; beyond, they are looked up again


class Rows(NamedTuple):
    """What was read of n rows.

    Shapes: `numbers` float64[C, n], NaN where not usable, infinities kept; `states` int8[C, n];
    `places` intp[K, n]: a category's place among the names, then others, unseen ones, missing,
    broken.
    """

    numbers: NDArray[np.float64]
    states: NDArray[np.int8]
    places: NDArray[np.intp]

    def taken(self, rows: NDArray[np.intp]) -> "Rows":
        """Some of the rows."""
        return Rows(self.numbers[:, rows], self.states[:, rows], self.places[:, rows])


@dataclass(frozen=True, eq=False)
class Reader:
    """The columns that are read of a row.  Shapes: one binning per nominal column."""

    numeric: tuple[str, ...]
    nominal: tuple[str, ...]
    binnings: tuple[NominalBinning, ...]
    memos: tuple[dict[str, int], ...]

    @classmethod
    def of(
        cls,
        numeric: tuple[str, ...],
        categories: Mapping[str, tuple[str, ...]],
        known: Mapping[str, NDArray[np.uint64]],
    ) -> "Reader":
        """Read numbers, and categories by their names.  Shapes: `known` hashes by column."""
        binnings = tuple(NominalBinning(names, known[name]) for name, names in categories.items())
        memos: tuple[dict[str, int], ...] = tuple({} for _ in binnings)
        return cls(numeric, tuple(categories), binnings, memos)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column, numbers first."""
        return self.numeric + self.nominal

    def read(self, batch: pa.RecordBatch) -> Rows:
        """Read every row; a column that is absent is all missing."""
        n = batch.num_rows
        numbers = np.empty((len(self.numeric), n))
        states = np.zeros((len(self.numeric), n), np.int8)
        for j, name in enumerate(self.numeric):
            _read_numbers(column_or_absent(batch, name), numbers[j], states[j])
        places = np.empty((len(self.nominal), n), np.intp)
        for j, name in enumerate(self.nominal):
            places[j] = self._places(j, column_or_absent(batch, name))
        return Rows(numbers, states, places)

    def _places(self, j: int, column: pa.Array) -> NDArray[np.intp]:
        read, size = as_codes(column), len(self.binnings[j].names)
        table = np.empty(len(read.dictionary) + 2, np.intp)
        table[:-2] = [self._place(j, value) for value in read.dictionary.to_pylist()]
        table[-2:] = size + 3, size + 2  # codes -2 and -1: broken, missing
        found: NDArray[np.intp] = table[read.codes]
        return found

    def _place(self, j: int, value: str | None) -> int:
        text, memo = "" if value is None else value, self.memos[j]
        place = memo.get(text)
        if place is None:
            binning = self.binnings[j]
            place = binning.places.get(text)
            if place is None:
                place = binning.place(text, hash_text(binning.spelt(text)))
            if len(memo) < MEMO:
                memo[text] = place
        return place


def places_of(names: int) -> int:
    """How many places a nominal column has.

    Example:
        >>> places_of(3)  # the names, others, unseen, missing, broken
        7
    """
    return names + 4


def seldom(count: int, rows: int) -> float:
    """The chance of what that many rows show; what none does is no tail of something seen.

    Example:
        >>> seldom(9, 99), seldom(0, 99)
        (0.1, 0.001)
    """
    return (count + 1 if count else NEVER) / (rows + 1)


def readable(schema: Schema) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The numeric and nominal columns that may be read.

    Example:
        >>> from vedette.core.schema import Field
        >>> fields = (Field("a", "numeric"), Field("y", "boolean", "label"), Field("b", "category"))
        >>> readable(Schema(fields))
        (('a',), ('b',))
    """
    asked = [field for field in schema.fields if field.role in ROLES]
    numeric = tuple(field.name for field in asked if field.kind in ORDERED_KINDS)
    return numeric, tuple(field.name for field in asked if field.kind in NOMINAL_KINDS)


def _read_numbers(column: pa.Array, values: NDArray[np.float64], states: NDArray[np.int8]) -> None:
    read = as_numbers(column)
    values[:] = read.values
    if read.missing is not None:
        states[read.missing] = MISSING
    if read.broken is not None:
        states[read.broken] = BROKEN
    lost = np.isnan(values)
    if read.usable is not None:
        lost |= ~read.usable
    if lost.any():
        states[lost & (states == USABLE)] = BROKEN  # a NaN that is no Arrow null is no number
        values[lost] = np.nan
