"""How odd values are, by the season and by the last hours, and what they teach.

Owns: the chance of a value, of two forecasts the one that counts, when nothing is learnt.  Does not
own: the forecasts (`stats.metrics`), for how long something lasts (`monitors.lasting`), the bets
(`monitors.betting`).

Once the season is known a value is as odd as the less surprised of the two finds it: what happens
at every nine o'clock is no surprise, nor is what has been going on.  What has been apart from the
season for long is as odd as the season finds it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.core.durations import DAY
from vedette.core.windows import Window
from vedette.monitors.lasting import FIRM, MOST_DOUBT, calm
from vedette.monitors.metrics_state import MetricsState, held_back, held_but_for_the_last
from vedette.monitors.series import Reading
from vedette.profiles.metering import Metering
from vedette.stats.metrics.arithmetic import ARRAYS
from vedette.stats.metrics.bets import factors
from vedette.stats.metrics.judge import Judged, firm
from vedette.stats.metrics.marks import quieted
from vedette.stats.metrics.state import State
from vedette.stats.metrics.step import step
from vedette.stats.metrics.tails import chance

Array = NDArray[np.float64]

BACK = 0.05  # of how far off a series was lately, within which it is where it was
FADING = 0.99  # of that, from window to window
NO_SURPRISE = 0.999  # chance


class Odd(NamedTuple):
    """How odd the values of a window are.  Shapes: float64[S].

    `p` is the chance of each, `tail` the least chance of it, of averages and of gaps; `told` is
    what people are told.
    """

    p: Array
    tail: Array
    told: Judged


@dataclass(frozen=True, eq=False)
class Judging:
    """What two forecasts make of values.

    Shapes: `tolerance` float64[S], how far a value may lie off without mattering.  Units: `doubt`
    in nats, from which nothing is learnt.
    """

    asked: Metering
    tolerance: Array
    doubt: float

    def take(
        self, state: MetricsState, found: Reading, window: Window, began: int
    ) -> tuple[MetricsState, Odd]:
        """Judge the values of the time from `began` to the window's end, then learn from them."""
        season, by_season = self._judge(state.season, found, window)
        plain, by_hours = self._judge(state.plain, found, window)
        alone = self._chance(state.season, by_season, found)
        odd = less_surprised(
            (alone, self._chance(state.plain, by_hours, found)), by_season, by_hours
        )
        new = replace(_nearer(state, found, odd.told), last=window.start)
        odd = odd._replace(p=_unless_back(new, odd.p))
        width = window.end - began
        new = self._learn(new, season, plain, odd, width)
        came = np.isfinite(found.value)
        known = came & (by_season.known > 0) & (state.season.age >= FIRM)
        lasting = state.lasting.after(alone, by_season, known, width, self.doubt)
        back = lasting.holds(self.doubt) & (alone < 1)
        kept = held_but_for_the_last(state.season, new.season, back)
        lasting, kept = lasting.settled(state.lasting, kept, by_season.away, back)
        late = state.lasting.ends_excuses(by_season.away) & (by_season.known > 0)
        if late.any():
            lasts = by_season._replace(away=calm(state.season, by_season.away))
            alone = _unless_back(new, self._chance(state.season, lasts, found))
            odd = odd._replace(p=np.where(late, alone, odd.p))
        return replace(new, season=kept, lasting=lasting), odd

    def _judge(self, state: State, found: Reading, window: Window) -> tuple[State, Judged]:
        state = replace(state, holidays=self.asked.holidays)
        paused = self.asked.is_pause(window.start, window.end)
        state = quieted(state, window.start, window.end) if paused else quieted(state, -1, -1)
        return step(state, window.start, found.value, found.noise)

    def _chance(self, state: State, judged: Judged, found: Reading) -> Array:
        """The chance of a value that lies as far off, beyond what does not matter.

        Until weekdays are known a surprise counts as it is, not as far as a weekday could explain
        it: what a weekday brings is no surprise for long to the last hours.
        """
        far = abs(np.nan_to_num(found.value - judged.expected))
        counted = np.where(
            far > 0, np.maximum(1 - self.tolerance / np.where(far > 0, far, 1), 0), 0
        )
        counted = counted * firm(ARRAYS, state, state.age)
        p, _ = chance(ARRAYS, state.tail, abs(judged.away) * counted)
        asked = (judged.known > 0) & (judged.p < 1) & np.isfinite(found.value)
        return np.where(asked, np.maximum(p, np.where(state.variance > 0, 0.0, judged.p)), judged.p)

    def _learn(
        self, state: MetricsState, season: State, plain: State, odd: Odd, width: int
    ) -> MetricsState:
        """Learn from a window, but for series that are far from what they were: else a change would
        be what is expected before it is told.  What has lasted for a day is learnt after all."""
        step = np.log(factors(odd.p, odd.told.away)[..., 0]).max(axis=1)
        doubt = np.where(odd.p < 1, np.clip(state.doubt + step, 0, MOST_DOUBT), state.doubt)
        held = np.where(
            (doubt >= self.doubt) | ((state.held > 0) & (doubt > 0)), state.held + width, 0.0
        )
        back = (doubt >= self.doubt) & (held <= max(DAY, width)) & (odd.p < 1)
        return replace(
            state,
            season=held_back(state.season, season, back),
            plain=held_back(state.plain, plain, back),
            doubt=doubt,
            held=held,
        )


def _nearer(state: MetricsState, found: Reading, lead: Judged) -> MetricsState:
    """The state that knows whether values are back.

    What never varied is expected so exactly that the little which was learnt of a trouble, before
    it counted as one, makes what was always so look odd once it is over.
    """
    off = np.nan_to_num(abs(found.value - lead.expected))
    back = np.isfinite(found.value) & (off <= BACK * state.far)
    far = np.maximum(off, FADING * state.far)
    return replace(state, far=far, back=back.astype(float))


def _unless_back(state: MetricsState, p: Array) -> Array:
    """The chances of values, where one is back no surprise."""
    return np.where((state.back > 0) & (p < 1), np.maximum(p, NO_SURPRISE), p)


def less_surprised(chances: Sequence[Array], by_season: Judged, by_hours: Judged) -> Odd:
    """How odd values are by both forecasts.  Shapes: float64[S] each, the season's first.

    Until the season is known the last hours judge alone, then the less surprised of the two.
    """
    knows = by_season.known > 0
    same = np.sign(by_season.away) * np.sign(by_hours.away) >= 0  # they must agree on the side, too
    both = np.where(same, np.maximum(*chances), 1.0)
    tail = np.where(knows, np.maximum(by_season.tail, by_hours.tail), by_hours.tail)
    parts = {
        name: np.where(knows, getattr(by_season, name), getattr(by_hours, name))
        for name in ("score", "expected", "low", "high", "away", "kind", "known")
    }
    p = np.where(knows, both, chances[1])
    return Odd(p, tail, Judged(p=p, tail=tail, **parts))
