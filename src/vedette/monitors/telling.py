"""What people are told of a model's series.

Owns: what a stream's look says, which series speaks for it, since when.  Does not own: evidence
(`monitors.betting`), limits (`monitors.usual`), words (`monitors.metrics_words`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.monitors.betting import Betting
from vedette.monitors.finding import Finding
from vedette.monitors.metrics_state import MetricsState
from vedette.monitors.metrics_words import Told, say
from vedette.monitors.monitor import Course, Look, Stream
from vedette.monitors.series import LOGGED, QUANTILE, Series
from vedette.stats.metrics.judge import MISSING

Array = NDArray[np.float64]

ODD = 0.5  # a score from which a series is odd: 1 in 1,000
PASSED = 24.0  # readings without a quantile, a day of those of an hour
ABOUT = 0.1  # of the most evidence of a stream's series: as much


@dataclass(frozen=True, eq=False)
class Telling:
    """What is told of series.

    Shapes: `low` and `high` float64[S] limits in the user's unit, nan for none; `settings`
    float64[S], the smallest effect that matters, on the scale that a series is judged on.
    """

    streams: tuple[Stream, ...]
    series: tuple[Series, ...]
    betting: Betting
    low: Array
    high: Array
    settings: Array

    def look(
        self, state: MetricsState, window: Window, course: Course | None, *, again: bool
    ) -> Look:
        """What the series say as a window ends; `again` where there is nothing new in it."""
        n, owner, evidence = len(self.streams), self.betting.owner, self.betting.evidence(state)
        effect, quiet = np.full(n, np.nan), np.ones(n, np.bool_)
        onset = np.full(n, window.start, np.int64)
        lead = self._leads(state)
        silent = self._untold(state)
        inside = (state.value >= state.low) & (state.value <= state.high)
        inside |= silent | (state.back > 0)
        inside &= (state.over == 0) & ~state.lasting.is_long  # one ordinary hour ends nothing
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
            quiet[at] = bool(inside[mine].all()) and not silent[mine].all() and not again
        return Look(window, evidence, effect, quiet, onset, course)

    def _untold(self, state: MetricsState) -> NDArray[np.bool_]:
        """Whether rows have been too few for a quantile for so long that its stream is quiet
        without it: of 60 rows an hour p99 is never known."""
        quantile = np.array([one.kind == QUANTILE for one in self.series], np.bool_)
        untold: NDArray[np.bool_] = quantile & ~np.isfinite(state.value) & (state.gap > PASSED)
        return untold

    def _is_gone(self, state: MetricsState, at: int) -> bool:
        """Whether a logged metric stays away for longer than usual."""
        missing = self.series[at].kind == LOGGED and state.kind[at] == MISSING
        return bool(missing and state.gap[at] > 0 and state.score[at] >= ODD)

    def _leads(self, state: MetricsState) -> NDArray[np.int64]:
        """The series of each stream that says most: breaks a limit, else has most evidence; of
        those with about as much the one that rose, else the furthest off: of two classes both
        move, and people speak of the one there is more of."""
        parts, away = self.betting.parts(state), np.nan_to_num(state.away)
        owner, most = self.betting.owner, np.zeros(len(self.streams))
        np.maximum.at(most, owner, parts)
        little = parts < ABOUT * most[owner]
        order = np.lexsort((-abs(away), away <= 0, little, -abs(state.over), owner))
        first = np.searchsorted(owner[order], np.arange(len(self.streams)))
        leads: NDArray[np.int64] = order[first]
        return leads

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
            settings=float(self.settings[own]),
        )
        part = float(look.evidence[at]) / float(self.betting.needed[at])
        nats = self.betting.nats(own)
        return say(told, look, self.streams[at].monitor, part, float(look.evidence[at]), nats)

    @staticmethod
    def _bet_of(state: MetricsState, at: int) -> tuple[int, int, int]:
        """The bet of a series that says most of when a change began."""
        _, sides, bets = state.cusum.shape
        lead = int(state.cusum[at].argmax())
        return at, lead // bets % sides, lead % bets
