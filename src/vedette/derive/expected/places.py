"""Columns of a row as small whole numbers: what the auditor's trees read.

Owns: which code a value has, and the arrays this is stored as.  Does not own: bins and names, which
are the baseline's (`profiles.binning`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.profiles.binning import Binning, NominalBinning, NumericBinning
from vedette.profiles.columns import as_codes, as_numbers, column_or_absent

FINE = 64  # bins of a score: finer than those of the profile, since most is known from the score
_NAMES = "places.names"  # UTF-8 of all names, one after the other
_LENGTHS = "places.lengths"  # bytes of each name
_COUNTS = "places.counts"  # names of each column; -1 where it is ordered
_EDGES = "places.edges"
_CUTS = "places.cuts"  # edges of each column; -1 where it is nominal


@dataclass(frozen=True, eq=False)
class Places:
    """How columns are read.  Shapes: one binning per column."""

    columns: tuple[str, ...]
    binnings: tuple[Binning, ...]

    @cached_property
    def widths(self) -> tuple[int, ...]:
        """Codes of each column; the last is "no usable value"."""
        return tuple(
            (b.bins if isinstance(b, NumericBinning) else len(b.names) + 1) + 1
            for b in self.binnings
        )

    @property
    def nominal(self) -> tuple[bool, ...]:
        """Whether the order of a column's codes means nothing."""
        return tuple(isinstance(b, NominalBinning) for b in self.binnings)

    def read(self, batch: pa.RecordBatch | pa.Table, wanted: Sequence[bool]) -> list[Any]:
        """Codes of every row; zeros for columns that are not wanted.

        Shapes: intp[n] per column.  A column that is absent is all missing.
        """
        nothing = np.zeros(batch.num_rows, np.intp)
        return [
            code(whole(batch, name), binning, width) if want else nothing
            for name, binning, width, want in zip(
                self.columns, self.binnings, self.widths, wanted, strict=True
            )
        ]

    def parts(self) -> dict[str, NDArray[Any]]:
        """The same as plain arrays."""
        nominal = [b.names if isinstance(b, NominalBinning) else None for b in self.binnings]
        edges = [b.edges if isinstance(b, NumericBinning) else None for b in self.binnings]
        names = [
            name.encode("utf-8", "surrogatepass") for column in nominal for name in column or ()
        ]
        return {
            _NAMES: np.frombuffer(b"".join(names), np.uint8),
            _LENGTHS: np.array([len(name) for name in names], np.int64),
            _COUNTS: np.array([-1 if c is None else len(c) for c in nominal], np.int64),
            _EDGES: np.concatenate([np.zeros(0), *(e for e in edges if e is not None)]),
            _CUTS: np.array([-1 if e is None else len(e) for e in edges], np.int64),
        }

    @classmethod
    def of(cls, columns: tuple[str, ...], parts: Mapping[str, NDArray[Any]]) -> "Places":
        """Read what `parts` wrote."""
        text, at, names = parts[_NAMES].tobytes(), 0, []
        for length in parts[_LENGTHS].tolist():
            names.append(text[at : at + length].decode("utf-8", "surrogatepass"))
            at += length
        binnings: list[Binning] = []
        named = cut = 0
        for count, cuts in zip(parts[_COUNTS].tolist(), parts[_CUTS].tolist(), strict=True):
            if cuts >= 0:
                binnings.append(NumericBinning(parts[_EDGES][cut : cut + cuts].astype(np.float64)))
                cut += cuts
            else:
                binnings.append(named_only(names[named : named + count]))
                named += count
        return cls(columns, tuple(binnings))


def named_only(names: Sequence[str]) -> NominalBinning:
    """A binning that knows no rare categories apart from unseen ones."""
    return NominalBinning(tuple(names), np.zeros(0, np.uint64))


def fine_binning(values: NDArray[np.float64]) -> NumericBinning:
    """Bins of about equal counts for a score.  Shapes: n values, NaN where missing."""
    known = values[np.isfinite(values)]
    if not len(known):
        return NumericBinning(np.zeros(0))
    cuts = np.quantile(known, np.arange(1, FINE) / FINE, method="inverted_cdf")
    return NumericBinning(np.unique(cuts + 0.0))


def code(column: pa.Array, binning: Binning, width: int) -> NDArray[np.intp]:
    """Codes of one column."""
    if isinstance(binning, NumericBinning):
        values = numbers(column)
        places = binning.edges.searchsorted(values)
        places[~np.isfinite(values)] = width - 1
        return places
    read = as_codes(column)
    other, known = len(binning.names), binning.places
    places = np.full(len(read.dictionary) + 2, width - 1, np.intp)
    places[:-2] = [known.get(value, other) for value in read.dictionary.to_pylist()]
    chosen: NDArray[np.intp] = places[read.codes]
    return chosen


def numbers(column: pa.Array) -> NDArray[np.float64]:
    """A column as numbers, NaN where it has none."""
    read = as_numbers(column)
    values = read.values.astype(np.float64)
    return values if read.usable is None else np.where(read.usable, values, np.nan)


def whole(batch: pa.RecordBatch | pa.Table, name: str) -> pa.Array:
    """One column as one array; all missing where there is none."""
    if isinstance(batch, pa.RecordBatch):
        return column_or_absent(batch, name)
    if name not in batch.column_names:
        return pa.nulls(batch.num_rows, pa.float64())
    column = batch.column(name).combine_chunks()
    return column if isinstance(column, pa.Array) else pa.concat_arrays(column.chunks)
