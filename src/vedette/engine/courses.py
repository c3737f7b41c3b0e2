"""What metric series were, window by window, as it is kept and read back.

Owns: the bytes of one window's values, and many of them as arrays.  Does not own: judging them
(`monitors.metrics`), keeping them (`engine.keeper`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from vedette.engine.outputs import Charted
from vedette.stores.store import Entry

Array = NDArray[np.float64]
PARTS = ("value", "expected", "low", "high", "score")
LEARNING, JUDGED, BEYOND = 0, 1, 2  # what is known of a value: too little, enough, a broken limit
ODD = 0.5  # a score from which a value is worth a look: 1 in 1,000


class _Kept(msgspec.Struct):
    """One window; its series are mostly those of the window before, so they are read once."""

    window: tuple[int, int]
    series: msgspec.Raw
    parts: bytes
    state: bytes


class Courses(NamedTuple):
    """Series over windows, the oldest first.

    Shapes: W windows, S series; `value`, `expected`, `low`, `high`, `score` float64[W, S], nan
    where there was none; `state` int8[W, S].  Units: `starts`, `ends` in UTC nanoseconds.
    """

    names: tuple[str, ...]
    columns: tuple[str, ...]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    value: Array
    expected: Array
    low: Array
    high: Array
    score: Array
    state: NDArray[np.int8]

    def verdict(self, window: int, series: int) -> str:
        """The verdict on one value, in the words of findings."""
        state, value = int(self.state[window, series]), float(self.value[window, series])
        if state == BEYOND:
            return "alarming"
        if state == LEARNING or np.isnan(value):
            return "unknown"
        return "notable" if self.score[window, series] >= ODD else "calm"


def course_bytes(charted: Charted) -> bytes:
    """The series of one window as MessagePack: names, and float64 arrays one behind the other."""
    course, window = charted.course, charted.window
    return msgspec.msgpack.encode(
        {
            "window": [window.start, window.end],
            "series": [[n, c] for n, c in zip(course.names, course.columns, strict=True)],
            "parts": b"".join(getattr(course, name).astype("<f8").tobytes() for name in PARTS),
            "state": course.state.astype("i1").tobytes(),
        }
    )


def read_courses(entries: Sequence[Entry], wanted: Sequence[str] | None = None) -> Courses:
    """Many windows at once; series that came or went are nan where they were not there.

    `wanted` are names of series, None for all.
    """
    kept = [_DECODER.decode(entry.body) for entry in entries]
    known: dict[bytes, list[tuple[str, str]]] = {}
    for one in kept:
        text = bytes(one.series)
        if text not in known:
            known[text] = [(n, c) for n, c in msgspec.msgpack.decode(text)]
    every = dict.fromkeys(
        pair for own in known.values() for pair in own if wanted is None or pair[0] in wanted
    )
    place = {pair: at for at, pair in enumerate(every)}
    shape = (len(kept), len(place))
    parts = np.full((len(PARTS), *shape), np.nan)
    state = np.zeros(shape, np.int8)
    for row, one in enumerate(kept):
        own = known[bytes(one.series)]
        from_at = [at for at, pair in enumerate(own) if pair in place]
        to_at = [place[own[at]] for at in from_at]
        values = np.frombuffer(one.parts, "<f8").reshape(len(PARTS), len(own))
        parts[:, row, to_at] = values[:, from_at]
        state[row, to_at] = np.frombuffer(one.state, "i1")[from_at]
    return Courses(
        names=tuple(name for name, _ in place),
        columns=tuple(column for _, column in place),
        starts=np.array([one.window[0] for one in kept], np.int64),
        ends=np.array([one.window[1] for one in kept], np.int64),
        value=parts[0],
        expected=parts[1],
        low=parts[2],
        high=parts[3],
        score=parts[4],
        state=state,
    )


_DECODER = msgspec.msgpack.Decoder(_Kept)
