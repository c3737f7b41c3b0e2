"""The stretch of event time that rows cover.

Owns: reading the time column of a batch; text in ISO 8601 is read, without an offset as UTC.
Does not own: windows (`core.windows`).
"""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from vedette.core.schema import Schema
from vedette.core.windows import Window
from vedette.profiles.columns import column_or_absent
from vedette.profiles.spelt import INSTANT, WITH_OFFSET

READABLE = "^(1[7-9]|20|21)"  # years that nanoseconds in 64 bits reach; 9999 stands for never


@dataclass
class Clock:
    """The stretch of event time seen so far."""

    column: str | None
    window: Window | None = None

    @classmethod
    def of(cls, schema: Schema) -> "Clock":
        times = schema.with_role("time")
        return cls(times[0].name if times else None)

    def add(self, batch: pa.RecordBatch) -> None:
        """Widen the window to a batch; a column that holds no instants is passed over."""
        if self.column is None or batch.num_rows == 0:
            return
        column = column_or_absent(batch, self.column)
        if pa.types.is_dictionary(column.type):
            column = column.dictionary.take(pc.drop_null(pc.unique(column.indices)))
        for part, kind in _parts(column):
            try:
                instants = part.cast(kind, safe=False).cast(pa.int64())
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
                continue
            ends = pc.min_max(instants).as_py()
            if ends["min"] is not None:
                seen = Window(ends["min"], ends["max"] + 1)
                self.window = seen if self.window is None else self.window.hull(seen)


def _parts(column: pa.Array) -> list[tuple[pa.Array, pa.DataType]]:
    """What Arrow reads at once, and as which type: texts with an offset are read apart."""
    t = pa.types
    text = t.is_string(column.type) or t.is_large_string(column.type)
    if not text:
        return [(column, pa.timestamp("ns"))]
    texts = column.filter(pc.match_substring_regex(column, INSTANT))
    texts = texts.filter(pc.match_substring_regex(texts, READABLE))
    offset = pc.match_substring_regex(texts, WITH_OFFSET)
    return [
        (texts.filter(pc.invert(offset)), pa.timestamp("ns")),
        (texts.filter(offset), pa.timestamp("ns", "UTC")),
    ]
