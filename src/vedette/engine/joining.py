"""Labels joined to their events by id.

Owns: which event a label belongs to, and what was said of it before.  Does not own: when labels are
joined (`engine.outcomes`), grading (`engine.grade`), finding rows by id (the log).

The last label of an event counts; a missing one withdraws what was said.  What a label replaces is
handed on beside it, so that the sums of its window lose the old one and gain the new one, exactly.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vedette.core import rows as columns
from vedette.stores.columns import united
from vedette.stores.store import EVENTS, OUTCOMES, EventLog

LABEL, BEFORE, KNOWN = "_label", "_label_before", "_label_time"  # columns beside an event's own
MOST_UNMATCHED = 10_000  # labels that wait for an event that has not come


@dataclass(frozen=True, eq=False)
class Joined:
    """The answer to a wish for labels.

    Shapes: `batches` of events with the columns LABEL, BEFORE and KNOWN beside their own; labels
    and what they replace are missing where there is none.  `position` of the log up to which
    outcomes are in; `unmatched` those that wait for their event, as Arrow bytes; `lost` gave up.
    """

    position: int
    batches: tuple[pa.RecordBatch, ...] = ()
    unmatched: bytes = b""
    lost: int = 0


def join(
    log: EventLog,
    model: str,
    outcomes: Sequence[tuple[int, pa.RecordBatch]],
    unmatched: bytes,
    position: int,
    wanted: Sequence[str],
) -> Joined:
    """Find the events of labels.

    Shapes: `outcomes` are those that came since the last join, each batch with the position after
    it, in the order of the log; `wanted` names the columns to bring along.
    """
    waiting = _read(unmatched)
    come = [*waiting, *(batch for _, batch in outcomes)]
    if not come:
        return Joined(position)
    fresh = _last(come)
    ids = fresh.column(columns.ID)
    first = min((at for at, _ in outcomes), default=position)
    before = {} if not outcomes else _before(log, model, ids, first, waiting)
    batches, found = [], set[str]()
    chosen = [columns.ID, columns.TIME, *(c for c in wanted if not c.startswith("_"))]
    for _, rows in log.find(model, ids, list(dict.fromkeys(chosen)), EVENTS, position):
        own = pc.index_in(rows.column(columns.ID), value_set=ids)
        batches.append(_beside(rows, fresh.take(own), before))
        found.update(rows.column(columns.ID).to_pylist())
    left = fresh.filter(pc.invert(pc.is_in(ids, value_set=pa.array(sorted(found), pa.string()))))
    lost = max(left.num_rows - MOST_UNMATCHED, 0)
    return Joined(position, tuple(batches), _written(left.slice(lost)), lost)


def _last(batches: Iterable[pa.RecordBatch]) -> pa.RecordBatch:
    """The last label of every id."""
    names = [columns.ID, columns.TIME, columns.LABEL]
    tables = [pa.Table.from_batches([batch.select(names)]) for batch in batches]
    table = united(tables).combine_chunks()
    reversed_ids = np.asarray(table.column(columns.ID).to_pylist(), object)[::-1]
    _, at = np.unique(reversed_ids.astype(str), return_index=True)
    places = np.sort(len(reversed_ids) - 1 - at)
    return table.take(pa.array(places)).combine_chunks().to_batches()[0]


def _before(
    log: EventLog, model: str, ids: pa.Array, first: int, waiting: list[pa.RecordBatch]
) -> dict[str, object]:
    """What was said of these events in records before those that come now, and joined then."""
    never_joined = {i for batch in waiting for i in batch.column(columns.ID).to_pylist()}
    found: dict[str, object] = {}
    for at, rows in log.find(model, ids, [columns.ID, columns.LABEL], OUTCOMES, first):
        if at >= first:
            continue
        pairs = zip(
            rows.column(columns.ID).to_pylist(),
            rows.column(columns.LABEL).to_pylist(),
            strict=True,
        )
        found.update((name, label) for name, label in pairs if name not in never_joined)
    return found


def _beside(
    rows: pa.RecordBatch, labels: pa.RecordBatch, before: dict[str, object]
) -> pa.RecordBatch:
    label = labels.column(columns.LABEL)
    said = [before.get(name) for name in rows.column(columns.ID).to_pylist()]
    old = _as_type(said, label.type)
    for name, array in ((LABEL, label), (BEFORE, old), (KNOWN, labels.column(columns.TIME))):
        rows = rows.append_column(name, array)
    return rows


def _as_type(values: list[object], kind: pa.DataType) -> pa.Array:
    """Plain values as an array of the labels' type; as text where they were of another."""
    try:
        return pa.array(values, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())


def _written(rows: pa.RecordBatch) -> bytes:
    if not rows.num_rows:
        return b""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_batch(rows)
    whole: bytes = sink.getvalue().to_pybytes()
    return whole


def _read(data: bytes) -> list[pa.RecordBatch]:
    return list(_batches(data)) if data else []


def _batches(data: bytes) -> Iterator[pa.RecordBatch]:
    with pa.ipc.open_stream(pa.py_buffer(data)) as reader:
        yield from reader
