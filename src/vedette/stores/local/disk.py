"""Every act that changes a disk, one method each.

Owns: the few system calls that durability rests on, so that a test can record them, refuse them or
play them back in part.  Does not own: what is written.
"""

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path

from vedette.core.errors import StoreError

_MOST_CHUNKS = 512  # half of what Linux takes in one call (IOV_MAX)


class Disk:
    """The real one.  Errors: OSError, as the system says it."""

    def make(self, path: Path) -> int:
        """Create a file that is not there, and open it."""
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)

    def open(self, path: Path) -> int:
        """Open a file to write."""
        return os.open(path, os.O_RDWR | os.O_CLOEXEC)

    def write(self, file: int, chunks: Sequence[bytes | memoryview], offset: int) -> None:
        """Write chunks, one after the other, from an offset on: one call when there are few."""
        parts = list(chunks) if len(chunks) <= _MOST_CHUNKS else [b"".join(chunks)]
        size = sum(map(len, parts))
        done = os.pwritev(file, parts, offset)
        if done < size:
            rest = memoryview(b"".join(parts))[done:]
            while rest:
                done += (took := os.pwrite(file, rest, offset + done))
                rest = rest[took:]

    def sync(self, file: int) -> None:
        """Make what was written to a file durable, its length included."""
        full = getattr(
            fcntl, "F_FULLFSYNC", None
        )  # on macOS fsync alone stops at the drive's cache
        if full is not None:
            fcntl.fcntl(file, full)
        else:
            os.fdatasync(file)

    def cut(self, file: int, size: int) -> None:
        """Cut a file to a size."""
        os.ftruncate(file, size)

    def close(self, file: int) -> None:
        """Close a file."""
        os.close(file)

    def rename(self, old: Path, new: Path) -> None:
        """Put one file in the place of another."""
        old.replace(new)

    def remove(self, path: Path) -> None:
        """Remove a file; one that is not there is as good as removed."""
        path.unlink(missing_ok=True)

    def folder(self, path: Path) -> None:
        """Create one folder."""
        path.mkdir(exist_ok=True)

    def sync_folder(self, path: Path) -> None:
        """Make the names in a folder durable."""
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(file)
        finally:
            os.close(file)

    def free(self, path: Path) -> int:
        """Say how many bytes an ordinary user can still write there."""
        there = os.statvfs(path)
        return there.f_bavail * there.f_frsize


def write_whole(
    disk: Disk, path: Path, chunks: Sequence[bytes | memoryview], *, sync: bool
) -> None:
    """Write a file anew; its name is not durable yet."""
    disk.remove(path)
    file = disk.make(path)
    try:
        disk.write(file, chunks, 0)
        if sync:
            disk.sync(file)
    finally:
        disk.close(file)


def put(disk: Disk, path: Path, chunks: Sequence[bytes | memoryview]) -> None:
    """Write a whole file: after a crash there is the old one or the new one, complete."""
    new = path.with_name(path.name + ".new")
    write_whole(disk, new, chunks, sync=True)
    disk.rename(new, path)
    disk.sync_folder(path.parent)


def folders(disk: Disk, path: Path) -> list[Path]:
    """Create a folder and those above it; return which folders are to be synced for that."""
    if path.is_dir():
        return []
    above = folders(disk, path.parent)
    disk.folder(path)
    return [*above, path.parent]


class Hold:
    """A lock on a folder, for as long as the process lives or until `free`."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise StoreError(
                f"folder {str(path.parent)!r}",
                "is in use by another vedette server",
                hint="stop that one first, or give this one a folder of its own with --data",
            ) from error

    def free(self) -> None:
        """Let go."""
        os.close(self._file)
