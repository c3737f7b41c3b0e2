"""How far files were read, so that a second run goes on where the first one ended.

Owns: marks of files, telling a file that was renamed, packed, replaced or has grown.  Does not own:
where marks are kept (`cli.importing`, `engine.importer`).

A file is known by how it begins, not by its name: logs are renamed when they are full, and another
file then has the name.
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

from vedette.core.errors import StoreError
from vedette.ingest.readers.delta_log import is_delta, newest
from vedette.ingest.readers.record import BY_ENDS, BY_PATH
from vedette.ingest.textfile import opened

HEAD_BYTES = 4_096  # of a text file; what follows only grows
ENDS_BYTES = 1 << 16  # of a file that is written once: its first and last bytes, and its size


class Mark(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a file was read: `row` records, and the place `at` which reading goes on.

    Shapes: `head` is a digest of the first `head_bytes` bytes of its text, or, of a file that is
    written once, of its ends (`head_bytes` 0).  `size` and `modified` are those of the file when
    all of it was read.  Units: bytes; nanoseconds since 1970.
    """

    row: int = 0
    at: int = 0
    head: str = ""
    head_bytes: int = 0
    size: int = -1
    modified: int = -1


class Stand(NamedTuple):
    """How a file stands: its size in bytes, or the newest version of a table, and when it was last
    written to.  Units: nanoseconds since 1970."""

    size: int
    modified: int


def stand_of(path: Path) -> Stand:
    """How a file, or a table of many, stands.  Errors: OSError when it is gone."""
    if is_delta(path):
        return Stand(*newest(path))
    now = path.stat()
    return Stand(now.st_size, now.st_mtime_ns)


class Progress:
    """The marks of all files of one import.

    Example:
        >>> made = Progress()
        >>> made.note(Path("a.jsonl"), Mark(row=3, at=120))
        >>> Progress.of(made.written()).marks["a.jsonl"].row
        3
    """

    def __init__(self, marks: dict[str, Mark] | None = None) -> None:
        self.marks = marks or {}

    @classmethod
    def of(cls, written: bytes, where: str = "progress") -> "Progress":
        """What `written` gave.  Errors: StoreError when it is something else."""
        try:
            return cls(msgspec.json.decode(written, type=dict[str, Mark]))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise StoreError(where, "cannot be read", got=str(error)[:120],
                             hint="remove it to read all files anew") from None  # fmt: skip

    def written(self) -> bytes:
        """As bytes."""
        return msgspec.json.encode(self.marks)

    def is_done(self, path: Path, now: Stand) -> bool:
        """Whether a file is as it was when all of it had been read."""
        own = self.marks.get(str(path))
        return own is not None and (own.size, own.modified) == now

    def found(self, path: Path, by: str) -> Mark:
        """The mark of a file, under whatever name it was read; one of nothing for a new one.

        Errors: StoreError when it cannot be read.
        """
        own = self.marks.get(str(path))
        if by == BY_PATH or not self.marks:
            return own or Mark()
        if by == BY_ENDS:
            known = {mark.head: mark for mark in self.marks.values() if not mark.head_bytes}
            return known.get(ends(path), Mark())
        if own is not None and own.head_bytes and head(path, own.head_bytes) == own.head:
            return own
        heads = {(m.head_bytes, m.head): m for m in self.marks.values() if m.head_bytes}
        for size in sorted({size for size, _ in heads}, reverse=True):
            if (mark := heads.get((size, head(path, size)))) is not None:
                return mark
        return Mark()

    def note(self, path: Path, mark: Mark) -> None:
        """Keep the mark of a file."""
        self.marks[str(path)] = mark

    def keep(self, paths: Iterable[Path]) -> None:
        """Forget files that are gone."""
        there = {str(path) for path in paths}
        self.marks = {name: mark for name, mark in self.marks.items() if name in there}


def marked(path: Path, by: str, row: int, at: int) -> Mark:
    """The mark of a file that was read so far.

    Errors: StoreError when it cannot be read.
    """
    if by == BY_PATH:
        return Mark(row, at)
    if by == BY_ENDS:
        return Mark(row, at, ends(path))
    # Of lines no more than was read; a table of text is complete when it is read.
    size = HEAD_BYTES if at == row else min(at, HEAD_BYTES)
    with opened(path) as stream:
        start = stream.read(size)
    return Mark(row, at, _digest(start), len(start))


def head(path: Path, size: int) -> str:
    """A digest of how a file begins, unpacked; "" when it is shorter.

    Errors: StoreError when it cannot be read.
    """
    with opened(path) as stream:
        start = stream.read(size)
    return _digest(start) if len(start) == size else ""


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=12).hexdigest()


def ends(path: Path) -> str:
    """A digest of the first and the last bytes of a file and of its size."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            first = file.read(ENDS_BYTES)
            file.seek(max(size - ENDS_BYTES, 0))
            last = file.read(ENDS_BYTES)
    except OSError as error:
        raise StoreError(f"file '{path}'", "cannot be read", got=error.strerror) from None
    return _digest(b"%d\0" % size + first + last)
