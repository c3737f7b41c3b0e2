"""What is remembered of a model's objectives: counts of the last days, in slots of time.

Owns: the state, adding a window, sums over the last stretch of time.  Does not own: what is made of
them (`monitors.objectives`).

Short stretches are kept in short slots and long ones in long slots, so that 30 days are a few
kilobytes and a snapshot of every minute stays small.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vedette.core.durations import HOUR, MINUTE
from vedette.profiles.objective import Objective

Array = NDArray[np.float64]

# Slots by their length and how many there are; those of the period are a thirtieth of it.
RINGS = ((MINUTE, 6), (5 * MINUTE, 13), (30 * MINUTE, 145))
PERIOD_SLOTS = 30


@dataclass(frozen=True, eq=False)
class Ring:
    """Slots of one length of S objectives, each of which replaces the one that is n slots older.

    Shapes: `width` int64[S] in nanoseconds, `start` int64[S, n] in UTC nanoseconds; float64[S, n]:
    `counted` events, of which `wrong` went wrong, `fresh` of them since the last alarm, and how
    many the `heaviest` row of those stood for.
    """

    width: NDArray[np.int64]
    start: NDArray[np.int64]
    counted: Array
    wrong: Array
    fresh: Array
    heaviest: Array

    @classmethod
    def of(cls, width: NDArray[np.int64], slots: int) -> Self:
        """Nothing counted yet."""
        shape = (len(width), slots)
        return cls(width, np.full(shape, -1, np.int64), *(np.zeros(shape) for _ in range(4)))

    def added(self, at: int, counted: Array, wrong: Array, heaviest: Array) -> Self:
        """With what a window counted that begins at an instant.  Shapes: float64[S]."""
        slot = at // self.width
        place = (np.arange(len(self.width)), slot % self.start.shape[1])
        known = self.start[place] == slot * self.width
        made = replace(self, **{f.name: getattr(self, f.name).copy() for f in fields(self)})
        made.start[place] = slot * self.width
        for array, more in ((made.counted, counted), (made.wrong, wrong), (made.fresh, wrong)):
            array[place] = np.where(known, array[place], 0.0) + more
        made.heaviest[place] = np.maximum(np.where(known, made.heaviest[place], 0.0), heaviest)
        return made

    def since(self, begin: NDArray[np.int64], end: int) -> tuple[Array, Array, Array, Array]:
        """What the slots hold that begin in a stretch: counted, wrong, fresh, the heaviest."""
        inside = (self.start >= begin[:, None]) & (self.start < end) & (self.start >= 0)
        sums = (np.where(inside, one, 0.0) for one in (self.counted, self.wrong, self.fresh))
        counted, wrong, fresh = (one.sum(axis=1) for one in sums)
        return counted, wrong, fresh, np.where(inside, self.heaviest, 0.0).max(axis=1, initial=0.0)

    def told(self, which: NDArray[np.bool_]) -> Self:
        """Without errors that count for an alarm.  Shapes: bool[S]."""
        return replace(self, fresh=np.where(which[:, None], 0.0, self.fresh))


@dataclass(frozen=True, eq=False)
class ObjectivesState:
    """Memory of S objectives, known by their keys.

    Shapes: `rings` from the shortest slots to the longest; int64[S]: `since` when the errors of the
    last minutes began to be too many, 0 where they are not, `first` when the first event counted,
    -1 before, `led` the pair of windows that alarms, -1 for none; `came` float64[S] events of the
    last window.  `last` is its start.
    """

    names: tuple[str, ...]
    last: int
    rings: tuple[Ring, ...]
    since: NDArray[np.int64]
    first: NDArray[np.int64]
    led: NDArray[np.int64]
    came: Array


def nothing_counted(objectives: Sequence[Objective], width: int) -> ObjectivesState:
    """The state before the first window.  Units: `width` of a window in nanoseconds."""
    n = len(objectives)
    rings = [Ring.of(np.full(n, max(length, width), np.int64), slots) for length, slots in RINGS]
    periods = np.array([one.period // PERIOD_SLOTS for one in objectives], np.int64)
    rings.append(Ring.of(np.maximum(periods, max(HOUR // 2, width)), PERIOD_SLOTS + 1))
    return ObjectivesState(
        names=tuple(one.key for one in objectives),
        last=-1,
        rings=tuple(rings),
        since=np.zeros(n, np.int64),
        first=np.full(n, -1, np.int64),
        led=np.full(n, -1, np.int64),
        came=np.zeros(n),
    )


def of_objectives(
    state: ObjectivesState, objectives: Sequence[Objective], width: int
) -> ObjectivesState:
    """The state for other objectives: what was counted of those that stay goes on."""
    fresh = nothing_counted(objectives, width)
    widths = [ring.width.tolist() for ring in state.rings]
    if state.names == fresh.names and widths == [ring.width.tolist() for ring in fresh.rings]:
        return state
    old = {name: at for at, name in enumerate(state.names)}
    pairs = [(old[name], at) for at, name in enumerate(fresh.names) if name in old]
    for ring, was in zip(fresh.rings, state.rings, strict=True):
        for before, after in pairs:
            if ring.width[after] != was.width[before]:
                continue
            for name in ("start", "counted", "wrong", "fresh", "heaviest"):
                getattr(ring, name)[after] = getattr(was, name)[before]
    for before, after in pairs:
        for name in ("since", "first", "led"):
            getattr(fresh, name)[after] = getattr(state, name)[before]
    return replace(fresh, last=state.last)
