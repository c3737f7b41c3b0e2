"""Pushing the series of a server to other systems, again and again.

Owns: a thread for each receiver, when it is tried again, what is said of one that does not take
it.  Does not own: how far each has come (`export.push.receiver`).
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from vedette.alerts.notify.sending import DeliveryError
from vedette.core.durations import HOUR, SECOND
from vedette.core.errors import VedetteError
from vedette.engine.push_settings import PushSettings
from vedette.export.push.marks import Marks
from vedette.export.push.receiver import Receiver, Told
from vedette.stores.store import StateStore

AGAIN_S = HOUR / SECOND  # after which what goes on is said once more
LONGEST_S = 600.0  # that a receiver may ask to be left alone
LOG = logging.getLogger("vedette")


class Guarding(Protocol):
    """What counts failures: those that are foreseen, and others: `engine.guard.Guard`."""

    def count(self, place: str) -> None: ...
    def run(
        self, place: str, work: Callable[[], float], otherwise: float, passes: tuple[()]
    ) -> float: ...


class Row:
    """Failures of one receiver, one behind the other: said at once, then once an hour, and when it
    is over.  Units: seconds of a steady clock."""

    def __init__(self) -> None:
        self.failures, self._since, self._said = 0, 0.0, 0.0

    def failed(self, now: float) -> bool:
        """Count one; whether it is to be said."""
        self._since = self._since if self.failures else now
        is_due = not self.failures or now - self._said >= AGAIN_S
        self.failures += 1
        self._said = now if is_due else self._said
        return is_due

    def lasted(self, now: float) -> float:
        """How long it has gone on."""
        return now - self._since if self.failures else 0.0

    def over(self) -> None:
        """Begin anew."""
        self.failures = 0


class Pusher:
    """The threads that push, one for each receiver.  `steady` gives seconds that only go on."""

    def __init__(
        self,
        settings: Sequence[PushSettings],
        book: Told,
        guard: Guarding,
        store: StateStore | None = None,
        *,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.receivers = [
            Receiver(own, book, None if store is None else Marks(store, own)) for own in settings
        ]
        self._guard, self._steady = guard, steady
        self._rows = [Row() for _ in settings]
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(at,), name="vedette-push", daemon=True)
            for at in range(len(self.receivers))
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float = 3.0) -> None:
        """Push once more, then end."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout_s)

    def _run(self, at: int) -> None:
        one = self.receivers[at]
        every, wait = one.settings.every_ns / SECOND, 0.0
        place, push = f"push to {one.settings.kind}", partial(self.push, at)
        while not self._stop.wait(max(every, wait)):
            wait = self._guard.run(place, push, 0.0, ())
        self._guard.run(place, push, 0.0, ())

    def push(self, at: int) -> float:
        """Push to one receiver; how long it asks to be left alone.  Units: seconds."""
        one, row = self.receivers[at], self._rows[at]
        place = f"push to {one.settings.kind}"
        try:
            one.push(lambda: not self._stop.is_set())
        except (DeliveryError, VedetteError, OSError) as error:
            self._guard.count(place)
            again, now = row.failures, self._steady()
            if row.failed(now):
                self._say(one, error, again, row.lasted(now))
            return min(getattr(error, "retry_after_s", 0.0), LONGEST_S)
        if row.failures:
            LOG.warning("vedette %s at %s: works again", place, one.settings.place)
            row.over()
        return 0.0

    def _say(self, one: Receiver, error: Exception, before: int, lasted_s: float) -> None:
        own, is_final = one.settings, isinstance(error, DeliveryError) and error.is_final
        then = "that part is left out" if is_final else f"tried again every {own.every}"
        told = f"; {before} times before in {lasted_s / 3600:.1f} h" if before else ""
        LOG.warning("vedette push to %s at %s: %s (%s%s)", own.kind, own.place, error, then, told)
