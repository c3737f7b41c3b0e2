"""The line between the threads that log and the one that packs, in one process.

Owns: the queue and its bounds, starting the background threads with the first event, what a fork
leaves of them.  Does not own: events (`sdk.client`), the threads (`sdk.workers`).
"""

import os
import threading
import weakref
from collections import deque
from itertools import count
from time import monotonic
from typing import Any

from vedette.sdk.options import Options
from vedette.sdk.queued import Bell, Deferred, Load, Piece, Twin
from vedette.sdk.resource_watch import ResourceWatch
from vedette.sdk.tally import Tally, attempting
from vedette.sdk.workers import Workers

FULL = 1_000  # events make a full message, which wakes the packer


class Line:
    """A queue that never blocks; when it is full, its oldest is dropped and counted.

    Bounds: `queue_events` rows, those of frames included, and `queue_bytes` of frames.
    """

    def __init__(self, options: Options, *, is_closed: bool = False) -> None:
        self.options, self.is_closed = options, is_closed
        self.queue: deque[Any] = deque()
        self.full = min(FULL, options.queue_events)
        self.load, self.bell = Load(), Bell()
        self.numbers, self.frames = count(1), count(1)
        self.process = os.urandom(8).hex()
        self.prefix = f"{self.process}-"
        self.tally = Tally(options.on_error)
        self.attempt = attempting(self.tally)
        self.marks = self.tally.marks
        self.workers: Workers | None = None
        self._resources: ResourceWatch | None = None
        self._is_to_watch = False  # once the threads start
        self.is_running = self._is_beginning = False
        self._lock = threading.RLock()

    @property
    def rows(self) -> int:
        """Events, labels and rows of frames that are in the queue."""
        return len(self.queue) + self.load.more_rows

    def put(self, item: Any) -> None:
        """Add an item at the end."""
        if len(self.queue) >= self.full:
            self.press()
        self.queue.append(item)
        if not self.is_running:
            self.begin()

    def put_reading(self, name: str, value: Any, time: Any) -> None:
        """Add a reading of a metric at the end."""
        self.marks[0][0] = number = next(self.numbers)
        self.put((self.prefix + str(number), name, value, time))

    def watch_resources(self, watch: ResourceWatch) -> None:
        """Log what this process and its machine use, from now on, and in children once they log."""
        with self._lock:
            if self._resources is not None:
                self._resources.stop()
            self._resources, self._is_to_watch = watch, False
            if not self.is_closed:
                watch.start(self)

    def put_piece(self, piece: Piece, patience: float) -> bool:
        """Add rows of a frame, which may fill half of the queue.

        They wait for the packer, at most so many seconds, never for the server; then the oldest
        goes.  Returns: whether there was room in time.
        """
        had_room = self._has_room(piece, 0.5) or self._wait_for_room(piece, patience)
        while self.queue and not self._has_room(piece, 1.0):
            self._drop_oldest()
        self.load.add(piece)
        self.queue.append(piece)
        if not self.is_running:
            self.begin()
        self.bell.ring()
        return had_room

    def _has_room(self, piece: Piece, part: float) -> bool:
        rows, size = self.rows, self.load.size
        fits = rows + piece.rows <= self.options.queue_events * part
        return (not rows or fits) and (not size or size + piece.size <= self.options.queue_bytes)

    def _wait_for_room(self, piece: Piece, patience: float) -> bool:
        end = monotonic() + patience
        while self.is_running and not self._has_room(piece, 0.5):
            left = end - monotonic()
            if left <= 0:
                return False
            self.bell.ring()
            self.load.wait(left)
        return self.is_running

    def press(self) -> None:
        """Wake the packer; when the queue is full, drop the oldest and count it."""
        self.bell.ring()
        while self.queue and self.rows >= self.options.queue_events:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        try:
            item = self.queue.popleft()
        except IndexError:  # it has just been emptied
            return
        self._drop(item)

    def _drop(self, item: Any) -> None:
        if type(item) is Piece:
            self.load.remove(item)
            self.tally.add(dropped_queue=item.rows, logged=item.rows)
        elif type(item) in (tuple, Deferred, Twin):
            self.tally.add(dropped_queue=1, logged=1, settled=1)
        else:
            item.is_reached.set()
            return
        if not self.tally.last_error.startswith("the queue is full"):
            self.tally.note("the queue is full: its oldest events are dropped")

    def begin(self) -> None:
        """Start the threads with the first event of a process; drop events after the end."""
        with self._lock:
            if self.is_running or self._is_beginning:  # a signal handler logs in the middle of it
                return
            if self.is_closed:
                while self.queue:
                    self._drop_oldest()
                self.tally.note("the client is closed: events are dropped")
                return
            self._is_beginning = True
            try:
                self._start()
            except RuntimeError as error:  # no more threads, or the interpreter is ending
                self.tally.note(f"no thread can be started, events wait: {error}")
            finally:
                self._is_beginning = False

    def _start(self) -> None:
        workers = Workers(
            self.options,
            self.queue,
            self.load,
            self.bell,
            self.tally,
            self.process,
            self.attempt,
        )
        workers.start()
        self.workers, self.is_running = workers, True
        if self._is_to_watch and self._resources is not None:
            self._is_to_watch = False
            self._resources.start(self)
        self._end_of_life = weakref.finalize(self, workers.retire)
        self._end_of_life.atexit = False

    def close(self, timeout: float) -> bool:
        """End the threads, if there are any; whether the server has taken everything."""
        with self._lock:
            self.is_closed, self.is_running = True, False
            if self._resources is not None:
                self._resources.stop()
        if self.workers is None:
            return True
        self._end_of_life.detach()
        return self.workers.close(timeout)

    def forked(self) -> "Line":
        """A line for a child process: queue, threads and spool stay with the parent."""
        workers, self.workers = self.workers, None
        if workers is not None:
            self._end_of_life.detach()
            workers.abandon()
        child = Line(self.options, is_closed=self.is_closed)
        if self._resources is not None:
            child._resources, child._is_to_watch = self._resources.anew(), True
        return child
