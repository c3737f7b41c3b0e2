"""The event log in a folder.

Owns: one `EventLog` of a journal, Parquet files and runs of ids, safe against a crash at any
instant.  Does not own: when to compact or forget (the service says so).
"""

import errno
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa

from vedette.core import rows
from vedette.core.errors import StoreError
from vedette.stores.columns import between, pick
from vedette.stores.local import find as finding
from vedette.stores.local import manifest as manifests
from vedette.stores.local import parts as files
from vedette.stores.local.compact import merged, merges, rewritten
from vedette.stores.local.digest import Digest
from vedette.stores.local.disk import Disk, Hold, folders, put, write_whole
from vedette.stores.local.held import Held
from vedette.stores.local.known import Known, name_of
from vedette.stores.local.manifest import Manifest, Part
from vedette.stores.local.seen import inside
from vedette.stores.local.segment import Segment
from vedette.stores.local.sieve import SUFFIX, Sieves
from vedette.stores.store import (
    EVENTS,
    HORIZON,
    KINDS_OF_ROWS,
    NOTHING,
    OUTCOMES,
    Appended,
    Forgotten,
    Record,
)

SEGMENT = 64 << 20  # bytes; a segment is compacted in memory, at about three times its size
RESERVE = 64 << 20  # free bytes below which nothing is taken in, so that the state still works


class LocalLog:
    """An event log in a folder, held by one server at a time.

    `append` is for one thread at a time, likewise `compact` and `forget`; all of them, and any
    number of readers, may run beside one another.
    Errors: StoreError when another server holds the folder, or it cannot be read or written.
    """

    def __init__(
        self,
        folder: Path,
        *,
        secret: bytes | None = None,
        disk: Disk | None = None,
        segment_bytes: int = SEGMENT,
        reserve: int = RESERVE,
        horizon: int = HORIZON,
        readonly: bool = False,
    ) -> None:
        self._data, self._disk = folder, disk or Disk()
        self._reserve, self._horizon, self._readonly = reserve, horizon, readonly
        self._writing, self._tidying = threading.Lock(), threading.Lock()
        self._problems: list[str] = []
        self._hold: Hold | None = None
        self._held = Held(self._disk, folder, segment_bytes, self._say)
        self._known: Known | None = None
        self._sieves: Sieves | None = None
        self.position = 0
        with self._told("opened"):
            self._open(secret)

    def _open(self, secret: bytes | None) -> None:
        if not self._readonly:
            made = folders(self._disk, self._data / "log" / "ids")
            for folder in dict.fromkeys(made):
                if folder != self._data / "log":  # synced with the first segment in it
                    self._disk.sync_folder(folder)
            self._hold = Hold(self._data / "lock")
        try:
            self.position = self._held.load(mend=not self._readonly)
            if not self._readonly:
                self._remove_leftovers()
                ids = self._data / "log" / "ids"
                secret = secret or self._secret()
                known = Known(self._disk, ids, secret, self._horizon)
                held = self._held
                for name in known.recall(held.manifest.ids, held.journal.closed):
                    self._say(f"file {name} of known ids is lost: duplicates may get in")
                self._known = known
            elif secret is None:
                with suppress(FileNotFoundError):
                    secret = (self._data / "log" / "key").read_bytes()
            if secret is not None:
                self._sieves = Sieves(self._data, Digest(secret).names)
        except BaseException:
            self.close()
            raise

    def _secret(self) -> bytes:
        path = self._data / "log" / "key"
        with suppress(FileNotFoundError):
            return path.read_bytes()
        new, secret = path.with_suffix(".new"), os.urandom(32)
        write_whole(self._disk, new, [secret], sync=True)
        self._disk.rename(new, path)  # its name is synced with the first segment's
        return secret

    def _remove_leftovers(self) -> None:
        """Remove what a crash left half done: files that the manifest does not name."""
        parts = self._held.manifest.parts
        named = {path for part in parts for path in files.files_of(self._data, part)}
        for kind in (*KINDS_OF_ROWS, manifests.MARKS):
            for suffix in (".parquet", SUFFIX):
                for path in (self._data / kind).glob(f"**/*{suffix}"):
                    if path not in named:
                        self._disk.remove(path)
        for path in (self._data / "log").glob("**/*.new"):
            self._disk.remove(path)

    # ---- adding ----

    def append(self, records: Sequence[Record]) -> Appended:
        """Add records; they are durable when this returns.

        Errors: StoreError, and nothing was added: a full, failing or read-only disk.
        """
        with self._writing, self._told("written"):
            known = self._writable()
            now = max((record.received for record in records), default=0)
            if self._held.journal.due(now):
                self._close_segment()
            fresh, ids, duplicates = known.without(records, now, self._said)
            kept, after = [], self.position
            for record in fresh:
                after += 1 if record.rows is None else record.rows.num_rows
                kept.append((after, record))
            if kept:
                self._held.journal.append(kept, self.position)
                known.add(ids)
                self.position = after
            return Appended(tuple(kept), duplicates)

    def _said(self, model: str, ids: pa.Array) -> Iterator[pa.RecordBatch]:
        """What was said of some ids, in order."""
        for _, batch in self.find(model, ids, [rows.ID, rows.LABEL], OUTCOMES):
            yield batch

    def _writable(self) -> Known:
        where = f"folder {str(self._data)!r}"
        if self._known is None:
            raise StoreError(where, "is not open for writing")
        free = self._disk.free(self._data)
        if free < self._reserve:
            raise StoreError(
                where,
                "has too little free space to take events in",
                got=f"{free >> 20} MiB",
                want=f"{self._reserve >> 20} MiB",
                hint="free some, or keep events for a shorter time",
            )
        return self._known

    def _close_segment(self) -> None:
        """Close the growing segment; its ids first, as compacting it needs them."""
        growing = self._held.journal.growing
        if growing is not None and self._known is not None:
            self._known.finish(growing)
            self._held.close_segment()

    # ---- reading ----

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, Record]]:
        """Records with positions in (start, stop], up to what was there at the first step."""
        with self._told("read"):
            while True:
                try:
                    for start, record in self._read(start, stop):  # noqa: B020 - where it got to
                        yield start, record
                    return
                except FileNotFoundError:  # the server that writes here compacted meanwhile
                    if not self._readonly:
                        raise
                    self.position = self._held.load(mend=False)

    def _read(self, start: int, stop: int | None) -> Iterator[tuple[int, Record]]:
        with self._held.pinned() as (kept, segments):
            last = segments[-1][1] if segments else kept.compacted
            stop = last if stop is None else min(stop, last)
            early = min(stop, kept.compacted)
            yield from files.read(self._data, kept.parts, start, early, self._say)
            for segment, after in segments:
                if after > start and segment.first < stop:
                    yield from segment.read(start, min(after, stop))

    def scan(
        self,
        model: str,
        start: int,
        end: int,
        columns: Sequence[str] | None = None,
        kind: str = EVENTS,
    ) -> Iterator[pa.RecordBatch]:
        """Rows of a model by event time."""
        with self._held.pinned() as (kept, segments), self._told("read"):
            for part in kept.parts:
                wanted = part.kind == kind and part.model == model
                if wanted and part.start < end and part.end > start:
                    yield from files.scan(self._data, part, start, end, columns, self._say)
            for segment, after in segments:
                for _, record in segment.read(segment.first, after, only=(kind, model)):
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
        """Rows of some ids, in the order of the log."""
        at, last = 0, 2**62 if through is None else through
        with self._told("read"):
            while True:
                asked = finding.question(model, ids, columns, kind, (at, last), self._sieves)
                try:
                    for at, batch in self._find(asked):
                        yield at, batch
                    return
                except FileNotFoundError:  # as in `read`
                    if not self._readonly:
                        raise
                    self.position = self._held.load(mend=False)

    def _find(self, asked: finding.Asked) -> Iterator[tuple[int, pa.RecordBatch]]:
        with self._held.pinned() as (kept, segments):
            yield from finding.in_parts(self._data, kept.parts, asked, self._sieves, self._say)
            for segment, after in segments:
                apart = segment.first >= asked.through or after <= asked.start
                if not apart and not self._lacks(segment, asked):
                    yield from finding.in_segment(segment, after, asked)

    def _lacks(self, segment: Segment, asked: finding.Asked) -> bool:
        """Say whether a segment holds none of the asked rows for sure; of outcomes, ids are known
        with their labels only."""
        if asked.kind == OUTCOMES or asked.hashes is None:
            return False
        with self._writing:
            pieces = None if self._known is None else self._known.of(segment)
        ordered = np.sort(asked.hashes)
        return pieces is not None and not any(inside(piece, ordered).any() for piece in pieces)

    # ---- tidying ----

    def compact(self, through: int, *, whole: bool = False) -> int:
        """Turn closed segments whose records lie up to a position into Parquet, and merge small
        files; `whole` closes the growing one first.  Return the rows that were rewritten.

        Errors: StoreError; whatever was not switched over yet stays as it was.
        """
        with self._tidying, self._told("compacted"):
            if whole:
                with self._writing:
                    growing = self._held.journal.growing
                    if growing and growing.first < growing.after <= through:
                        self._close_segment()
            rows = 0
            for segment in list(self._held.journal.closed):
                if segment.after > through:
                    break
                rows += self._compact_segment(segment)
            for small in merges(self._held.manifest.parts):
                self._merge(small)
            return rows

    def _compact_segment(self, segment: Segment) -> int:
        kept, known = self._held.manifest, self._writable()
        records = segment.read(segment.first - 1)
        parts = rewritten(self._disk, self._data, records, kept.serial, known.names)
        known.settle(segment)
        ids, come, go = known.tidied([*kept.ids, name_of(segment)])
        if segment.damaged:  # a person may still want to look into it
            put(self._disk, segment.path.with_suffix(".damaged"), [segment.path.read_bytes()])
        following = msgspec.structs.replace(
            kept,
            compacted=max(kept.compacted, segment.after),
            oldest=segment.number + 1,
            parts=(*kept.parts, *parts),
            ids=tuple(ids),
            serial=kept.serial + len(parts),
        )
        self._held.save(following)
        with self._writing:
            stale = known.swap(come, go)
        self._held.switch(following, [segment.path, *stale], segment)
        return sum(part.rows for part in parts if part.kind != manifests.MARKS)

    def _merge(self, small: Sequence[Part]) -> None:
        kept, known = self._held.manifest, self._known
        if known is None:
            return
        whole = merged(self._disk, self._data, small, kept.serial, known.names, self._say)
        if whole is None:
            return
        parts = tuple(part for part in kept.parts if part not in small)
        following = msgspec.structs.replace(kept, parts=(*parts, whole), serial=kept.serial + 1)
        self._held.save(following)
        self._leave(following, small)

    def _leave(self, following: Manifest, gone: Sequence[Part]) -> None:
        """Go on without some parts."""
        self._held.switch(
            following, [path for part in gone for path in files.files_of(self._data, part)]
        )
        if self._sieves is not None:
            self._sieves.forget([part.path for part in gone])

    def forget(
        self,
        before: Mapping[str, int] | None = None,
        max_bytes: int | None = None,
        dry_run: bool = False,
        kinds: Mapping[str, int] = NOTHING,
    ) -> list[Forgotten]:
        """Remove the oldest whole files: those with no row from their model's `before` or their
        kind's instant on, or until everything fits into `max_bytes`.  What is not compacted yet
        stays: the state may not have seen it."""
        with self._tidying, self._told("shortened"):
            kept, excess = self._held.manifest, 0 if max_bytes is None else self.size - max_bytes
            gone = []
            for part in sorted(kept.parts, key=lambda part: (part.end, part.path)):
                never = part.end - 1
                until = max((before or {}).get(part.model, never), kinds.get(part.kind, never))
                if part.end <= until or excess > 0:
                    excess -= part.size
                    gone.append(part)
            if gone and not dry_run:
                self._writable()
                parts = tuple(part for part in kept.parts if part not in set(gone))
                following = msgspec.structs.replace(kept, parts=parts)
                self._held.save(following)
                self._leave(following, gone)
            return [Forgotten(p.model, p.start, p.end, p.rows, p.size, p.path) for p in gone]

    # ---- being looked at ----

    @property
    def size(self) -> int:
        """Bytes of all events, outcomes and notes on the disk."""
        return self._held.size

    @property
    def compacted(self) -> int:
        """The position up to which everything lies in Parquet."""
        return self._held.manifest.compacted

    def problems(self) -> list[str]:
        """What is damaged, in words; empty when nothing is."""
        return list(self._problems)

    def _say(self, problem: str) -> None:
        if problem not in self._problems:
            self._problems.append(problem)

    @contextmanager
    def _told(self, verb: str) -> Iterator[None]:
        """Turn what the system says into a StoreError."""
        try:
            yield
        except (OSError, pa.ArrowException) as error:
            hint = _HINTS.get(getattr(error, "errno", None) or 0, "")
            raise StoreError(
                f"folder {str(self._data)!r}", f"cannot be {verb}", got=str(error), hint=hint
            ) from error

    def close(self) -> None:
        """Let go of the folder.  Everything acknowledged is on the disk already."""
        with self._writing:
            self._close_segment()
            self._known = None
            if self._hold is not None:
                self._hold.free()
                self._hold = None


_HINTS = {
    errno.ENOSPC: "the disk is full: free some space, or keep events for a shorter time",
    errno.EDQUOT: "the quota is used up: free some space, or keep events for a shorter time",
    errno.EROFS: "the disk is read-only: mount it for writing",
    errno.EACCES: "give the server's user the right to write there",
    errno.EIO: "the disk fails: look at the system's log before trusting it again",
}
