"""How long things took: values of some columns by size, in all rows and in parts of them.

Owns: which columns are counted so, and by what.  Does not own: the counts (`sketches.loglinear`),
who watches them (`monitors.tail`).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core.rows import VERSION
from vedette.core.schema import Schema
from vedette.profiles.baseline import Baseline
from vedette.profiles.binning import NominalBinning
from vedette.profiles.build import segment_rows
from vedette.profiles.columns import column_or_absent
from vedette.profiles.discovered import MOST, OF_VERSION, bounded, kept
from vedette.profiles.numbers import finite
from vedette.profiles.profile import WHOLE
from vedette.sketches.loglinear import LogLinear

LATENCY = "latency"  # the role of columns that say how long something took
PLACES = ("operation", "endpoint")  # columns whose values take their own time each
MOST_NAMES = 10  # of each, the most frequent ones


def timed_columns(schema: Schema) -> tuple[str, ...]:
    """The columns that say how long something took, in the order of the schema."""
    return tuple(field.name for field in schema.fields if field.role == LATENCY)


def parts_of(baseline: Baseline) -> dict[str, tuple[str, ...]]:
    """The values by column whose rows are counted apart: the segments of the settings, and the most
    frequent operations and endpoints."""
    found = dict(baseline.segments)
    for column in PLACES:
        binning = baseline.binnings.get(column)
        if isinstance(binning, NominalBinning):
            found.setdefault(column, binning.names[:MOST_NAMES])
    return found


def tails(
    batches: Sequence[pa.RecordBatch], baseline: Baseline
) -> dict[tuple[str, str], LogLinear]:
    """Count rows by (column, segment); what has no finite value is left out.

    Segments are those of `parts_of` and the versions of the model: which there will be no baseline
    knows.
    """
    found: dict[tuple[str, str], LogLinear] = {}
    names, parted = timed_columns(baseline.schema), parts_of(baseline)
    for batch in batches if names else ():
        took = {name: finite(column_or_absent(batch, name)) for name in names}
        parts: Mapping[str, np.ndarray | slice] = {
            WHOLE: slice(None), **segment_rows(batch, {**parted, **_versions(batch, took)}),
        }  # fmt: skip
        for name, values in took.items():
            for segment, rows in parts.items():
                own = values[rows]
                own = own[~np.isnan(own)]
                if len(own):
                    made, key = LogLinear.of(own), (name, segment)
                    found[key] = found[key].merge(made) if key in found else made
    return bounded(found, OF_VERSION)


def _versions(
    batch: pa.RecordBatch, took: Mapping[str, NDArray[np.float64]]
) -> dict[str, tuple[str, ...]]:
    """The versions of the model, by name; none where it has but one without a name.

    Of too many, only those of rows that took some time take part: others are counted nowhere.
    """
    place = batch.schema.get_field_index(VERSION)
    if place < 0:
        return {}
    versions = batch.column(place)
    names = {name for name in versions.unique().to_pylist() if name}
    if len(names) > MOST[OF_VERSION]:
        timed = np.any([~np.isnan(values) for values in took.values()], axis=0)
        there = {name for name in versions.filter(pa.array(timed)).unique().to_pylist() if name}
        few = kept((OF_VERSION + name for name in there), OF_VERSION)
        names = {key.removeprefix(OF_VERSION) for key in few}
    return {VERSION: tuple(sorted(names))} if names else {}
