"""The counting, and telling what went wrong.

Owns: the numbers while they change, the last error and how it is told.  Does not own: what is
counted, which numbers there are (`sdk.counters`).
"""

import logging
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any

from vedette.sdk.counters import Counters

SILENCE_S = 60.0  # between two lines in the log of the host process
TELLING = "vedette.sdk"  # the logger's name


def blank() -> "memoryview[int]":
    """Two numbers in memory, in place of those of a spool."""
    return memoryview(bytearray(16)).cast("Q")


class Tally:
    """Counts for a client.  Any thread may add, also one that is interrupted by a signal.

    An item that is numbered when it is logged is settled once it can no longer be lost without
    being counted: taken by the server, on disk, or counted as lost.
    """

    def __init__(self, on_error: Callable[[str], object] | None) -> None:
        self._lock = threading.RLock()
        self._counts = dict.fromkeys(Counters._fields, 0)
        self._on_error = on_error
        self._told = -SILENCE_S
        self.last_error = ""
        self.marks: list[Any] = [blank()]  # one pair of numbers: logged, settled (`sdk.spool`)

    def add(self, *, settled: int = 0, **counts: int) -> None:
        """Add to counters by name."""
        with self._lock:
            if settled:
                self.marks[0][1] += settled
            for name, count in counts.items():
                self._counts[name] += count

    def mark_in(self, numbers: "memoryview[int]") -> None:
        """Keep the two marks in these numbers from now on."""
        with self._lock:
            numbers[0], numbers[1] = self.marks[0]
            self.marks[0] = numbers

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
