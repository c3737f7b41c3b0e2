"""What was said in calls, told apart from their spans.

Owns: holding such events of the last while for the spans of their calls, whose spans are told so,
the columns that they give.  Does not own: reading them (`conversation`), log records
(`ingest.otlp.records`), spans that wait for them (`engine.late_texts`).

OpenTelemetry's instrumentations may tell of texts in log records (`EVENT_ONLY`), which come within
seconds of the span, before it or after.
"""

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Any, NamedTuple

from vedette.core import rows
from vedette.core.durations import MINUTE
from vedette.ingest.genai import dialects as table
from vedette.ingest.genai.normalise import normalised

ROOM = 16 << 20  # bytes, as they were sent, of what is held; the oldest call goes first
MOST = 1_000  # events of one call
SENDERS = 10_000  # that are remembered; the longest unheard of is forgotten first
EXPECTED = 10 * MINUTE  # since the last such event, up to which more are expected of its sender
COLUMNS = (rows.INPUT, rows.OUTPUT, rows.INSTRUCTIONS, "finish_reason")


class Content(NamedTuple):
    """Events of one call, the oldest first.  Units: `size` in bytes, as they were sent."""

    events: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    size: int = 0


NOTHING = Content()


def is_content(name: str) -> bool:
    """Whether an event of this name tells what was said in a call.

    Example:
        >>> [is_content(name) for name in ("gen_ai.choice", "gen_ai.evaluation.result")]
        [True, False]
    """
    return name in table.ROLES or name == table.CHOICE or name in table.CONTENTS


def texts_of(content: Content, operation: str, longest: int) -> dict[str, str]:
    """The columns that content gives to a call of an operation.

    Bounds: none of more than `longest` bytes; it stays where it was told.

    Example:
        >>> content = Content((("gen_ai.user.message", {"content": "Hi"}),))
        >>> texts_of(content, "chat", 100), texts_of(content, "chat", 1)
        ({'input': 'Hi'}, {})
    """
    found = normalised("", {}, content.events).fields
    if operation == table.MUTE:
        found.pop(rows.OUTPUT, None)
    told = {name: found[name] for name in COLUMNS if name in found}
    return {name: text for name, text in told.items() if len(text.encode()) <= longest}


class Contents:
    """The contents of a server's calls.  For several threads."""

    def __init__(self, room: int = ROOM) -> None:
        self._room, self._size, self._lock = room, 0, Lock()
        self._held: OrderedDict[str, dict[str, tuple[int, str, Mapping[str, Any], int]]]
        self._held = OrderedDict()
        self._senders: OrderedDict[str, int] = OrderedDict()
        self._moved: dict[str, None] = {}  # senders that told something, or were forgotten

    def put(
        self, call: str, identity: str, time: int, name: str, told: Mapping[str, Any], size: int
    ) -> None:
        """Hold an event; one that comes again is held once, one larger than the room not at all.

        Shapes: `call` is the id of the event that its span becomes, `identity` its own.

        Example:
            >>> contents = Contents()
            >>> contents.put("t1", "b", 2, "gen_ai.choice", {"message": "Hello"}, 5)
            >>> contents.put("t1", "a", 1, "gen_ai.user.message", {"content": "Hi"}, 2)
            >>> [name for name, _ in contents.of("t1").events], contents.of("t2").events
            (['gen_ai.user.message', 'gen_ai.choice'], ())
        """
        if size > self._room:
            return
        with self._lock:
            own = self._held.setdefault(call, {})
            self._held.move_to_end(call)
            if identity not in own and len(own) < MOST:
                own[identity] = (time, name, told, size)
                self._size += size
            while self._size > self._room:
                _, gone = self._held.popitem(last=False)
                self._size -= sum(one[3] for one in gone.values())

    def heard(self, sender: str, received: int) -> None:
        """Note that a sender tells of texts apart.  Units: UTC nanoseconds."""
        with self._lock:
            self._senders[sender] = max(received, self._senders.pop(sender, 0))
            self._moved[sender] = None
            if len(self._senders) > SENDERS:
                gone, _ = self._senders.popitem(last=False)
                self._moved[gone] = None

    def moved(self) -> dict[str, int | None]:
        """When senders told of texts last that did so since this was asked; None where one is
        forgotten.  Units: UTC nanoseconds."""
        with self._lock:
            moved, self._moved = self._moved, {}
            return {sender: self._senders.get(sender) for sender in moved}

    def expects(self, sender: str, now: int) -> bool:
        """Whether a sender is known to do so.

        Example:
            >>> contents = Contents()
            >>> contents.heard("shop", 0)
            >>> contents.expects("shop", MINUTE), contents.expects("other", MINUTE)
            (True, False)
        """
        last = self._senders.get(sender)
        return last is not None and now - last <= EXPECTED

    def of(self, call: str) -> Content:
        """What is held of a call, and goes on being: its span may be sent again."""
        if call not in self._held:
            return NOTHING
        with self._lock:
            found = sorted(
                (self._held.get(call) or {}).items(), key=lambda item: (item[1][0], item[0])
            )
        events = tuple((name, told) for _, (_, name, told, _) in found)
        return Content(events, sum(one[3] for _, one in found))
