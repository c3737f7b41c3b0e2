"""What was said in calls, told apart from their spans.

Owns: holding such events of the last while until the span of their call comes, and giving them to
it.  Does not own: reading them (`conversation`), log records (`ingest.otlp.records`).

OpenTelemetry's instrumentations may tell of texts in log records (`EVENT_ONLY`), which exporters
send within a second, and of the span within five: so most are here when it comes.
"""

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Any, NamedTuple

from vedette.ingest.genai import dialects as table

ROOM = 16 << 20  # bytes, as they were sent, of what is held; the oldest call goes first
MOST = 1_000  # events of one call


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


class Contents:
    """The contents of a server's calls.  For several threads."""

    def __init__(self, room: int = ROOM) -> None:
        self._room, self._size, self._lock = room, 0, Lock()
        self._held: OrderedDict[str, dict[str, tuple[int, str, Mapping[str, Any], int]]]
        self._held = OrderedDict()

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
