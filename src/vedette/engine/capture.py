"""Requests and responses that come apart, put together into events.

Owns: the thread that does so, taking up after a restart what was not done, trying again while the
log cannot be written.  Does not own: which calls are complete (`engine.waiting`), what they become
(`engine.captured`).

Sides of calls are durable when their sender is answered.  Events follow from them, and after a
crash from the log: an event's id is its call's, so that none is stored twice.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from threading import Condition, Thread
from typing import Protocol, TypeVar

import pyarrow as pa
from msgspec.structs import asdict
from msgspec.structs import replace as copied

from vedette.core import rows as columns
from vedette.core.durations import MINUTE, SECOND
from vedette.core.errors import StoreError, UsageError
from vedette.core.schema import Schema
from vedette.engine.captured import Call, events_of
from vedette.engine.gate import Gate
from vedette.engine.guard import Guard
from vedette.engine.late_texts import LateTexts, events_of_spans
from vedette.engine.waiting import Counts, Waiting
from vedette.ingest.cloudevents.kept import Kept, parts_in, table
from vedette.ingest.cloudevents.parts import SPAN, UNREAD, Part
from vedette.ingest.decoded import Decoded, Rejected
from vedette.ingest.genai.contents import Contents
from vedette.ingest.limits import Limits
from vedette.ingest.readings import reading_rows
from vedette.ingest.receipt import Receipt
from vedette.ingest.rows import Context
from vedette.ingest.sent import Read, SentReading
from vedette.stores.store import LOGS, PARTS, EventLog, Record

ROOM = 64 << 20  # bytes of bodies that wait in memory; those of further calls stay in the log
TOGETHER = 1_000  # calls that become one record
AGAIN_S = 1.0  # until what could not be stored is tried again
TURN_S = 0.5  # the longest sleep
BEFORE = 5 * MINUTE  # how much earlier than it was stored a side may have been received
PAIRED = "capture.paired"  # the reading: of the calls that ended in a minute, the share with both

T = TypeVar("T")


class Host(Protocol):
    """What the thread needs of the service."""

    @property
    def log(self) -> EventLog:
        """The log."""
        ...

    def offer(self, model: str, decoded: Decoded) -> "Future[Receipt]":
        """Make rows durable.  Errors: Busy."""
        ...

    def schema_of(self, name: str) -> Schema | None:
        """The schema of a model."""
        ...

    def gate_of(self, name: str) -> Gate | None:
        """What events must pass to come in."""
        ...


class Capture:
    """Puts the sides of calls together.

    Units: `timeout` nanoseconds that a side waits for the other; `clock` UTC nanoseconds.
    """

    def __init__(
        self, host: Host, timeout: int, clock: Callable[[], int], guard: Guard,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        contents: Contents | None = None,
    ) -> None:  # fmt: skip
        self._texts = LateTexts(contents or Contents())
        self._host, self._timeout, self._clock, self._guard = host, timeout, clock, guard
        self._limits = limits
        self._waiting: dict[str, Waiting] = {}
        self._queue: deque[tuple[str, pa.RecordBatch]] = deque()
        self._wake = Condition()
        self._stopping = False
        self._kept: list[tuple[str, int]] = []  # models, and from when on they are taken up
        self._since: dict[str, int] = {}
        self._idle: set[str] = set()  # models of which nothing is open
        self._told: dict[str, int] = {}
        self._minutes: dict[str, tuple[int, Counts]] = {}
        self.size = 0  # bytes that came and were not looked at
        self._thread = Thread(target=self._run, name="vedette-capture", daemon=True)

    def start(self, since: Iterable[tuple[str, int]] = ()) -> None:
        """Begin, with what the log holds of models from their moments on."""
        self._kept = list(since)
        self._thread.start()

    def take(self, records: Iterable[tuple[int, Record]]) -> None:
        """Hear of durable records; those that are no sides of calls are passed over."""
        came = [
            (record.model, record.rows)
            for _, record in records
            if record.kind == PARTS and record.rows is not None
        ]
        if came:
            with self._wake:
                for model, rows in came:
                    self.size += _bytes(rows)
                    self._since.setdefault(model, int(rows.column(columns.TIME)[0].value))
                    self._idle.discard(model)
                self._queue.extend(came)
                self._wake.notify()

    def stop(self) -> None:
        """End; what is open is taken up from the log at the next start."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread.is_alive():
            self._thread.join()

    def moved(self) -> dict[str, int]:
        """From when on the log holds what is not done, of models where that changed.

        Units: UTC nanoseconds of receiving.
        """
        with self._wake:
            changed = {m: at for m, at in self._since.items() if self._told.get(m) != at}
            self._told |= changed
        return changed

    def settled(self, now: int) -> int:
        """Before when every side of a call that was received is done with, and never read again.

        Units: UTC nanoseconds.
        """
        with self._wake:
            open_since = [at for model, at in self._since.items() if model not in self._idle]
            return min([now - self._timeout, *open_since]) - 2 * BEFORE

    def counts(self, model: str) -> dict[str, int] | None:
        """What became of a model's calls, and how many are `open`; None where none came."""
        one = self._waiting.get(model)
        return None if one is None or not one.heard else {"open": len(one), **asdict(one.counts)}

    # ------------------------------------------------------------------ the thread

    def _run(self) -> None:
        for model, at in self._kept:
            self._guard.run("capture", partial(self._again, model, at), None)
        while True:
            with self._wake:
                if not self._queue and not self._stopping:
                    self._wake.wait(TURN_S)
                if self._stopping:
                    return
                came, self._queue = self._queue, deque()
            for model, rows in came:
                self._guard.run("capture", partial(self._heard, model, rows), None)
                self.size -= _bytes(rows)
            now = self._clock()
            for model in list(self._waiting):
                self._guard.run("capture", partial(self._turn, model, now), None)

    def _turn(self, model: str, now: int) -> None:
        """Give up what waited too long, and say how far this is."""
        one = self._waiting[model]
        self._store(model, self._given_up(model, one, now))
        self._store_spans(model, self._texts.ready(model, now))
        self._report(model, one, now)
        late = self._texts.since(model)
        with self._wake:
            if not any(name == model for name, _ in self._queue):
                self._since[model] = one.since if late is None else min(late, one.since)
                idle = one.idle and late is None
                (self._idle.add if idle else self._idle.discard)(model)

    def _given_up(self, model: str, one: Waiting, now: int) -> list[Call]:
        """Calls that waited too long, but for sides that came too late for theirs.

        Where both sides are logged, what waits alone may be such a one, of a call that nobody
        remembers since a start.
        """
        calls = one.expired(now)
        if not calls or not one.both:
            return calls
        done = self._patiently(partial(self._events, model, [call.id for call in calls]))
        if done is None:
            return []  # stopping: they are taken up at the next start
        one.were_late([call for call in calls if call.id in done])
        return [call for call in calls if call.id not in done]

    def _again(self, model: str, since: int) -> None:
        """Take up what the log holds of a model, but for calls that are events already."""
        with self._wake:
            self._since[model] = self._told[model] = since
        for batch in self._host.log.scan(model, since - BEFORE, 2**62, None, PARTS):
            for first in range(0, batch.num_rows, TOGETHER):
                if self._stopping:
                    return
                self._open_ones(model, list(parts_in(model, batch.slice(first, TOGETHER))))
        for name in self._texts.tellers(model):
            for lines in self._host.log.scan(name, since - BEFORE, 2**62, None, LOGS):
                self._texts.recall(lines)

    def _open_ones(self, model: str, found: Sequence[Kept]) -> None:
        """Take in those whose call is no event yet."""
        calls = sorted({kept.part.call for kept in found})
        done = self._events(model, calls)
        unread = pa.array([f"{call}/{UNREAD}" for call in calls])
        for _, batch in self._host.log.find(model, unread, ["call", columns.ID], PARTS):
            done.update(batch.column("call").to_pylist())
        self._of(model).known(kept for kept in found if kept.part.call in done)
        self._take_in(model, [kept for kept in found if kept.part.call not in done])

    def _events(self, model: str, calls: Sequence[str]) -> set[str]:
        """Those of some calls that are events already."""
        asked = pa.array([*calls, *(f"{call}#0" for call in calls)], pa.string())
        found: set[str] = set()
        for _, batch in self._host.log.find(model, asked, [columns.ID]):
            found.update(batch.column(columns.ID).to_pylist())
        return {call for call in calls if call in found or f"{call}#0" in found}

    def _of(self, model: str) -> Waiting:
        self._minutes.setdefault(model, (self._clock() // MINUTE, Counts()))
        return self._waiting.setdefault(model, Waiting(self._timeout))

    def _heard(self, model: str, rows: pa.RecordBatch) -> None:
        self._take_in(model, list(parts_in(model, rows)))

    def _take_in(self, model: str, came: Sequence[Kept]) -> None:
        waiting = self._of(model)
        room = ROOM - sum(one.size for one in self._waiting.values())
        before = waiting.size
        self._texts.hear(model, [kept for kept in came if kept.part.side == SPAN])
        ready = []
        for kept in came:
            if kept.part.side in (SPAN, UNREAD):
                waiting.pass_over(kept)
                continue
            call = waiting.hear(kept, room - (waiting.size - before))
            if call is not None:
                ready.append(call)
        self._store(model, ready)

    def _store(self, model: str, calls: Sequence[Call]) -> None:
        """Make calls into events and these durable, however long that takes."""
        for first in range(0, len(calls), TOGETHER):
            some = calls[first : first + TOGETHER]
            whole = self._patiently(partial(self._filled, model, some))
            if whole is None:
                return  # stopping: they are taken up at the next start
            made = self._guard.run("capture", partial(self._made, model, whole), None)
            if made is None:  # one of them fails in a way that nobody foresaw
                made = [one for call in whole for one in self._alone(model, call)]
            made[-1] = replace(
                made[-1], parts=self._unread(model, [call.id for call in whole], made)
            )
            for decoded in made:
                if self._patiently(partial(self._offered, model, decoded)) is None:
                    return
            self._waiting[model].stored(call.id for call in some)

    def _store_spans(self, model: str, spans: Sequence[Kept]) -> None:
        """Make traced calls into events, likewise."""
        for first in range(0, len(spans), TOGETHER):
            some = spans[first : first + TOGETHER]
            made = self._guard.run("capture", partial(self._spoken, model, some), None)
            if made is None:  # as nobody foresaw: what their spans said stays in the log
                why = "cannot be read: see the log"
                made = Decoded(rejected=tuple(Rejected(0, why, id=k.part.call) for k in some))
            unread = self._unread(model, [kept.part.call for kept in some], [made])
            made = replace(made, parts=unread)
            if self._patiently(partial(self._offered, model, made)) is None:
                return
            self._texts.stored(model, some)

    def _spoken(self, model: str, spans: Sequence[Kept]) -> Decoded:
        contents, schema = self._texts.contents, self._host.schema_of(model)
        made = events_of_spans(model, spans, contents, schema, self._limits, self._clock())
        gate = self._host.gate_of(model)
        return made if gate is None else gate.passed(made, whole=False)

    def _made(self, model: str, calls: Sequence[Call]) -> list[Decoded]:
        schema = self._host.schema_of(model)
        made = events_of(model, calls, schema, self._limits, self._clock())
        gate = self._host.gate_of(model)
        return made if gate is None else [gate.passed(decoded, whole=False) for decoded in made]

    def _unread(
        self, model: str, calls: Sequence[str], made: Sequence[Decoded]
    ) -> pa.RecordBatch | None:
        """Notes of calls that a start would not find among the events: durable with what was made,
        so that nothing of them is refused again."""
        ids = {
            name
            for decoded in made
            if decoded.rows is not None
            for name in decoded.rows.column(columns.ID).to_pylist()
        }
        left = [name for name in calls if name not in ids and f"{name}#0" not in ids]
        notes = [Part(model, UNREAD, name, None, b"") for name in left]
        return table(notes, self._clock()) if notes else None

    def _alone(self, model: str, call: Call) -> list[Decoded]:
        failed = Decoded(rejected=(Rejected(0, "cannot be read: see the log", id=call.id),))
        return self._guard.run("capture", partial(self._made, model, [call]), [failed])

    def _filled(self, model: str, calls: Sequence[Call]) -> list[Call]:
        """Calls with the bodies that were left in the log."""
        asked = [f"{call.id}/{call.bare}" for call in calls if call.bare]
        if not asked:
            return list(calls)
        bodies: dict[str, bytes] = {}
        wanted = [columns.ID, "data"]
        for _, batch in self._host.log.find(model, pa.array(asked), wanted, PARTS):
            names = batch.column(columns.ID).to_pylist()
            bodies |= zip(names, batch.column("data").to_pylist(), strict=True)
        return [call.with_body(bodies.get(f"{call.id}/{call.bare}", b"")) for call in calls]

    def _offered(self, model: str, decoded: Decoded) -> Receipt:
        try:
            return self._host.offer(model, decoded).result()
        except UsageError:  # one model too many: nothing of it is kept anywhere
            return Receipt()

    def _patiently(self, work: Callable[[], T]) -> T | None:
        """Do what needs the log, again while that fails; None when the server stops before."""
        while True:
            try:
                return work()
            except StoreError:
                with self._wake:
                    if self._wake.wait_for(lambda: self._stopping, AGAIN_S):
                        return None

    def _report(self, model: str, one: Waiting, now: int) -> None:
        """Log the share of calls of which both sides came, by the minute."""
        minute = now // MINUTE
        at, before = self._minutes[model]
        if at == minute:
            return
        self._minutes[model] = (minute, copied(one.counts))
        ended = one.counts.finished - before.finished
        if not ended or not one.both:
            return
        time = at * MINUTE
        reading = SentReading(
            name=PAIRED, value=(one.counts.paired - before.paired) / ended, time=time,
            id=f"{PAIRED}/{time // SECOND}",
        )  # fmt: skip
        context = Context(b"", model, now, self._limits, exact_times=True)
        metrics, _ = reading_rows(Read([reading]), context)
        self._patiently(partial(self._offered, model, Decoded(metrics=metrics)))


def _bytes(rows: pa.RecordBatch) -> int:
    return int(rows.get_total_buffer_size())
