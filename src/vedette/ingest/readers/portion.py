"""What is sent on at once: events, labels, readings and sides of calls of one model.

Owns: how many, as which bytes.  Does not own: sending them.
"""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from vedette.core.wire import join
from vedette.ingest.readers.record import What
from vedette.ingest.sent import Sent, SentLabel, SentReading, SentSide

ROWS = 1_000
BYTES = 1 << 20  # an eighth of what a server takes in one message
_ENCODE = msgspec.msgpack.Encoder().encode


class Message(NamedTuple):
    """One body of `events` (labels among them), `metrics` or `sides`, as `core.wire` packs it."""

    kind: str
    rows: int
    body: bytes


class Portion:
    """Fills up with items of one model.

    Example:
        >>> made = Portion()
        >>> made.add(Sent(id="a", time=1)); made.add(SentLabel(id="a", label=True))
        >>> [(one.kind, one.rows) for one in made.messages()]
        [('events', 2)]
    """

    def __init__(self) -> None:
        kinds = (Sent, SentLabel, SentReading, SentSide)
        self._parts: dict[type, list[bytes]] = {kind: [] for kind in kinds}
        self.rows = self.size = 0

    def add(self, item: What) -> None:
        """Add one.  Errors: msgspec.MsgspecError, ValueError, OverflowError for what no message can
        hold."""
        data = _ENCODE(item)
        self._parts[type(item)].append(data)
        self.rows += 1
        self.size += len(data)

    @property
    def is_full(self) -> bool:
        """Whether it is time to send it."""
        return self.rows >= ROWS or self.size >= BYTES

    def messages(self) -> Iterator[Message]:
        """What is to be sent."""
        events, labels, readings, sides = self._parts.values()
        if events or labels:
            yield Message("events", len(events) + len(labels), join(events, labels))
        if readings:
            yield Message("metrics", len(readings), join(readings))
        if sides:
            yield Message("sides", len(sides), join(sides))
