"""The server's clock: the machine's time, without its jumps.

Owns: a clock that never goes back and follows corrections slowly.  Does not own: event time
(`engine.step`).
"""

import time
from collections.abc import Callable
from threading import Lock

SLEW = 0.05  # at most this much faster or slower than the machine's steady clock


class Wall:
    """UTC nanoseconds that never go back; a correction of an hour takes 20 hours to follow."""

    def __init__(
        self,
        wall: Callable[[], int] = time.time_ns,
        steady: Callable[[], int] = time.monotonic_ns,
        last: int = 0,
    ) -> None:
        self._wall, self._steady, self._lock = wall, steady, Lock()
        self._now, self._at = max(wall(), last), steady()

    def __call__(self) -> int:
        """Now."""
        with self._lock:
            steady = self._steady()
            passed = max(steady - self._at, 0)
            room = round(SLEW * passed)
            off = self._wall() - (self._now + passed)
            self._now += passed + max(min(off, room), -room)
            self._at = steady
            return self._now
