"""What the monitors saw, window by window, as it is kept and read back.

Owns: the bytes of a look, and many of them as arrays.  Does not own: looking (`engine.look`),
keeping (`engine.keeper`).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.engine.outputs import Looked
from vedette.stores.store import Entry

Key = tuple[str, str, str]  # monitor, column, segment
MOST = 3e38  # that float32 holds of any size


class _Kept(msgspec.Struct):
    """One look; its streams are those of the looks before, so they are read once for all."""

    window: tuple[int, int]
    streams: msgspec.Raw
    weights: bytes
    evidence: bytes
    effect: bytes
    total: float
    threshold: float
    rows: int


class Looks(NamedTuple):
    """Looks of one clock, oldest first.

    Shapes: W windows, S streams; `part` float32[W, S] a stream's evidence as a share of what alarms
    by itself; `effect` float32[W, S], nan where nothing could be seen.  Units: `starts`, `ends` in
    UTC nanoseconds.
    """

    streams: tuple[Key, ...]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    part: NDArray[np.float32]
    effect: NDArray[np.float32]
    total: NDArray[np.float64]
    threshold: NDArray[np.float64]
    rows: NDArray[np.int64]

    def taken(self, at: NDArray[np.int64]) -> Self:
        """Some of the looks, or some of them again."""
        return self._replace(
            starts=self.starts[at], ends=self.ends[at], part=self.part[at], effect=self.effect[at],
            total=self.total[at], threshold=self.threshold[at], rows=self.rows[at],
        )  # fmt: skip

    def of_streams(self, kept: Sequence[bool]) -> Self:
        """The looks at some of the streams."""
        chosen = np.array(kept, np.bool_)
        return self._replace(
            streams=tuple(key for key, fits in zip(self.streams, kept, strict=True) if fits),
            part=self.part[:, chosen], effect=self.effect[:, chosen],
        )  # fmt: skip


def look_bytes(looked: Looked) -> bytes:
    """A look as MessagePack: streams, and float32 arrays of weights, evidence and effect."""
    return msgspec.msgpack.encode(
        {
            "clock": looked.clock,
            "window": [looked.window.start, looked.window.end],
            "streams": [[s.monitor, s.column, s.segment] for s in looked.streams],
            "weights": looked.weights.astype("<f4").tobytes(),
            "evidence": np.minimum(looked.evidence, MOST).astype("<f4").tobytes(),
            "effect": np.clip(looked.effect, -MOST, MOST).astype("<f4").tobytes(),
            "total": min(looked.total, 1e300),
            "threshold": looked.threshold,
            "rows": looked.rows,
        }
    )


def read_look(data: bytes) -> dict[str, Any]:
    """What `look_bytes` wrote: window as a Window, arrays float32[streams]."""
    found: dict[str, Any] = msgspec.msgpack.decode(data)
    for name in ("weights", "evidence", "effect"):
        found[name] = np.frombuffer(found[name], "<f4")
    found["window"] = Window(*found["window"])
    return found


def read_looks(entries: Sequence[Entry]) -> Looks:
    """Many looks at once; streams that came or went have nan where they were not there."""
    kept = [_DECODER.decode(entry.body) for entry in entries]
    known: dict[bytes, tuple[Key, ...]] = {}
    for look in kept:
        text = bytes(look.streams)
        if text not in known:
            known[text] = tuple(map(tuple, msgspec.msgpack.decode(text)))
    streams = tuple(dict.fromkeys(key for keys in known.values() for key in keys))
    at = {key: place for place, key in enumerate(streams)}
    places = {text: np.array([at[key] for key in keys], np.int64) for text, keys in known.items()}
    part = np.full((len(kept), len(streams)), np.nan, np.float32)
    effect = part.copy()
    for row, look in enumerate(kept):
        own = places[bytes(look.streams)]
        weighted = np.frombuffer(look.weights, "<f4") * np.frombuffer(look.evidence, "<f4")
        part[row, own] = weighted / look.threshold
        effect[row, own] = np.frombuffer(look.effect, "<f4")
    return Looks(
        streams,
        np.array([look.window[0] for look in kept], np.int64),
        np.array([look.window[1] for look in kept], np.int64),
        part,
        effect,
        np.array([look.total for look in kept], np.float64),
        np.array([look.threshold for look in kept], np.float64),
        np.array([look.rows for look in kept], np.int64),
    )


_DECODER = msgspec.msgpack.Decoder(_Kept)
