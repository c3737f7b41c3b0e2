"""Columns of a row as small whole numbers: what the auditor's trees read.

Owns: which columns they may read, and the arrays that their bins are stored as.  Does not own: bins
and names, which are the baseline's (`profiles.binning`), codes (`profiles.codes`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core.schema import Schema
from vedette.profiles.binning import Binning, NominalBinning, NumericBinning
from vedette.profiles.codes import code_count, codes_of
from vedette.profiles.columns import column_or_absent
from vedette.profiles.grading import Grading

ROLES = ("feature", "segment", "sensitive")
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
        return tuple(code_count(binning) for binning in self.binnings)

    @property
    def nominal(self) -> tuple[bool, ...]:
        """Whether the order of a column's codes means nothing."""
        return tuple(isinstance(b, NominalBinning) for b in self.binnings)

    @property
    def starts(self) -> NDArray[np.int64]:
        """Where each column's codes begin when all stand side by side."""
        return np.concatenate([[0], np.cumsum(self.widths)]).astype(np.int64)

    def read(self, batch: pa.RecordBatch, wanted: Sequence[bool]) -> list[NDArray[np.intp]]:
        """Codes of every row; zeros for columns that are not wanted.

        Shapes: intp[n] per column.  A column that is absent is all missing.
        """
        nothing = np.zeros(batch.num_rows, np.intp)
        return [
            codes_of(column_or_absent(batch, name), binning) if want else nothing
            for name, binning, want in zip(self.columns, self.binnings, wanted, strict=True)
        ]

    def only(self, kept: Sequence[int]) -> "Places":
        """Some of the columns."""
        return Places(tuple(self.columns[i] for i in kept), tuple(self.binnings[i] for i in kept))

    def parts(self) -> dict[str, NDArray[Any]]:
        """The same as plain arrays."""
        nominal = [b.names if isinstance(b, NominalBinning) else None for b in self.binnings]
        edges = [b.edges if isinstance(b, NumericBinning) else None for b in self.binnings]
        every = (name for column in nominal for name in column or ())
        names = [name.encode("utf-8", "surrogatepass") for name in every]
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
                binnings.append(_named(names[named : named + count]))
                named += count
        return cls(columns, tuple(binnings))


def readable(
    arrived: Sequence[str],
    schema: Schema,
    binnings: Mapping[str, Binning],
    grading: Grading,
    scores: Mapping[str, NDArray[np.float64]],
) -> Places:
    """The columns that trees may read: the model's own numbers in fine bins, its predicted class
    where it has no scores, then those of the row that the baseline has bins for.

    Shapes: `scores` by column, NaN where missing.
    """
    chosen: dict[str, Binning] = {name: _fine(values) for name, values in scores.items()}
    if not chosen and grading.classes and grading.prediction is not None:
        chosen[grading.prediction] = _named(grading.classes)
    own = {*grading.columns, grading.label}
    for field in schema.fields:
        fits = field.role in ROLES and field.name in binnings and field.name in arrived
        if fits and field.name not in own:
            binning = binnings[field.name]
            nominal = isinstance(binning, NominalBinning)
            chosen[field.name] = _named(binning.names) if nominal else binning  # type: ignore[union-attr]
    return Places(tuple(chosen), tuple(chosen.values()))


def _named(names: Sequence[str]) -> NominalBinning:
    """A binning that knows no rare categories apart from unseen ones: codes do not tell them."""
    return NominalBinning(tuple(names), np.zeros(0, np.uint64))


def _fine(values: NDArray[np.float64]) -> NumericBinning:
    """Bins of about equal counts."""
    known = values[np.isfinite(values)]
    if not len(known):
        return NumericBinning(np.zeros(0))
    cuts = np.quantile(known, np.arange(1, FINE) / FINE, method="inverted_cdf")
    return NumericBinning(np.unique(cuts + 0.0))
