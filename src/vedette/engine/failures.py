"""Rows that failed, by type of error.

Owns: counting the most frequent types of every block of rows.  Does not own: types that the
settings watch (`engine.class_shares`), rows of other types, which a profile counts together.

No setting is needed: an error that nobody thought of is the one that is asked for.
"""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from vedette.core.rows import ERROR_TYPE
from vedette.engine.class_shares import as_text
from vedette.monitors.series import share_key
from vedette.sketches.readings import Readings

MOST_TYPES = 10  # of a block of rows; a producer that puts a number into a type mints no more
LONGEST = 100  # characters of a type that is counted by itself


def failures(batches: Sequence[pa.RecordBatch]) -> dict[str, Readings]:
    """A reading of 1 for every row of a type, of 0 for every other.

    Example:
        >>> batch = pa.record_batch({"error_type": ["Timeout", None, "Timeout"]})
        >>> {key.split(chr(10))[1]: one.total for key, one in failures([batch]).items()}
        {'Timeout': 2.0}
    """
    n, counts = sum(batch.num_rows for batch in batches), dict[str, int]()
    for batch in batches:
        place = batch.schema.get_field_index(ERROR_TYPE)
        if place >= 0:
            for one in pc.value_counts(as_text(batch.column(place))).to_pylist():
                name = one["values"]
                if name and len(name) <= LONGEST:
                    counts[name] = counts.get(name, 0) + one["counts"]
    often = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_TYPES]
    return {
        share_key(ERROR_TYPE, name): Readings(n, float(hits), float(hits == n), 1.0)
        for name, hits in sorted(often)
    }
