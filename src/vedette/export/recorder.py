"""Taking down the numbers of the server itself, again and again, so that they have a past.

Owns: the thread, how many are taken.  Does not own: the numbers (`export.prometheus`), what is kept
(`export.series.own`).
"""

import threading
from collections.abc import Callable
from typing import Protocol

from vedette.core.durations import SECOND
from vedette.export.prometheus import Gauges, told
from vedette.export.series.own import NAMES, STEP, Own

MOST = 2_000  # series of models: the numbers of 150
SAVE = 4  # samples after which they are written: a crash loses a minute


class Guarding(Protocol):
    """What counts and logs what nobody foresaw: `engine.guard.Guard`."""

    def run(
        self, place: str, work: Callable[[], None], otherwise: None, passes: tuple[()]
    ) -> None: ...


class Recorder:
    """Takes the numbers that `gauges` gives every 15 s of `clock`, UTC nanoseconds."""

    def __init__(
        self, own: Own, gauges: Callable[[], Gauges], clock: Callable[[], int], guard: Guarding
    ) -> None:
        self._own, self._gauges, self._clock, self._guard = own, gauges, clock, guard
        self._taken = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="vedette-record", daemon=True)

    def start(self) -> None:
        """Begin, with what they are now."""
        self._thread.start()

    def stop(self, timeout_s: float = 3.0) -> None:
        """Write what was taken, and end."""
        self._stop.set()
        self._thread.join(timeout_s)

    def record(self) -> None:
        """Take the numbers once.  Errors: StoreError."""
        samples = [sample for _, some in told(self._gauges(), MOST) for sample in some]
        self._own.add(self._clock(), [one for one in samples if one[0] in NAMES])
        self._taken += 1
        if self._taken % SAVE == 0:
            self._own.save()

    def _run(self) -> None:
        self._guard.run("record", self.record, None, ())
        while not self._stop.wait(STEP / SECOND):
            self._guard.run("record", self.record, None, ())
        self._guard.run("record", self._own.save, None, ())
