"""The live server without its HTTP: what comes in becomes durable, then evidence, then incidents.

Owns: its threads' beginning and end, what is let in, ticks, upkeep.  Does not own: the log and the
state (they are given), what there is to see of models (`engine.watched_models`), HTTP (`web`).

Three threads: one appends to the log (`engine.committer`), one steps models along it
(`engine.stepper`), one keeps house.  An answer is given when rows are durable; what follows from
them comes after, and after a crash is made again from the log.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from itertools import count, cycle
from threading import Event, Thread
from typing import Any

import msgspec
import pyarrow as pa

from vedette.alerts.lifecycle import is_overdue
from vedette.alerts.notify.outbox import state_of
from vedette.core.durations import SECOND
from vedette.core.errors import UsageError, VedetteError
from vedette.core.version import __version__
from vedette.derive.checks.served import Served
from vedette.engine import fitting, kept_streams, kept_tellers, upkeep
from vedette.engine.capture import Capture
from vedette.engine.committer import Committer, Submission
from vedette.engine.guard import Guard
from vedette.engine.keeper import Keeper
from vedette.engine.live import LiveSettings
from vedette.engine.missing import readings_of_missing
from vedette.engine.runner import Runner
from vedette.engine.saved import Signed
from vedette.engine.step import event_now
from vedette.engine.stepper import COMMIT_EVERY, Stepper
from vedette.engine.terms import proposed
from vedette.engine.views import Gauges, gauges_of
from vedette.engine.watched_models import WatchedModels
from vedette.ingest.decoded import Decoded
from vedette.ingest.otlp.telemetry import Telemetry
from vedette.ingest.receipt import Busy, Receipt
from vedette.stores.store import (
    EVENTS,
    METRICS,
    NOTE,
    PARTS,
    TICK,
    Entry,
    EventLog,
    Record,
    StateStore,
)

REST = 5.0  # seconds: the longest pause between ticks that change nothing
LOG = logging.getLogger("vedette")


class Service(WatchedModels):
    """A running server: the models that it watches, and the way in to them.

    `clock` gives UTC nanoseconds that never go back (`engine.wall`).
    Errors: StoreError when the state cannot be taken up.
    """

    def __init__(
        self,
        log: EventLog,
        store: StateStore,
        settings: LiveSettings,
        clock: Callable[[], int],
    ) -> None:
        self.log, self.store, self.clock = log, store, clock
        self.guard = Guard()
        self.telemetry = Telemetry()
        self.capture = Capture(
            self, settings.capture.timeout_ns, clock, self.guard, contents=self.telemetry.contents
        )
        runner = Runner(log, Keeper(store, settings), settings, self.guard)
        self._stepper = Stepper(runner, settings, self.guard, clock, self._beside, self._tick)
        super().__init__(runner, settings, self._stepper.counts, self._stepper.marks)
        self._stored: set[str] = set()  # models whose events were stored, stepped or not
        self._heard: set[str] = set()  # models of which something came that may be stored
        self._stop = Event()
        self._begun = self._ticked = clock()
        self._pause, self._was_due = COMMIT_EVERY, False
        self._missing = count()  # tells readings of what did not come in apart
        self._committer = Committer(log, clock, self._taken, self.guard)
        self._upkeep = Thread(target=self._keep_house, name="vedette-upkeep", daemon=True)

    # ------------------------------------------------------------------ life

    def start(self) -> None:
        """Take up what was kept, catch up with the log, begin.

        Errors: SchemaError and UsageError for a declared schema that cannot be read: no event is to
        be taken in unchecked.
        """
        for own in self.settings.models.values():
            if (schema := fitting.declared_schema(own)) is not None:
                Served.of(schema)
        self.runner.restore()
        self.runner.catch_up()
        self._stepper.restore()
        kept_streams.restore(self.telemetry.streams, self.store)
        kept_tellers.restore(self.telemetry.contents, self.store, self.clock())
        self._committer.start()
        self._stepper.start()
        self._upkeep.start()
        kept = self.store.read("model", prefix=PARTS)
        since = self.runner.parts | {entry.model: int(entry.body) for entry in kept}
        self.capture.start(since.items())

    def stop(self) -> None:
        """Finish what was accepted, write everything, end."""
        if self._stop.is_set():
            return
        self._stop.set()
        self.capture.stop()
        self._committer.stop()
        self._stepper.stop()
        self._upkeep.join()

    # ------------------------------------------------------------------ in

    def admit(self) -> None:
        """Say at once when nothing can be taken in.  Errors: Busy."""
        if self._stop.is_set():
            raise Busy(5.0, "is stopping")
        if self._stepper.size + self.capture.size > self.settings.server.queue_bytes:
            raise Busy(1.0, "has more waiting than it can work off")

    async def submit(self, model: str, decoded: Decoded) -> Receipt:
        """Make rows durable.

        Errors: Busy under pressure or while stopping, StoreError when the log cannot be written.
        """
        waiter: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._offer(model, decoded, waiter=waiter)
        return await waiter

    def offer(self, model: str, decoded: Decoded) -> "Future[Receipt]":
        """Like `submit`, for threads."""
        done: Future[Receipt] = Future()
        self._offer(model, decoded, done=done)
        return done

    def _offer(self, model: str, decoded: Decoded, **waiting: Any) -> None:
        self.admit()
        parts = [part for _, part in decoded.kinds if part is not None]
        known = model in self.runner.models or model in self.counts
        if parts and not known and len(self.counts) >= self.settings.server.max_models:
            raise UsageError(
                f"model {model!r}", "is one too many", want=f"{len(self.counts)} models at most",
                hint="raise server.max_models",
            )  # fmt: skip
        size = 512 + (decoded.size or sum(map(_bytes_of, parts)))
        self._stepper.expect(size)
        try:
            self._committer.put(Submission(model, decoded, size=size, **waiting))
        except Busy:
            self._stepper.expect(-size)
            raise
        if parts:
            self._heard.add(model)
        if model in self._heard or known:
            self._tell_missing(model, decoded)

    def _tell_missing(self, model: str, decoded: Decoded) -> None:
        """Log how many events of a body did not come in, so that a replay knows it, too."""
        readings = readings_of_missing(decoded, self.clock(), next(self._missing))
        if readings is not None:
            with suppress(Busy):  # it is stopping
                self._committer.put(Submission(model, Decoded(metrics=readings)))

    async def act(self, model: str, act: dict[str, Any]) -> dict[str, Any]:
        """Do what a person asks, durably.

        Errors: UsageError when it cannot be done.
        """
        if self._stop.is_set():
            raise Busy(5.0, "is stopping")
        if model not in self.runner.models and model not in self._stored:
            raise UsageError(f"model {model!r}", "is not known")
        if act.get("act") == "settings":
            self.check_settings(model, act["changes"])  # a wrong one is not logged
        record = Record(NOTE, model, 0, note=msgspec.json.encode(act))
        waiter: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._committer.put(Submission(model, record=record, waiter=waiter))
        return dict(await waiter)

    def check_settings(self, model: str, changes: Mapping[str, Any]) -> None:
        """See whether settings could be changed so.  Errors: UsageError when they could not."""
        state = self.runner.models.get(model)
        if state is not None:
            proposed(state, changes, Signed())

    def _taken(self, records: list[tuple[int, Record]], group: list[Submission]) -> None:
        """Hand durable records on to the threads that go on from there."""
        self.capture.take(records)
        self._stored.update(r.model for _, r in records if r.kind in (EVENTS, METRICS))
        self._stepper.put(records, group)

    def _beside(self, now: int) -> Iterator[Entry]:
        """What is to be written that follows from no step."""
        for model, since in self.capture.moved().items():
            yield Entry("model", model, PARTS, now, b"%d" % since)
        yield from kept_streams.entries_of(self.telemetry.streams, now)
        yield from kept_tellers.entries_of(self.telemetry.contents)

    # ------------------------------------------------------------------ time

    def _tick(self) -> None:
        """Let time pass for models whose windows end without an event.

        A tick that changes nothing, as when the log cannot be written, is repeated ever more
        rarely.
        """
        now = self.clock()
        if self._stop.is_set():
            return
        if now - self._ticked < self._pause * SECOND:
            return
        due = any(_is_due(state, now) for state in list(self.runner.models.values()))
        if not due and not self._committer.fault:
            self._pause, self._was_due = COMMIT_EVERY, False
            return
        self._pause = min(2 * self._pause, REST) if self._was_due else COMMIT_EVERY
        self._was_due, self._ticked = True, now
        with suppress(Busy):
            self._committer.put(Submission("", record=Record(TICK, "", now)))

    # ------------------------------------------------------------------ upkeep

    def _keep_house(self) -> None:
        for turn in cycle(range(upkeep.TURNS)):
            if self._stop.wait(upkeep.EVERY_S):
                return
            self.guard.run("upkeep", partial(self._tidy, turn), None)

    def _tidy(self, turn: int) -> None:
        try:
            upkeep.compact(self.log, self.store)
            upkeep.forget(
                self.log, self.store, self.settings.storage, self.clock(),
                turn=(turn, upkeep.TURNS), parts=self.capture.settled(self.clock()),
            )  # fmt: skip
        except VedetteError as error:
            LOG.warning("vedette upkeep: %s", error)

    # ------------------------------------------------------------------ out

    def capture_of(self, name: str) -> Mapping[str, int] | None:
        """What became of the calls whose sides came apart; None where none came."""
        return self.capture.counts(name)

    def unready(self) -> list[str]:
        """Why the server cannot serve; nothing when it can.  Really asks log and state."""
        reasons = []
        if self._stop.is_set():
            reasons.append("the server is stopping")
        if not self._committer.is_running or not self._stepper.is_running:
            reasons.append("a thread has ended")
        if self._committer.fault:
            reasons.append(f"the log cannot be written: {self._committer.fault}")
        if self._stepper.trouble:
            reasons.append(f"the state cannot be written: {self._stepper.trouble}")
        if self._stepper.size > self.settings.server.queue_bytes:
            reasons.append("more is waiting than can be worked off")
        try:
            self.store.read("incident", limit=1, newest_first=True)
            for name, state in list(self.runner.models.items())[:1]:
                newest = max(state.clock.newest, 0)
                next(iter(self.log.scan(name, newest, newest + 1, ["_id"])), None)
        except VedetteError as error:
            reasons.append(f"a query fails: {error}")
        return reasons

    def gauges(self) -> Gauges:
        """The numbers for a metrics page."""
        messages = Counter(map(state_of, self.store.read("message")))
        return Gauges(
            models=[gauges_of(view) for view in self.models()],
            version=__version__,
            uptime_s=(self.clock() - self._begun) / SECOND,
            queue_length=len(self._stepper),
            queue_bytes=self._stepper.size,
            log_bytes=self.log.size,
            log_position=self.log.position,
            state_position=self.store.position,
            messages=messages,
            errors=dict(self.guard.faults),
        )


def _bytes_of(rows: pa.RecordBatch) -> int:
    return int(rows.get_total_buffer_size())


def _is_due(state: Any, now: int) -> bool:
    """Whether a window ends by the passing of time alone."""
    if any(is_overdue(incident, now) for incident in state.incidents):
        return True
    if state.plan is None or state.clock.newest < 0:
        return False
    horizon = event_now(state, now) - state.plan.settings.lateness_ns
    return bool(state.base_closed + state.plan.base_width <= horizon)
