"""What came in, made durable in groups.

Owns: the one thread that appends to the log, group commit, telling each sender what became of its
rows.  Does not own: the log, stepping models (`engine.service`).
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from threading import Condition, Thread
from typing import Any

import pyarrow as pa

from vedette.core import rows as columns
from vedette.core.errors import StoreError, VedetteError
from vedette.engine.guard import Guard
from vedette.ingest.decoded import Decoded
from vedette.ingest.receipt import Busy, Receipt
from vedette.stores.store import Appended, EventLog, Record

GROUP = 4096  # submissions made durable at once
GROUP_BYTES = 16 << 20  # likewise: from here on a group takes no further one
LARGE = 500  # rows from which a body is a record of its own: joining it to others would not pay


@dataclass(eq=False)
class Submission:
    """Something to be made durable.

    Shapes: one of `waiter`, for a coroutine, and `done`, for a thread, gets the receipt or the
    error of rows; of a record (an act) it gets what came of it, once it is stepped.
    """

    model: str
    decoded: Decoded | None = None
    record: Record | None = None
    size: int = 0
    waiter: asyncio.Future[Any] | None = None
    done: Future[Any] | None = None
    receipt: Any = None
    error: Exception | None = None


Taken = Callable[[list[tuple[int, Record]], list[Submission]], None]


class Committer:
    """Appends submissions to the log in the order of their arrival.

    `taken` gets the stored records with their positions, and the submissions, once durable.
    """

    def __init__(
        self, log: EventLog, clock: Callable[[], int], taken: Taken, guard: Guard | None = None
    ) -> None:
        self._log, self._clock, self._taken = log, clock, taken
        self._guard = guard or Guard()
        self._waiting: deque[Submission] = deque()
        self._wake = Condition()
        self._stopping = False
        self.fault = ""  # why the last append failed; "" when it did not
        self._thread = Thread(target=self._run, name="vedette-committer", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def put(self, submission: Submission) -> None:
        """Let a submission wait for the next group.  Errors: Busy when no group comes any more."""
        with self._wake:
            if self._stopping:
                raise Busy(5.0, "is stopping")
            self._waiting.append(submission)
            self._wake.notify()

    def stop(self) -> None:
        """Make durable what waits, then end."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join()

    @property
    def is_running(self) -> bool:
        """Whether the thread lives."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._waiting and not self._stopping:
                    self._wake.wait()
                if not self._waiting:
                    return
                group = self._next()
            self._append(group)

    def _next(self) -> list[Submission]:
        group: list[Submission] = []
        size = 0
        while self._waiting and len(group) < GROUP and size < GROUP_BYTES:
            group.append(self._waiting.popleft())
            size += group[-1].size
        return group

    def _append(self, group: list[Submission]) -> None:
        appended: Appended | None = None
        try:
            made = self._guard.run("join", partial(_records, group, self._clock()), None)
            if made is not None:
                appended = self._guard.run(
                    "append", partial(self._stored, made[0]), None, passes=VedetteError
                )
        except VedetteError as error:
            self.fault = str(error)
            self._refuse(group, error)
            return
        if made is None or appended is None:
            self._apart(group)
            return
        self.fault = ""
        receipts = _receipts(group, *made, appended)
        for submission, receipt in zip(group, receipts, strict=True):
            submission.receipt = receipt
        settle([submission for submission in group if submission.record is None])
        self._taken(list(appended.records), group)

    def _stored(self, records: list[Record]) -> Appended:
        try:
            return self._log.append(records) if records else Appended((), {})
        except OSError as error:
            raise StoreError("log", "cannot be written", got=str(error)) from error

    def _apart(self, group: list[Submission]) -> None:
        """One body of a group could not be stored in a way that nobody foresaw: only it is
        refused."""
        if len(group) == 1:
            self._refuse(group, StoreError("log", "cannot store these rows", hint="see the log"))
            return
        for submission in group:
            self._append([submission])

    def _refuse(self, group: list[Submission], error: Exception) -> None:
        for submission in group:
            submission.error = error
        settle(group)
        self._taken([], group)


def settle(group: list[Submission]) -> None:
    """Tell those who wait: coroutines of one loop all at once, as waking a loop costs."""
    loops: dict[asyncio.AbstractEventLoop, list[Submission]] = {}
    for submission in group:
        if submission.waiter is not None:
            loops.setdefault(submission.waiter.get_loop(), []).append(submission)
        elif submission.done is not None:
            _tell(submission.done, submission)
    for loop, waiting in loops.items():
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_tell_all, waiting)


def _tell_all(group: list[Submission]) -> None:
    for submission in group:
        _tell(submission.waiter, submission)


def _tell(waiting: Any, submission: Submission) -> None:
    if waiting.done():  # given up
        return
    if submission.error is not None:
        waiting.set_exception(submission.error)
    else:
        waiting.set_result(submission.receipt)


def _records(group: list[Submission], now: int) -> tuple[list[Record], list[list[tuple[int, int]]]]:
    """One record per model, kind and run of equal columns; and which submissions it holds.

    Shapes: owners by record: (place in the group, rows).
    """
    records: list[Record] = []
    owners: list[list[tuple[int, int]]] = []
    parts: list[list[pa.RecordBatch]] = []
    open_at: dict[tuple[str, str], int] = {}
    for at, submission in enumerate(group):
        if submission.record is not None:
            records.append(submission.record._replace(received=now))
            owners.append([])
            parts.append([])
            open_at.clear()
            continue
        decoded = submission.decoded
        assert decoded is not None
        for kind, rows in decoded.kinds:
            if rows is None or rows.num_rows == 0:
                continue
            place = open_at.get((submission.model, kind), -1)
            full = rows.num_rows >= LARGE or place < 0 or parts[place][0].num_rows >= LARGE
            if full or not parts[place][0].schema.equals(rows.schema):
                place = open_at[submission.model, kind] = len(records)
                records.append(Record(kind, submission.model, now))
                owners.append([])
                parts.append([])
            parts[place].append(rows)
            owners[place].append((at, rows.num_rows))
    filled = [
        record._replace(rows=_one(part)) if part else record
        for record, part in zip(records, parts, strict=True)
    ]
    return filled, owners


def _one(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    if len(batches) == 1:
        return batches[0]
    table = pa.Table.from_batches(batches).unify_dictionaries().combine_chunks()
    joined: pa.RecordBatch = table.to_batches()[0]
    return joined


def _receipts(
    group: list[Submission],
    records: list[Record],
    owners: list[list[tuple[int, int]]],
    appended: Appended,
) -> list[Receipt]:
    """Share out what was stored among those who sent it."""
    accepted, duplicates = [0] * len(group), [0] * len(group)
    kept: dict[tuple[str, str], Counter[str]] = {}
    for record, owned in zip(records, owners, strict=True):
        key = (record.kind, record.model)
        if record.rows is None:
            continue
        if not appended.duplicates.get(record.model, 0):
            for at, rows in owned:
                accepted[at] += rows
            continue
        if key not in kept:
            kept[key] = _stored_ids(appended, *key)
        _shared(record.rows[columns.ID].to_pylist(), owned, kept[key], accepted, duplicates)
    return [
        Receipt(
            accepted[at],
            duplicates[at],
            0 if submission.decoded is None else len(submission.decoded.rejected),
        )
        for at, submission in enumerate(group)
    ]


def _stored_ids(appended: Appended, kind: str, model: str) -> Counter[str]:
    """The ids of the rows of a model that were stored."""
    found: Counter[str] = Counter()
    for _, record in appended.records:
        if (record.kind, record.model) == (kind, model) and record.rows is not None:
            found.update(record.rows[columns.ID].to_pylist())
    return found


def _shared(
    ids: list[str],
    owned: list[tuple[int, int]],
    kept: Counter[str],
    accepted: list[int],
    duplicates: list[int],
) -> None:
    """Some rows were known: count for each sender which of its own were stored, each once."""
    start = 0
    for at, rows in owned:
        for name in ids[start : start + rows]:
            stored = kept[name] > 0
            kept[name] -= stored
            accepted[at] += stored
            duplicates[at] += not stored
        start += rows
