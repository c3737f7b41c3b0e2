"""How many rows a window had, how long they took and which errors they had, kept small.

Owns: the bytes of one window's pace, and many of them as arrays.  Does not own: counting
(`profiles.tails`), keeping them (`engine.keeper`), series made of them (`export.series`).

A profile holds all this and much more.  Whoever draws a month of minutes must not read 43,000
profiles for a few numbers of each.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from vedette.core.rows import ERROR_TYPE
from vedette.core.windows import Window
from vedette.monitors.series import ANY, share_key
from vedette.profiles.discovered import FAILED, OF_VERSION
from vedette.profiles.profile import WHOLE, Profile
from vedette.sketches.loglinear import LogLinear
from vedette.stores.store import Entry

KIND = "pace"
OTHER = "other"  # errors whose type is not counted by itself
MOST = 200  # types of errors, and versions in columns, of all windows that are read at once
_PLACE, _COUNT = np.dtype("<i4"), np.dtype("<i8")

Key = tuple[str, str]  # column, segment
K = TypeVar("K", str, Key)


class Counted(NamedTuple):
    """Values of one column in one segment, by window.

    Shapes: of the k-th window, `places` and `counts` [bounds[k]:bounds[k + 1]]; `below` int64[W].
    """

    bounds: NDArray[np.int64]
    places: NDArray[np.int32]
    counts: NDArray[np.int64]
    below: NDArray[np.int64]

    def of(self, window: int) -> LogLinear:
        """The counts of one window."""
        own = slice(int(self.bounds[window]), int(self.bounds[window + 1]))
        places = self.places[own].astype(np.int64)
        return LogLinear(places, self.counts[own], int(self.below[window]))

    def cut(self, first: int, last: int) -> Self:
        """Some windows, one after another."""
        own = slice(int(self.bounds[first]), int(self.bounds[last]))
        bounds = self.bounds[first : last + 1] - self.bounds[first]
        below = self.below[first:last]
        return self._replace(
            bounds=bounds, places=self.places[own], counts=self.counts[own], below=below
        )


class Paces(NamedTuple):
    """Windows, the oldest first.

    Shapes: W windows; `rows`, `late` int64[W], `errors` int64[W] by type.  Units: `starts`, `ends`
    in UTC nanoseconds.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    rows: NDArray[np.int64]
    late: NDArray[np.int64]
    errors: Mapping[str, NDArray[np.int64]]
    tails: Mapping[Key, Counted]

    def cut(self, first: int, last: int) -> Self:
        """Some windows, one after another."""
        own = slice(first, last)
        return self._replace(
            starts=self.starts[own], ends=self.ends[own], rows=self.rows[own], late=self.late[own],
            errors={name: counts[own] for name, counts in self.errors.items()},
            tails={key: counted.cut(first, last) for key, counted in self.tails.items()},
        )  # fmt: skip

    def then(self, other: Self) -> Self:
        """These windows, then others that are later."""
        kinds = sorted({*self.errors, *other.errors})
        keys = sorted({*self.tails, *other.tails})
        mine, others = np.zeros(len(self.rows), np.int64), np.zeros(len(other.rows), np.int64)
        first, last = (_counted({}, len(one.rows)) for one in (self, other))
        return self._replace(
            starts=np.concatenate([self.starts, other.starts]),
            ends=np.concatenate([self.ends, other.ends]),
            rows=np.concatenate([self.rows, other.rows]),
            late=np.concatenate([self.late, other.late]),
            errors={
                name: np.concatenate([self.errors.get(name, mine), other.errors.get(name, others)])
                for name in kinds
            },
            tails={
                key: _behind(self.tails.get(key, first), other.tails.get(key, last)) for key in keys
            },
        )


class _Kept(msgspec.Struct, array_like=True):
    """One window; `tails` are column, segment, values of 0 or less, places, counts."""

    start: int
    end: int
    rows: int
    late: int
    errors: dict[str, int]
    tails: list[tuple[str, str, int, bytes, bytes]]


def pace_entry(model: str, clock: str, window: Window, profile: Profile) -> Entry:
    """What is kept of a window's profile."""
    tails = [
        (*key, one.below, one.places.astype(_PLACE).tobytes(), one.counts.astype(_COUNT).tobytes())
        for key, one in sorted(profile.tails.items())
    ]
    kept = _Kept(
        window.start, window.end, profile.rows, profile.late_rows, errors_of(profile), tails
    )
    body = msgspec.msgpack.encode(kept)
    return Entry(KIND, model, f"{clock}/{window.start}", window.start, body)


def errors_of(profile: Profile) -> dict[str, int]:
    """Rows with an error by its type, as far as types are counted by themselves."""
    found = {
        key.removeprefix(begin): round(readings.total)
        for begin in (share_key(ERROR_TYPE, ""), FAILED)  # watched ones, and those that came
        for key, readings in sorted(profile.metrics.items())
        if key.startswith(begin) and readings.total > 0
    }
    cell = profile.cells.get((ERROR_TYPE, WHOLE))
    every = found.pop(ANY, 0 if cell is None else cell.usable)
    rest = every - sum(found.values())
    return {**found, OTHER: found.get(OTHER, 0) + rest} if rest > 0 else found


def read_paces(entries: Sequence[Entry]) -> Paces:
    """Many windows at once; a column or an error that a window did not have is 0 there.

    Bounds: of types of errors the MOST most frequent ones, others are counted as OTHER; of versions
    those MOST that most windows had.
    """
    kept = [_DECODER.decode(entry.body) for entry in entries]
    kinds = _few_kinds(kept)
    found: dict[Key, dict[int, tuple[int, bytes, bytes]]] = {}
    for at, one in enumerate(kept):
        for column, segment, low, places, counts in one.tails:
            found.setdefault((column, segment), {})[at] = (low, places, counts)
    versions = {key: len(own) for key, own in found.items() if key[1].startswith(OF_VERSION)}
    for key in versions.keys() - _largest(versions):
        del found[key]
    return Paces(
        _whole([one.start for one in kept]),
        _whole([one.end for one in kept]),
        _whole([one.rows for one in kept]),
        _whole([one.late for one in kept]),
        {name: _whole([one.errors.get(name, 0) for one in kept]) for name in kinds},
        {key: _counted(own, len(kept)) for key, own in sorted(found.items())},
    )


def _few_kinds(kept: Sequence[_Kept]) -> list[str]:
    """The types of errors that are told apart; all others of a window become OTHER."""
    total = Counter[str]()
    for one in kept:
        total.update(one.errors)
    few = _largest(total)
    if len(few) < len(total):
        for one in kept:
            rest = sum(n for kind, n in one.errors.items() if kind not in few or kind == OTHER)
            one.errors = {kind: n for kind, n in one.errors.items() if kind in few}
            if rest:
                one.errors[OTHER] = rest
    return sorted({kind for one in kept for kind in one.errors})


def _largest(counts: Mapping[K, int]) -> set[K]:
    """The MOST names with the highest counts."""
    return {key for key, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST]}


def _behind(first: Counted, last: Counted) -> Counted:
    return Counted(
        np.concatenate([first.bounds, last.bounds[1:] + first.bounds[-1]]),
        np.concatenate([first.places, last.places]),
        np.concatenate([first.counts, last.counts]),
        np.concatenate([first.below, last.below]),
    )


def _whole(values: list[int]) -> NDArray[np.int64]:
    return np.array(values, np.int64)


def _counted(own: Mapping[int, tuple[int, bytes, bytes]], n: int) -> Counted:
    sizes, below = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for at, (low, places, _) in own.items():
        sizes[at], below[at] = len(places) // _PLACE.itemsize, low
    return Counted(
        np.concatenate([[0], np.cumsum(sizes)]),
        np.frombuffer(b"".join(places for _, places, _ in own.values()), _PLACE),
        np.frombuffer(b"".join(counts for _, _, counts in own.values()), _COUNT),
        below,
    )


_DECODER = msgspec.msgpack.Decoder(_Kept)
