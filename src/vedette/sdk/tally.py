"""The counting, and telling what went wrong.

Owns: the numbers while they change, the last error and how it is told.  Does not own: what is
counted, which numbers there are (`sdk.counters`).
"""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any

from vedette.core.errors import UsageError, VedetteError
from vedette.sdk.counters import Counters
from vedette.sdk.queued import Attempt

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

    def lose(self, error: Exception, rows: int = 1, settled: int = 1) -> None:
        """Count what an error has cost, and tell the error."""
        with suppress(Exception):  # not even the counting may reach the caller
            self.add(dropped_invalid=rows, logged=rows, settled=settled)
            self.note(_said(error))


def guarded(on_error: Callable[[str], object] | None) -> Callable[[str], object] | None:
    """A callback that cannot raise.  Errors: UsageError when it cannot be called."""
    if on_error is None:
        return None
    if not callable(on_error):
        raise UsageError("client", "on_error cannot be called", got=type(on_error).__name__)

    def call(message: str) -> None:
        with suppress(Exception):  # a service's callback is not ours to judge
            on_error(message)

    return call


def attempting(tally: Tally) -> Attempt:
    """A way to call what may raise anything: the error is noted, the result is None."""

    def attempt(function: Callable[[Any], Any], argument: Any) -> Any:
        try:
            return function(argument)
        except Exception as error:  # noqa: BLE001 - values of a service may raise anything
            tally.note(_said(error))
            return None

    return attempt


def _said(error: Exception) -> str:
    """An error without the values that led to it: these stay out of logs."""
    if isinstance(error, UsageError):
        return str(error)
    problem = error.problem if isinstance(error, VedetteError) else "nothing can be made of it"
    return f"an event was dropped: {problem} ({type(error).__name__})"
