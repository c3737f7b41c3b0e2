"""The reference stores: everything in memory, each rule in its plainest form.

Owns: what the other stores must agree with.  Does not own: durability; nothing survives the
process.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from vedette.core import rows
from vedette.stores.columns import between, pick
from vedette.stores.store import (
    EVENTS,
    HORIZON,
    NOTHING,
    OUTCOMES,
    Appended,
    Entry,
    Forgotten,
    Record,
)


class MemoryLog:
    """An event log in a list.  A record of n rows takes n positions, one without rows takes one."""

    def __init__(self, *, horizon: int = HORIZON) -> None:
        self._horizon = horizon
        self._records: list[tuple[int, Record]] = []
        self._seen: dict[tuple[object, ...], int] = {}
        self._settled = 0  # retention touches nothing after this position
        self.position = 0

    def append(self, records: Sequence[Record]) -> Appended:
        """Add records without the rows that are known."""
        stored, duplicates = [], dict[str, int]()
        for record in records:
            kept = self._fresh(record)
            if record.rows is not None and (gone := record.rows.num_rows - len(kept)):
                duplicates[record.model] = duplicates.get(record.model, 0) + gone
                record = record._replace(rows=record.rows.take(pa.array(kept, pa.int64())))
            if record.rows is None or kept:
                self.position += max(len(kept), 1)
                stored.append((self.position, record))
                self._records.append(stored[-1])
        return Appended(tuple(stored), duplicates)

    def _fresh(self, record: Record) -> list[int]:
        """Return which rows are new, and remember them."""
        if record.rows is None:
            return []
        fresh = []
        before: dict[str, tuple[object, ...]] = {}  # of outcomes: what was said last
        labels = record.rows["label"].to_pylist() if record.kind == OUTCOMES else None
        for row, name in enumerate(record.rows[rows.ID].to_pylist()):
            key: tuple[object, ...] = (record.kind, record.model, name)
            if labels is not None:
                key = (*key, *_spelt(labels[row]))
            last = self._seen.get(key)
            new = last is None or record.received - last > self._horizon
            if labels is not None and not new:  # unless something else was said since
                said = before.get(name) or self._said(record.model, name)
                new = said is not None and said != key[3:]
            if new:
                self._seen[key] = record.received
                fresh.append(row)
            if labels is not None:
                before[name] = key[3:]
        return fresh

    def _said(self, model: str, name: str) -> tuple[object, ...] | None:
        """What was said of an id last."""
        for _, record in reversed(self._records):
            if (record.kind, record.model) == (OUTCOMES, model) and record.rows is not None:
                names = record.rows[rows.ID].to_pylist()
                if name in names:
                    at = len(names) - 1 - names[::-1].index(name)
                    return _spelt(record.rows["label"].to_pylist()[at])
        return None

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, Record]]:
        """Records whose end lies in (start, stop]."""
        for after, record in list(self._records):
            if after > start and (stop is None or after <= stop):
                yield after, record

    def scan(
        self,
        model: str,
        start: int,
        end: int,
        columns: Sequence[str] | None = None,
        kind: str = EVENTS,
    ) -> Iterator[pa.RecordBatch]:
        """Rows of a model by event time."""
        for _, record in list(self._records):
            if (record.kind, record.model) == (kind, model):
                found = between(record.rows, start, end)
                if found.num_rows:
                    yield pick(found, columns)

    def find(
        self,
        model: str,
        ids: pa.Array,
        columns: Sequence[str] | None,
        kind: str = EVENTS,
        through: int | None = None,
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Rows of some ids, record by record."""
        wanted = pc.unique(ids.cast(pa.string())).drop_null()
        for after, record in list(self._records):
            if record.rows is None or (record.kind, record.model) != (kind, model):
                continue
            if through is None or after <= through:
                names = record.rows[rows.ID].cast(pa.string())
                found = record.rows.filter(pc.is_in(names, value_set=wanted))
                if found.num_rows:
                    yield after, pick(found, columns)

    def compact(self, through: int, *, whole: bool = False) -> int:
        """Note that the state has taken everything in up to a position; nothing to rewrite."""
        self._settled = max(self._settled, min(through, self.position))
        return 0

    def forget(
        self,
        before: Mapping[str, int] | None = None,
        max_bytes: int | None = None,
        dry_run: bool = False,
        kinds: Mapping[str, int] = NOTHING,
    ) -> list[Forgotten]:
        """Remove whole records, oldest first; a record that straddles the limit stays."""
        settled = [pair for pair in self._records if pair[0] <= self._settled]
        listed = sorted(((_span(pair[1]), pair) for pair in settled), key=lambda item: item[0][1])
        excess = self.size - (max_bytes or 0)
        gone, told = set(), []
        for (first, last), (after, record) in listed:
            old = last < max((before or {}).get(record.model, last), kinds.get(record.kind, last))
            if old or (max_bytes is not None and excess > 0):
                size = _size(record)
                excess -= size
                count = 0 if record.rows is None else record.rows.num_rows
                gone.add(after)
                told.append(
                    Forgotten(record.model, first, last + 1, count, size, f"position {after}")
                )
        if not dry_run:
            self._records = [pair for pair in self._records if pair[0] not in gone]
        return told

    @property
    def size(self) -> int:
        """Bytes of all records in memory."""
        return sum(_size(record) for _, record in list(self._records))


def _spelt(label: object) -> tuple[object, ...]:
    """A label with its kind: 1, 1.0 and True are not the same."""
    return type(label).__name__, str(label)


def _span(record: Record) -> tuple[int, int]:
    """First and last time of a record."""
    if record.rows is None or not record.rows.num_rows:
        return record.received, record.received
    ends = pc.min_max(record.rows[rows.TIME].cast(pa.int64())).as_py()
    return ends["min"], ends["max"]


def _size(record: Record) -> int:
    return len(record.note) + (0 if record.rows is None else record.rows.nbytes)


class MemoryState:
    """A state in a dictionary."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str, str], Entry] = {}
        self.position = 0

    def commit(
        self,
        entries: Iterable[Entry] = (),
        gone: Iterable[tuple[str, str, str]] = (),
        position: int | None = None,
    ) -> None:
        """Write, then remove, then move the position."""
        self._entries |= {(entry.kind, entry.model, entry.key): entry for entry in entries}
        for key in gone:
            self._entries.pop(key, None)
        self.position = self.position if position is None else position

    def get(self, kind: str, model: str, key: str) -> Entry | None:
        """One entry."""
        return self._entries.get((kind, model, key))

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
        """Entries by time, then key, then model."""
        found = [
            entry
            for entry in self._entries.values()
            if entry.kind == kind
            and (model is None or entry.model == model)
            and (start is None or entry.time >= start)
            and (end is None or entry.time < end)
            and entry.key.startswith(prefix)
        ]
        found.sort(key=lambda entry: (entry.time, entry.key, entry.model), reverse=newest_first)
        return found[:limit]
