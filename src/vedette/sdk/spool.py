"""Messages that wait on disk while the server is away.

Owns: the folder of one process, its bound, and taking over what a dead process left behind.  Does
not own: bytes (`sdk.segment`), when to write (`sdk.backlog`).

Below the spool every model of every server has a folder, and below that every process:
`<model>-<digest>/<process>/{alive, numbers, <time>-<process>.seg …}`.  `alive` is locked as long as
its process lives, so another one can tell which folders are orphans.  `numbers` says how many
events were logged, and how many of these are settled (taken by the server, on disk, or counted as
lost); the difference is what died with the process.
"""

import mmap
import os
import re
import shutil
import struct
from collections import deque
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from time import time_ns

from vedette.sdk.batch import Batch, squeezed
from vedette.sdk.segment import SUFFIX, Segment, new_path, record

try:
    import fcntl
except ImportError:  # Windows: folders of dead processes cannot be told and stay where they are
    fcntl = None  # type: ignore[assignment]

ALIVE, NUMBERS_FILE = "alive", "numbers"
NUMBERS = struct.Struct("=QQ")  # logged, settled: read on the machine that wrote it
SEGMENT_BYTES = 8 << 20  # the step in which the oldest is dropped


def folder_of(root: Path, url: str, model: str) -> Path:
    """The folder of one model of one server."""
    digest = blake2b(f"{url}\n{model}".encode("utf-8", "replace"), digest_size=4).hexdigest()
    return root / f"{re.sub(r'[^A-Za-z0-9_.]', '_', model)[:40]}-{digest}"


class Spool:
    """The spool of one process; for one thread at a time.

    Bounds: `limit` bytes for all processes of the folder together; each may exceed it by the
    segment it is writing.  Errors: OSError wherever the disk says no.
    """

    def __init__(self, folder: Path, process: str, limit: int) -> None:
        self.folder, self.process, self.limit = folder, process, limit
        self.own = folder / process
        self.step = max(4096, min(SEGMENT_BYTES, limit // 8))
        self.segments: deque[Segment] = deque()
        self._writing: Path | None = None
        self._file = -1
        self._written = self._rows = 0
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._alive = self._settle_in()
        self.numbers = shared_numbers(self.own / NUMBERS_FILE)

    def _settle_in(self) -> int:
        """Make the folder of this process; it gets its name only once it is locked."""
        new = self.folder / f".{self.process}"
        new.mkdir(mode=0o700)
        alive = os.open(new / ALIVE, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            lock(alive)
            new.rename(self.own)
        except OSError:
            os.close(alive)
            shutil.rmtree(new, ignore_errors=True)
            raise
        return alive

    def append(self, batch: Batch) -> tuple[int, int]:
        """Write a message behind all others.

        Returns: the bytes written, and the rows of the oldest messages that had to go for it.
        """
        raw = record(squeezed(batch))
        dropped = 0
        if self._writing is None or self._writing_process() != batch.process:
            self.seal()
            dropped = self._make_room(len(raw))
            self._begin(batch.process)
        written = os.write(self._file, raw)
        if written < len(raw):
            os.ftruncate(self._file, self._written)
            raise OSError("the disk took a part of a message")
        self._written += written
        self._rows += batch.rows
        if self._written >= self.step:
            self.seal()
        return written, dropped

    def _begin(self, process: str) -> None:
        newest = int(self.segments[-1].path.name[:20]) if self.segments else 0
        path = new_path(self.own, max(newest + 1, time_ns()), process)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._writing, self._written, self._rows = path, 0, 0

    def _writing_process(self) -> str:
        assert self._writing is not None
        return self._writing.name.removesuffix(SUFFIX).partition("-")[2]

    def seal(self) -> None:
        """End the segment that is being written, so that it can be read."""
        if self._writing is None:
            return
        path, self._writing = self._writing, None
        os.close(self._file)
        if self._written:
            self.segments.append(Segment(path, self._rows))
        else:
            path.unlink(missing_ok=True)

    def _make_room(self, coming: int) -> int:
        """Drop the oldest segments until the coming one fits; the rows that were in them."""
        used = sum(_size(path) for path in self.folder.glob(f"*/*{SUFFIX}"))
        dropped = 0
        while self.segments and used + max(self.step, coming) > self.limit:
            oldest = self.segments.popleft()
            used -= oldest.bytes
            dropped += oldest.rows
            oldest.path.unlink(missing_ok=True)
        return dropped

    def head(self) -> Batch | None:
        """The oldest message, or None."""
        while True:
            if not self.segments:
                self.seal()
                if not self.segments:
                    return None
            head = self.segments[0].head()
            if head is not None:
                return head
            self.segments.popleft().path.unlink(missing_ok=True)

    def first(self) -> Batch | None:
        """The oldest message of those that are sealed, or None."""
        return self.segments[0].head() if self.segments else None

    def pop(self) -> None:
        """Take the oldest message off; its file goes with the last one in it."""
        self.segments[0].pop()
        self.head()

    @property
    def is_empty(self) -> bool:
        """Whether no message waits here."""
        return not self.segments and self._writing is None

    @property
    def rows(self) -> int:
        """Events and labels on disk."""
        writing = self._rows if self._writing is not None else 0
        return writing + sum(segment.rows for segment in self.segments)

    def adopt(self) -> int:
        """Take over the messages of processes that are gone; what these had lost, in events."""
        lost = 0
        for orphan in list(self._others()):
            alive = _locked(orphan / ALIVE)
            if alive is None:
                continue
            try:
                lost += _unsettled(orphan / NUMBERS_FILE)
                for path in sorted(orphan.glob(f"*{SUFFIX}")):
                    self._take_over(path)
                shutil.rmtree(orphan, ignore_errors=True)
            finally:
                os.close(alive)
        self.segments = deque(sorted(self.segments, key=lambda segment: segment.path.name))
        return lost

    def _others(self) -> Iterator[Path]:
        for path in sorted(self.folder.iterdir()):
            if path != self.own and not path.name.startswith(".") and path.is_dir():
                yield path

    def _take_over(self, path: Path) -> None:
        target = self.own / path.name
        path.rename(target)
        self.segments.append(Segment(target))

    def close(self) -> None:
        """Let go of the folder: it vanishes if nothing waits in it, or becomes an orphan."""
        self.seal()
        if not self.segments:
            shutil.rmtree(self.own, ignore_errors=True)
        os.close(self._alive)

    def abandon(self) -> None:
        """Let go of what a fork has copied, without touching the parent's files."""
        os.close(self._alive)
        if self._writing is not None:
            os.close(self._file)


def shared_numbers(path: Path) -> "memoryview[int]":
    """Two numbers in a file: whatever is written to them survives this process, killed or not."""
    with path.open("w+b") as file:
        file.write(bytes(NUMBERS.size))
        file.flush()
        return memoryview(mmap.mmap(file.fileno(), NUMBERS.size)).cast("Q")


def lock(descriptor: int) -> None:
    """Lock a file as long as it is open.  Errors: OSError when another process holds it."""
    if fcntl is not None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _locked(path: Path) -> int | None:
    """The open file of a process that is gone; None when it lives, or nobody can tell."""
    if fcntl is None:
        return None
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return None
    try:
        lock(descriptor)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _unsettled(path: Path) -> int:
    try:
        logged, settled = NUMBERS.unpack(path.read_bytes())
    except (OSError, struct.error):
        return 0
    return max(0, int(logged) - int(settled))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # another process has just sent it
        return 0
