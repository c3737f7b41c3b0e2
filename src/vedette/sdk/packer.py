"""The thread that makes messages of what was logged.

Owns: the queue's other end, the size of a message.  Does not own: bytes of an event (`sdk.items`),
what becomes of a message (`sdk.backlog`).
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from vedette.core.wire import join
from vedette.sdk.backlog import Backlog
from vedette.sdk.batch import MESSAGES, METRICS, TWINS, Batch
from vedette.sdk.items import EVENT_FIELDS, READING_FIELDS, Coder, Encoded
from vedette.sdk.queued import Attempt, Deferred, Load, Piece, Twin
from vedette.sdk.tally import Tally

BATCH_ROWS = 1_000
BATCH_BYTES = 1 << 20  # an eighth of what a server takes in one message


class Packer:
    """Packs the queue into messages."""

    def __init__(
        self,
        queue: deque[Any],
        load: Load,
        coder: Coder,
        backlog: Backlog,
        tally: Tally,
        process: str,
        attempt: Attempt,
    ) -> None:
        self.queue, self.load, self.coder = queue, load, coder
        self.backlog, self.tally = backlog, tally
        self.process, self.attempt = process, attempt
        self.taken = 0  # events, labels and readings that came out of the queue
        self.sequence = 0  # of the last message
        self._events: list[bytes] = []
        self._labels: list[bytes] = []
        self._twins: list[bytes] = []
        self._readings: list[bytes] = []
        self._bytes = 0

    def drain(self) -> None:
        """Pack everything that is in the queue now."""
        quick = self.coder.quick
        for _ in range(len(self.queue)):
            try:
                item = self.queue.popleft()
            except IndexError:  # the caller's thread has dropped the oldest meanwhile
                break
            data = quick(item) if type(item) is tuple else None
            if data is None:
                self._pack(item)
                continue
            self._events.append(data)
            self._bytes += len(data)
            if len(self._events) >= BATCH_ROWS or self._bytes >= BATCH_BYTES:
                self.flush()
        self.flush()

    def _pack(self, item: Any) -> None:
        if type(item) is tuple:
            self._value(item)
        elif type(item) is Twin:
            self._value(item.item, is_twin=True)
        elif type(item) is Deferred:
            self._deferred(item)
        elif type(item) is Piece:
            self._piece(item)
        else:
            self.flush()
            item.sequence = self.sequence
            item.is_reached.set()

    def _value(self, item: tuple[Any, ...], *, is_twin: bool = False) -> None:
        """Pack an event, label, reading or twin with care."""
        encoded = self.attempt(self._way(len(item))[0], item)
        if encoded is None or len(encoded.data) > BATCH_BYTES:
            self._unusable()
            if encoded is not None:
                self.tally.note(f"an event of {len(encoded.data)} bytes is too large")
            return
        if encoded.notes:
            self.tally.add(repaired=len(encoded.notes))
            self.tally.note(f"{encoded.notes[0]} in an event")
        if self._bytes + len(encoded.data) > BATCH_BYTES:
            self.flush()
        into = self._twins if is_twin else self._way(len(item))[1]
        into.append(encoded.data)
        self._bytes += len(encoded.data)
        kinds = (self._events, self._labels, self._twins, self._readings)
        if sum(map(len, kinds)) >= BATCH_ROWS:
            self.flush()

    def _way(self, fields: int) -> tuple[Callable[[Any], Encoded], list[bytes]]:
        """What turns an item of so many fields into bytes, and where these go."""
        if fields == EVENT_FIELDS:
            return self.coder.event, self._events
        if fields == READING_FIELDS:
            return self.coder.reading, self._readings
        return self.coder.label, self._labels

    def _unusable(self) -> None:
        self.taken += 1
        self.tally.add(dropped_invalid=1, settled=1)

    def _deferred(self, deferred: Deferred) -> None:
        made = self.attempt(lambda _: (deferred.make(),), None)
        if made is None:
            self._unusable()
        elif made[0] is None:
            self.tally.add(settled=1)
        else:
            item = self.attempt(deferred.item, made[0])
            if item is None:
                self._unusable()
            else:
                self._value(item)

    def _piece(self, piece: Piece) -> None:
        self.taken += piece.rows
        self.load.remove(piece)
        self.flush()
        body = self.attempt(lambda _: piece.write(), None)
        if body is None:
            self.tally.add(dropped_invalid=piece.rows)
            return
        self._emit(piece.kind, body, piece.rows, 0)

    def flush(self) -> None:
        """Make messages of what has been packed so far: twins and readings go another way, each in
        their own."""
        waiting: tuple[tuple[str, list[bytes], list[bytes]], ...] = (
            (MESSAGES, self._events, self._labels),
            (TWINS, self._twins, []),
            (METRICS, self._readings, []),
        )
        self._events, self._labels, self._twins, self._readings = [], [], [], []
        self._bytes = 0
        for kind, first, second in waiting:
            if rows := len(first) + len(second):
                self.taken += rows
                self._emit(kind, join(first, second), rows, rows)

    def _emit(self, kind: str, body: bytes, rows: int, numbered: int) -> None:
        self.sequence += 1
        self.backlog.put(Batch(self.process, self.sequence, rows, numbered, kind, body))
