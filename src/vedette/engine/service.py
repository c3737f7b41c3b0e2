"""The live server without its HTTP: what comes in becomes durable, then evidence, then incidents.

Owns: threads, the queue between them, pressure, ticks, upkeep.  Does not own: the log and the state
(they are given), the step, HTTP (`web`).

Three threads: one appends to the log (`engine.committer`), one steps models along it, one keeps
house.  An answer is given when rows are durable; what follows from them comes after, and after a
crash is made again from the log.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import count, cycle
from threading import Condition, Event, Thread
from typing import Any

import msgspec
import pyarrow as pa

from vedette.alerts.lifecycle import is_overdue
from vedette.alerts.notify.outbox import state_of
from vedette.core.durations import SECOND
from vedette.core.errors import UsageError, VedetteError
from vedette.core.rows import LOST, REFUSED
from vedette.core.schema import Schema
from vedette.core.version import __version__
from vedette.derive.checks.served import Served
from vedette.engine import fitting, upkeep
from vedette.engine.capture import Capture
from vedette.engine.committer import Committer, Submission, settle
from vedette.engine.gate import Gate
from vedette.engine.guard import Guard
from vedette.engine.keeper import Keeper
from vedette.engine.live import LiveSettings
from vedette.engine.metric_names import MetricNames
from vedette.engine.model import ModelState
from vedette.engine.model_settings import COUNT, ModelSettings
from vedette.engine.objective_view import ObjectiveView, objective_views
from vedette.engine.outputs import Changed, Marked, Output, Wanted
from vedette.engine.replay import SETTINGS
from vedette.engine.runner import Runner
from vedette.engine.saved import Signed
from vedette.engine.scoring import Scoring, why_not
from vedette.engine.settings_view import SettingsView, settings_view
from vedette.engine.step import event_now
from vedette.engine.terms import proposed
from vedette.engine.views import Count, Gauges, ModelView, gauges_of, pulse_of, view_of
from vedette.ingest.decoded import Decoded
from vedette.ingest.readings import batch_of
from vedette.ingest.receipt import Busy, Receipt
from vedette.profiles.baseline import Baseline
from vedette.stores.store import EVENTS, METRICS, NOTE, PARTS, TICK, EventLog, Record, StateStore

QUARANTINED = 100  # refused events of a model that are kept, from one write to the next
COMMIT_EVERY = 0.5  # seconds: how long what was learnt may wait to be written when nothing happened
REST = 5.0  # seconds: the longest pause between ticks that change nothing
COUNTS = "counts"  # key of what is counted of a model
LOG = logging.getLogger("vedette")


@dataclass(eq=False)
class _Stepping:
    """What the stepping thread takes up: records, and the submissions they came with."""

    records: list[tuple[int, Record]]
    group: list[Submission]
    size: int


class Service:
    """A running server.

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
        self.log, self.store, self.settings, self.clock = log, store, settings, clock
        self.guard = Guard()
        self.runner = Runner(log, Keeper(store, settings), settings, self.guard)
        self.counts: dict[str, Count] = {}
        self.trouble = ""  # why what was learnt cannot be written; "" when it can
        self._stored: set[str] = set()  # models whose events were stored, stepped or not
        self._counted: set[str] = set()  # models whose counts changed
        self._described: set[str] = set()  # models whose settings are written
        self._queue: deque[_Stepping] = deque()
        self._wake = Condition()
        self._size = 0
        self._stop = Event()
        self._draining = False
        self._begun = self._written = self._ticked = clock()
        self._pause, self._was_due = COMMIT_EVERY, False
        self._missing = count()  # tells readings of what did not come in apart
        self._refused: Counter[str] = Counter()  # kept to be looked at since the last write
        self._marks: Counter[str] = Counter()  # put on the time line of a model
        self._schemas: dict[str, Schema] = {}
        self._checks: dict[str, Schema | None] = {}
        self._gates: dict[str, Gate | None] = {}
        self._metrics: dict[str, MetricNames] = {}
        # A state never changes, so what is to be seen of it is made once: of which state, counts
        # and problem, and the view.
        self._views: dict[str, tuple[ModelState, tuple[int, ...], str, ModelView]] = {}
        self._committer = Committer(log, clock, self._taken, self.guard)
        self.capture = Capture(self, settings.capture.timeout_ns, clock, self.guard)
        self._threads = [
            Thread(target=self._step_all, name="vedette-step", daemon=True),
            Thread(target=self._keep_house, name="vedette-upkeep", daemon=True),
        ]

    # ------------------------------------------------------------------ life

    def start(self) -> None:
        """Take up what was kept, catch up with the log, begin.

        Errors: SchemaError and UsageError for a declared schema that cannot be read: no event is to
        be taken in unchecked.
        """
        for own in self.settings.models.values():
            if (schema := fitting.declared_schema(own)) is not None:
                Served.of(schema)
        for entry in self.store.read("model", prefix=COUNTS):
            self.counts[entry.model] = msgspec.json.decode(entry.body, type=Count)
        self.runner.restore()
        self.runner.catch_up()
        for name in self.runner.models.keys() - self.counts.keys():  # killed before it was counted
            self.counts[name] = Count()
            self._counted.add(name)
        self._committer.start()
        for thread in self._threads:
            thread.start()
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
        with self._wake:
            self._draining = True
            self._wake.notify()
        for thread in self._threads:
            thread.join()

    # ------------------------------------------------------------------ in

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

    def admit(self) -> None:
        """Say at once when nothing can be taken in.  Errors: Busy."""
        if self._stop.is_set():
            raise Busy(5.0, "is stopping")
        if self._size + self.capture.size > self.settings.server.queue_bytes:
            raise Busy(1.0, "has more waiting than it can work off")

    def _offer(self, model: str, decoded: Decoded, **waiting: Any) -> None:
        self.admit()
        known = model in self.runner.models or model in self.counts
        if not known and len(self.counts) >= self.settings.server.max_models:
            raise UsageError(
                f"model {model!r}", "is one too many", want=f"{len(self.counts)} models at most",
                hint="raise server.max_models",
            )  # fmt: skip
        parts = [part for _, part in decoded.kinds if part is not None]
        size = 512 + (decoded.size or sum(map(_bytes_of, parts)))
        with self._wake:
            self._size += size
        try:
            self._committer.put(Submission(model, decoded, size=size, **waiting))
        except Busy:
            with self._wake:
                self._size -= size
            raise
        if parts or model in self.runner.models:
            self._tell_missing(model, decoded)

    def _tell_missing(self, model: str, decoded: Decoded) -> None:
        """Log how many events of a body did not come in, so that a replay knows it, too."""
        missing = {REFUSED: len(decoded.rejected), LOST: decoded.dropped_by_client}
        now, at = self.clock(), next(self._missing)
        readings = batch_of(
            [(f"{name}-{now}-{at}", now, name, float(n)) for name, n in missing.items() if n]
        )
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
        size = sum(submission.size for submission in group)
        self._stored.update(r.model for _, r in records if r.kind in (EVENTS, METRICS))
        with self._wake:
            self._queue.append(_Stepping(records, group, size))
            self._wake.notify()

    # ------------------------------------------------------------------ stepping

    def _step_all(self) -> None:
        while True:
            with self._wake:
                if not self._queue and not self._draining:
                    self._wake.wait(COMMIT_EVERY)
                batch = self._queue.popleft() if self._queue else None
                done = batch is None and self._draining
            acts = self._step(batch) if batch is not None else []
            self._write(now=bool(acts), force=done)
            settle(acts)
            if done:
                return
            self._tick()

    def _step(self, batch: _Stepping) -> list[Submission]:
        """Apply records; acts of people among them, with what came of each."""
        acts = [s for s in batch.group if s.record is not None and s.record.kind == NOTE]
        waiting = deque(act for act in acts if act.error is None)
        for position, record in batch.records:
            made: list[tuple[str, Output]] = []
            error: Exception | None = None
            try:
                made = self.runner.take(position, record)
            except UsageError as refused:
                error = refused
            self._marks.update(name for name, output in made if isinstance(output, Marked))
            if record.kind == NOTE and waiting:
                act = waiting.popleft()
                act.error = error
                act.receipt = self._said(act, made)
        for submission in batch.group:
            self._note_rejected(submission)
        with self._wake:
            self._size -= batch.size
        return acts

    def _said(self, act: Submission, made: list[tuple[str, Output]]) -> dict[str, Any]:
        """What a person hears of an act: the incident as it is, or the mark on the time line."""
        found: dict[str, Any] = {}
        for _, output in made:
            if isinstance(output, Changed):
                found["incident"] = msgspec.to_builtins(output.incident)
            elif isinstance(output, Marked):
                found |= {"id": output.id, **output.body}
        if any(isinstance(output, Wanted) for _, output in made) and (
            problem := self.runner.problems.pop(act.model, "")  # told to who asked for it
        ):
            act.error = UsageError(f"model {act.model!r}", problem)
        return found

    def _note_rejected(self, submission: Submission) -> None:
        """Count what did not get in, and keep some of it to be looked at."""
        decoded = submission.decoded
        if decoded is None:
            return
        receipt = submission.receipt
        if submission.model in self.counts or (receipt is not None and receipt.accepted):
            count = self.counts.setdefault(submission.model, Count())
            count.duplicates += 0 if receipt is None else receipt.duplicates
            count.rejected += len(decoded.rejected)
            count.dropped_by_clients += decoded.dropped_by_client
            self._counted.add(submission.model)
        now = self.clock()
        room = max(QUARANTINED - self._refused[submission.model], 0)
        for rejected in decoded.rejected[:room]:
            about = {"id": rejected.id, "row": rejected.row, "reason": rejected.reason,
                     "event": rejected.event}  # fmt: skip
            key = sha256(msgspec.json.encode(about)).hexdigest()[:16]
            body = msgspec.json.encode({**about, "received": now})
            self.runner.keeper.put("quarantine", submission.model, key, now, body)
        self._refused[submission.model] += len(decoded.rejected)

    def _write(self, *, now: bool = False, force: bool = False) -> None:
        """Write what was learnt, when it is time: many records share one transaction."""
        moment = self.clock()
        if not (now or force) and moment - self._written < COMMIT_EVERY * SECOND:
            return
        self._written = moment
        self._write_all(moment, force)

    def _write_all(self, now: int, force: bool) -> None:
        for model in self._counted:
            body = msgspec.json.encode(self.counts[model])
            self.runner.keeper.put("model", model, COUNTS, now, body)
            if model not in self._described:  # for replays to see whether they are still the same
                settings = msgspec.json.encode(self.settings.of(model))
                self.runner.keeper.put("model", model, SETTINGS, now, settings)
                self._described.add(model)
        self._counted = set()
        for model, since in self.capture.moved().items():
            self.runner.keeper.put("model", model, PARTS, now, b"%d" % since)
        self._refused.clear()
        try:
            work = partial(self._commit, now, force)
            written = self.guard.run("write", work, False, passes=VedetteError)
            self.trouble = "" if written else "it failed in a way that nobody foresaw: see the log"
        except VedetteError as error:  # the log holds everything: tried again with the next record
            self.trouble = str(error)

    def _commit(self, now: int, force: bool) -> bool:
        self.runner.commit(now, force=force)
        return True

    def _tick(self) -> None:
        """Let time pass for models whose windows end without an event.

        A tick that changes nothing, as when the log cannot be written, is repeated ever more
        rarely.
        """
        now = self.clock()
        if self._stop.is_set() or self._queue:
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

    def names(self) -> Sequence[str]:
        """The name of every model."""
        return sorted(self.counts)

    def pulse(self, name: str) -> int:
        """A number that changes whenever what there is to see of a model does."""
        state = self.runner.models.get(name)
        if state is None:
            return 0
        return hash((pulse_of(state), self._marks[name], self.runner.problem(name)))

    def models(self) -> Sequence[ModelView]:
        """Every model."""
        return [view for name in sorted(self.counts) if (view := self.model(name)) is not None]

    def model(self, name: str) -> ModelView | None:
        """One model, None when no event of it came."""
        state = self.runner.models.get(name)
        if state is None:
            return None
        problem = self.runner.problem(name)
        count = self.counts.get(name, Count())
        told = msgspec.structs.astuple(count)
        kept = self._views.get(name)
        if kept is None or kept[0] is not state or kept[1:3] != (told, problem):
            kept = self._views[name] = (state, told, problem, view_of(state, count, problem))
        return kept[3]

    def capture_of(self, name: str) -> Mapping[str, int] | None:
        """What became of the calls whose sides came apart; None where none came."""
        return self.capture.counts(name)

    def settings_of(self, name: str) -> ModelSettings:
        """The settings that a model is watched under: the file's, with what people saved."""
        state = self.runner.models.get(name)
        return self.settings.of(name) if state is None else state.settings

    def schema_of(self, name: str) -> Schema | None:
        """The schema of a model, declared or learnt; None as long as there is none."""
        state = self.runner.models.get(name)
        if state is not None and state.baseline is not None:
            return state.baseline.schema
        if name not in self._schemas:
            declared = self.settings.of(name).schema
            if declared is None:
                return None
            schema = fitting.declared_schema(self.settings.of(name))
            assert schema is not None
            self._schemas[name] = schema
        return self._schemas[name]

    def checks_of(self, name: str) -> Schema | None:
        """What is declared of served rows; None where the settings name no schema."""
        if name not in self._checks:
            self._checks[name] = fitting.declared_schema(self.settings.of(name))
        return self._checks[name]

    def metric_names(self, name: str) -> MetricNames:
        """The names of the metrics of a model, and how many more it may have."""
        if name not in self._metrics:
            state = self.runner.models.get(name)
            made = MetricNames(() if state is None else state.metered.names)
            self._metrics.setdefault(name, made)  # another thread may have made it meanwhile
        return self._metrics[name]

    def gate_of(self, name: str) -> Gate | None:
        """What events must pass to come in; None where they are only counted."""
        if name not in self._gates:
            schema, enforce = self.checks_of(name), self.settings.of(name).enforce
            asked = schema is not None and enforce != COUNT
            self._gates[name] = Gate(Served.of(schema), enforce) if asked and schema else None
        return self._gates[name]

    def baseline_of(self, name: str) -> Baseline | None:
        """The baseline in force."""
        state = self.runner.models.get(name)
        return None if state is None else state.baseline

    def scoring_of(self, name: str) -> Scoring | None:
        """What tells how unlike the reference single rows are; None where nothing does."""
        state = self.runner.models.get(name)
        return None if state is None else Scoring.of(state.plan)

    def why_not_scored(self, name: str) -> str:
        """Why nothing does, in a sentence."""
        state = self.runner.models.get(name)
        return why_not(None if state is None else state.plan)

    def objectives_of(self, name: str) -> Sequence[ObjectiveView]:
        """The objectives of a model as they stand; none where none are watched."""
        state = self.runner.models.get(name)
        return [] if state is None else objective_views(state)

    def settings_view(self, name: str) -> SettingsView | None:
        """The settings of a model in force; None when no event of it came."""
        state = self.runner.models.get(name)
        return None if state is None else settings_view(state)

    def unready(self) -> list[str]:
        """Why the server cannot serve; nothing when it can.  Really asks log and state."""
        reasons = []
        if self._stop.is_set():
            reasons.append("the server is stopping")
        if not self._committer.is_running or not self._threads[0].is_alive():
            reasons.append("a thread has ended")
        if self._committer.fault:
            reasons.append(f"the log cannot be written: {self._committer.fault}")
        if self.trouble:
            reasons.append(f"the state cannot be written: {self.trouble}")
        if self._size > self.settings.server.queue_bytes:
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
            queue_length=len(self._queue),
            queue_bytes=self._size,
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
