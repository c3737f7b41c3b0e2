"""What a server logged of a model, as a table: events beside the labels that came.

Owns: putting the last label of every event beside it.  Does not own: the log (`stores`), labels on
their way to windows (`engine.joining`), what is asked of the table.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from vedette.core import rows as columns
from vedette.core.errors import UsageError
from vedette.core.windows import iso
from vedette.engine.joining import TOLD, Said
from vedette.stores.columns import united
from vedette.stores.store import OUTCOMES, EventLog

AT_ONCE = 200_000  # events whose labels are looked up together
EVER = 2**63 - 1


def logged(
    log: EventLog,
    model: str,
    start: int | None = None,
    end: int | None = None,
    names: Sequence[str] | None = None,
) -> pa.Table:
    """The events of a stretch of event time, with the last label of each in the column `label`.

    Shapes: the columns `names` and no others; all where none are given.  Units: nanoseconds.
    Bounds: memory grows with the rows and columns asked for.  A label that was withdrawn is none.
    Errors: UsageError when the model has no event in that time.
    """
    first, last = start or 0, EVER if end is None else end
    wanted = None if names is None else [columns.ID, *names]
    batches = log.scan(model, first, last, wanted and list(dict.fromkeys(wanted)))
    found = [_beside(log, model, part) for part in _blocks(batches)]
    if not found:
        span = "" if start is None and end is None else f" from {iso(first)} on"
        raise UsageError(f"model {model!r}", f"has no event in the log{span}")
    table = united(found)
    kept = [name for name in table.column_names if names is None or name in (*names, columns.LABEL)]
    return table.select(kept)


def _blocks(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Batches put together to blocks that are large enough to look up labels for."""
    held, rows = list[pa.Table](), 0
    for batch in batches:
        held.append(pa.Table.from_batches([batch]))
        rows += batch.num_rows
        if rows >= AT_ONCE:
            yield united(held)
            held, rows = [], 0
    if rows:
        yield united(held)


def _beside(log: EventLog, model: str, events: pa.Table) -> pa.Table:
    """Events with the last label of each."""
    said = Said()
    ids = events.column(columns.ID).combine_chunks().cast(pa.string())
    for _, batch in log.find(model, ids, TOLD, OUTCOMES):
        said.hear(batch)
    names, parts, rest = ids.to_pylist(), list[pa.Table](), np.ones(len(ids), np.bool_)
    for places, labels, _ in said.groups(names):
        rest[places] = False
        parts.append(events.take(pa.array(places)).append_column(columns.LABEL, labels))
    without = events.filter(pa.array(rest))
    parts.append(without.append_column(columns.LABEL, pa.nulls(without.num_rows)))
    return united(parts)
