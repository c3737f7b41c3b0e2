"""Pairs that disagree, and others, as they lie in the log: what a cause is guessed from.

Owns: reading some pairs of a stretch of time again.  Does not own: which ids are kept of a window
(`engine.paired`), what is made of the pairs.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import msgspec
import pyarrow as pa

from vedette.core import rows as columns
from vedette.engine.joining import firsts
from vedette.engine.paired import EVERY
from vedette.engine.plan import PAIRS
from vedette.stores.columns import united
from vedette.stores.store import EVENTS, TWINS, Entry, EventLog

MOST = 1_000  # pairs that are read again


class Reading(Protocol):
    """A state store, or what waits to be written before one."""

    def read(
        self, kind: str, model: str, start: int | None, end: int | None, *, prefix: str
    ) -> list[Entry]:
        """Entries in a stretch of time."""
        ...


class Known(NamedTuple):
    """Pairs that were read again.

    Shapes: n rows each, row for row, in the order of the events' time; of every column that came.
    """

    offline: pa.Table
    online: pa.Table


def ids_of(
    store: Reading, model: str, column: str, start: int, end: int, most: int = MOST
) -> list[str]:
    """Ids of pairs of the windows in a stretch that disagree in a column, or of any under `EVERY`:
    the newest windows first."""
    found: dict[str, None] = {}
    entries = store.read("sample", model, start, end, prefix=f"{PAIRS}/")
    for entry in reversed(entries):
        for name in msgspec.json.decode(entry.body, type=dict[str, list[str]]).get(column, ()):
            found.setdefault(name)
            if len(found) >= most:
                return list(found)
    return list(found)


def known_pairs(log: EventLog, model: str, ids: Sequence[str], through: int | None = None) -> Known:
    """Read pairs again by their ids; those that the log no longer holds are left out."""
    asked = pa.array(list(ids), pa.string())
    until = 2**62 if through is None else through
    sides = []
    for kind in (TWINS, EVENTS):
        rows = firsts(log, model, asked, None, kind, until)
        sides.append(united([pa.Table.from_batches([batch]) for batch in rows]))
    if not all(side.num_rows for side in sides):
        return Known(*(side.slice(0, 0) for side in sides))
    offline, online = sides
    online = online.sort_by([(columns.TIME, "ascending"), (columns.ID, "ascending")])
    order = {name: at for at, name in enumerate(offline[columns.ID].to_pylist())}
    places = [order.get(name, -1) for name in online[columns.ID].to_pylist()]
    kept = [at for at, place in enumerate(places) if place >= 0]
    return Known(offline.take([places[at] for at in kept]), online.take(kept))


def some_pairs(
    log: EventLog,
    store: Reading,
    model: str,
    column: str,
    span: tuple[int, int],
    through: int | None = None,
) -> Known:
    """Pairs that disagree in a column, with as many again whatever they say, to see whom it does
    not concern."""
    apart = ids_of(store, model, column, *span, most=MOST // 2)
    others = ids_of(store, model, EVERY, *span, most=MOST // 2)
    return known_pairs(log, model, list(dict.fromkeys((*apart, *others))), through)
