"""The messages that wait in the state store.

Owns: which are due, in which order, and writing down how far they got.  Does not own: sending them
(`deliver`).

A message is stored under the time when it is next to be looked at: when it is to be tried while it
waits, and when it is to be forgotten once it was delivered or given up.
"""

from collections.abc import Collection, Iterator
from itertools import groupby
from typing import Any

import msgspec

from vedette.alerts.message import DEAD, PENDING, SENT, Message
from vedette.stores.store import Entry, StateStore

KIND = "message"
KEPT = 30 * 24 * 3600 * 1_000_000_000  # ns: how long what is done stays visible


class Outbox:
    """The messages of a store.  Units: UTC nanoseconds, the server's clock."""

    def __init__(self, store: StateStore) -> None:
        self.store = store

    def due(self, channel: str, now: int) -> list[list[Message]]:
        """What is due on a channel, by incident: the least tried first, each in its order.

        Shapes: one list per incident.  An incident of which an earlier message still waits is not
        among them.
        """
        found = [
            message
            for message in self._read(end=now + 1)
            if message.channel == channel and message.state == PENDING
        ]
        found.sort(key=lambda message: (message.incident, message.id))
        groups = [list(group) for _, group in groupby(found, key=lambda m: m.incident)]
        groups.sort(key=lambda group: (group[0].tries, group[0].made, group[0].incident))
        return [group for group in groups if not self._is_behind(group[0])]

    def keep(self, message: Message, **changes: Any) -> None:
        """Store a message with some changes.  Errors: StoreError when it cannot be written."""
        kept = msgspec.structs.replace(message, **changes)
        body = msgspec.json.encode(kept)
        self.store.commit([Entry(KIND, kept.model, kept.id, kept.due, body)])

    def done(self, message: Message, state: str, now: int, error: str) -> None:
        """Note that nothing more happens to a message.  What was delivered loses its picture."""
        document = message.document
        if state == SENT:
            document = {name: part for name, part in document.items() if name != "picture"}
        self.keep(
            message,
            state=state,
            due=now + KEPT,
            tries=message.tries + 1,
            error=error,
            document=document,
        )

    def revive(self, now: int, wanted: Collection[str] = ()) -> list[str]:
        """Let dead messages be tried again from the start: those with the wanted ids, or all; the
        ids of those that will be."""
        found = [m for m in self._read() if m.state == DEAD and (not wanted or m.id in wanted)]
        for message in found:
            self.keep(message, state=PENDING, due=now, made=now, tries=0)
        return [message.id for message in found]

    def tidy(self, channels: Collection[str], now: int) -> None:
        """Forget what was kept long enough; give up what no channel is left for."""
        gone = []
        for message in self._read(end=now + 1):
            if message.state != PENDING:
                gone.append((KIND, message.model, message.id))
            elif message.channel not in channels:
                self.done(message, DEAD, now, "the settings have no such channel any more")
        if gone:
            self.store.commit(gone=gone)

    def _is_behind(self, message: Message) -> bool:
        earlier = self._read(model=message.model, prefix=f"{message.incident}-")
        return any(
            one.state == PENDING and one.channel == message.channel and one.id < message.id
            for one in earlier
        )

    def _read(
        self, model: str | None = None, end: int | None = None, prefix: str = ""
    ) -> Iterator[Message]:
        for entry in self.store.read(KIND, model, end=end, prefix=prefix):
            yield msgspec.json.decode(entry.body, type=Message)


class _State(msgspec.Struct):
    """The one field that a count needs."""

    state: str = PENDING


def state_of(entry: Entry) -> str:
    """The state of a stored message or incident, without the rest of it."""
    return msgspec.json.decode(entry.body, type=_State).state
