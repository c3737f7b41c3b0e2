"""Back-tests on a running server: one at a time, bounded in time and memory, with progress.

Owns: the thread, the time limit, the newest back-test of every model.  Does not own: what a
back-test is (`engine.replay`), stores: the scratch one is made by whoever may name one.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import Any

from vedette.core.errors import UsageError, VedetteError
from vedette.engine.guard import Guard
from vedette.engine.live import LiveSettings
from vedette.engine.replay import Backtest, backtest
from vedette.stores.store import EventLog, StateStore

LIMIT_S = 300.0  # then it ends with what it has seen so far
REMEMBERED = 20  # newest back-tests that can still be looked at
RUNNING, DONE, FAILED = "running", "done", "failed"
UNFORESEEN = "it failed in a way that nobody foresaw: see the server's log"


class InTheWay(Exception):  # noqa: N818 - what is in the way, not what went wrong
    """Another back-test runs."""


@dataclass(eq=False)
class Trial:
    """One back-test.  Units: `start`, `end` UTC nanoseconds of event time; `limit_s` seconds."""

    id: str
    model: str
    changes: Mapping[str, Any]
    start: int | None
    end: int | None
    limit_s: float
    state: str = RUNNING
    share: float = 0.0  # of the log that was stepped through
    result: Backtest | None = None
    error: str = ""
    ended: Event = field(default_factory=Event)


class Trials:
    """The back-tests of one server.

    `scratch` makes an empty store for what comes of one; `clock` gives monotonic seconds.
    """

    def __init__(
        self,
        log: EventLog,
        store: StateStore,
        settings: LiveSettings,
        scratch: Callable[[], StateStore],
        guard: Guard,
        *,
        limit_s: float = LIMIT_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log, self._store, self._settings, self._scratch = log, store, settings, scratch
        self._guard, self._limit_s, self._clock = guard, limit_s, clock
        self._trials: dict[str, Trial] = {}
        self._lock, self._over = Lock(), Event()
        self._thread: Thread | None = None
        self._count = 0

    def start(
        self,
        model: str,
        changes: Mapping[str, Any],
        start: int | None = None,
        end: int | None = None,
    ) -> Trial:
        """Begin one.

        Errors: InTheWay while another runs; UsageError for a period without length.
        """
        if start is not None and end is not None and start >= end:
            raise UsageError("back-test", "the period is empty")
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                raise InTheWay
            self._count += 1
            key = str(self._count)
            trial = Trial(key, model, changes, start, end, self._limit_s)
            self._trials[key] = trial
            while len(self._trials) > REMEMBERED:
                del self._trials[next(iter(self._trials))]
            self._thread = Thread(
                target=self._run, args=(trial,), name="vedette-backtest", daemon=True
            )
            self._thread.start()
        return trial

    def find(self, model: str, key: str = "") -> Trial | None:
        """One back-test of a model, by default the newest."""
        own = [t for t in list(self._trials.values()) if t.model == model and key in ("", t.id)]
        return own[-1] if own else None

    def stop(self) -> None:
        """End what runs, for the stores are about to close."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, trial: Trial) -> None:
        until = self._clock() + self._limit_s

        def seen(what: str, done: int, total: int | None) -> None:
            trial.share = done / total if total else 0.0

        def work() -> Backtest:
            return backtest(
                self._log, self._store, self._scratch(), self._settings, trial.model,
                trial.start, trial.end, seen, changes=trial.changes,
                stop=lambda: self._over.is_set() or self._clock() > until,
            )  # fmt: skip

        try:
            trial.result = self._guard.run("backtest", work, None, passes=VedetteError)
            trial.error = "" if trial.result is not None else UNFORESEEN
        except VedetteError as error:
            trial.error = str(error)
        trial.state = FAILED if trial.error else DONE
        trial.ended.set()
