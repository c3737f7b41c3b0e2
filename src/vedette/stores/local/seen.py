"""Which ids came within the horizon.

Owns: an exact set of 64-bit numbers that stays small in memory: a filter that says at once that
most are new, behind it sorted runs, the old ones mapped from files.  Does not own: hashing
(`digest`), which files live (`manifest`).
"""

import zlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vedette.stores.local.digest import Hashes
from vedette.stores.local.disk import Disk, put, write_whole

_FAN = 16  # sorted pieces of one size that are merged into one of the next
_BITS_PER_ID = 10  # two of them are set: about 3 % of new ids are looked up in the runs for nothing
_MIN_POWER, _MAX_POWER = 20, 29  # the filter takes 128 KiB to 64 MiB
_MAGIC = b"VEDETTEI"
_BIT = np.array([1, 2, 4, 8, 16, 32, 64, 128], np.uint8)


class Run:
    """A sorted array, and the received times that it spans."""

    def __init__(self, ids: Hashes, low: int, high: int, name: str = "") -> None:
        self.ids, self.low, self.high, self.name = ids, low, high, name


class Seen:
    """The set.  One writer; not for two threads at once."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self._levels: list[list[Hashes]] = [[]]
        self._count = 0
        self._bits = np.zeros(1 << (_MIN_POWER - 3), np.uint8)
        self._power = _MIN_POWER

    def fresh(self, ids: Hashes, since: int) -> NDArray[np.bool_]:
        """Say which of some numbers are new, the first of equal ones among them; runs received
        wholly before `since` do not count."""
        new = np.ones(len(ids), np.bool_)
        ordered = np.sort(ids)
        if (ordered[1:] == ordered[:-1]).any():
            new[:] = False
            new[np.unique(ids, return_index=True)[1]] = True
        high, low = self._places(ids)
        bits = self._bits
        suspects = np.flatnonzero(bits[high >> 3] & _BIT[high & 7])
        low = low[suspects]
        suspects = suspects[(bits[low >> 3] & _BIT[low & 7]) != 0]
        if len(suspects):
            suspects = suspects[np.argsort(ids[suspects])]  # neighbours share the way down a run
            asked = ids[suspects]
            known = np.zeros(len(asked), np.bool_)
            for held in (*(run.ids for run in self.runs if run.high >= since), *self.young()):
                known |= inside(held, asked)
            new[suspects[known]] = False
        return new

    def add(self, ids: Hashes) -> None:
        """Put numbers in."""
        self._count += len(ids)
        if self._count * _BITS_PER_ID > 1 << self._power and self._power < _MAX_POWER:
            self._grow()
        self._mark(ids)
        self._push(0, np.sort(ids))

    def adopt(self, run: Run) -> None:
        """Take a finished run in."""
        self.runs.append(run)
        self._count += len(run.ids)
        if self._count * _BITS_PER_ID > 1 << self._power and self._power < _MAX_POWER:
            self._grow()
        else:
            self._mark(run.ids)

    def finish(self) -> Hashes:
        """Return what was put in since the last call, sorted, and start anew; the caller adds it
        to `runs`."""
        young = self.young()
        self._levels = [[]]
        return np.sort(np.concatenate(young)) if young else np.zeros(0, np.uint64)

    def young(self) -> list[Hashes]:
        """What was put in since the last `finish`, in sorted pieces."""
        return [piece for level in self._levels for piece in level]

    def _push(self, level: int, piece: Hashes) -> None:
        if level == len(self._levels):
            self._levels.append([])
        self._levels[level].append(piece)
        if len(self._levels[level]) == _FAN:
            merged = np.sort(np.concatenate(self._levels[level]))
            self._levels[level] = []
            self._push(level + 1, merged)

    def _places(self, ids: Hashes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Two bits of the filter each; the first in the order of the numbers, so that marking a
        sorted run walks through memory."""
        first = ids >> np.uint64(64 - self._power)
        return first.view(np.int64), ids.view(np.int64) & ((1 << self._power) - 1)

    def _mark(self, ids: Hashes) -> None:
        for at in range(0, len(ids), 1 << 16):
            for place in self._places(np.asarray(ids[at : at + (1 << 16)])):
                byte, bit = place >> 3, _BIT[place & 7]
                while len(byte):  # twice as fast as bitwise_or.at; two bits of one byte take turns
                    self._bits[byte] |= bit
                    missed = np.flatnonzero(self._bits[byte] & bit == 0)
                    byte, bit = byte[missed], bit[missed]

    def _grow(self) -> None:
        """Make the filter anew, as large as what it holds asks for."""
        held = [*(run.ids for run in self.runs), *self.young()]
        self._count = sum(map(len, held))
        wanted = int(2 * self._count * _BITS_PER_ID).bit_length()
        self._power = min(max(wanted, _MIN_POWER), _MAX_POWER)
        self._bits = np.zeros(1 << (self._power - 3), np.uint8)
        for ids in held:
            self._mark(ids)


def inside(held: Hashes, asked: Hashes) -> NDArray[np.bool_]:
    """Say which numbers are in a sorted array."""
    if not len(held):
        return np.zeros(len(asked), np.bool_)
    place = np.minimum(np.searchsorted(held, asked), len(held) - 1)
    found: NDArray[np.bool_] = held[place] == asked
    return found


def merged(runs: Sequence[Run]) -> Run:
    """Make one run of several."""
    ids = np.sort(np.concatenate([run.ids for run in runs]))
    return Run(ids, min(run.low for run in runs), max(run.high for run in runs))


def save(disk: Disk, path: Path, run: Run, *, sync: bool) -> None:
    """Write a run: magic, CRC-32 of the rest, count, low, high, then the numbers."""
    ids = run.ids.astype("<u8", copy=False).tobytes()
    rest = np.array([len(run.ids), run.low, run.high], "<i8").tobytes()
    crc = zlib.crc32(ids, zlib.crc32(rest))
    write = put if sync else partial(write_whole, sync=False)
    write(disk, path, [_MAGIC + crc.to_bytes(8, "little") + rest, ids])


def load(path: Path, *, check: bool = False) -> Run | None:
    """Map a run from its file; None when it is not there or damaged."""
    try:
        with path.open("rb") as file:
            head = file.read(40)
            count, low, high = np.frombuffer(head, "<i8", 3, 16).tolist()
        whole = np.memmap(path, np.uint8, "r")
        if head[:8] != _MAGIC or len(whole) != 40 + 8 * count:
            return None
        if check and zlib.crc32(whole[16:].data) != int.from_bytes(head[8:16], "little"):
            return None
    except (OSError, ValueError):
        return None
    ids = np.memmap(path, "<u8", "r", 40, (count,)) if count else np.zeros(0, np.uint64)
    return Run(ids, low, high, path.name)
