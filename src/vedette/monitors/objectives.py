"""Objectives: does so much go wrong that what was promised of the service will not be kept?

Owns: when the budget of errors burns too fast, and what is left of it.  Does not own: counting
events (`engine.reached`), burn rates (`stats.burn`), what is remembered
(`monitors.objectives_state`), words (`monitors.objectives_words`).

A budget burns too fast where errors come several times faster than allowed both in a long window,
so that it matters, and in a short one, so that it still goes on.  That is the operator's word and
no test; but of ten requests an hour one error is 10 %.  So there must be more errors, too, than
luck brings to a service that just keeps its promise: a bet on this window alone, which has its
part of the model's budget of false alarms like all others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.monitors.finding import Finding
from vedette.monitors.monitor import Look, Stream, Terms
from vedette.monitors.objectives_state import ObjectivesState, nothing_counted, of_objectives
from vedette.monitors.objectives_words import say
from vedette.profiles.baseline import Baseline
from vedette.profiles.objective import Objective
from vedette.profiles.profile import WHOLE, Profile
from vedette.stats.burn import PAIRS, burn, chance, chance_of_few

Array = NDArray[np.float64]

MONITOR = "objectives"
LUCK = 0.05  # chance from which few errors in a short window are no sign that it is over
JUST = 1.0001  # a hit is enough, whatever the rounding


class Burning(NamedTuple):
    """How the budgets of S objectives burn, over every pair of windows.

    Shapes: float64[S, pairs]: `long` and `short` burn rates, nan where nothing came, the `factor`
    from which they are too fast (infinite where the short window has not passed since the first
    event), `p` the chance of errors that no alarm was about, `fewer` that of as few errors as in
    the short window if it burnt at the factor; `counted` and `wrong` events of the long window.
    `left` float64[S] of the budget of the period, nan where nothing came: below 0 where more is
    used up than there is.
    """

    long: Array
    short: Array
    factor: Array
    p: Array
    fewer: Array
    counted: Array
    wrong: Array
    left: Array

    @property
    def too_fast(self) -> NDArray[np.bool_]:
        """Where both windows burn too fast.  Shapes: bool[S, pairs]."""
        return (np.nan_to_num(self.long) >= self.factor) & (
            np.nan_to_num(self.short) >= self.factor
        )

    @property
    def ended(self) -> NDArray[np.bool_]:
        """Where it is over: too little burns in the long window, or in the short one for it to be
        luck.  Shapes: bool[S, pairs]."""
        slow = np.nan_to_num(self.long) < self.factor
        return ~self.too_fast & (slow | (self.fewer <= LUCK))


@dataclass(frozen=True, eq=False)
class Objectives:
    """The objectives of a model.  Shapes: `allowed` float64[S], what may go wrong."""

    streams: tuple[Stream, ...]
    terms: Terms
    objectives: tuple[Objective, ...]
    allowed: Array

    @classmethod
    def streams_of(cls, baseline: Baseline) -> tuple[Stream, ...]:
        """A stream for every objective, whatever the baseline."""
        return tuple(
            Stream(MONITOR, one.name, WHOLE, "service") for one in baseline.metering.objectives
        )

    @classmethod
    def of(cls, baseline: Baseline, terms: Terms) -> Self:
        """Take the objectives; of the reference nothing is used."""
        objectives = baseline.metering.objectives
        allowed = np.array([one.allowed for one in objectives], np.float64)
        return cls(cls.streams_of(baseline), terms, objectives, allowed)

    def start(self) -> ObjectivesState:
        """Know nothing yet."""
        return nothing_counted(self.objectives, self.terms.width)

    def step(
        self, state: ObjectivesState, profile: Profile, window: Window
    ) -> tuple[ObjectivesState, Look]:
        """Add what a window counted; not twice."""
        state = of_objectives(state, self.objectives, self.terms.width)
        if window.start <= state.last:  # under a new baseline windows are looked at once more
            state = replace(state, came=np.zeros(len(self.streams)))
            return state, self._look(state, self.burning(state, window.end), window)
        counted, wrong, heaviest = self._read(profile, window)
        rings = tuple(ring.added(window.start, counted, wrong, heaviest) for ring in state.rings)
        first = np.where((state.first < 0) & (counted > 0), window.start, state.first)
        state = replace(state, last=window.start, rings=rings, first=first, came=counted)
        lately, errors, _, _ = self._sums(state, PAIRS[0].short, window.end)
        fast = np.nan_to_num(burn(errors, lately, self.allowed)) >= 1
        begun = np.where(state.since > 0, state.since, window.start)
        state = replace(state, since=np.where(fast, begun, 0))
        return self._led(state, self.burning(state, window.end), window)

    def reset(self, state: ObjectivesState, which: NDArray[np.bool_]) -> ObjectivesState:
        """Count no error for another alarm that came by now; how budgets burn stays known."""
        state = of_objectives(state, self.objectives, self.terms.width)
        return replace(state, rings=tuple(ring.told(which) for ring in state.rings))

    def tell(
        self, state: ObjectivesState, look: Look, profile: Profile, which: Sequence[int]
    ) -> tuple[Finding, ...]:
        """Say how fast a budget burns, and what is left of it."""
        state = of_objectives(state, self.objectives, self.terms.width)
        found = self.burning(state, look.window.end)
        return tuple(self._tell(found, look, at) for at in which)

    def burning(self, state: ObjectivesState, end: int) -> Burning:
        """How the budgets burn in the windows that end at an instant.  Units: UTC nanoseconds."""
        shape = (len(self.streams), len(PAIRS))
        long, short, factor, p, fewer, counted, wrong = (np.zeros(shape) for _ in range(7))
        for at, pair in enumerate(PAIRS):
            n, x, fresh, heaviest = self._sums(state, pair.long, end)
            few, errors, _, _ = self._sums(state, pair.short, end)
            long[:, at] = burn(x, n, self.allowed)
            short[:, at] = burn(errors, few, self.allowed)
            factor[:, at] = [pair.factor(one.period) for one in self.objectives]
            fewer[:, at] = chance_of_few(errors, few, factor[:, at] * self.allowed, heaviest)
            factor[end - state.first < pair.short, at] = np.inf
            p[:, at] = chance(fresh, n, self.allowed, heaviest)
            counted[:, at], wrong[:, at] = n, x
        periods = np.array([one.period for one in self.objectives], np.int64)
        n, x, _, _ = state.rings[-1].since(end - periods, end)
        passed = np.minimum(end - state.first, periods) / periods  # traffic goes on as so far
        left = 1 - burn(x, n, self.allowed) * passed
        return Burning(long, short, factor, p, fewer, counted, wrong, left)

    # ------------------------------------------------------------------------------------------

    def _read(self, profile: Profile, window: Window) -> tuple[Array, Array, Array]:
        """Events that count, those that went wrong, and how many the heaviest row of them was."""
        found = np.zeros((3, len(self.objectives)))
        seconds = (window.end - window.start) / 1e9
        for at, one in enumerate(self.objectives):
            if one.of:
                found[:, at] = _of_readings(one, profile, seconds)
                continue
            counted, wrong = (profile.metrics.get(key) for key in (one.key, one.wrong_key))
            if counted is not None and counted.count:
                found[0, at] = counted.total
            if wrong is not None and wrong.count:
                found[1:, at] = wrong.total, wrong.high
        return found[0], found[1], found[2]

    def _sums(self, state: ObjectivesState, length: int, end: int) -> tuple[Array, ...]:
        """What the last stretch holds, of the longest slots of which it has several."""
        fits = [ring for ring in state.rings[:-1] if (ring.width * 2 <= length).all()]
        ring = fits[-1] if fits else state.rings[0]
        begin = end - np.maximum(length, ring.width)
        return ring.since(begin, end)

    @property
    def _alpha(self) -> Array:
        """The chance from which errors alarm, by pair.  Shapes: float64[S]."""
        weights = np.maximum(self.terms.weights, 1e-300)
        alpha: Array = weights / (JUST * self.terms.threshold * len(PAIRS))
        return np.minimum(alpha, 1.0)

    def _hits(self, state: ObjectivesState, found: Burning) -> NDArray[np.bool_]:
        """Where a budget burns too fast, and not by luck.  Shapes: bool[S, pairs]."""
        sure: NDArray[np.bool_] = found.p <= self._alpha[:, None]
        return found.too_fast & sure & (state.came > 0)[:, None]

    def _led(
        self, state: ObjectivesState, found: Burning, window: Window
    ) -> tuple[ObjectivesState, Look]:
        """The state with the most urgent pair of windows that alarms, and the look.

        It is over once that pair says so, and not for luck: of few requests none may fail for hours
        while as many fail as before.  What an outage of minutes used up keeps the slow pairs
        above their factors for hours, so its errors count for no other alarm.
        """
        led, every = state.led, np.arange(len(self.streams))
        over = (led >= 0) & found.ended[every, led]
        state = self.reset(state, over) if over.any() else state
        found = found._replace(p=np.where(over[:, None], 1.0, found.p))
        hits = self._hits(state, found)
        first = np.where(hits.any(axis=1), hits.argmax(axis=1), len(PAIRS))
        led = np.minimum(np.where((led < 0) | over, len(PAIRS), led), first)
        state = replace(state, led=np.where(led < len(PAIRS), led, -1))
        return state, self._look(state, found, window)

    def _look(self, state: ObjectivesState, found: Burning, window: Window) -> Look:
        hits = self._hits(state, found)
        evidence = (hits / (self._alpha[:, None] * len(PAIRS))).sum(axis=1)
        effect = np.where(state.came > 0, found.long[:, 0], np.nan)
        onset = np.where(state.since > 0, state.since, window.start)
        return Look(window, evidence, effect, state.led < 0, onset)

    def _tell(self, found: Burning, look: Look, at: int) -> Finding:
        alpha = float(self._alpha[at])
        hits = found.too_fast[at] & (found.p[at] <= alpha)
        lead = int((2 * hits + found.too_fast[at]).argmax())  # the most urgent one
        evidence = float(look.evidence[at])
        part = evidence * float(self.terms.weights[at]) / self.terms.threshold
        nothing = bool(np.isnan(look.effect[at]))
        return say(self.objectives[at], PAIRS[lead], found, at, lead, look, MONITOR, part, nothing)


def _of_readings(one: Objective, profile: Profile, seconds: float) -> tuple[float, float, float]:
    """Events of a window by what was logged per second; a share that was not logged is unknown,
    while a rate of errors often begins with the first of them."""
    means = [
        None if r is None else r.mean
        for r in map(profile.metrics.get, (one.of, one.bad or one.share))
    ]
    of, wrong = means
    if of is None or of <= 0 or (wrong is None and one.share):
        return 0.0, 0.0, 0.0
    share = (wrong or 0.0) if one.share else (wrong or 0.0) / of
    share = min(max(share, 0.0), 1.0)
    return of * seconds, share * of * seconds, 1.0
