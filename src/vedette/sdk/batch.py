"""One message on its way to the server.

Owns: the value and its kinds of body.  Does not own: making, keeping or sending it.
"""

import zlib
from typing import NamedTuple

from vedette.core.wire import halve

MESSAGES, FRAMES = "messages", "frames"  # the envelope of core.wire; an Arrow stream
TWINS, TWIN_FRAMES = "twins", "twin frames"  # the same of what was reckoned offline
METRICS = "metrics"  # the envelope with readings in the place of events
SIDES = "sides"  # the envelope with sides of calls in the place of events
# Their places are the numbers written into a spool.
KINDS = (MESSAGES, FRAMES, TWINS, TWIN_FRAMES, METRICS, SIDES)
PACKED, STREAM = "application/msgpack", "application/vnd.apache.arrow.stream"
TYPES = {
    MESSAGES: PACKED, TWINS: PACKED, METRICS: PACKED, SIDES: PACKED, FRAMES: STREAM,
    TWIN_FRAMES: STREAM,
}  # fmt: skip
ROUTES = {
    MESSAGES: "events", FRAMES: "events", TWINS: "twins", TWIN_FRAMES: "twins", METRICS: "metrics",
    SIDES: "sides",
}  # fmt: skip

GZIP = 16 + zlib.MAX_WBITS  # zlib's way of saying: with gzip's header
LEVEL = 1  # 5.6 µs an event of 20 features and 2.4 times smaller; level 6 takes 12.6 for 2.9 times


class Batch(NamedTuple):
    """One message.

    Shapes: (`process`, `sequence`) names it for ever; `rows` of events, labels and readings are in
    it, of which `numbered` were counted one by one when they were logged.
    """

    process: str
    sequence: int
    rows: int
    numbered: int
    kind: str
    body: bytes
    is_gzip: bool = False

    @property
    def name(self) -> tuple[str, int]:
        """What tells this message from every other one."""
        return self.process, self.sequence


def squeezed(batch: Batch) -> Batch:
    """The same message compressed, if that makes it smaller."""
    if batch.is_gzip:
        return batch
    squeeze = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
    body = squeeze.compress(batch.body) + squeeze.flush()
    return batch._replace(body=body, is_gzip=True) if len(body) < len(batch.body) else batch


def halves(batch: Batch) -> tuple[Batch, Batch] | None:
    """Two messages of half the rows; None when it cannot be cut (a frame, or one row).

    Errors: SchemaError or zlib.error when the body is not what it says it is.
    """
    if TYPES[batch.kind] != PACKED:
        return None
    body = zlib.decompress(batch.body, GZIP) if batch.is_gzip else batch.body
    parts = halve(body)
    if parts is None:
        return None
    first = batch.rows // 2
    head = batch._replace(body=parts[0], rows=first, numbered=first, is_gzip=False)
    rest = batch.rows - first
    return head, batch._replace(body=parts[1], rows=rest, numbered=rest, is_gzip=False)
