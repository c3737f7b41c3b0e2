"""Messages between the two background threads, oldest first.

Owns: the order, the bound of memory, and when messages go to disk.  Does not own: the disk
(`sdk.spool`), sending.

As long as the server answers, messages pass through memory.  When it does not, everything goes to
the spool, and what comes later queues up behind it, until the spool is empty again.
"""

import threading
from collections import deque
from pathlib import Path

from vedette.sdk.batch import Batch
from vedette.sdk.counters import Counters
from vedette.sdk.spool import Spool
from vedette.sdk.tally import Tally


class Backlog:
    """A first-in first-out line of messages.

    Bounds: `memory` bytes, then the spool's limit; without a spool the oldest are dropped.
    """

    def __init__(self, tally: Tally, memory: int) -> None:
        self.tally, self.memory = tally, memory
        self.spool: Spool | None = None
        self.is_away = False  # the server
        self.finished = 0  # the last own message that is done with, one way or another
        self._waiting: deque[Batch] = deque()
        self._bytes = 0
        self._in_hand: Batch | None = None  # being sent; it cannot be dropped any more
        self._is_closed = False
        self._left = 0  # rows on disk in the end
        self._change = threading.Condition()

    def open_spool(self, folder: Path, process: str, limit: int) -> None:
        """Begin to spool, and take over what dead processes left.  A disk that says no is noted."""
        try:
            spool = Spool(folder, process, limit)
        except OSError as error:
            self.tally.note(f"spool: cannot be written, memory is used instead; got {error}")
            return
        with self._change:
            self.spool = spool
        self.adopt()

    def adopt(self) -> None:
        """Take over what dead processes left."""
        with self._change:
            if self.spool is None or self._is_closed:
                return
            before = self.spool.rows
            try:
                lost = self.spool.adopt()
            except OSError as error:
                self.tally.note(f"spool: what others left cannot be read; got {error}")
                return
            finally:
                self.tally.add(adopted=self.spool.rows - before)
            if lost:
                self.tally.add(lost_before=lost)
                self.tally.note(f"{lost} events were lost in a process that was killed")
            self._change.notify_all()

    def put(self, batch: Batch) -> None:
        """Add a message at the end."""
        with self._change:
            if self.is_away or (self.spool is not None and not self.spool.is_empty):
                self._to_disk_or_memory(batch)
            else:
                self._to_memory(batch)
                if self._bytes > self.memory and self.spool is not None:
                    self._spill()
            self._keep_bound()
            self._change.notify_all()

    def take(self, timeout: float) -> Batch | None:
        """The oldest message, which stays in line until `done`; None after so many seconds."""
        with self._change:
            head = self._head()
            if head is None and not self._is_closed:
                self._change.wait(timeout)
                head = self._head()
            self._in_hand = head
            return head

    def done(self, batch: Batch, own: str) -> None:
        """Take a message off that needs no more sending."""
        with self._change:
            if self._is_closed:
                self._left = max(0, self._left - batch.rows)  # sent again by the next process
                return
            self._in_hand = None
            head = self._head()
            if head is not None and head.name == batch.name:
                if self._waiting and self._waiting[0] is head:
                    self._forget_oldest()
                elif self.spool is not None:
                    self.spool.pop()
            if batch.process == own:
                self.finished = max(self.finished, batch.sequence)
            self._change.notify_all()

    def server(self, is_away: bool) -> None:
        """Say whether the server answers; when it stops, all that waits goes to disk."""
        with self._change:
            if is_away and self.spool is not None and not self._is_closed:
                self._spill()
            self.is_away = is_away
            self._change.notify_all()

    def wait_for(self, sequence: int, timeout: float, patient: bool = True) -> bool:
        """Wait until an own message is done with; one who is not patient leaves when the server is
        away and all is safe on disk."""

        def is_over() -> bool:
            is_safe = self.is_away and self.spool is not None and not self._waiting
            return self.finished >= sequence or (is_safe and not patient)

        with self._change:
            self._change.wait_for(is_over, timeout)
            return self.finished >= sequence

    @property
    def rows(self) -> int:
        """Events and labels that wait here."""
        with self._change:
            rows = sum(batch.rows for batch in self._waiting)
            if self.spool is not None and not self._is_closed:
                rows += self.spool.rows
            return rows + self._rows_aside()

    def snapshot(self) -> Counters:
        """All counters at this moment, with what is on disk and not being sent."""
        with self._change:
            spooled = self._left
            if self.spool is not None and not self._is_closed:
                spooled = self.spool.rows - self._rows_in_hand()
            return self.tally.snapshot()._replace(spooled=spooled)

    def close(self) -> None:
        """Put everything on disk, or count it as lost, and let the disk go."""
        with self._change:
            if self._is_closed:
                return
            self._keep_what_is_in_hand()
            if self.spool is not None:
                self._spill()
            while self._waiting:
                self._drop(0)
            self._is_closed = True
            if self.spool is not None:
                self._left = self.spool.rows
                self.spool.close()
            self._change.notify_all()

    def numbers(self) -> "memoryview[int] | None":
        """Two numbers that outlive this process (`sdk.spool`); None without a spool."""
        return None if self.spool is None else self.spool.numbers

    def abandon(self) -> None:
        """Let go of what a fork has copied.  Takes no lock: its owner is in the parent."""
        if self.spool is not None:
            self.spool.abandon()

    # The rest is called with the lock held.

    def _head(self) -> Batch | None:
        if self._is_closed:
            return None
        if self.spool is not None:
            try:
                head = self.spool.head()
            except OSError as error:
                self.tally.note(f"spool: cannot be read; got {error}")
                head = None
            if head is not None:
                return head
        return self._waiting[0] if self._waiting else None

    def _to_memory(self, batch: Batch) -> None:
        self._waiting.append(batch)
        self._bytes += len(batch.body)

    def _to_disk_or_memory(self, batch: Batch) -> None:
        if not self._to_disk(batch):
            self._to_memory(batch)

    def _to_disk(self, batch: Batch) -> bool:
        if self.spool is None:
            return False
        try:
            sent = self._rows_in_hand()
            written, dropped = self.spool.append(batch)
        except OSError as error:
            self.tally.note(f"spool: cannot be written, memory is used instead; got {error}")
            return False
        self.tally.add(spooled_bytes=written, settled=batch.numbered)
        dropped -= sent  # the oldest goes first, and what is in hand is the oldest
        if dropped > 0:
            self.tally.add(dropped_spool=dropped)
            self.tally.note(f"the spool is full: {dropped} of its oldest events were dropped")
        return True

    def _rows_in_hand(self) -> int:
        """The rows of the message that is being sent, if it is the first one on disk."""
        first = None if self.spool is None else self.spool.first()
        if first is None or self._in_hand is None or first.name != self._in_hand.name:
            return 0
        return first.rows

    def _spill(self) -> None:
        while self._waiting and self._to_disk(self._waiting[0]):
            batch = self._waiting.popleft()
            self._bytes -= len(batch.body)

    def _keep_bound(self) -> None:
        """Drop the oldest that are not being sent; the newest stays, however large."""
        is_sent = bool(self._waiting) and self._waiting[0] is self._in_hand
        first = 1 if is_sent else 0
        while self._bytes > self.memory and len(self._waiting) > first + 1:
            self._drop(first)

    def _drop(self, place: int) -> None:
        batch = self._waiting[place]
        del self._waiting[place]
        self._bytes -= len(batch.body)
        self.finished = max(self.finished, batch.sequence)  # nobody need wait for it
        self.tally.add(dropped_queue=batch.rows, settled=batch.numbered)
        self.tally.note(f"{batch.rows} events were dropped: the server is away and memory full")

    def _rows_aside(self) -> int:
        """The rows of the message that is being sent, if its place in line has gone meanwhile."""
        batch, head = self._in_hand, self._head()
        if batch is None or (head is not None and head.name == batch.name):
            return 0
        return batch.rows

    def _keep_what_is_in_hand(self) -> None:
        """Put back what is being sent, if its place in line has gone meanwhile."""
        if self._in_hand is not None and self._rows_aside():
            self._to_disk_or_memory(self._in_hand)

    def _forget_oldest(self) -> None:
        batch = self._waiting.popleft()
        self._bytes -= len(batch.body)
        self.tally.add(settled=batch.numbered)
