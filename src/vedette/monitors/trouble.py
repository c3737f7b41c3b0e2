"""Troubles that come and go, and when one is over.

Owns: how often a bound was broken since that was told, after how many good windows in a row it
counts as over.  Does not own: bounds, since when one is broken (`monitors.held`).

A server that fails every other minute has one trouble, not one a quarter of an hour.  Its good
windows end it once so many in a row would be rare if it went on as it did, and once they are twice
as many as it ever had in between.  After a plain outage that is the first good window.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from math import exp, log

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln

from vedette.core.durations import DAY
from vedette.core.windows import Window

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

RARE = log(1e-4)  # chance of a run of good windows while the trouble goes on
LONGER = 2.0  # than the longest run so far
KEPT = exp(-1 / 100)  # what a window counts for once there is a later one
MEMORY = DAY  # for which an ended trouble is remembered: within it, it reopens its incident


@dataclass(frozen=True, eq=False)
class Trouble:
    """Memory of S readings.

    Shapes: `bad` and `good` float64[S], windows by whether they broke the bound, fading, without
    the `run` of good ones under way; `longest` float64[S], such a run before.  `broke` int64[S],
    the end of the last window that broke the bound; `told` int64[S], that of the last one in which
    it was told and not over; -1 for none.  `goes_on` bool[S].
    """

    bad: Array
    good: Array
    run: Array
    longest: Array
    broke: NDArray[np.int64]
    told: NDArray[np.int64]
    goes_on: Flags

    @property
    def share(self) -> Array:
        """What part of the windows broke the bound.  Shapes: float64[S], 1 where none is known."""
        every = self.bad + self.good + self.run
        share: Array = np.where(every > 0, self.bad / np.maximum(every, 1e-300), 1.0)
        return share


def nothing_told(n: int) -> Trouble:
    """The memory before the first window."""
    none, never = np.zeros(n), np.full(n, -1, np.int64)
    return Trouble(none, none, none, none, never, never, np.zeros(n, np.bool_))


def moved(old: Trouble, fresh: Trouble, places: Sequence[tuple[int, int]]) -> Trouble:
    """The memory for other readings: (place of before, place now) of those that stay."""
    parts = {}
    for field in fields(fresh):
        parts[field.name] = made = getattr(fresh, field.name).copy()
        for before, now in places:
            made[now] = getattr(old, field.name)[before]
    return Trouble(**parts)


def counted(trouble: Trouble, broken: Flags, came: Flags, window: Window) -> Trouble:
    """Add a window.  Shapes: bool[S] each: it broke the bound, a reading came."""
    old = np.where(~trouble.goes_on & (window.end - trouble.told > MEMORY), -1, trouble.told)
    is_bad, is_good, told = came & broken, came & ~broken, old >= 0
    # Good windows between troubles that nobody was told of end them.
    bad, good, run, longest = (
        np.where(told | (is_bad & (trouble.told < 0)), part, 0.0)
        for part in (trouble.bad, trouble.good, trouble.run, trouble.longest)
    )
    return replace(
        trouble,
        bad=np.where(is_bad, KEPT ** (run + 1) * bad + 1, bad),
        good=np.where(is_bad, KEPT * (KEPT**run * good + run), good),
        run=np.where(is_bad, 0.0, run + (is_good & told)),
        longest=np.where(is_bad, np.maximum(longest, run), longest),
        broke=np.where(is_bad, window.end, trouble.broke),
        told=old,
    )


def over(trouble: Trouble, window: Window) -> Flags:
    """Which are over, by the good windows in a row that came last.

    How rare such a run would be follows from the windows so far, of which few do not tell exactly
    how often the bound is broken: the chance is that of n good ones after a Beta posterior.  A day
    without a bad one ends everything, however few readings came in it.  `window` is the last one.
    """
    bad, good, run = trouble.bad, trouble.good, trouble.run
    before = np.maximum(good, 1e-9)
    chance = betaln(np.maximum(bad, 1e-9), before + run) - betaln(np.maximum(bad, 1e-9), before)
    done: Flags = (chance <= RARE) & (run >= LONGER * trouble.longest)
    return (run > 0) & (done | (window.end - trouble.broke >= MEMORY))
