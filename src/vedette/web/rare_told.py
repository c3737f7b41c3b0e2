"""The rarest events of a stretch, with the values that make them so, as the caller may see them.

Owns: which of them are told, reading their values.  Does not own: which are kept (`engine.rare`),
their words (`web.anomaly`), what is hidden (`web.redaction`).
"""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from vedette.engine.rare_event import RareEvent
from vedette.web.anomaly import rare_document
from vedette.web.asked import Asked
from vedette.web.events import one_of
from vedette.web.rare import rarest_of
from vedette.web.redaction import Redaction, may_unmask

MOST = 12  # events of a page


def rarest_told(one: Asked) -> list[dict[str, Any]]:
    """The rarest events of the stretch that is asked for, the rarest first, as documents."""
    past, span = one.past, one.span
    key = ("rarest", past.model, past.now, *span)
    found: list[RareEvent] = past.memo.get(
        key, lambda: rarest_of(past.store, past.model, span.start, span.end, past.widths[2])
    )
    schema = one.call.service.schema_of(past.model)
    rules = Redaction.of(schema, masked=not may_unmask(one.call.key, past.model))
    hidden = past.veil.hidden(past.model)
    return [rare_document(own, hidden, _values(one, own), rules) for own in found[:MOST]]


def _values(one: Asked, event: RareEvent) -> Mapping[str, Any]:
    """What was sent of an event in the columns that make it rare; nothing where it is no longer
    kept, and of derived columns."""
    past = one.past
    names = tuple(reason.column for reason in event.reasons)
    key = ("rare values", past.model, event.id, event.time, names)
    found: Mapping[str, Any] = past.memo.get(
        key, lambda: _of(one_of(past.log, past.model, event.id, event.time).table, names)
    )
    return found


def _of(table: pa.Table, names: tuple[str, ...]) -> Mapping[str, Any]:
    there = [name for name in names if name in table.column_names]
    return table.select(there).to_pylist()[0] if table.num_rows else {}
