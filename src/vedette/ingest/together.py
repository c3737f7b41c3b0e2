"""Single events of many senders, turned into rows at once.

Owns: splitting the decoding of a body in two: what is its own, and the making of columns, which
costs as much for one row as for fifty.  Does not own: waiting for others (`web.intake`).

Only events of one shape (the same names, the same types) are put together, so that every sender
gets exactly the rows that it would have got alone.
"""

from collections.abc import Sequence
from typing import NamedTuple

from vedette.core.schema import Schema
from vedette.ingest.decoded import Decoded
from vedette.ingest.limits import Limits
from vedette.ingest.rows import Context, alone, batches_of, event_rows
from vedette.ingest.sent import Sent, read_json
from vedette.ingest.shapes import Row, Shape

OVERHEAD = 512  # bytes a row takes beside what was sent


class Waiting(NamedTuple):
    """One checked event on its way to becoming a row."""

    row: Row
    shape: Shape
    context: Context


def begin(
    body: bytes, *, model: str, received: int, limits: Limits, schema: Schema | None = None
) -> Waiting | Decoded:
    """Read a JSON body without compression; whatever is not one good event is decoded at once.

    Errors: Refused, as `ingest.body.decode`.
    """
    context = Context(body, model, received, limits, schema)
    read = read_json(body, Sent, limits)
    if len(read.items) == 1 and not read.bad:
        found = alone(read.items[0], context)
        if found is not None:
            return Waiting(*found, context)
        read = read_json(body, Sent, limits)  # checking has changed what was read
    rows, rejected = event_rows(read, context)
    return Decoded(rows, None, tuple(rejected))


def finish(waiting: Sequence[Waiting]) -> list[Decoded]:
    """Turn events of one shape into rows, one batch each, in their order.

    Example:
        >>> plain = {"model": "m", "received": 10**18, "limits": Limits()}
        >>> one, two = (begin(b'{"features": {"x": %d}}' % x, **plain) for x in (1, 2))
        >>> [decoded.rows["x"].to_pylist() for decoded in finish([one, two])]
        [[1.0], [2.0]]
    """
    batches = batches_of([one.row for one in waiting], waiting[0].shape, waiting[0].context)
    return [
        Decoded(batch, size=OVERHEAD + 2 * len(one.context.body))
        for one, batch in zip(waiting, batches, strict=True)
    ]
