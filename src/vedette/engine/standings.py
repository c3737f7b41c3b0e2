"""How the objectives of a model stood after a window, as it is kept and read back.

Owns: taking it of what the monitor remembers, the bytes of one window, many windows as arrays.
Does not own: how budgets burn (`monitors.objectives`), showing it now (`engine.objective_view`),
keeping it (`engine.keeper`).
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.monitors.objectives import MONITOR, Burning, Objectives
from vedette.monitors.objectives_state import ObjectivesState, of_objectives
from vedette.stats.burn import PAIRS
from vedette.stores.store import Entry

KIND = "objective"
Array = NDArray[np.float64]
LENGTHS = tuple(sorted({length for pair in PAIRS for length in (pair.long, pair.short)}))
LONG = tuple(pair.long for pair in PAIRS)
_NUMBERS = 2 + len(LENGTHS) + len(LONG)


class Named(NamedTuple):
    """An objective by its name, and the column that it is about ("" where readings say it)."""

    name: str
    column: str


class Standing(NamedTuple):
    """S objectives after one window.

    Shapes: `target`, and `left` of the budget, float64[S]; `burn` float64[S, LENGTHS] over the
    windows of those lengths, `limit` float64[S, LONG] from which a budget burns too fast over a
    long one; nan where nothing is known.
    """

    named: tuple[Named, ...]
    target: Array
    left: Array
    burn: Array
    limit: Array


class Standings(NamedTuple):
    """Objectives over windows, the oldest first; as `Standing`, with W windows before the rest.

    Units: `starts`, `ends` in UTC nanoseconds.
    """

    named: tuple[Named, ...]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    target: Array
    left: Array
    burn: Array
    limit: Array


class _Kept(msgspec.Struct):
    """One window; its objectives are mostly those of the window before, so they are read once."""

    window: tuple[int, int]
    named: msgspec.Raw
    numbers: bytes


def burning_of(
    monitors: Iterable[tuple[str, Any]], states: Iterable[Any], end: int
) -> tuple[Objectives, ObjectivesState, Burning] | None:
    """The monitor of objectives among some, what it remembers, and how budgets burn in the windows
    that end at an instant; None where it is not among them."""
    for (name, monitor), own in zip(monitors, states, strict=True):
        if name == MONITOR and isinstance(monitor, Objectives):
            known = of_objectives(own, monitor.objectives, monitor.terms.width)
            return monitor, known, monitor.burning(known, end)
    return None


def standing_of(monitor: Objectives, found: Burning) -> Standing:
    """How its objectives stand."""
    burn = np.full((len(monitor.objectives), len(LENGTHS)), np.nan)
    for at, pair in enumerate(PAIRS):
        burn[:, LENGTHS.index(pair.long)] = found.long[:, at]
        burn[:, LENGTHS.index(pair.short)] = found.short[:, at]
    limit = np.where(np.isfinite(found.factor), found.factor, np.nan)
    named = tuple(Named(one.name, one.column) for one in monitor.objectives)
    target = np.array([one.target for one in monitor.objectives], np.float64)
    return Standing(named, target, found.left, burn, limit)


def standing_bytes(window: Window, standing: Standing) -> bytes:
    """One window as MessagePack: names, and float64 numbers, those of an objective together."""
    numbers = np.column_stack(standing[1:]).astype("<f8")
    span = (window.start, window.end)
    return msgspec.msgpack.encode(
        {"window": span, "named": standing.named, "numbers": numbers.tobytes()}
    )


def read_standings(entries: Sequence[Entry]) -> Standings:
    """Many windows at once; objectives that came or went are nan where they were not there."""
    kept = [_DECODER.decode(entry.body) for entry in entries]
    known: dict[bytes, list[Named]] = {}
    for one in kept:
        text = bytes(one.named)
        if text not in known:
            known[text] = msgspec.msgpack.decode(text, type=list[Named])
    every = tuple(dict.fromkeys(named for own in known.values() for named in own))
    place = {named: at for at, named in enumerate(every)}
    numbers = np.full((len(kept), len(every), _NUMBERS), np.nan)
    for row, one in enumerate(kept):
        own = known[bytes(one.named)]
        values = np.frombuffer(one.numbers, "<f8").reshape(len(own), _NUMBERS)
        numbers[row, [place[named] for named in own]] = values
    first = 2 + len(LENGTHS)
    return Standings(
        every,
        np.array([one.window[0] for one in kept], np.int64),
        np.array([one.window[1] for one in kept], np.int64),
        numbers[..., 0],
        numbers[..., 1],
        numbers[..., 2:first],
        numbers[..., first:],
    )


_DECODER = msgspec.msgpack.Decoder(_Kept)
