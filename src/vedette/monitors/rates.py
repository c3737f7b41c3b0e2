"""Rates in time: values go missing, break, or lie where the reference never showed any.

Owns: evidence per column that a special rate rose above what is tolerated, minute by minute, and a
column that is gone altogether in the first window with enough rows.  Does not own: the bets
(`stats.rate_bets`), the words (`monitors.rate`), the distribution of the values (`monitors.shift`).

Per column M = 0.8 x the mean of its bets' Shiryaev-Roberts sums + 0.2 x a bet on this window alone,
1{p <= alpha} / alpha, with alpha such that one hit is just enough.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vedette.core.durations import DAY
from vedette.core.schema import Field
from vedette.core.windows import Window
from vedette.monitors import rate
from vedette.monitors.finding import Finding, live_verdict
from vedette.monitors.monitor import Look, Stream, Terms
from vedette.monitors.pair import Pair
from vedette.monitors.rates_reference import (
    KINDS,
    SHARES,
    RateReference,
    counts_of,
    rate_reference,
    watched_columns,
)
from vedette.monitors.said import Beside, Said
from vedette.profiles.baseline import Baseline
from vedette.profiles.profile import WHOLE, Profile
from vedette.stats.intervals import newcombe
from vedette.stats.noticed import noticed_share
from vedette.stats.rate_bets import (
    FEW,
    TOO_COMMON,
    Bets,
    bets_against,
    dispersion_at,
    tolerated_rate,
    upper_tail,
    window_bets,
)
from vedette.stats.rates import rate_tolerance
from vedette.stats.two_sample import Component

MONITOR = "rates"
IMPORTANT = MappingProxyType({"prediction": 3.0, "score": 3.0})  # by role; others count 1
JUMP = 0.2  # share of the evidence that this window alone can give
JUST = 1.0001  # a hit is enough, whatever the rounding
HOURS = 3.0  # standard deviations of a rate between ordinary windows that are tolerated
REQUIRED_EPS = 0.01  # the smallest change that matters of values declared as required
RECENT = 0.7  # what the windows before count for when a column is judged quiet
QUIET_Z = 1.64  # standard errors of the recent rate
LARGEST = 1e30  # of a sum of bets

Words = Callable[[Pair, Component, Beside], Said]
WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "missing": rate.missing,
        "not_finite": rate.not_finite,
        "broken": rate.broken,
        "range": rate.outside,
        "unseen": rate.unseen,
    }
)


@dataclass(frozen=True, eq=False)
class RatesState:
    """Memory of C columns, K kinds of rates, B bets.

    Shapes: `sums` (the Shiryaev-Roberts sums) and `cusum` float64[C, K, B]; `since` int64[C, K],
    the start of the rise under way; `hits` and `rows` float64[C, K], counted since then;
    `recent_hits` and `recent_rows` float64[C, K], fading; `jump` float64[C, K], this window's.
    """

    sums: NDArray[np.float64]
    cusum: NDArray[np.float64]
    since: NDArray[np.int64]
    hits: NDArray[np.float64]
    rows: NDArray[np.float64]
    recent_hits: NDArray[np.float64]
    recent_rows: NDArray[np.float64]
    jump: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Rates:
    """Rates of every column against a baseline.

    Shapes: C columns, K kinds; `shares` of each kind in its column's evidence, 0 where it does not
    apply; `alpha` float64[C, K] of the jump bet.
    """

    streams: tuple[Stream, ...]
    baseline: Baseline
    terms: Terms
    reference: RateReference
    tolerated: NDArray[np.float64]
    spare: NDArray[np.float64]  # how far a rate may move without mattering
    bets: Bets
    shares: NDArray[np.float64]
    alpha: NDArray[np.float64]

    @classmethod
    def streams_of(cls, baseline: Baseline) -> tuple[Stream, ...]:
        """A stream for every column that events bring: no label, no id, none of training alone."""
        return tuple(
            Stream(MONITOR, name, WHOLE, "quality", IMPORTANT.get(role, 1.0))
            for name, role in watched_columns(baseline).items()
        )

    @classmethod
    def of(cls, baseline: Baseline, terms: Terms) -> Self:
        """Fix what is tolerated, and what to bet on.

        Source: the design's `reference/statistics.md`, section 3, special rates and jump bet.
        """
        streams = cls.streams_of(baseline)
        known = rate_reference(baseline, [s.column for s in streams])
        eps = np.array([[terms.effect_of(s.column)] * len(KINDS) for s in streams])
        eps = eps.reshape(-1, len(KINDS))
        eps[:, 0] = np.where(known.required, np.minimum(eps[:, 0], REQUIRED_EPS), eps[:, 0])
        scale = known.rate * (1 - known.rate)
        usual = HOURS * np.sqrt((known.dispersion - 1) * scale / known.window_rows)
        tolerated = tolerated_rate(known.rate, known.rows, known.dispersion, eps) + usual
        spare = np.maximum(eps * np.sqrt(scale), eps**2) + usual
        shares = np.where(known.applies & (tolerated <= TOO_COMMON), np.array(SHARES), 0.0)
        shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1e-12)
        weights = np.maximum(terms.weights, 1e-300)[:, None]
        alpha = JUMP * weights * shares / (JUST * terms.threshold)
        bets = bets_against(np.minimum(tolerated, TOO_COMMON))
        return cls(streams, baseline, terms, known, tolerated, spare, bets, shares, alpha)

    def start(self) -> RatesState:
        """Know nothing yet."""
        flat = self.shares.shape
        deep = self.bets.rates.shape
        zero = np.zeros(flat)
        return RatesState(
            np.zeros(deep), np.ones(deep), np.zeros(flat, np.int64), zero, zero, zero, zero, zero
        )

    def step(self, state: RatesState, profile: Profile, window: Window) -> tuple[RatesState, Look]:
        """Count the window's rates and bet on them; a window without rows changes nothing."""
        x, n = counts_of(profile, self.reference)
        if not n.any():
            new = replace(state, jump=np.zeros_like(state.jump))
            return new, self._look(new, window, np.full(len(self.streams), np.nan))
        d = dispersion_at(self.reference.dispersion, self.reference.window_rows, n)
        e = window_bets(x, n, self.bets, d)
        fresh = (state.cusum <= 1).all(axis=2)  # no rise is under way: one may begin here
        hits = np.where(fresh, x, state.hits + x)
        rows = np.where(fresh, n, state.rows + n)
        new = RatesState(
            sums=np.minimum((1 + state.sums) * e, LARGEST),
            cusum=np.minimum(np.maximum(1, state.cusum) * e, LARGEST),
            since=np.where(fresh, window.start, state.since),
            hits=hits,
            rows=rows,
            recent_hits=RECENT * state.recent_hits + x,
            recent_rows=RECENT * state.recent_rows + n,
            jump=self._jump(x, n, d),
        )
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

    def tell(
        self, state: RatesState, look: Look, profile: Profile, which: Sequence[int]
    ) -> tuple[Finding, ...]:
        """Say which rate of a column rose most, from where to where."""
        return tuple(self._tell(state, look, profile, at) for at in which)

    # ------------------------------------------------------------------------------------------

    @property
    def _expected_angle(self) -> NDArray[np.float64]:
        angle: NDArray[np.float64] = np.arcsin(np.sqrt(np.clip(self.reference.rate, 0, 1)))
        return angle

    def _jump(
        self, x: NDArray[np.float64], n: NDArray[np.float64], d: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """The bet on this window alone, per kind, weighted: 0 or enough."""
        asked = (n >= FEW) & (self.shares > 0)
        p = upper_tail(np.where(asked, x, 0.0), n, np.minimum(self.tolerated, TOO_COMMON), d)
        hit = asked & (p <= self.alpha)
        won = self.shares / np.where(self.alpha > 0, self.alpha, 1.0)
        jump: NDArray[np.float64] = np.where(hit, won, 0.0)
        return jump

    def _parts(self, state: RatesState) -> NDArray[np.float64]:
        """What each kind adds to its column's evidence."""
        lasting: NDArray[np.float64] = self.shares * state.sums.mean(axis=2)
        return (1 - JUMP) * lasting + JUMP * state.jump

    def _look(self, state: RatesState, window: Window, effect: NDArray[np.float64]) -> Look:
        parts = self._parts(state)
        lead = parts.argmax(axis=1) if parts.size else np.zeros(0, np.int64)
        every = np.arange(len(self.streams))
        since = state.since[every, lead]
        recent = np.maximum(state.recent_rows, 1e-9)
        rate_now = state.recent_hits / recent
        error = np.sqrt(self.tolerated * np.maximum(1 - self.tolerated, 0.0) / recent)
        loud = (self.shares > 0) & (
            rate_now > self.reference.rate + 2 * self.spare + QUIET_Z * error
        )
        quiet = ~loud.any(axis=1) & ~np.isnan(effect)
        onset = np.where(parts.max(axis=1, initial=0.0) > 0, since, window.start)
        onset = np.where(onset > 0, onset, window.start)
        return Look(window, parts.sum(axis=1), effect, quiet, onset)

    def _tell(self, state: RatesState, look: Look, profile: Profile, at: int) -> Finding:
        known, column = self.reference, self.streams[at].column
        if not self.shares[at].any() or np.isnan(look.effect[at]):
            why = "no rows in this window"
            if not self.shares[at].any():
                why = "the reference has no values of it to compare with"
            m = int(known.rows[at, 0])
            return Finding(
                monitor=MONITOR,
                component="missing",
                column=column,
                reason=why,
                n_baseline=m,
                window=look.window,
            )
        lead = int(self._parts(state)[at].argmax())
        x, n = float(state.hits[at, lead]), float(state.rows[at, lead])
        k, m = int(known.hits[at, lead]), int(known.rows[at, lead])
        kind, eps = known.kind(at, lead), self.terms.effect_of(column)
        observed, expected = x / max(n, 1.0), k / max(m, 1)
        low, high = newcombe(x, n, k, m)
        effect = observed - expected
        c = Component(kind, None, observed, expected, effect, low, high, 0.0, 1.0, 1.0)
        said = WORDS[kind](self._pair(column, profile, eps), c, {kind: c})
        evidence = float(look.evidence[at])
        return Finding(
            monitor=MONITOR,
            component=said.name or kind,
            column=column,
            observed=observed,
            expected=said.expected,
            effect=effect,
            unit=said.unit,
            low=low,
            high=high,
            magnitude=said.magnitude,
            evidence=float(np.log10(max(evidence, 1e-30))),
            detectable=self._detectable(at, lead, profile, look.window, expected),
            n_baseline=m,
            n_window=int(n),
            min_effect=rate_tolerance(expected, eps),
            verdict=self._verdict(at, evidence),
            reason=said.statement,
            window=look.window,
        )

    def _verdict(self, at: int, evidence: float) -> str:
        return live_verdict(evidence * float(self.terms.weights[at]) / self.terms.threshold)

    def _detectable(
        self, at: int, lead: int, profile: Profile, window: Window, expected: float
    ) -> float | None:
        """The smallest rise that a day of rows like these tells four times in five."""
        weight = max(float(self.terms.weights[at]), 1e-300)
        share = (1 - JUMP) * self.shares[at, lead] / self.bets.rates.shape[-1]
        if share <= 0:
            return None
        nats = float(np.log(self.terms.threshold / (weight * share)))
        day = profile.rows * DAY / max(window.end - window.start, 1)
        known, bets = self.reference, self.bets.rates[at, lead].tolist()
        rows = np.array(float(profile.rows))
        d = dispersion_at(known.dispersion[at, lead], known.window_rows[at, lead], rows)
        found = noticed_share(day, float(self.tolerated[at, lead]), bets, float(d), nats)
        return None if found is None else found - expected

    def _pair(self, column: str, profile: Profile, eps: float) -> Pair:
        """The column on both sides, for the words."""
        cell = self.baseline.profile.cells[column, WHOLE]
        fields = {f.name: f for f in self.baseline.schema.fields}
        known = fields.get(column) or Field(column, "numeric" if cell.bins else "category")
        return Pair(
            field=known,
            segment=WHOLE,
            binning=self.baseline.binnings[column],
            reference=cell,
            current=profile.cells.get((column, WHOLE), cell),
            fitted=True,
            rare=self.baseline.rare.get(column, (0, 0)),
            rate_effect=eps,
        )
