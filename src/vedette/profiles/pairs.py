"""Counting two columns together: score and label, prediction and label.

Owns: which pairs are counted, and their running totals.  Does not own: the table of counts
(`sketches.joint`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from vedette.core.schema import Schema
from vedette.profiles.binning import Binning
from vedette.profiles.codes import code_count, codes_of
from vedette.profiles.columns import column_or_absent
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
        self.joint = Joint.zero(*(code_count(self.binnings[name]) for name in self.pair))

    def add(self, batch: pa.RecordBatch) -> None:
        first, second = (
            codes_of(column_or_absent(batch, name), self.binnings[name]) for name in self.pair
        )
        self.joint = self.joint.merge(Joint.of(first, second, *self.joint.counts.shape))
