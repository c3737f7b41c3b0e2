"""From readings of metrics as sent to rows as stored.

Owns: the checks of one reading as sent, the columns of readings.  Does not own: reading bytes
(`ingest.sent`), how many metrics a model may have (`engine.metric_names`).
"""

from collections.abc import Sequence
from math import isfinite

import pyarrow as pa

from vedette.core import rows as names
from vedette.ingest.decoded import Rejected
from vedette.ingest.rejections import Rejections
from vedette.ingest.rows import Context, few, identity_of, time_of
from vedette.ingest.sent import Read, SentReading
from vedette.ingest.shapes import TIME

COLUMNS = [names.ID, names.TIME, names.METRIC, names.VALUE]


def reading_rows(
    read: Read[SentReading], context: Context
) -> tuple[pa.RecordBatch | None, list[Rejected]]:
    """Turn readings into rows, and say of the others why not."""
    few(len(read.items) + len(read.bad), context.limits)
    rejected = Rejections(read.bad)
    kept: list[tuple[str, int, str, float]] = []
    for at, reading in enumerate(read.items):
        place = at if read.places is None else read.places[at]
        try:
            kept.append(_row(reading, place, context))
        except ValueError as error:
            identity = "" if reading.id is None else str(reading.id)
            rejected.add(place, str(error), reading, identity)
    return batch_of(kept), rejected.all


def batch_of(readings: Sequence[tuple[str, int, str, float]]) -> pa.RecordBatch | None:
    """Readings as the log stores them: id, time, name and value of each; None of none.

    Units: times in UTC nanoseconds.
    Example:
        >>> batch_of([("a", 10**18, "queue", 3.0)]).column_names
        ['_id', '_time', 'metric', 'value']
    """
    if not readings:
        return None
    ids, times, metrics, values = zip(*readings, strict=True)
    arrays = [
        pa.array(ids, pa.string()),
        pa.array(times, pa.int64()).cast(TIME),
        pa.array(metrics, pa.string()),
        pa.array(values, pa.float64()),
    ]
    return pa.RecordBatch.from_arrays(arrays, COLUMNS)


def _row(reading: SentReading, place: int, context: Context) -> tuple[str, int, str, float]:
    name = reading.name
    if not 1 <= len(name) <= context.limits.name:
        raise ValueError(f"name must have 1 to {context.limits.name} characters")
    if not name.isprintable() or name != name.strip():
        raise ValueError(f"name {name[:80]!r} has a sign that cannot be seen")
    if not isfinite(reading.value):
        raise ValueError(f"value of {name[:80]!r} is no finite number: {reading.value}")
    identity = identity_of(reading.id, reading.model, context)
    time = time_of(reading.time, context)
    made = identity or context.made_id(place, reading.time is not None)
    return made, time, name, reading.value
