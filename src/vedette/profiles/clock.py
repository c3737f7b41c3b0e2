"""The stretch of event time that rows cover.

Owns: reading the time column of a batch.  Does not own: windows (`core.windows`).
"""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from vedette.core.schema import Schema
from vedette.core.windows import Window
from vedette.profiles.columns import column_or_absent


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
            column = column.cast(column.type.value_type)
        try:
            instants = column.cast(pa.timestamp("ns"), safe=False).cast(pa.int64())
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return
        ends = pc.min_max(instants).as_py()
        if ends["min"] is not None:
            seen = Window(ends["min"], ends["max"] + 1)
            self.window = seen if self.window is None else self.window.hull(seen)
