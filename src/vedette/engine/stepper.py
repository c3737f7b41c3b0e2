"""The thread that takes up what is durable: evidence, counts, what was refused, and their writing.

Owns: the queue of durable records, the pressure of what waits, stepping models along it, when what
was learnt is written.  Does not own: the step (`engine.runner`), what came in (`engine.service`).
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from threading import Condition, Thread
from typing import Any

import msgspec

from vedette.core.durations import SECOND
from vedette.core.errors import UsageError, VedetteError
from vedette.core.rows import LOST, REFUSED
from vedette.engine.committer import Submission, settle
from vedette.engine.guard import Guard
from vedette.engine.live import LiveSettings
from vedette.engine.missing import missing_in
from vedette.engine.outputs import Changed, Marked, Output, Wanted
from vedette.engine.replay import SETTINGS
from vedette.engine.runner import Runner
from vedette.engine.views import Count
from vedette.stores.store import METRICS, NOTE, Entry, Record

QUARANTINED = 100  # refused events of a model that are kept, from one write to the next
COMMIT_EVERY = 0.5  # seconds: how long what was learnt may wait to be written when nothing happened
COUNTS = "counts"  # key of what is counted of a model


@dataclass(eq=False)
class _Batch:
    """Durable records, and the submissions they came with."""

    records: list[tuple[int, Record]]
    group: list[Submission]
    size: int


class Stepper:
    """Steps the models of a server along its log, in a thread of its own.

    `clock` gives UTC nanoseconds; `beside` says by now what others have that is to be written;
    `rest` is called whenever nothing is left to step.
    Units: `size` in bytes, of what was accepted and is not yet stepped.
    """

    def __init__(
        self,
        runner: Runner,
        settings: LiveSettings,
        guard: Guard,
        clock: Callable[[], int],
        beside: Callable[[int], Iterable[Entry]],
        rest: Callable[[], None],
    ) -> None:
        self.runner, self.settings, self.guard, self.clock = runner, settings, guard, clock
        self.counts: dict[str, Count] = {}
        self.marks: Counter[str] = Counter()  # put on the time line of a model
        self.trouble = ""  # why what was learnt cannot be written; "" when it can
        self.size = 0
        self._beside, self._rest = beside, rest
        self._counted: set[str] = set()  # models whose counts changed
        self._described: set[str] = set()  # models whose settings are written
        self._refused: Counter[str] = Counter()  # kept to be looked at since the last write
        self._queue: deque[_Batch] = deque()
        self._wake = Condition()
        self._draining = False
        self._written = clock()
        self._thread = Thread(target=self._run, name="vedette-step", daemon=True)

    # ------------------------------------------------------------------ life

    def restore(self) -> None:
        """Take up the counts that were kept.  Call it after the runner has caught up."""
        for entry in self.runner.keeper.store.read("model", prefix=COUNTS):
            self.counts[entry.model] = msgspec.json.decode(entry.body, type=Count)
        for name in self.runner.models.keys() - self.counts.keys():  # killed before it was counted
            self.counts[name] = Count()
            self._counted.add(name)

    def start(self) -> None:
        """Begin to step."""
        self._thread.start()

    def stop(self) -> None:
        """Step what is left, write everything, end."""
        with self._wake:
            self._draining = True
            self._wake.notify()
        self._thread.join()

    @property
    def is_running(self) -> bool:
        """Whether the thread lives."""
        return self._thread.is_alive()

    # ------------------------------------------------------------------ in

    def __len__(self) -> int:
        return len(self._queue)

    def expect(self, size: int) -> None:
        """Make room for bytes that were accepted, or with a negative size give it back."""
        with self._wake:
            self.size += size

    def put(self, records: list[tuple[int, Record]], group: list[Submission]) -> None:
        """Take durable records, and the submissions they came with."""
        size = sum(submission.size for submission in group)
        with self._wake:
            self._queue.append(_Batch(records, group, size))
            self._wake.notify()

    # ------------------------------------------------------------------ stepping

    def _run(self) -> None:
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
            if not self._queue:
                self._rest()

    def _step(self, batch: _Batch) -> list[Submission]:
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
            self.marks.update(name for name, output in made if isinstance(output, Marked))
            if record.kind == NOTE and waiting:
                act = waiting.popleft()
                act.error = error
                act.receipt = self._said(act, made)
            self._note_missing(record)
        for submission in batch.group:
            self._note_rejected(submission)
        self.expect(-batch.size)
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

    def _note_missing(self, record: Record) -> None:
        """Count events that did not come in, as the log says: of every body once."""
        if record.kind != METRICS or record.rows is None:
            return
        missing = missing_in(record.rows)
        if any(missing.values()):
            count = self.counts.setdefault(record.model, Count())
            count.rejected += int(missing[REFUSED])
            count.dropped_by_clients += int(missing[LOST])
            self._counted.add(record.model)

    def _note_rejected(self, submission: Submission) -> None:
        """Count what came again, and keep some of what did not get in to be looked at."""
        decoded = submission.decoded
        if decoded is None:
            return
        receipt = submission.receipt
        if submission.model in self.counts or (receipt is not None and receipt.accepted):
            count = self.counts.setdefault(submission.model, Count())
            count.duplicates += 0 if receipt is None else receipt.duplicates
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
        none: list[Entry] = []
        for entry in self.guard.run("write", lambda: [*self._beside(now)], none, passes=()):
            self.runner.keeper.put(*entry)
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
