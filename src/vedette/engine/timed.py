"""Tables whose times are instants, however they were written.

Owns: reading a time column of a table.  Does not own: times of events (`ingest.moments`).
"""

from collections.abc import Iterable, Iterator

import pyarrow as pa

from vedette.core.errors import UsageError


def timed(batches: Iterable[pa.RecordBatch], column: str) -> Iterator[pa.RecordBatch]:
    """Batches whose time column holds instants; text in ISO 8601 is read, without offset as UTC.

    Errors: UsageError for a column that holds no times.
    """
    for batch in batches:
        at = batch.schema.get_field_index(column)
        try:
            times = _instants_of(batch.column(at))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
            raise UsageError(
                f"column {column!r}", "holds no times", got=str(error).splitlines()[0][:80],
                want="timestamps, dates, or text like 2026-11-26T09:00:00Z",
            ) from None  # fmt: skip
        yield batch.set_column(at, column, times)


def _instants_of(times: pa.Array) -> pa.Array:
    kind = pa.timestamp("ns", "UTC")
    if pa.types.is_dictionary(times.type):
        times = times.cast(times.type.value_type)
    if pa.types.is_string(times.type) or pa.types.is_date(times.type):
        times = times.cast(pa.timestamp("ns"), safe=False)
    if pa.types.is_timestamp(times.type) and times.type.tz is None:
        times = times.cast(pa.timestamp("ns")).cast(pa.int64()).cast(kind)
    return times.cast(kind)
