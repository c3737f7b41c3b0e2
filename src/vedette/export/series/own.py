"""The past of the numbers of the server itself: they follow from no log, so they are written down.

Owns: samples as they are taken, a block of ten minutes of them as bytes, reading blocks.  Does not
own: which numbers there are (`export.prometheus`), when they are taken (`export.recorder`), how
long they are kept (`engine.upkeep`).
"""

import zlib
from collections.abc import Callable, Iterable, Iterator
from threading import Lock
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from vedette.core.durations import MINUTE, SECOND
from vedette.export.series.families import OWN
from vedette.export.series.series import Labels, Series, Wanted, everything, in_order
from vedette.stores.store import Entry, StateStore

KIND = "own"
STEP = 15 * SECOND  # between two samples of a number
BLOCK = 10 * MINUTE  # of one entry
NAMES = frozenset(name for family in OWN for name in family.names)

Key = tuple[str, Labels]
Sample = tuple[str, Iterable[tuple[str, str]], float]


class _Kept(msgspec.Struct, array_like=True):
    """A block: instants, and by name the series, read only where they are wanted."""

    times: bytes
    series: dict[str, msgspec.Raw]


class Block(NamedTuple):
    """Samples of some minutes.

    Shapes: `times` int64[n] ascending; values float64[n] by name and labels, nan where there was
    none.  Units: UTC nanoseconds.
    """

    times: NDArray[np.int64]
    values: dict[Key, NDArray[np.float64]]


class Own:
    """The numbers of a server over time.  For threads."""

    def __init__(self, store: StateStore) -> None:
        self._store = store
        self._times: list[int] = []
        self._values: dict[Key, list[float]] = {}
        self._guard = Lock()

    def add(self, now: int, samples: Iterable[Sample]) -> None:
        """Take what the numbers are at an instant; those of a block that is over are written.

        Errors: StoreError.
        """
        if self._times and not self._times[0] <= now < self._times[0] + BLOCK:
            self.save()
            with self._guard:
                self._times, self._values = [], {}
        with self._guard:
            n = len(self._times)
            if n and now <= self._times[-1]:
                return
            self._times.append(now)
            for name, labels, value in samples:
                known = self._values.setdefault((name, in_order(dict(labels))), [])
                known += [np.nan] * (n - len(known))
                known.append(value)

    def save(self) -> None:
        """Write what was taken of the block so far.  Errors: StoreError."""
        block = self._under_way()
        if block is not None:
            start = int(block.times[0])
            self._store.commit([Entry(KIND, "", f"{start:020}", start, block_bytes(block))])

    def _under_way(self) -> Block | None:
        with self._guard:
            n = len(self._times)
            values = {
                key: np.array([*known, *[np.nan] * (n - len(known))])
                for key, known in self._values.items()
            }
            return Block(np.array(self._times, np.int64), values) if n else None

    def series(
        self,
        start: int,
        end: int,
        wanted: Wanted = everything,
        allows: Callable[[str], bool] = everything,
    ) -> Iterator[Series]:
        """The samples in [start, end] of those numbers that are wanted, by name and labels.

        `allows` says of a model whether its numbers may be told, and of "" whether those of the
        whole server may.  Units: UTC nanoseconds.
        """
        if not any(map(wanted, NAMES)):
            return
        found: dict[Key, list[tuple[NDArray[np.int64], NDArray[np.float64]]]] = {}
        for block in self._blocks(start, end, wanted):
            for key, values in block.values.items():
                if wanted(key[0]) and allows(dict(key[1]).get("model", "")):
                    found.setdefault(key, []).append((block.times, values))
        for name, labels in sorted(found):
            parts = found[name, labels]
            times = np.concatenate([at for at, _ in parts])
            values = np.concatenate([own for _, own in parts])
            there = ~np.isnan(values)
            one = Series(name, labels, times[there], values[there], STEP).within(start, end)
            if len(one.times):
                yield one

    def extent(self) -> tuple[int, int] | None:
        """The first and the last instant with a sample; None where there is none."""
        first = self._store.read(KIND, "", limit=1)
        last = self._store.read(KIND, "", newest_first=True, limit=1)
        times = [
            int(read_block(entry.body, _nothing).times[at])
            for entry, at in (*((one, 0) for one in first), *((one, -1) for one in last))
        ]
        with self._guard:
            times += [*self._times[:1], *self._times[-1:]]
        return (min(times), max(times)) if times else None

    def next_time(self, after: int) -> int | None:
        """The first instant after another with a sample; None where there is none."""
        for block in self._blocks(after + 1, None, _nothing):
            place = int(block.times.searchsorted(after, "right"))
            if place < len(block.times):
                return int(block.times[place])
        return None

    def _blocks(self, start: int, end: int | None, wanted: Wanted) -> Iterator[Block]:
        """Blocks that may reach into a stretch, the oldest first; the one under way last."""
        under_way = self._under_way()
        until = None if end is None else end + 1
        before = int(under_way.times[0]) if under_way else None
        for entry in self._store.read(KIND, "", start - BLOCK, until):
            if entry.time != before:
                yield read_block(entry.body, wanted)
        if under_way:
            yield under_way


def _nothing(name: str) -> bool:
    """Wants no series: the times alone are asked for."""
    return False


def block_bytes(block: Block) -> bytes:
    """A block as compressed MessagePack.

    Example:
        >>> one = Block(np.array([5, 6]), {("up", (("model", "m"),)): np.array([1.0, 1.0])})
        >>> read_block(block_bytes(one)).values
        {('up', (('model', 'm'),)): array([1., 1.])}
    """
    series: dict[str, list[tuple[Labels, bytes]]] = {}
    for (name, labels), values in block.values.items():
        series.setdefault(name, []).append((labels, _packed(values)))
    kept = (block.times.astype("<i8").tobytes(), series)
    return zlib.compress(msgspec.msgpack.encode(kept), 6)


def _packed(values: NDArray[np.float64]) -> bytes:
    """Values, or the one that all of them are."""
    same = bool((values == values[0]).all())
    return (values[:1] if same else values).astype("<f8").tobytes()


def read_block(body: bytes, wanted: Wanted = everything) -> Block:
    """What `block_bytes` wrote, as far as it is wanted."""
    kept = _DECODER.decode(zlib.decompress(body))
    times = np.frombuffer(kept.times, "<i8")
    values = {
        (name, labels): np.broadcast_to(np.frombuffer(packed, "<f8"), times.shape)
        for name, raw in kept.series.items()
        if wanted(name)
        for labels, packed in _OF_NAME.decode(raw)
    }
    return Block(times, values)


_DECODER = msgspec.msgpack.Decoder(_Kept)
_OF_NAME = msgspec.msgpack.Decoder(list[tuple[Labels, bytes]])
