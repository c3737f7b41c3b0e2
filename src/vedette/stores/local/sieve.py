"""Which ids a Parquet file cannot hold.

Owns: a small file beside each Parquet file, made of the hashes of its ids, that spares looking for
ids where they are not.  Does not own: hashing (`digest`), looking for rows (`find`).

A sieve never says no to an id that is there.  One that is lost, torn or made under another secret
is as good as none: the file beside it is then searched.
"""

import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.stores.local.digest import Hashes
from vedette.stores.local.disk import Disk, write_whole

Names = Callable[[str, str, pa.Array], Hashes]  # hashes of ids within kind and model

SUFFIX = ".sieve"
_MAGIC = b"VEDETTEF"
_HEAD = 40
_LOW = np.uint64(0xFFFFFFFF)
_DEEP = 4  # 2^4 to 2^5 hashes share a bucket, so an id is let through for nothing once in 10^8


class Sieve:
    """Hashes cut to bucket and rest.

    Shapes: `starts` uint32[2^b + 1], where the bucket of the highest b bits of a hash begins in
    `rests` uint32[n], the next 32 bits of every hash, ascending within a bucket.
    """

    def __init__(self, starts: NDArray[np.uint32], rests: NDArray[np.uint32]) -> None:
        self.starts, self.rests = starts, rests

    def lets(self, asked: Hashes) -> NDArray[np.bool_]:
        """Say which of some hashes may be in it.

        Example:
            >>> held = np.array([3 << 40, 2**63], np.uint64)
            >>> made(held).lets(np.array([2**63, 2**62], np.uint64)).tolist()
            [True, False]
        """
        if not len(self.rests):
            return np.zeros(len(asked), np.bool_)
        bucket, rest = _cut(asked, len(self.starts) - 1)
        low = self.starts[bucket].astype(np.int64)
        end = self.starts[bucket + 1].astype(np.int64)
        high, last = end.copy(), len(self.rests) - 1
        while (low < high).any():  # bisects all buckets at once
            middle = (low + high) >> 1
            less = (self.rests[np.minimum(middle, last)] < rest) & (low < high)
            low = np.where(less, middle + 1, low)
            high = np.where(less, high, np.minimum(middle, high))
        found: NDArray[np.bool_] = (low < end) & (self.rests[np.minimum(low, last)] == rest)
        return found


def _cut(hashes: Hashes, buckets: int) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    bits = np.uint64(buckets.bit_length() - 1)
    bucket = (hashes >> np.uint64(1)) >> (np.uint64(63) - bits)  # a shift by 64 is undefined
    rest = (hashes >> (np.uint64(32) - bits)) & _LOW
    return bucket.astype(np.int64), rest.astype(np.uint32)


def made(hashes: Hashes) -> Sieve:
    """Make the sieve of some hashes."""
    ordered = np.unique(hashes)
    buckets = 1 << max(len(ordered).bit_length() - 1 - _DEEP, 0)
    bucket, rests = _cut(ordered, buckets)
    starts = np.searchsorted(bucket, np.arange(buckets + 1)).astype(np.uint32)
    return Sieve(starts, rests)


def write(disk: Disk, path: Path, hashes: Hashes, secret: int) -> int:
    """Write the sieve of a Parquet file beside it, and return its size: without waiting for the
    disk, as its checksum tells whether it got there; 0 when it could not be written."""
    sieve = made(hashes)
    body = [sieve.starts.astype("<u4").tobytes(), sieve.rests.astype("<u4").tobytes()]
    head = np.array([secret, len(sieve.starts), len(sieve.rests)], "<u8").tobytes()
    crc = zlib.crc32(body[1], zlib.crc32(body[0], zlib.crc32(head)))
    with suppress(OSError):
        chunks = [_MAGIC + crc.to_bytes(8, "little") + head, *body]
        write_whole(disk, path.with_suffix(SUFFIX), chunks, sync=False)
        return sum(map(len, chunks))
    return 0


def load(path: Path, secret: int) -> Sieve | None:
    """Map the sieve beside a Parquet file; None when there is none that can be trusted."""
    try:
        whole = np.memmap(path.with_suffix(SUFFIX), np.uint8, "r")
    except (OSError, ValueError):  # not there, or empty
        return None
    if len(whole) < _HEAD or whole[:8].tobytes() != _MAGIC:
        return None
    under, starts, rests = whole[16:_HEAD].view("<u8").tolist()
    if under != secret or len(whole) != _HEAD + 4 * (starts + rests):
        return None
    if zlib.crc32(whole[16:].data) != int.from_bytes(whole[8:16].tobytes(), "little"):
        return None
    numbers = whole[_HEAD:].view("<u4")
    return Sieve(numbers[:starts], numbers[starts:])


class Sieves:
    """The sieves of a folder, each read and checked once."""

    def __init__(self, data: Path, names: Names) -> None:
        self._data, self._names = data, names
        self._secret = mark(names)
        self._known: dict[str, tuple[Sieve | None]] = {}

    def hashes(self, kind: str, model: str, ids: pa.Array) -> Hashes:
        """Hash ids."""
        return self._names(kind, model, ids)

    def lets(self, path: str, asked: Hashes) -> NDArray[np.bool_]:
        """Say which of some hashes a Parquet file may hold."""
        known = self._known.get(path)
        if known is None:
            known = self._known[path] = (load(self._data / path, self._secret),)
        (sieve,) = known
        return np.ones(len(asked), np.bool_) if sieve is None else sieve.lets(asked)

    def forget(self, paths: list[str]) -> None:
        """Let go of files that count no more."""
        for path in paths:
            self._known.pop(path, None)


def mark(names: Names) -> int:
    """Tell one secret from another, without giving it away."""
    return int(names("sieve", "", pa.array(["secret"]))[0])
