"""Is each number of a model what it usually is at this hour?

Owns: evidence that a series changed, limits, when a series is quiet.  Does not own: which series
there are and how they are read (`monitors.metrics`, `monitors.tail`), what is usual of them
(`stats.metrics`), the bets (`stats.metrics.bets`), words (`monitors.metrics_words`).

Two forecasts judge every value: one knows the hour and the weekday, the other only what was before.
Once the season is known a value is as odd as the less surprised of the two finds it: what happens
at every nine o'clock is no surprise, nor is what has been going on for a day.  A stream is a
column, or a logged metric; its evidence is the average over its series, each 0.8 x the mean of its
bets' Shiryaev-Roberts sums + 0.2 x a bet on this window alone.

That a metric breaks a limit is no evidence but a fact: it alarms at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from vedette.core.durations import DAY
from vedette.core.windows import Window
from vedette.monitors.finding import Finding
from vedette.monitors.metrics_state import (
    MetricsState,
    forgetful,
    held_back,
    of_names,
)
from vedette.monitors.metrics_words import Told, say
from vedette.monitors.monitor import Course, Look, Stream, Terms
from vedette.monitors.series import LOGGED, Reading, Series, shown
from vedette.profiles.baseline import Baseline
from vedette.profiles.metering import Metering
from vedette.stats.metrics.arithmetic import ARRAYS
from vedette.stats.metrics.bets import LARGEST, factors, rare_alone
from vedette.stats.metrics.judge import MISSING, Judged, firm
from vedette.stats.metrics.marks import quieted
from vedette.stats.metrics.state import State
from vedette.stats.metrics.step import step
from vedette.stats.metrics.tails import chance

Array = NDArray[np.float64]

JUMP = 0.2  # share of the evidence that this window alone can give
ODD = 0.5  # a score from which a series is odd: 1 in 1,000
MOST_DOUBT = 20.0  # nats
ABOUT = 0.1  # of the most evidence of a stream's series: as much
MATTERS = 2.0  # smallest effects that a value may lie off without counting at all
BACK = 0.05  # of how far off a series was lately, within which it is where it was
FADING = 0.99  # of that, from window to window
NO_SURPRISE = 0.999  # chance
JUST = 1.0001  # a hit is enough, whatever the rounding


@dataclass(frozen=True, eq=False)
class Usual:
    """Series of a model, and what each may be.

    Shapes: `owner` int64[S], the stream of every series; `low` and `high` float64[S] limits in the
    user's unit, nan for none; `tolerance` float64[S], how far a value may lie off without
    mattering, on the scale that it is judged on.
    """

    streams: tuple[Stream, ...]
    terms: Terms
    asked: Metering
    series: tuple[Series, ...]
    owner: NDArray[np.int64]
    low: Array
    high: Array
    tolerance: Array
    doubt: ClassVar[float] = 5.0  # nats from which nothing is learnt

    @classmethod
    def among(
        cls, streams: tuple[Stream, ...], series: tuple[Series, ...], baseline: Baseline,
        terms: Terms,
    ) -> Self:  # fmt: skip
        """Watch series, each in the stream of its column and segment."""
        places = {(stream.column, stream.segment): at for at, stream in enumerate(streams)}
        limits = [baseline.metering.limit_of(one.name) for one in series]
        eps = np.array([terms.effect_of(one.column) * one.tolerance for one in series])
        return cls(
            streams,
            terms,
            baseline.metering,
            series,
            np.array([places[one.column, one.segment] for one in series], np.int64),
            np.array([np.nan if one.low is None else one.low for one in limits], float),
            np.array([np.nan if one.high is None else one.high for one in limits], float),
            MATTERS * eps.astype(float),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the series, by which a state knows them."""
        return tuple(f"{one.kind}:{one.name}" for one in self.series)

    def known(self, state: MetricsState) -> MetricsState:
        """The state for these series, whatever it was made for."""
        return of_names(state, self.names)

    def take(
        self, state: MetricsState, found: Reading, window: Window, began: int | None = None
    ) -> MetricsState:
        """Hold values against what is usual, then learn from them.

        Units: UTC nanoseconds; `began` is the start of the time they are about, the window's where
        it is None.
        """
        season, by_season = self._judge(state.season, found, window)
        plain, by_hours = self._judge(state.plain, found, window)
        off = (by_season, by_hours)
        chances = [
            self._chance(was, one, found)
            for was, one in zip((state.season, state.plain), off, strict=True)
        ]
        p, tail, lead = _less_surprised(chances, *off)
        state = replace(_nearer(state, found, lead), last=window.start)
        p = np.where((state.back > 0) & (p < 1), np.maximum(p, NO_SURPRISE), p)
        state = self._learn(state, season, plain, p, lead.away, window)
        state = self._told(state, found, lead)
        if not self.asked.is_pause(window.start, window.end):
            since = window.start if began is None else began
            state = self._bet(state, found, p, tail, lead, since)
        return state

    def forget(self, state: MetricsState, which: NDArray[np.bool_]) -> MetricsState:
        """Forget the evidence of some streams; what is usual of them stays."""
        return forgetful(self.known(state), which[self.owner])

    # ------------------------------------------------------------------------------------------

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
        self, state: MetricsState, season: State, plain: State, p: Array, away: Array,
        window: Window,
    ) -> MetricsState:  # fmt: skip
        """Learn from a window, but for series that are far from what they were: else a change would
        be what is expected before it is told.  What has lasted for a day is learnt after all."""
        step = np.log(factors(p, away)[..., 0]).max(axis=1)
        doubt = np.where(p < 1, np.clip(state.doubt + step, 0, MOST_DOUBT), state.doubt)
        held = np.where(
            (doubt >= self.doubt) | ((state.held > 0) & (doubt > 0)), state.held + 1, 0.0
        )
        longest = max(DAY // max(window.end - window.start, 1), 1)
        back = (doubt >= self.doubt) & (held <= longest) & (p < 1)
        return replace(
            state,
            season=held_back(state.season, season, back),
            plain=held_back(state.plain, plain, back),
            doubt=doubt,
            held=held,
        )

    def _told(self, state: MetricsState, found: Reading, lead: Judged) -> MetricsState:
        """What people are told of this window, limits among it."""
        came = np.isfinite(found.value)
        return replace(
            self.limited(state, found),
            gap=np.where(came, 0.0, state.gap + 1),
            value=found.value,
            expected=lead.expected,
            low=lead.low,
            high=lead.high,
            score=lead.score,
            away=lead.away,
            known=lead.known,
            kind=lead.kind.astype(float),
        )

    def limited(self, state: MetricsState, found: Reading) -> MetricsState:
        """The state that knows which limits are broken, and nothing else of a reading."""
        beyond_low, beyond_high = self._beyond(found)
        return replace(
            state,
            over=np.where(beyond_high, 1.0, np.where(beyond_low, -1.0, 0.0)),
            extreme=np.where(beyond_high, self._most(found), self._least(found)),
        )

    def _least(self, found: Reading) -> Array:
        return np.where(np.isnan(found.low), self._plain(found.value), found.low)

    def _most(self, found: Reading) -> Array:
        return np.where(np.isnan(found.high), self._plain(found.value), found.high)

    def _plain(self, value: Array) -> Array:
        return np.array([shown(s, v) for s, v in zip(self.series, value.tolist(), strict=True)])

    def _beyond(self, found: Reading) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        below: NDArray[np.bool_] = self._least(found) < self.low
        above: NDArray[np.bool_] = self._most(found) > self.high
        return below, above

    def _bet(
        self, state: MetricsState, found: Reading, p: Array, tail: Array, lead: Judged, began: int
    ) -> MetricsState:
        came = np.isfinite(found.value)
        asked = (came & (p < 1.0))[:, None, None]  # of what is not known nothing is bet
        e = np.where(asked, factors(p, lead.away), 1.0)
        fresh = state.cusum <= 1  # no change is under way: one may begin here
        value = np.where(came, found.value, 0.0)[:, None, None]
        expected = np.where(came, lead.expected, 0.0)[:, None, None]
        return replace(
            state,
            sums=np.where(asked, np.minimum((1 + state.sums) * e, LARGEST), state.sums),
            cusum=np.minimum(np.maximum(1, state.cusum) * e, LARGEST),
            since=np.where(fresh, began, state.since),
            total=np.where(fresh, 0.0, state.total) + value,
            count=np.where(fresh, 0.0, state.count) + came[:, None, None],
            before=np.where(fresh, expected, state.before),
            jump=rare_alone(p, self._gaps(tail, found, lead), self._alpha),
        )

    def _gaps(self, tail: Array, found: Reading, lead: Judged) -> Array:
        """Chances of gaps, bet on alone: of logged metrics only, since rows that do not come are
        for `volume`.  Those of averages are left out: they are bounds for normal surprises."""
        logged = np.array([one.kind == LOGGED for one in self.series], np.bool_)
        absent = ~np.isfinite(found.value) | (lead.kind == MISSING)
        return np.where(absent & logged, tail, 1.0)

    @property
    def _many(self) -> Array:
        """Series of the stream that a series belongs to.  Shapes: float64[S]."""
        return np.bincount(self.owner, minlength=len(self.streams))[self.owner].astype(float)

    @property
    def _alpha(self) -> Array:
        weights = np.maximum(self.terms.weights, 1e-300)[self.owner]
        alpha: Array = JUMP * weights / (JUST * self.terms.threshold * self._many)
        return np.minimum(alpha, 1.0)

    @property
    def _needed(self) -> Array:
        """The evidence with which each stream alone raises the alarm."""
        needed: Array = self.terms.threshold / np.maximum(self.terms.weights, 1e-300)
        return needed

    def _parts(self, state: MetricsState) -> Array:
        """What each series adds to the evidence of its stream."""
        lasting = state.sums.mean(axis=(1, 2))
        parts: Array = ((1 - JUMP) * lasting + JUMP * state.jump) / self._many
        return parts

    def look(self, state: MetricsState, window: Window, *, again: bool = False) -> Look:
        """What the series say as a window ends; `again` where there is nothing new in it."""
        n, owner, parts = len(self.streams), self.owner, self._parts(state)
        evidence = np.bincount(owner, weights=parts, minlength=n).astype(float)
        broken = np.bincount(owner, weights=abs(state.over), minlength=n) > 0
        evidence = np.where(broken, np.maximum(evidence, JUST * self._needed), evidence)
        effect, quiet = np.full(n, np.nan), np.ones(n, np.bool_)
        onset = np.full(n, window.start, np.int64)
        lead = self._leads(state)
        inside = (state.value >= state.low) & (state.value <= state.high) & (state.over == 0)
        inside |= (state.back > 0) & (state.over == 0)
        known = (state.known > 0) & np.isfinite(state.value)
        for at, own in enumerate(lead.tolist()):
            if known[own] or state.over[own]:
                effect[at] = state.away[own]
            elif self._is_gone(state, own):
                effect[at] = state.gap[own]
            bet = self._bet_of(state, own)
            if state.cusum[bet] > 1 and state.since[bet] > 0:
                onset[at] = min(int(state.since[bet]), window.start)
            mine = owner == at
            quiet[at] = bool(inside[mine].all()) and not again
        course = None if again else self.course(state)
        return Look(window, evidence, effect, quiet, onset, course)

    def _is_gone(self, state: MetricsState, at: int) -> bool:
        """Whether a logged metric stays away for longer than usual."""
        missing = self.series[at].kind == LOGGED and state.kind[at] == MISSING
        return bool(missing and state.gap[at] > 0 and state.score[at] >= ODD)

    def _leads(self, state: MetricsState) -> NDArray[np.int64]:
        """The series of each stream that says most: breaks a limit, else has most evidence; of
        those with about as much the one that rose, else the furthest off: of two classes both
        move, and people speak of the one there is more of."""
        parts, away = self._parts(state), np.nan_to_num(state.away)
        most = np.zeros(len(self.streams))
        np.maximum.at(most, self.owner, parts)
        little = parts < ABOUT * most[self.owner]
        order = np.lexsort((-abs(away), away <= 0, little, -abs(state.over), self.owner))
        first = np.searchsorted(self.owner[order], np.arange(len(self.streams)))
        leads: NDArray[np.int64] = order[first]
        return leads

    @staticmethod
    def _bet_of(state: MetricsState, at: int) -> tuple[int, int, int]:
        """The bet of a series that says most of when a change began."""
        _, sides, bets = state.cusum.shape
        lead = int(state.cusum[at].argmax())
        return at, lead // bets % sides, lead % bets

    def course(self, state: MetricsState) -> Course:
        """What the series were when they were last read."""
        return Course(
            names=tuple(one.name for one in self.series),
            columns=tuple(one.column for one in self.series),
            value=self._plain(state.value),
            expected=self._plain(state.expected),
            low=self._plain(state.low),
            high=self._plain(state.high),
            score=state.score,
            state=np.where(state.over != 0, 2, np.where(state.known > 0, 1, 0)).astype(np.int8),
        )

    def say(self, state: MetricsState, look: Look, at: int) -> Finding:
        """Say of a stream what its leading series was, and what was expected."""
        own = int(self._leads(state)[at])
        bet = self._bet_of(state, own)
        many = float(state.count[bet])
        lasts = state.cusum[bet] > 1 and many > 0
        one = self.series[own]
        told = Told(
            series=one,
            value=float(state.total[bet] / many if lasts else state.value[own]),
            expected=float(state.before[bet] if lasts else state.expected[own]),
            reach=float(state.high[own] - state.low[own]) / 2,
            many=max(many, 1.0) if lasts else 1.0,
            away=float(state.away[own]),
            known=bool(state.known[own]),
            over=int(state.over[own]),
            extreme=float(state.extreme[own]),
            limit=float(self.high[own] if state.over[own] > 0 else self.low[own]),
            gap=int(state.gap[own]),
            is_gone=self._is_gone(state, own),
            settings=float(self.tolerance[own]) / MATTERS,
        )
        part = float(look.evidence[at]) / float(self._needed[at])
        nats = float(np.log(self._needed[at] * self._many[own] / (1 - JUMP)))
        return say(told, look, self.streams[at].monitor, part, float(look.evidence[at]), nats)


def _nearer(state: MetricsState, found: Reading, lead: Judged) -> MetricsState:
    """The state that knows whether values are back.

    What never varied is expected so exactly that the little which was learnt of a trouble, before
    it counted as one, makes what was always so look odd once it is over.
    """
    off = np.nan_to_num(abs(found.value - lead.expected))
    back = np.isfinite(found.value) & (off <= BACK * state.far)
    far = np.maximum(off, FADING * state.far)
    return replace(state, far=far, back=back.astype(float))


def _less_surprised(
    chances: Sequence[Array], by_season: Judged, by_hours: Judged
) -> tuple[Array, Array, Judged]:
    """The chance of a value, and the least of it, of averages and of gaps; and what is told.

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
    return p, tail, Judged(p=p, tail=tail, **parts)
