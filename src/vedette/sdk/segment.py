"""One file of a spool, to the byte.

Owns: records of messages, written and read with their checksum, and a torn last record.  Does not
own: which files there are (`sdk.spool`).

A record is a header of 32 bytes, the body, and nothing between records; numbers are little-endian:
`vds1`, crc32 of all that follows (u32), bytes of the body (u32), rows (u32), numbered rows (u32),
kind and compression (u32: place in `sdk.batch.KINDS`, plus 256 for gzip), sequence (u64).
The process is in the file's name: `<nanoseconds of its first record>-<process>.seg`.
"""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from vedette.sdk.batch import KINDS, Batch

HEADER = struct.Struct("<4sIIIIIQ")
MAGIC = b"vds1"
GZIPPED = 256
MOST_BYTES = 1 << 28  # no body is longer; a header that says so is damage
SUFFIX = ".seg"


def record(batch: Batch) -> bytes:
    """A message as it is written to disk."""
    kind = KINDS.index(batch.kind) + (GZIPPED if batch.is_gzip else 0)
    rest = HEADER.pack(MAGIC, 0, len(batch.body), batch.rows, batch.numbered, kind, batch.sequence)[
        8:
    ]
    crc = zlib.crc32(batch.body, zlib.crc32(rest))
    return MAGIC + crc.to_bytes(4, "little") + rest + batch.body


def new_path(folder: Path, now: int, process: str) -> Path:
    """Where a segment begun at this moment lies; names sort by time."""
    return folder / f"{now:020d}-{process}{SUFFIX}"


class Segment:
    """A file that is complete, read from its beginning, message by message.

    Errors: OSError when it cannot be read.  A torn or damaged record ends it.
    """

    def __init__(self, path: Path, rows: int | None = None) -> None:
        self.path = path
        self.process = path.name.removesuffix(SUFFIX).partition("-")[2]
        self.bytes = path.stat().st_size
        self.rows = self._counted() if rows is None else rows
        self._offset = 0
        self._head: Batch | None = None

    def head(self) -> Batch | None:
        """The first message that has not been taken off; None at the end."""
        if self._head is None:
            self._head = next(self.batches(self._offset), None)
        return self._head

    def pop(self) -> None:
        """Take the first message off."""
        head = self.head()
        if head is not None:
            self._offset += HEADER.size + len(head.body)
            self.rows -= head.rows
            self._head = None

    def _counted(self) -> int:
        """The rows that the headers speak of; bodies are skipped."""
        rows = offset = 0
        with self.path.open("rb") as file:
            while len(header := file.read(HEADER.size)) == HEADER.size:
                magic, _, length, count, *_ = HEADER.unpack(header)
                offset += HEADER.size + length
                if magic != MAGIC or offset > self.bytes:
                    break
                rows += count
                file.seek(offset)
        return rows

    def batches(self, offset: int = 0) -> Iterator[Batch]:
        """The messages from a place on, as far as they are whole."""
        with self.path.open("rb") as file:
            file.seek(offset)
            while True:
                header = file.read(HEADER.size)
                if len(header) < HEADER.size:
                    return
                magic, crc, length, rows, numbered, kind, sequence = HEADER.unpack(header)
                if magic != MAGIC or length > MOST_BYTES or (kind & 255) >= len(KINDS):
                    return
                body = file.read(length)
                if len(body) < length or zlib.crc32(body, zlib.crc32(header[8:])) != crc:
                    return
                is_gzip = bool(kind & GZIPPED)
                yield Batch(
                    self.process, sequence, rows, numbered, KINDS[kind & 255], body, is_gzip
                )
