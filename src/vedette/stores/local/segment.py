"""One file of the journal.

Owns: writing appends to the end of a segment, and reading its records back.  Does not own: which
segments there are (`journal`), what was seen before (`seen`).
"""

import os
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from vedette.stores.local import batches
from vedette.stores.local.disk import Disk
from vedette.stores.local.frame import (
    PLAIN,
    SCHEMA,
    START_SIZE,
    Found,
    Head,
    frames,
    pack,
    read_start,
    start_of,
)
from vedette.stores.store import Record

_STRIDE = 1 << 18  # bytes between the places that the index remembers


class Segment:
    """What is known of a segment.

    Shapes: `end` is the offset after its last good frame; records lie in positions (first, after].
    """

    def __init__(self, path: Path, number: int, first: int) -> None:
        self.path, self.number, self.first, self.after = path, number, first, first
        self.end = START_SIZE
        self.low, self.high = 2**63 - 1, -(2**63)  # received
        self.damaged = False
        self.schemas = batches.Schemas()
        self._index: list[tuple[int, int]] = [(first, START_SIZE)]  # positions and offsets

    def took(self, head: Head, offset: int, end: int) -> None:
        """Note a record's frame."""
        if offset - self._index[-1][1] >= _STRIDE:
            self._index.append((self.after, offset))
        self.low, self.high = min(self.low, head.received), max(self.high, head.received)
        self.end = end  # before `after`: a reader in another thread looks at them the other way
        self.after = head.after

    def read(
        self, start: int, after: int | None = None, only: tuple[str, str] | None = None
    ) -> Iterator[tuple[int, Record]]:
        """Records with positions in (start, after], of one kind and model if asked.  What is
        damaged is left out."""
        after = self.after if after is None else after
        place = bisect_right(self._index, start, key=lambda pair: pair[0]) - 1
        offset = self._index[max(place, 0)][1]
        if start >= after:
            return
        for found in frames(memoryview(_bytes(self.path, offset, self.end)), 0):
            if not isinstance(found, Found):
                self.damaged = True
            elif start < found.head.after <= after and only in (None, found.group):
                record = record_of(found, self.schemas)
                if record is not None:
                    yield found.head.after, record


def record_of(found: Found, schemas: batches.Schemas) -> Record | None:
    """Return the record in a frame; None for a schema's frame, and for one whose schema is lost."""
    head = found.head
    if head.kind == SCHEMA:
        return None
    if head.coding == PLAIN:
        return Record(head.kind, found.model, head.received, note=bytes(found.body))
    try:
        rows = batches.read(head.coding, found.body, schemas.known.get(head.schema))
    except (pa.ArrowException, TypeError, OSError):
        return None
    return Record(head.kind, found.model, head.received, rows)


def _bytes(path: Path, start: int, end: int) -> bytes:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        parts = []
        while start < end and (part := os.pread(file, end - start, start)):
            parts.append(part)
            start += len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)
    finally:
        os.close(file)


class Writer:
    """The end of the journal: the one segment that grows."""

    def __init__(self, disk: Disk, path: Path, number: int, first: int) -> None:
        self._disk = disk
        self.segment = Segment(path, number, first)
        self.broken = False
        self._file = disk.make(path)
        try:
            disk.write(self._file, [start_of(number, first)], 0)  # synced with the first append
            disk.sync_folder(path.parent)
        except OSError:
            disk.close(self._file)
            disk.remove(path)
            raise

    def append(self, records: Sequence[tuple[int, Record]]) -> None:
        """Write records with the positions after them in one go; they are durable on return.

        Errors: OSError, and not one of them counts.  After a failed sync nobody knows what is on
        the disk, so the segment is `broken` and is never written to again.
        """
        segment = self.segment
        chunks: list[bytes | memoryview] = []
        heads: list[tuple[Head, int, int]] = []
        fresh: list[int] = []
        at = segment.end
        for after, record in records:
            for head, model, body in self._frames(after, record, fresh):
                front = pack(head, model, body)
                chunks += (front, body)
                end = at + len(front) + len(body)
                heads.append((head, at, end))
                at = end
        try:
            self._write(chunks)
        except OSError:
            for number in fresh:
                segment.schemas.forget(number)
            raise
        for head, offset, end in heads:
            if head.kind != SCHEMA:
                segment.took(head, offset, end)

    def _frames(
        self, after: int, record: Record, fresh: list[int]
    ) -> Iterator[tuple[Head, bytes, bytes | memoryview]]:
        """The frame of a record, and before it that of its schema if it is the first to use it."""
        segment, model = self.segment, record.model.encode()
        if record.rows is None:
            body = record.note
            yield (
                Head(len(body), len(model), record.kind, PLAIN, 0, 0, after, record.received,
                     segment.end),
                model,
                body,
            )  # fmt: skip
            return
        schema = record.rows.schema
        number, new = segment.schemas.number(schema)
        if new:
            fresh.append(number)
            spelt = memoryview(schema.serialize())
            yield (
                Head(len(spelt), 0, SCHEMA, PLAIN, 0, number, after, record.received, segment.end),
                b"",
                spelt,
            )
        coding = segment.schemas.coding(number)
        rows = batches.write(record.rows, coding)
        yield (
            Head(len(rows), len(model), record.kind, coding, record.rows.num_rows, number, after,
                 record.received, segment.end),
            model,
            rows,
        )  # fmt: skip

    def _write(self, chunks: list[bytes | memoryview]) -> None:
        end = self.segment.end
        try:
            self._disk.write(self._file, chunks, end)
        except OSError:
            self._cut(end)
            raise
        try:
            self._disk.sync(self._file)
        except OSError:
            self.broken = True
            self._cut(end)
            raise

    def _cut(self, end: int) -> None:
        """Take back what was written in part."""
        try:
            self._disk.cut(self._file, end)
        except OSError:
            self.broken = True

    def close(self) -> None:
        """Close the file; everything in it is durable already."""
        self._disk.close(self._file)


def recover(
    path: Path, number: int, void_from: int | None, say: Callable[[str], None]
) -> tuple[Segment | None, bool]:
    """Read a segment at start-up, and say whether it has a torn tail to cut.

    A torn tail is what the last, never acknowledged append left: no later frame says that it began
    after it.  Any other bad bytes are damage: they are told, and what follows them is kept.
    Positions from `void_from` on were given again by a later segment.  None for an empty shell.
    """
    data = memoryview(_bytes(path, 0, path.stat().st_size))
    start = read_start(data)
    if start is not None and start[0] != 1:
        say(f"segment {path.name} has version {start[0]}, which this release cannot read")
        return None, False
    found = list(frames(data, START_SIZE))
    good = [one for one in found if isinstance(one, Found)]
    latest = max((one.head.group for one in good), default=0)
    if start is None:
        good = [one for one in good if one.head.kind != SCHEMA]
        if not good:  # not one record: the first append, header and all, was never synced
            return None, True
        if latest > START_SIZE:  # else the first append, header and all, was never synced
            say(f"segment {path.name}: its header is damaged")
    first = start[2] if start else good[0].head.after - max(good[0].head.rows, 1)
    segment = Segment(path, number, first)
    for one in found:
        if not isinstance(one, Found):
            bad, end = one
            if latest <= bad:
                return segment, True
            segment.damaged = True
            say(f"segment {path.name}: {end - bad} bytes from {bad} on are damaged and left out")
        elif one.head.kind == SCHEMA:
            _learn(segment, one)
            segment.end = one.end
        elif void_from is not None and one.head.after > void_from:
            return segment, True
        else:
            if one.head.rows and one.head.schema not in segment.schemas.known:
                say(f"segment {path.name}: the schema of {one.head.rows} rows is lost")
            segment.took(one.head, one.offset, one.end)
    return segment, segment.end < len(data)


def _learn(segment: Segment, found: Found) -> None:
    schema = pa.ipc.read_schema(pa.py_buffer(found.body))
    segment.schemas.learn(found.head.schema, schema)
