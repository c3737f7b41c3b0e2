"""Which files count.

Owns: the one small file whose replacement switches from old files to new ones at an instant.  Does
not own: making the files it names.
"""

import zlib
from pathlib import Path

import msgspec

from vedette.core.errors import StoreError
from vedette.stores.local.disk import Disk, put

MARKS = "marks"  # the kind of a file that holds notes and ticks of all models


class Part(msgspec.Struct, frozen=True, array_like=True):
    """One Parquet file.

    Units: `start` and `end` in UTC nanoseconds of event time, rows in [start, end); positions after
    its records in [first, last]; `size` bytes.
    """

    path: str  # below the data folder
    kind: str
    model: str
    day: str
    first: int
    last: int
    start: int
    end: int
    rows: int
    size: int


class Manifest(msgspec.Struct, frozen=True):
    """All files that count.  Whatever the journal holds up to `compacted` lies in `parts`, and
    segments below `oldest` are gone; `ids` are the runs of ids of segments below it."""

    compacted: int = 0
    oldest: int = 0
    parts: tuple[Part, ...] = ()
    ids: tuple[str, ...] = ()
    serial: int = 0  # the next number for a file's name


def load(path: Path) -> Manifest:
    """Read the manifest; an empty one when there is none.  Errors: StoreError when damaged."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Manifest()
    crc, _, body = data.partition(b"\n")
    try:
        if int(crc, 16) == zlib.crc32(body):
            return msgspec.json.decode(body, type=Manifest)
    except (ValueError, msgspec.MsgspecError):
        pass
    raise StoreError(
        f"file {str(path)!r}", "is damaged", hint="restore the data folder from a backup"
    )


def save(disk: Disk, path: Path, manifest: Manifest) -> None:
    """Put a manifest in the place of the last."""
    body = msgspec.json.encode(manifest)
    put(disk, path, [b"%08x\n" % zlib.crc32(body), body])
