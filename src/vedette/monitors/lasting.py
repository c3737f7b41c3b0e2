"""For how long a series has been apart from what the season says.

Owns: that it is apart, for how long, when that is no holiday, what single far values teach after
all.  Does not own: the forecasts (`stats.metrics`), the bets, who is told (`monitors.usual`).

The last hours excuse what lasts: where few rows come and hours differ much, they take the step for
one of the many between night and morning, and soon expect what is new.  So their excuse ends.  What
has been apart from the season on one side for 42 hours is neither a holiday nor two, less the night
before, and from there on the season judges alone.  Until then it must stay what it was: while a
series is apart, its level, slots and scales learn nothing, for four days at most.  What is left of
the last value is followed all the same: where values wander for days, that is what they do, and it
takes the surprise out of the next one.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vedette.core.durations import DAY, HOUR
from vedette.stats.metrics.arithmetic import ARRAYS
from vedette.stats.metrics.bets import SIDES, factors
from vedette.stats.metrics.judge import Judged
from vedette.stats.metrics.state import State
from vedette.stats.metrics.tails import learn

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

EXCUSED = 42 * HOUR  # for which the last hours excuse what the season does not
UNLEARNT = 4 * DAY  # for which the season stays what it was
FIRM = 14.0  # periods from which a season is known well enough
MOST_DOUBT = 20.0  # nats
LONG = 2  # place of the average over a day and a half among those of surprises


@dataclass(frozen=True, eq=False)
class Lasting:
    """How far series are apart from their season, and for how long.

    Shapes: `nats` that speak for it and `lasts` float64[S, 2 sides: above, below]; `owed`
    float64[S], the size of the surprise that began it, which the tail has not learnt.
    Units: `lasts` in nanoseconds.
    """

    nats: Array
    lasts: Array
    owed: Array

    @classmethod
    def none(cls, series: int) -> Self:
        """No series is apart."""
        return cls(np.zeros((series, SIDES)), np.zeros((series, SIDES)), np.zeros(series))

    def after(self, p: Array, judged: Judged, known: Mask, width: int, doubt: float) -> Self:
        """The state after values that the season finds so odd.

        Shapes: p float64[S]; known bool[S], a value came and the season is known.  Units: `width`
        of the window in nanoseconds; `doubt` in nats, from which a series is apart.
        Example:
            >>> from types import SimpleNamespace
            >>> odd, one = SimpleNamespace(away=np.array([5.0])), np.array([1e-4])
            >>> Lasting.none(1).after(one, odd, one > 0, HOUR, 3.0).lasts / HOUR
            array([[1., 0.]])
        """
        step = np.log(factors(p, judged.away)).max(axis=2)
        nats = np.where(known[:, None], np.clip(self.nats + step, 0, MOST_DOUBT), self.nats)
        goes_on = (nats >= doubt) | ((self.lasts > 0) & (nats > 0))
        return replace(self, nats=nats, lasts=np.where(goes_on, self.lasts + width, 0.0))

    def holds(self, doubt: float) -> Mask:
        """Whether the season is to stay what it was.  Shapes: bool[S]."""
        off = (self.nats >= doubt) & (self.lasts <= UNLEARNT)
        held: Mask = off[:, 0] | off[:, 1]
        return held

    @property
    def is_long(self) -> Mask:
        """Whether a series has been apart, on either side, for longer than is excused."""
        late: Mask = self.lasts.max(axis=1) >= EXCUSED
        return late

    def ends_excuses(self, away: Array) -> Mask:
        """Whether a series has lain on the side of a surprise for so long that the last hours
        excuse it no more.  Shapes: float64[S] -> bool[S]."""
        side = np.where(away > 0, self.lasts[:, 0], self.lasts[:, 1])
        late: Mask = side >= EXCUSED
        return late

    def settled(self, before: Self, season: State, away: Array, back: Mask) -> tuple[Self, State]:
        """Let the tail of surprises learn what did not last.

        A single far value begins what looks like a change and must teach the tail all the same: a
        series that has such values would find the next as odd as the first.
        Shapes: `back` bool[S], the value just seen was not learnt.
        """
        longest = before.lasts.max(axis=1)
        ends: Mask = (longest > 0) & (self.lasts.max(axis=1) == 0) & (before.owed > 0)
        brief: Mask = ends & (longest < EXCUSED)
        if brief.any():
            one = np.where(brief, 1.0, 0.0)
            tail = learn(ARRAYS, season.tail, np.where(brief, before.owed, 0.0), one, 1.0)
            season = replace(season, tail=tail)
        begun = np.where((longest == 0) & back, abs(away), before.owed)
        return replace(self, owed=np.where(ends, 0.0, begun)), season


def calm(season: State, away: Array) -> Array:
    """A surprise that lasts, as far as days of surprises in a row are unusual for the series."""
    return away / np.sqrt(np.maximum(season.excess[LONG], 1.0))
