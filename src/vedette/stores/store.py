"""What every store promises.

Owns: the two protocols and the values they take.  Does not own: any store (`memory`, `local`).

There is one log and one state.  The log holds everything that ever came in, in one order; the
state follows from the log alone, and says up to which position it does.  After a crash the log is
read on from there, so nothing is lost and nothing counts twice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Protocol

import pyarrow as pa

# Kinds of record that have rows.
EVENTS, OUTCOMES, TWINS, METRICS = "events", "outcomes", "twins", "metrics"
LOGS, PARTS = "logs", "parts"
NOTE, TICK = "note", "tick"  # those that have none
KINDS_OF_ROWS = (EVENTS, OUTCOMES, TWINS, METRICS, LOGS, PARTS)
NOTHING: Mapping[str, int] = MappingProxyType({})
HORIZON = 7 * 24 * 3600 * 10**9  # how long an id is remembered, in ns of received time


class Record(NamedTuple):
    """One entry of the log.

    Shapes: `rows` of events have at least `_id`, `_time`, `_version` and `_weight` (`core.rows`),
    of outcomes `_id`, `_time` and `label`, of twins (what was reckoned offline for an event) `_id`
    and `_time`, of metrics `_id`, `_time`, `metric` (its name) and `value`; of logs (lines that a
    service wrote) and parts (a request, or the response to one, of an event that has yet to be put
    together) `_id` and `_time`.  `note` is JSON: a person's act, a deploy, a setting.
    Units: `received` in UTC nanoseconds, by the server's clock.
    """

    kind: str
    model: str
    received: int
    rows: pa.RecordBatch | None = None
    note: bytes = b""


class Appended(NamedTuple):
    """What became of an append: the records as stored, with the position after each, duplicates
    removed (a record left without rows is not stored), and how many those were per model."""

    records: tuple[tuple[int, Record], ...]
    duplicates: Mapping[str, int]


class Forgotten(NamedTuple):
    """What retention removed, or would remove.  Units: rows, bytes, UTC nanoseconds."""

    model: str
    start: int
    end: int
    rows: int
    size: int
    where: str


class EventLog(Protocol):
    """An append-only sequence of records, in one order for all models."""

    def append(self, records: Sequence[Record]) -> Appended:
        """Add records; they are durable when this returns.

        Events, twins and readings whose (model, id) came within the horizon (7 days) are dropped;
        likewise outcomes that repeat the last one of their id.
        Errors: StoreError when not one byte of them counts.
        """
        ...

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, Record]]:
        """Records from a position on, each with the position after it."""
        ...

    def scan(
        self,
        model: str,
        start: int,
        end: int,
        columns: Sequence[str] | None = None,
        kind: str = EVENTS,
    ) -> Iterator[pa.RecordBatch]:
        """Rows whose event time lies in [start, end), in no particular order; a column that a row
        did not have is missing."""
        ...

    def find(
        self,
        model: str,
        ids: pa.Array,
        columns: Sequence[str] | None,
        kind: str = EVENTS,
        through: int | None = None,
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Rows of some ids, in the order of the log, each batch with the position after its last
        record; only of records up to the position `through`.

        Shapes: `ids` are text, `columns` at least one; an id asked twice is found once, one that is
        not there not at all.  An id has several rows when it came anew after the horizon or, among
        outcomes, with another label: the last row is the newest.  Types are those that a row came
        with; a column that it did not have is missing.
        """
        ...

    def compact(self, through: int, *, whole: bool = False) -> int:
        """Rewrite what the state has taken in, up to a position, so that it is small, quick to
        scan, and may be forgotten; `whole` does not spare what still grows.  The rows rewritten.
        """
        ...

    def forget(
        self,
        before: Mapping[str, int] | None = None,
        max_bytes: int | None = None,
        dry_run: bool = False,
        kinds: Mapping[str, int] = NOTHING,
    ) -> list[Forgotten]:
        """Remove the oldest rows: those of a model served before its instant, those of one of
        `kinds` from before its own whatever their model, or until the rest fits.  Rows of a model
        that `before` does not name stay; "" is for notes and ticks."""
        ...

    @property
    def position(self) -> int:
        """The position after the last record."""
        ...

    @property
    def size(self) -> int:
        """What all records take.  Units: bytes."""
        ...


# Kinds of state, each with what its key is and its time means.
KINDS: Mapping[str, str] = {
    "model": "key: what is told (`counts`, `settings`, `parts`: from when on the log holds sides of"
    " calls that are not put together); as JSON; time of the last change",
    "baseline": "key: id; a baseline with its natural variation; under the key of the request that"
    " it answered (`for/...`, `file/...`): its id alone; time of its making",
    "snapshot": "key: `live`, or `day/NNNNNNNN` (first of it); a model's state; its making",
    "profile": "key: clock/start; the profile of one window (of clock `learnt`: of the reference)",
    "strip": "key: clock/start/number; some columns of the profile of a wide model, which has none"
    " itself; of number `pairs`, how columns go together; the window's start",
    "pace": "key: clock/start; how many rows a window had, how long they took, their errors; the"
    " window's start",
    "performance": "key: drift/which/start; how the predictions of one window did: sums of graded"
    " rows of all (`all`) or of a segment (a digest of it), or losses by bin (`losses`); the"
    " window's start",
    "look": "key: clock/start; evidence and effects of every stream; the window's start",
    "series": "key: clock/start; metric series of one window: values, what was expected, how"
    " unusual they are; the window's start",
    "objective": "key: clock/start; how objectives stood after one window: burn rates, what is left"
    " of budgets; the window's start",
    "sample": "key: pairs/start; ids of pairs of the window that disagree, by column, as JSON; the"
    " window's start",
    "explanation": "key: incident id; why it happened and whether it harms, as JSON; the incident's"
    " opening",
    "finding": "key: finding id; as JSON; the window's start",
    "incident": "key: incident id; as JSON; the moment it was opened, in event time",
    "message": "key: message id; as JSON; when it is to be tried next",
    "note": "key: note id; deploys and remarks on the time line; their event time",
    "quarantine": "key: digest; a refused event and why, as JSON; received time",
    "stream": "key: digest of a sender of OpenTelemetry; the last points of its cumulative series;"
    " when they came",
    "teller": "key: a service that tells texts of calls apart from their spans; when it did last",
    "scrape": "key: digest of a scraped server; what it showed last, packed; when",
    "import": "key: name of an import; how far its files were read, as JSON; the last change",
    "own": "key: start; the numbers of the server itself over ten minutes; the first instant",
    "push": "key: a digest of a receiver of series; how far it was told, by model, as JSON; the"
    " newest instant that it was told",
    "key": "key: id of an API key; its digest and scopes, as JSON; its making",
}
STREAM, TELLER, SCRAPE = "stream", "teller", "scrape"


class Entry(NamedTuple):
    """One value of the state.  Units: `time` in UTC nanoseconds, as `KINDS` says of its kind."""

    kind: str
    model: str
    key: str
    time: int
    body: bytes


class StateStore(Protocol):
    """Small values by (kind, model, key), written together or not at all."""

    def commit(
        self,
        entries: Iterable[Entry] = (),
        gone: Iterable[tuple[str, str, str]] = (),
        position: int | None = None,
    ) -> None:
        """Write and remove entries and move the position, all at once and durably."""
        ...

    def get(self, kind: str, model: str, key: str) -> Entry | None:
        """One entry."""
        ...

    def read(
        self,
        kind: str,
        model: str | None = None,
        start: int | None = None,
        end: int | None = None,
        *,
        newest_first: bool = False,
        limit: int | None = None,
        prefix: str = "",
    ) -> list[Entry]:
        """Entries with time in [start, end) and a key that begins with `prefix`, by time, then key;
        `model` None is all of them."""
        ...

    @property
    def position(self) -> int:
        """The log position that the state follows; 0 at first."""
        ...
