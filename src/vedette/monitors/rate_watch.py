"""Rates watched in time: what the monitors `rates` and `schema` do in a window.

Owns: evidence that rates rose above what is tolerated, a sum of bets and a bet on one window alone;
when a rate is quiet, since when it is not.  Does not own: the bets (`stats.rate_bets`), which rates
and what is tolerated (`monitors.rates`, `monitors.schema`), words.

Per column M = 0.8 x the mean of its bets' Shiryaev-Roberts sums + 0.2 x a bet on this window alone,
1{p <= alpha} / alpha, with alpha such that one hit is just enough.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vedette.core.durations import DAY
from vedette.core.windows import Window
from vedette.monitors.finding import live_verdict
from vedette.monitors.monitor import Look, Terms
from vedette.stats.noticed import noticed_share
from vedette.stats.rate_bets import (
    FEW,
    TOO_COMMON,
    Bets,
    bets_against,
    dispersion_at,
    upper_tail,
    window_bets,
)

Array = NDArray[np.float64]

JUMP = 0.2  # share of the evidence that this window alone can give
JUST = 1.0001  # a hit is enough, whatever the rounding
RECENT = 0.7  # what the windows before count for when a column is judged quiet
QUIET_Z = 1.64  # standard errors of the recent rate
OVER = float(np.log(1000))  # nats by which rows must speak for the usual rate before a rise is over
LARGEST = 1e30  # of a sum of bets


@dataclass(frozen=True, eq=False)
class RatesState:
    """Memory of C columns, K kinds of rates, B bets.

    Shapes: `sums` (the Shiryaev-Roberts sums) and `cusum` float64[C, K, B]; `since` int64[C, K],
    the start of the rise under way; `hits` and `rows` float64[C, K], counted since then;
    `recent_hits` and `recent_rows` float64[C, K], fading; `jump` float64[C, K], this window's.
    `loud_hits` and `loud_rows` float64[C, K] were counted from the first window that was loud to
    the last, 0 where none is; `calm_hits` and `calm_rows` float64[C, K] since then.
    """

    sums: Array
    cusum: Array
    since: NDArray[np.int64]
    hits: Array
    rows: Array
    recent_hits: Array
    recent_rows: Array
    jump: Array
    loud_hits: Array
    loud_rows: Array
    calm_hits: Array
    calm_rows: Array


@dataclass(frozen=True, eq=False)
class RateWatch:
    """Rates of C columns against what is tolerated.

    Shapes: K kinds: `rate` to be expected, `tolerated`, `spare`: how far it may move without
    mattering, `dispersion` between windows of about `window_rows` rows, all [C, K]; `shares` of
    each kind in its column's evidence, 0 where it does not apply; `alpha` [C, K] of the jump bet.
    """

    terms: Terms
    rate: Array
    tolerated: Array
    spare: Array
    dispersion: Array
    window_rows: Array
    bets: Bets
    shares: Array
    alpha: Array

    @classmethod
    def of(
        cls, terms: Terms, rate: Array, tolerated: Array, spare: Array, shares: Array,
        dispersion: Array, window_rows: Array,
    ) -> Self:  # fmt: skip
        """Fix what to bet on.  Shapes: `shares` are rescaled to 1 over the kinds that may rise.

        Source: the design's `reference/statistics.md`, section 3, special rates and jump bet.
        """
        shares = np.where(tolerated <= TOO_COMMON, shares, 0.0)
        shares = shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-12)
        weights = np.maximum(terms.weights, 1e-300)[:, None]
        alpha = JUMP * weights * shares / (JUST * terms.threshold)
        bets = bets_against(np.minimum(tolerated, TOO_COMMON))
        return cls(terms, rate, tolerated, spare, dispersion, window_rows, bets, shares, alpha)

    def start(self) -> RatesState:
        """Know nothing yet."""
        flat = self.shares.shape
        deep = self.bets.rates.shape
        zero = np.zeros(flat)
        return RatesState(np.zeros(deep), np.ones(deep), np.zeros(flat, np.int64), *[zero] * 9)

    def step(
        self, state: RatesState, x: Array, n: Array, window: Window
    ) -> tuple[RatesState, Look]:
        """Bet on the rates of a window; one without rows changes nothing.

        Shapes: hits and the rows they are of, [C, K].
        """
        if not n.any():
            new = replace(state, jump=np.zeros_like(state.jump))
            return new, self._look(new, window, np.full(len(self.rate), np.nan))
        d = dispersion_at(self.dispersion, self.window_rows, n)
        e = window_bets(x, n, self.bets, d)
        fresh = (state.cusum <= 1).all(axis=2)  # no rise is under way: one may begin here
        hits = np.where(fresh, x, state.hits + x)
        rows = np.where(fresh, n, state.rows + n)
        new = replace(
            state,
            sums=np.minimum((1 + state.sums) * e, LARGEST),
            cusum=np.minimum(np.maximum(1, state.cusum) * e, LARGEST),
            since=np.where(fresh, window.start, state.since),
            hits=hits,
            rows=rows,
            recent_hits=RECENT * state.recent_hits + x,
            recent_rows=RECENT * state.recent_rows + n,
            jump=self._jump(x, n, d),
        )
        new = self._heard(new, x, n)
        seen = (n > 0) & (self.shares > 0)
        step = 2 * (np.arcsin(np.sqrt(x / np.maximum(n, 1))) - self._expected_angle)
        effect = np.where(seen, step, -np.inf).max(axis=1)
        return new, self._look(new, window, np.where(seen.any(axis=1), effect, np.nan))

    def reset(self, state: RatesState, which: NDArray[np.bool_]) -> RatesState:
        """Forget the evidence of some columns; what was counted lately stays."""
        off = which[:, None]
        return replace(
            state,
            sums=np.where(off[..., None], 0.0, state.sums),
            cusum=np.where(off[..., None], 1.0, state.cusum),
            since=np.where(off, 0, state.since),
            hits=np.where(off, 0.0, state.hits),
            rows=np.where(off, 0.0, state.rows),
            jump=np.where(off, 0.0, state.jump),
        )

    @property
    def _expected_angle(self) -> Array:
        angle: Array = np.arcsin(np.sqrt(np.clip(self.rate, 0, 1)))
        return angle

    def _jump(self, x: Array, n: Array, d: Array) -> Array:
        """The bet on this window alone, per kind, weighted: 0 or enough."""
        asked = (n >= FEW) & (self.shares > 0)
        p = upper_tail(np.where(asked, x, 0.0), n, np.minimum(self.tolerated, TOO_COMMON), d)
        hit = asked & (p <= self.alpha)
        won = self.shares / np.where(self.alpha > 0, self.alpha, 1.0)
        jump: Array = np.where(hit, won, 0.0)
        return jump

    def parts(self, state: RatesState) -> Array:
        """What each kind adds to its column's evidence.  Shapes: [C, K]."""
        lasting: Array = self.shares * state.sums.mean(axis=2)
        return (1 - JUMP) * lasting + JUMP * state.jump

    def _highest(self, rows: Array) -> Array:
        """The rate up to which so many rows are not loud.  Of many it is never above what is
        tolerated: a rate that stays between the two would be over, alarm, and be over again for as
        long as it lasts."""
        error = np.sqrt(self.tolerated * np.maximum(1 - self.tolerated, 0.0) / rows)
        highest: Array = np.minimum(self.tolerated, self.rate + 2 * self.spare) + QUIET_Z * error
        return highest

    def _loud(self, state: RatesState) -> NDArray[np.bool_]:
        """Which rates the last windows show to be too high."""
        recent = np.maximum(state.recent_rows, 1e-9)
        loud: NDArray[np.bool_] = state.recent_hits / recent > self._highest(recent)
        return loud & (self.shares > 0)

    def _heard(self, state: RatesState, x: Array, n: Array) -> RatesState:
        """Remember how high a rate was while it was too high, and what came since."""
        loud = self._loud(state)
        hits, rows = state.calm_hits + x, state.calm_rows + n
        over = ~loud & self._is_over(state.loud_hits, state.loud_rows, hits, rows)
        grown = np.where(loud, 1.0, 0.0)
        return replace(
            state,
            loud_hits=np.where(over, 0.0, state.loud_hits + grown * hits),
            loud_rows=np.where(over, 0.0, state.loud_rows + grown * rows),
            calm_hits=np.where(loud | over, 0.0, hits),
            calm_rows=np.where(loud | over, 0.0, rows),
        )

    def _is_over(self, hits: Array, rows: Array, calm: Array, since: Array) -> NDArray[np.bool_]:
        """Whether the rows since the last loud window speak for the usual rate, rather than for the
        one before: few rows without a hit say little of a rate that rose from 1 % to 3 %."""
        rows = np.maximum(rows, 1e-9)
        high = np.clip(hits / rows, 1e-9, 1 - 1e-9)
        usual = np.clip(self.rate + self.spare, 1e-9, 1 - 1e-9)
        nats = calm * np.log(usual / high) + (since - calm) * np.log((1 - usual) / (1 - high))
        over: NDArray[np.bool_] = (high <= self._highest(rows)) | (nats >= OVER)
        return over

    def _look(self, state: RatesState, window: Window, effect: Array) -> Look:
        parts = self.parts(state)
        lead = parts.argmax(axis=1) if parts.size else np.zeros(0, np.int64)
        every = np.arange(len(self.rate))
        since = state.since[every, lead]
        loud = (self.shares > 0) & (state.loud_rows > 0)
        quiet = ~loud.any(axis=1) & ~np.isnan(effect)
        onset = np.where(parts.max(axis=1, initial=0.0) > 0, since, window.start)
        onset = np.where(onset > 0, onset, window.start)
        return Look(window, parts.sum(axis=1), effect, quiet, onset)

    def verdict(self, at: int, evidence: float) -> str:
        """The verdict on a column by its evidence."""
        return live_verdict(evidence * float(self.terms.weights[at]) / self.terms.threshold)

    def detectable(self, at: int, lead: int, rows: int, window: Window) -> float | None:
        """The smallest rise that a day of windows like this one tells four times in five."""
        weight = max(float(self.terms.weights[at]), 1e-300)
        share = (1 - JUMP) * self.shares[at, lead] / self.bets.rates.shape[-1]
        if share <= 0:
            return None
        nats = float(np.log(self.terms.threshold / (weight * share)))
        day = rows * DAY / max(window.end - window.start, 1)
        bets = self.bets.rates[at, lead].tolist()
        d = dispersion_at(
            self.dispersion[at, lead], self.window_rows[at, lead], np.array(float(rows))
        )
        return noticed_share(day, float(self.tolerated[at, lead]), bets, float(d), nats)
