"""Events and outcomes as bytes between a client and a server.

Owns: version 1 of the MessagePack envelope `[version, events, outcomes]`, whole or put together
from events that are bytes already.  Does not own: transport, compression, Arrow bodies.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from vedette.core.errors import SchemaError
from vedette.core.events import Event, Outcome

VERSION = 1


class Envelope(NamedTuple):
    """What one message carries."""

    events: tuple[Event, ...]
    outcomes: tuple[Outcome, ...]


def encode(events: Sequence[Event] = (), outcomes: Sequence[Outcome] = ()) -> bytes:
    """Write events and outcomes as one message.

    Example:
        >>> event = Event(id="1", model="fraud", time=0, features={"amount": 9.5})
        >>> decode(encode([event])).events[0] == event
        True
    """
    return msgspec.msgpack.encode([VERSION, list(events), list(outcomes)])


def join(events: Sequence[bytes], outcomes: Sequence[bytes] = ()) -> bytes:
    """Write one message of events and outcomes that are MessagePack already.

    Example:
        >>> event = Event(id="1", model="fraud", time=0)
        >>> join([msgspec.msgpack.encode(event)]) == encode([event])
        True
    """
    start = msgspec.msgpack.encode([VERSION, 0, 0])[:-2]
    return b"".join((start, _array(len(events)), *events, _array(len(outcomes)), *outcomes))


def _array(length: int) -> bytes:
    """How MessagePack begins an array."""
    if length < 16:
        return bytes((0x90 | length,))
    if length < 1 << 16:
        return b"\xdc" + length.to_bytes(2, "big")
    return b"\xdd" + length.to_bytes(4, "big")


def halve(data: bytes) -> tuple[bytes, bytes] | None:
    """Cut a message into two of half the size; None when it holds no more than one value.

    Errors: SchemaError when it is no message.

    Example:
        >>> pair = [Event(id=i, model="fraud", time=0) for i in "ab"]
        >>> halve(encode(pair)) == (encode(pair[:1]), encode(pair[1:]))
        True
    """
    try:
        _, events, outcomes = msgspec.msgpack.decode(
            data, type=tuple[int, list[msgspec.Raw], list[msgspec.Raw]]
        )
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SchemaError("message", "is not a whole message", got=str(error)) from None
    middle = (len(events) + len(outcomes)) // 2
    if not middle:
        return None
    first = max(0, middle - len(events))
    return (
        msgspec.msgpack.encode([VERSION, events[:middle], outcomes[:first]]),
        msgspec.msgpack.encode([VERSION, events[middle:], outcomes[first:]]),
    )


def decode(data: bytes, where: str = "message") -> Envelope:
    """Read one message.

    Errors: SchemaError when it is cut short, of another version, or holds an event that is not
    valid.
    """
    try:
        version, events, outcomes = msgspec.msgpack.decode(
            data, type=tuple[int, tuple[Event, ...], tuple[Outcome, ...]]
        )
    except msgspec.ValidationError as error:
        cause = error.__cause__
        raise SchemaError(where, str(cause if isinstance(cause, SchemaError) else error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SchemaError(where, "is not a whole message", got=str(error)) from None
    if version != VERSION:
        raise SchemaError(where, "is of another version", got=version, want=str(VERSION))
    return Envelope(events, outcomes)
