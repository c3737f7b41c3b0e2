"""Counting two columns together: score and label, prediction and label.

Owns: which pairs are counted, and their running totals.  Does not own: the table of counts
(`sketches.joint`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core.schema import Schema
from vedette.profiles.binning import Binning, NumericBinning
from vedette.profiles.columns import as_codes, as_numbers, column_or_absent
from vedette.sketches.joint import Joint


def joint_pairs(schema: Schema, columns: Iterable[str]) -> list[tuple[str, str]]:
    """Which pairs of columns are counted together: score x label and prediction x label, where
    declared."""
    known = set(columns)
    labels = [field.name for field in schema.with_role("label") if field.name in known]
    firsts = [f.name for role in ("score", "prediction") for f in schema.with_role(role)]
    return [(first, label) for label in labels for first in firsts if first in known]


@dataclass
class Pairs:
    """Running joint counts of two columns.  The last code of each is "no usable value"."""

    pair: tuple[str, str]
    binnings: Mapping[str, Binning]

    def __post_init__(self) -> None:
        self.joint = Joint.zero(*(self._width(name) for name in self.pair))

    def _width(self, name: str) -> int:
        binning = self.binnings[name]
        return (binning.bins if isinstance(binning, NumericBinning) else len(binning.names) + 2) + 1

    def add(self, batch: pa.RecordBatch) -> None:
        first, second = (self._codes(column_or_absent(batch, name), name) for name in self.pair)
        self.joint = self.joint.merge(Joint.of(first, second, *self.joint.counts.shape))

    def _codes(self, column: pa.Array, name: str) -> NDArray[np.intp]:
        binning, nothing = self.binnings[name], self._width(name) - 1
        if isinstance(binning, NumericBinning):
            numbers = as_numbers(column)
            values = numbers.values.astype(np.float64)
            usable = np.isfinite(values)
            if numbers.usable is not None:
                usable &= numbers.usable
            return np.where(usable, binning.edges.searchsorted(values), nothing)
        read = as_codes(column)
        places = np.full(len(read.dictionary) + 2, nothing)
        places[:-2] = [
            binning.places.get(v, len(binning.names)) for v in read.dictionary.to_pylist()
        ]
        chosen: NDArray[np.intp] = places[read.codes]
        return chosen
