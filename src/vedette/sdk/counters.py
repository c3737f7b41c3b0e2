"""What a client has counted, above all what it lost.

Owns: the counters, the last error and how it is told.  Does not own: what is counted.
"""

import logging
import threading
from collections.abc import Callable
from time import monotonic
from typing import NamedTuple

SILENCE_S = 60.0  # between two lines in the log of the host process
TELLING = "vedette.sdk"  # the logger's name


class Counters(NamedTuple):
    """What has become of everything that was logged in this process.

    Units: events and labels (a row of a frame is one), unless the name says otherwise.
    """

    logged: int = 0  # handed over, before anything could be lost
    waiting: int = 0  # in the queue, in memory or in the spool
    sent: int = 0  # posted, repeats included
    acknowledged: int = 0  # taken by the server, for good
    duplicates: int = 0  # of these, what the server already had
    rejected_by_server: int = 0  # the server will never take these; `last_error` has the reason
    sampled_out: int = 0  # left out on purpose; the weight of the others makes up for it
    dropped_queue: int = 0  # lost because the queue, or memory, was full
    dropped_spool: int = 0  # lost because the spool was full
    dropped_invalid: int = 0  # nothing could be made of these
    lost_before: int = 0  # in the queue of a process that died, found in its spool later
    repaired: int = 0  # values that became text, were cut, or left out
    retries: int = 0  # attempts that failed and were repeated
    spooled_bytes: int = 0  # written to disk so far

    @property
    def dropped(self) -> int:
        """Everything that was lost on this side of the wire; sampling is no loss."""
        return self.dropped_queue + self.dropped_spool + self.dropped_invalid + self.lost_before


class Tally:
    """Counts for a client.  Any thread may add, also one that is interrupted by a signal."""

    def __init__(self, on_error: Callable[[str], object] | None) -> None:
        self._lock = threading.RLock()
        self._counts = dict.fromkeys(Counters._fields, 0)
        self._on_error = on_error
        self._told = -SILENCE_S
        self.last_error = ""
        self.settled = 0  # numbered items that can no longer be lost without being counted

    def add(self, *, settled: int = 0, **counts: int) -> None:
        """Add to counters by name."""
        with self._lock:
            self.settled += settled
            for name, count in counts.items():
                self._counts[name] += count

    def snapshot(self) -> Counters:
        """All counters at this moment."""
        with self._lock:
            return Counters(**self._counts)

    def note(self, message: str) -> None:
        """Keep a sentence as the last error and tell it: to `on_error`, or to the log now and then.

        Errors: whatever `on_error` raises.
        """
        self.last_error = message
        if self._on_error is not None:
            self._on_error(message)
        elif monotonic() - self._told >= SILENCE_S:
            self._told = monotonic()
            logging.getLogger(TELLING).warning("%s", message)
