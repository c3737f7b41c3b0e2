"""How long things took: values of some columns by size, in all rows and in parts of them.

Owns: which columns are counted so, and by what.  Does not own: the counts (`sketches.loglinear`),
who watches them (`monitors.tail`).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vedette.core.rows import VERSION
from vedette.core.schema import Schema
from vedette.profiles.baseline import Baseline
from vedette.profiles.binning import NominalBinning
from vedette.profiles.build import segment_rows
from vedette.profiles.columns import column_or_absent
from vedette.profiles.numbers import finite
from vedette.profiles.profile import WHOLE
from vedette.sketches.loglinear import LogLinear

LATENCY = "latency"  # the role of columns that say how long something took
PLACES = ("operation", "endpoint")  # columns whose values take their own time each
MOST_NAMES = 10  # of each, the most frequent ones
MOST_VERSIONS = 20  # of a block of rows, the most frequent ones: more of them are no versions


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
        parts: Mapping[str, np.ndarray | slice] = {
            WHOLE: slice(None), **segment_rows(batch, {**parted, **_versions(batch)}),
        }  # fmt: skip
        for name in names:
            values = finite(column_or_absent(batch, name))
            for segment, rows in parts.items():
                own = values[rows]
                own = own[~np.isnan(own)]
                if len(own):
                    made, key = LogLinear.of(own), (name, segment)
                    found[key] = found[key].merge(made) if key in found else made
    return found


def _versions(batch: pa.RecordBatch) -> dict[str, tuple[str, ...]]:
    """The versions of the model, by name; none where it has but one without a name.

    A rare one counts as well, whatever lies beside it: any split of the rows gives the same counts.
    """
    place = batch.schema.get_field_index(VERSION)
    if place < 0:
        return {}
    counts = {
        one["values"]: one["counts"] for one in pc.value_counts(batch.column(place)).to_pylist()
    }
    often = sorted((-n, name) for name, n in counts.items() if name)
    names = tuple(sorted(name for _, name in often[:MOST_VERSIONS]))
    return {VERSION: names} if names else {}
