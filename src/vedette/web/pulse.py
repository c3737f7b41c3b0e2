"""What changes whenever there is something new to see.

Owns: one number per model, looked up once a second whoever asks.  Does not own: telling pages
(`web.live`).
"""

import time
from collections.abc import Callable, Sequence

from vedette.web.backing import Service

EVERY_S = 1.0  # between two looks


class Pulse:
    """The numbers, and how many streams follow them.

    Units: `clock` gives monotonic seconds.
    """

    def __init__(self, service: Service, clock: Callable[[], float] = time.monotonic) -> None:
        self._service, self._clock = service, clock
        self._known: dict[str, tuple[float, int]] = {}
        self.streams = 0
        self.is_over = False

    def of(self, models: Sequence[str]) -> int:
        """A number that stays as long as nothing of these models changes."""
        now = self._clock()
        found = []
        for name in models:
            at, value = self._known.get(name, (float("-inf"), 0))
            if now - at >= EVERY_S:
                value = self._service.pulse(name)
                self._known[name] = (now, value)
            found.append((name, value))
        return hash(tuple(found))

    def end(self) -> None:
        """Let every stream end: the server stops."""
        self.is_over = True
