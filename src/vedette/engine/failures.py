"""Rows that failed, by type of error.

Owns: counting types.  Does not own: how many are kept (`profiles.discovered`), types that the
settings watch (`engine.class_shares`), rows of other types, which a profile counts together.

No setting is needed: an error that nobody thought of is the one that is asked for.
"""

from collections import Counter
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from vedette.core.rows import ERROR_TYPE
from vedette.engine.class_shares import as_text
from vedette.profiles.discovered import FAILED, bounded
from vedette.sketches.readings import Readings

LONGEST = 100  # characters of a type that is counted by itself


def failures(batches: Sequence[pa.RecordBatch]) -> dict[str, Readings]:
    """A reading of 1 for every row of a type.

    Example:
        >>> batch = pa.record_batch({"error_type": ["Timeout", None, "Timeout"]})
        >>> {key.removeprefix(FAILED): one.total for key, one in failures([batch]).items()}
        {'Timeout': 2.0}
    """
    counts = Counter[str]()
    for batch in batches:
        place = batch.schema.get_field_index(ERROR_TYPE)
        if place >= 0:
            for one in pc.value_counts(as_text(batch.column(place))).to_pylist():
                name = one["values"]
                if name and len(name) <= LONGEST:
                    counts[FAILED + name] += one["counts"]
    return {key: Readings.times(n) for key, n in sorted(bounded(counts, FAILED).items())}
