"""Is each number of a model what it usually is at this hour?

Owns: series and the streams that they belong to, limits, the order of things in a window.  Does not
own: which series there are and how they are read (`monitors.metrics`, `monitors.tail`), how odd
values are (`monitors.judging`), evidence (`monitors.betting`), what is told (`monitors.telling`).

Two forecasts judge every value: one knows the hour and the weekday, the other only what was before.
A stream is a column, or a logged metric.  That one breaks a limit is no evidence but a fact: it
alarms at once.
"""

from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.monitors.betting import Betting
from vedette.monitors.finding import Finding
from vedette.monitors.judging import Judging
from vedette.monitors.metrics_state import MetricsState, forgetful, of_names
from vedette.monitors.monitor import Course, Look, Stream, Terms
from vedette.monitors.series import Reading, Series, shown
from vedette.monitors.telling import Telling
from vedette.profiles.baseline import Baseline
from vedette.profiles.metering import Metering
from vedette.stats.metrics.judge import Judged

Array = NDArray[np.float64]

MATTERS = 2.0  # smallest effects that a value may lie off without counting at all


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
        judging = Judging(self.asked, self.tolerance, self.doubt)
        since = window.start if began is None else began
        state, odd = judging.take(state, found, window, since)
        state = self._told(state, found, odd.told)
        if not self.asked.is_pause(window.start, window.end):
            state = self._betting.bet(state, found, odd, since)
        return state

    def forget(self, state: MetricsState, which: NDArray[np.bool_]) -> MetricsState:
        """Forget the evidence of some streams; what is usual of them stays."""
        return forgetful(self.known(state), which[self.owner])

    def look(self, state: MetricsState, window: Window, *, again: bool = False) -> Look:
        """What the series say as a window ends; `again` where there is nothing new in it."""
        course = None if again else self.course(state)
        return self._telling.look(state, window, course, again=again)

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
        return self._telling.say(state, look, at)

    def limited(self, state: MetricsState, found: Reading) -> MetricsState:
        """The state that knows which limits are broken, and nothing else of a reading."""
        beyond_low, beyond_high = self._beyond(found)
        return replace(
            state,
            over=np.where(beyond_high, 1.0, np.where(beyond_low, -1.0, 0.0)),
            extreme=np.where(beyond_high, self._most(found), self._least(found)),
        )

    # ------------------------------------------------------------------------------------------

    @property
    def _betting(self) -> Betting:
        return Betting(self.terms, self.series, self.owner, len(self.streams))

    @property
    def _telling(self) -> Telling:
        settings = self.tolerance / MATTERS
        return Telling(self.streams, self.series, self._betting, self.low, self.high, settings)

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
