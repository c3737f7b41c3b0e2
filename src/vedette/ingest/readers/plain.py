"""Columns of tables as values that a record can hold.

Owns: moments as UTC nanoseconds, decimals as numbers, words instead of their codes.  Does not own:
reading tables (`rows`, `delta`).
"""

import pyarrow as pa
import pyarrow.compute as pc

_NS = pa.timestamp("ns")


def plain(batch: pa.RecordBatch, zone: str) -> pa.RecordBatch:
    """A batch whose rows are plain values; moments without a zone stand in the given one."""
    columns = [_column(column, zone) for column in batch.columns]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _column(column: pa.Array, zone: str) -> pa.Array:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return column.dictionary_decode()
    if pa.types.is_date(kind):
        column, kind = column.cast(pa.timestamp("s")), pa.timestamp("s")
    if pa.types.is_timestamp(kind):
        if kind.tz is None:
            column = pc.assume_timezone(column.cast(_NS), zone, ambiguous="earliest",
                                        nonexistent="earliest")  # fmt: skip
        return column.cast(pa.timestamp("ns", "UTC")).cast(pa.int64())
    if pa.types.is_decimal(kind):
        return column.cast(pa.float64())
    return column
