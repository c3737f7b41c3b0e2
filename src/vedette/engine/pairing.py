"""Offline values joined to the events that they are twins of, by id.

Owns: which rows are a pair.  Does not own: when twins are joined (`engine.paired`), reading them
from the log (`engine.pairer`), whether the values of a pair agree (`derive.twins`).

The first twin of an id counts, and so does its first event, so that neither the order in which both
come nor sending one again changes any number.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from vedette.core import rows as columns
from vedette.engine.joining import firsts
from vedette.stores.store import EVENTS, TWINS, EventLog

MOST_UNMATCHED = 20_000  # twins that wait for an event that has not come
OWN = (columns.ID, columns.TIME)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Twins and their events.  Shapes: n rows each, row for row; `online` has the columns of
    `offline`, of a type null where the events had none."""

    offline: pa.RecordBatch
    online: pa.RecordBatch


@dataclass(frozen=True, eq=False)
class Paired:
    """The answer to a wish for pairs.

    Shapes: `position` of the log up to which twins are in; `unmatched` ids of those that wait for
    their event; `lost` gave up.  `more` says that others came before now and are still to be
    joined.
    """

    position: int
    batches: tuple[Pairs, ...] = ()
    unmatched: tuple[str, ...] = ()
    lost: int = 0
    more: bool = False


def pair(
    log: EventLog,
    model: str,
    twins: Iterable[pa.RecordBatch],
    waiting: Sequence[str],
    span: tuple[int, int],
) -> Paired:
    """Find the events of twins.

    Shapes: `twins` are those that came since the last join, in the order of the log; `waiting` ids
    of those before without an event; `span` the positions of the last join, and of this one.
    """
    since, position = span
    fresh = _Firsts()
    for batch in twins:
        fresh.hear(batch)
    if since and fresh.first:  # a twin that was paired before, or waits, is the first one
        for rows in firsts(log, model, fresh.ids, [columns.ID], TWINS, since):
            fresh.forget(rows.column(columns.ID).to_pylist())
    pairs, left = list(_found(log, model, fresh, position)), list(fresh.first)
    come = _those_with_event(log, model, waiting, position)
    if come:
        again = _Firsts()
        for rows in firsts(log, model, pa.array(come, pa.string()), None, TWINS, position):
            again.hear(rows)
        pairs += _found(log, model, again, position)
    there = {name for one in pairs for name in one.offline.column(columns.ID).to_pylist()}
    gone = there | set(come)
    unmatched = [name for name in (*waiting, *left) if name not in gone]
    lost = max(len(unmatched) - MOST_UNMATCHED, 0)
    return Paired(position, tuple(pairs), tuple(unmatched[lost:]), lost)


@dataclass(eq=False)
class _Firsts:
    """The first twin of every id.  Shapes: `first` id -> (number of its batch, row there)."""

    first: dict[str, tuple[int, int]] = field(default_factory=dict)
    batches: list[pa.RecordBatch] = field(default_factory=list)

    def hear(self, batch: pa.RecordBatch) -> None:
        """Take more twins in, which came after those before."""
        number = len(self.batches)
        self.batches.append(batch)
        for row, name in enumerate(batch.column(columns.ID).to_pylist()):
            self.first.setdefault(name, (number, row))

    def forget(self, names: Iterable[str]) -> None:
        """Let go of some ids."""
        for name in names:
            self.first.pop(name, None)

    @property
    def ids(self) -> pa.Array:
        return pa.array(list(self.first), pa.string())


def _found(log: EventLog, model: str, twins: _Firsts, position: int) -> Iterator[Pairs]:
    """The pairs of twins and events up to a position, twins of one batch together."""
    if not twins.first:
        return
    names = dict.fromkeys(name for batch in twins.batches for name in batch.schema.names)
    wanted = [columns.ID, *(name for name in names if name not in OWN)]
    for events in firsts(log, model, twins.ids, wanted, EVENTS, position):
        places: dict[int, tuple[list[int], list[int]]] = {}
        for row, name in enumerate(events.column(columns.ID).to_pylist()):
            number, twin = twins.first[name]
            own = places.setdefault(number, ([], []))
            own[0].append(twin)
            own[1].append(row)
        for number, (ours, theirs) in sorted(places.items()):
            offline = twins.batches[number].take(pa.array(ours))
            yield Pairs(offline, events.take(pa.array(theirs)))


def _those_with_event(
    log: EventLog, model: str, waiting: Sequence[str], position: int
) -> list[str]:
    """The ids among some whose event has come."""
    if not waiting:
        return []
    ids = pa.array(list(waiting), pa.string())
    rows = firsts(log, model, ids, [columns.ID], EVENTS, position)
    return [name for batch in rows for name in batch.column(columns.ID).to_pylist()]
