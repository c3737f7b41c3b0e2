"""The rarest single events of a model: a page of them, as the caller may see them.

Owns: reading what was kept of every window through the filters of a request.  Does not own: which
are kept (`engine.rare`), the JSON of one (`web.anomaly`).
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from vedette.engine.rare_event import RareEvent, rarest
from vedette.stores.store import StateStore
from vedette.web.anomaly import rare_document
from vedette.web.call import Call
from vedette.web.query import Query, spelt
from vedette.web.veil import veil_of

STEP = 200  # windows read at once
FURTHEST = 2**63 - 1
MOST_WINDOWS = 20_000  # of a stretch

Page = tuple[list[dict[str, Any]], str | None]


def rare_page(call: Call) -> Page:
    """Rare events by time of serving, the newest first, and the cursor of the next page."""
    model, query = call.view().name, call.query()
    width = call.service.settings_of(model).clocks.widths[2]
    hidden = veil_of(call).hidden(model)
    found: list[RareEvent] = []
    for event in _events(call.service.store, model, query, width):
        if len(found) == query.limit:
            return [rare_document(one, hidden) for one in found], _cursor(found[-1])
        found.append(event)
    return [rare_document(one, hidden) for one in found], None


def _events(store: StateStore, model: str, query: Query, width: int) -> Iterator[RareEvent]:
    """Events that a query asks for, the newest first."""
    start, end = query.start, FURTHEST if query.end is None else query.end
    if query.cursor is not None:
        end = min(end, query.cursor[0] + 1)
    first, last = None if start is None else start - width + 1, end
    while True:
        entries = store.read("rare", model, first, last, newest_first=True, limit=STEP)
        for entry in entries:
            events = msgspec.json.decode(entry.body, type=tuple[RareEvent, ...])
            for event in sorted(events, key=_place, reverse=True):
                inside = (start is None or start <= event.time) and event.time < end
                if inside and (query.cursor is None or _place(event) < query.cursor):
                    yield event
        if len(entries) < STEP:
            return
        last = entries[-1].time  # a window has one entry, so no other shares its time


def rarest_of(store: StateStore, model: str, start: int, end: int, width: int) -> list[RareEvent]:
    """The rarest events of a stretch, the rarest first.  Units: `width` of a drift window in
    nanoseconds."""
    entries = store.read("rare", model, start - width + 1, end, limit=MOST_WINDOWS)
    found: tuple[RareEvent, ...] = ()
    for entry in entries:
        events = msgspec.json.decode(entry.body, type=tuple[RareEvent, ...])
        found = rarest((*found, *(one for one in events if start <= one.time < end)))
    return list(found)


def _place(event: RareEvent) -> tuple[int, str]:
    return event.time, event.id


def _cursor(event: RareEvent) -> str:
    return spelt(_place(event))
