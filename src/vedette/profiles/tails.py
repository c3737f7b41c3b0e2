"""How long things took: values of some columns by size, in all rows and in parts of them.

Owns: which columns are counted so, and by what.  Does not own: the counts (`sketches.loglinear`),
who watches them (`monitors.tail`).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from vedette.core.schema import Schema
from vedette.profiles.baseline import Baseline
from vedette.profiles.build import segment_rows
from vedette.profiles.columns import column_or_absent
from vedette.profiles.numbers import finite
from vedette.profiles.profile import WHOLE
from vedette.sketches.loglinear import LogLinear

LATENCY = "latency"  # the role of columns that say how long something took


def timed_columns(schema: Schema) -> tuple[str, ...]:
    """The columns that say how long something took, in the order of the schema."""
    return tuple(field.name for field in schema.fields if field.role == LATENCY)


def tails(
    batches: Sequence[pa.RecordBatch], baseline: Baseline
) -> dict[tuple[str, str], LogLinear]:
    """Count rows by (column, segment); what has no finite value is left out."""
    found: dict[tuple[str, str], LogLinear] = {}
    names = timed_columns(baseline.schema)
    for batch in batches if names else ():
        parts: Mapping[str, np.ndarray | slice] = {
            WHOLE: slice(None), **segment_rows(batch, baseline.segments),
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
