"""The thread that logs what a process and its machine use.

Owns: its life, and what a fork leaves of it.  Does not own: the samples (`sdk.resources`,
`sdk.gpu`), the queue (`sdk.line`).

It has a thread of its own, since a driver may hang: then nothing waits but this.
"""

import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from time import time_ns
from typing import Any, Protocol

from vedette.core.errors import UsageError
from vedette.sdk.queued import Attempt

LEAST_S = 0.1  # between two samples
MOST_S = 86_400  # threads cannot sleep for ever


class Taker(Protocol):
    """What readings go to."""

    @property
    def attempt(self) -> Attempt:
        """Calls what may raise anything."""
        ...

    def put_reading(self, name: str, value: Any, time: Any) -> None:
        """Take a reading."""
        ...


class ResourceWatch:
    """Logs samples of resources into a line until it is stopped, or the line is no more.

    `gpu` says whether GPUs are asked; None: where there are any.
    Errors: UsageError for an interval that cannot be meant.
    """

    def __init__(self, every: Any, gpu: bool | None) -> None:
        if not (isinstance(every, int | float) and LEAST_S <= every <= MOST_S):
            raise UsageError("watch_resources", "every is out of range", got=every,
                             want=f"{LEAST_S} to {MOST_S} s")  # fmt: skip
        self.every, self.gpu = every, gpu
        # Loaded here, not in the thread: a fork in the middle of an import would leave its lock.
        self._resources = import_module("vedette.sdk.resources").Resources
        self._gpus = import_module("vedette.sdk.gpu").Gpus
        if gpu is not False:
            import_module("vedette.sdk.gpu").library()
        self._stop = threading.Event()

    def start(self, line: Taker) -> None:
        """Begin to log into a line, which is not kept alive by it."""
        ended = self._stop
        found = weakref.ref(line, lambda _: ended.set())
        threading.Thread(
            target=self._run, args=(found,), name="vedette-resources", daemon=True
        ).start()

    def stop(self) -> None:
        """End; nothing waits for that."""
        self._stop.set()

    def anew(self) -> "ResourceWatch":
        """One like it, for a child process."""
        return ResourceWatch(self.every, self.gpu)

    def _run(self, found: Callable[[], Taker | None]) -> None:
        line = found()
        samplers = self._samplers(line) if line is not None else []
        while line is not None and not self._stop.is_set():
            now = time_ns()
            for sampler in samplers:
                for name, value in (line.attempt(_sampled, sampler) or {}).items():
                    line.put_reading(name, value, now)
            del line
            self._stop.wait(self.every)
            line = found()

    def _samplers(self, line: Taker) -> list[Any]:
        wanted: list[Callable[[Any], Any]] = [lambda _: self._resources()]
        if self.gpu is not False:
            wanted.append(lambda _: self._gpus() if self.gpu else self._gpus_if_any())
        made = [line.attempt(one, None) for one in wanted]
        return [one for one in made if one is not None]

    def _gpus_if_any(self) -> Any:
        with suppress(UsageError):  # no package or no driver: then there is no GPU to be watched
            return self._gpus()
        return None


def _sampled(sampler: Any) -> dict[str, float]:
    found: dict[str, float] = sampler.sample()
    return found
