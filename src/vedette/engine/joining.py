"""Labels joined to their events by id.

Owns: which event a label belongs to, and what was said of it before.  Does not own: when labels are
joined (`engine.outcomes`), reading them from the log (`engine.joiner`), grading (`engine.grade`).

The last label of an event counts; a missing one withdraws what was said.  What a label replaces is
handed on beside it, so that the sums of its window lose the old one and gain the new one, exactly:
each as it came, in the type that it came with.  Of an id that several events have, labels are those
of the first, so that it does not matter when they come.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from vedette.core import rows as columns
from vedette.stores.columns import plain
from vedette.stores.store import EVENTS, OUTCOMES, EventLog

LABEL, BEFORE, KNOWN = "_label", "_label_before", "_label_time"  # columns beside an event's own
MOST_UNMATCHED = 10_000  # labels that wait for an event that has not come
TOLD = (columns.ID, columns.TIME, columns.LABEL)


@dataclass(frozen=True, eq=False)
class Joined:
    """The answer to a wish for labels.

    Shapes: `batches` of events with the columns LABEL, BEFORE and KNOWN beside their own; labels
    and what they replace are missing where there is none.  `position` of the log up to which
    outcomes are in; `unmatched` those that wait for their event, as Arrow bytes; `lost` gave up.
    `more` says that others came before now and are still to be joined.
    """

    position: int
    batches: tuple[pa.RecordBatch, ...] = ()
    unmatched: bytes = b""
    lost: int = 0
    more: bool = False


def join(
    log: EventLog,
    model: str,
    outcomes: Iterable[pa.RecordBatch],
    unmatched: bytes,
    span: tuple[int, int],
    wanted: Sequence[str],
) -> Joined:
    """Find the events of labels.

    Shapes: `outcomes` are those that came since the last join, in the order of the log; `span` are
    the positions of the last join, and of this one; `wanted` names the columns to bring along.
    """
    since, position = span
    waiting, fresh = list(read_batches(unmatched)), Said()
    for batch in (*waiting, *outcomes):
        fresh.hear(batch)
    if not fresh.last:
        return Joined(position)
    ids, before = pa.array(list(fresh.last), pa.string()), Said()
    for _, batch in log.find(model, ids, TOLD, OUTCOMES, since) if since else ():
        before.hear(batch)
    for batch in waiting:  # their labels were never joined
        before.forget(batch.column(columns.ID).to_pylist())
    batches, found = list[pa.RecordBatch](), set[str]()
    chosen = [columns.ID, columns.TIME, *(c for c in wanted if not c.startswith("_"))]
    for rows in firsts(log, model, ids, chosen, EVENTS, position):
        found.update(rows.column(columns.ID).to_pylist())
        batches += _beside(rows, fresh, before)
    left = [name for name in fresh.last if name not in found]
    lost = max(len(left) - MOST_UNMATCHED, 0)
    return Joined(position, tuple(batches), fresh.written(left[lost:]), lost)


def firsts(
    log: EventLog, model: str, ids: pa.Array, wanted: Sequence[str] | None, kind: str, through: int
) -> Iterator[pa.RecordBatch]:
    """The first row of each id, in the order of the log."""
    found, chosen = set[str](), None if wanted is None else list(dict.fromkeys(wanted))
    for _, rows in log.find(model, ids, chosen, kind, through):
        names = rows.column(columns.ID).to_pylist()
        places = dict(zip(reversed(names), range(len(names) - 1, -1, -1), strict=True))
        first = sorted(place for name, place in places.items() if name not in found)
        found.update(names)
        if first:
            yield rows if len(first) == len(names) else rows.take(pa.array(first))


@dataclass(eq=False)
class Said:
    """What was said of ids, the last of each.

    Labels of several types stay apart: to cast one for another's sake would change what it says.
    Shapes: `last` id -> (number of the batch that holds it, row there), in order of saying.
    """

    last: dict[str, tuple[int, int]] = field(default_factory=dict)
    batches: list[pa.RecordBatch] = field(default_factory=list)

    def hear(self, batch: pa.RecordBatch) -> None:
        """Take more labels in, which came after those before."""
        number = len(self.batches)
        self.batches.append(batch.select(TOLD))
        for row, name in enumerate(batch.column(columns.ID).to_pylist()):
            self.last.pop(name, None)  # its place in the order is that of its last label
            self.last[name] = number, row

    def forget(self, names: Iterable[str]) -> None:
        """Let go of what was said of some ids."""
        for name in names:
            self.last.pop(name, None)

    def groups(self, names: Sequence[str]) -> Iterator[tuple[list[int], pa.Array, pa.Array]]:
        """Labels of ids and when they were known, those of one type together, each with the places
        of its ids; ids of which nothing was said are left out."""
        by_type: dict[pa.DataType, dict[int, list[tuple[int, int]]]] = {}
        for place, name in enumerate(names):
            at = self.last.get(name)
            if at is not None:
                kind = plain(self.batches[at[0]].schema.field(columns.LABEL).type)
                by_type.setdefault(kind, {}).setdefault(at[0], []).append((place, at[1]))
        for kind, parts in by_type.items():
            places, labels, known = list[int](), list[pa.Array](), list[pa.Array]()
            for number, pairs in parts.items():
                own = self.batches[number].take(pa.array([row for _, row in pairs]))
                places += [place for place, _ in pairs]
                labels.append(own.column(columns.LABEL).cast(kind))
                known.append(own.column(columns.TIME))
            yield places, pa.concat_arrays(labels), pa.concat_arrays(known)

    def written(self, names: Sequence[str]) -> bytes:
        """What was said of some ids, as Arrow bytes: a stream for each type."""
        sink = pa.BufferOutputStream()
        for places, labels, known in self.groups(names):
            ids = pa.array([names[place] for place in places], pa.string())
            batch = pa.RecordBatch.from_arrays([ids, known, labels], names=list(TOLD))
            with pa.ipc.new_stream(sink, batch.schema) as writer:
                writer.write_batch(batch)
        whole: bytes = sink.getvalue().to_pybytes()
        return whole


def read_batches(data: bytes) -> Iterator[pa.RecordBatch]:
    """Read what `Said.written` wrote."""
    source = pa.BufferReader(data)
    while source.tell() < len(data):
        with pa.ipc.open_stream(source) as reader:
            yield from reader


def _beside(rows: pa.RecordBatch, fresh: Said, before: Said) -> Iterator[pa.RecordBatch]:
    """Events with what is said of them now and was said before, those alike in type together."""
    names = rows.column(columns.ID).to_pylist()
    for places, labels, known in fresh.groups(names):
        own = [names[place] for place in places]
        told = list(before.groups(own))
        rest = np.setdiff1d(np.arange(len(own)), [at for some, _, _ in told for at in some])
        parts = [(at, old) for at, old, _ in told]
        if len(rest):
            parts.append((rest.tolist(), pa.nulls(len(rest))))
        for at, old in parts:
            some = rows.take(pa.array([places[i] for i in at]))
            which = pa.array(at)
            columns_beside = (
                (LABEL, labels.take(which)),
                (BEFORE, old),
                (KNOWN, known.take(which)),
            )
            for name, array in columns_beside:
                some = some.append_column(name, array)
            yield some
