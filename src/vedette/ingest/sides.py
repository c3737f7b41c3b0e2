"""From sides of calls as sent to rows as stored.

Owns: the checks of one side.  Does not own: reading bytes (`ingest.sent`), the table of sides
(`ingest.cloudevents.kept`), what bodies mean (`ingest.payloads`).
"""

from math import isfinite

import msgspec
import pyarrow as pa

from vedette.ingest.cloudevents.kept import table
from vedette.ingest.cloudevents.parts import LONGEST_ID, REQUEST, RESPONSE, Part
from vedette.ingest.decoded import Rejected
from vedette.ingest.payloads.values import as_text
from vedette.ingest.rejections import Rejections
from vedette.ingest.rows import Context, few, identity_of, time_of
from vedette.ingest.sent import Read, SentSide

REST = 64_000  # characters of what is kept beside a side


def side_rows(
    read: Read[SentSide], context: Context
) -> tuple[pa.RecordBatch | None, list[Rejected]]:
    """Turn sides into rows, and say of the others why not."""
    few(len(read.items) + len(read.bad), context.limits)
    rejected = Rejections(read.bad)
    kept: list[Part] = []
    for at, side in enumerate(read.items):
        place = at if read.places is None else read.places[at]
        try:
            kept.append(_part(side, context))
        except ValueError as error:
            rejected.add(place, str(error), msgspec.structs.replace(side, data=None), side.call)
    return table(kept, context.received) if kept else None, rejected.all


def _part(side: SentSide, context: Context) -> Part:
    if side.side not in (REQUEST, RESPONSE):
        raise ValueError(f"side is {side.side[:20]!r}, not {REQUEST!r} or {RESPONSE!r}")
    if not 1 <= len(side.call) <= LONGEST_ID:
        raise ValueError(f"call must have 1 to {LONGEST_ID} characters")
    if (side.data is None) == (side.body is None):
        raise ValueError("needs its body, as `body` or as `data`")
    identity_of(side.id, side.model, context)
    weight = 1.0 if side.weight is None else side.weight
    if not (isfinite(weight) and weight >= 1):
        raise ValueError(f"weight is {weight}, not one over the sampling fraction")
    about = {name: one if isinstance(one, str) else as_text(one) for name, one in
             (side.rest or {}).items()}  # fmt: skip
    if sum(map(len, about.values())) > REST:
        raise ValueError(f"rest is longer than {REST} characters")
    return Part(
        model=context.model,
        side=side.side,
        call=side.call,
        at=None if side.time is None else time_of(side.time, context),
        data=as_text(side.body).encode() if side.data is None else side.data,
        content_type=side.content_type[:200],
        version="" if side.version is None else str(side.version),
        trace=side.trace_id or "",
        weight=weight,
        about=about,
    )
