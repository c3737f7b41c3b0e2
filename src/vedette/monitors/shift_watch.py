"""Distributions watched in time: what the monitors `shift` and `skew` do in a window.

Owns: the e-detectors of every column and segment on the drift clock.  Does not own: the statistics
(`stats`), natural variation (`profiles.natural`), what windows are held against (`shift_terms`),
words (`shift_words`), the budget.

Per stream: scores, less their season, are whitened against benign wobble; what is left is bet on,
as are the shape residual, the rates of special values and each window alone.  The evidence is the
weighted mean.  The bound is exact for known variances; with fitted ones it rests on
`bench/bench_null_streams.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.monitors.finding import Finding
from vedette.monitors.monitor import Look, Terms
from vedette.monitors.shift_state import (
    ShiftState,
    begun,
    forgotten,
    gathered,
    leading,
    started,
    taken,
    together,
    weighted,
)
from vedette.monitors.shift_terms import Fitted
from vedette.monitors.shift_words import Shown, Speaker
from vedette.profiles.profile import Profile
from vedette.profiles.streams import Seen, Streams
from vedette.stats import bets, residual, whitening
from vedette.stats.bets import JUMP, SHAPE_BETS
from vedette.stats.intervals import Z95
from vedette.stats.window_scores import SCORES

Array = NDArray[np.float64]

QUIET_SD = 2.5  # sd of ordinary windows within which a score counts as where it was expected


class _Scored(NamedTuple):
    """What one window adds."""

    R: Array
    absorbed: Array
    m: Array
    P: Array
    r: Array
    sd: Array
    z: Array  # (C, 2 J), signs first
    log_e: Array  # (C, 2 J)
    own: tuple[Array, Array, Array, Array]  # r, score, its noise, windows since the last with rows


@dataclass(frozen=True, eq=False)
class ShiftWatch:
    """Streams of one model, what they are held against, and who puts them into words.

    Bounds: without variation, or with fewer than `natural.ENOUGH` windows, only a distribution
    that is grossly different (w above 0.3) and special rates are told.
    """

    terms: Terms
    layout: Streams
    fitted: Fitted
    speaker: Speaker

    def start(self) -> ShiftState:
        """The state before the first window."""
        return started(self.fitted.t2)

    def step(self, state: ShiftState, profile: Profile, window: Window) -> tuple[ShiftState, Look]:
        """Take one window in.  Streams without a row stay as they are."""
        seen = self.layout.read(profile)
        some, valued = seen.rows > 0, (seen.n > 0) & self.fitted.ready
        scored = self._scored(state, seen, window)
        zq, shape = self._shape(seen, window)
        found = np.concatenate([scored.z, zq[:, None]], axis=1)
        new_shape = bets.bet_shape(state.shape, zq)
        rates, log_rates = bets.bet_rates(
            state.rates, seen.special, seen.rows, self.fitted.r0, self.fitted.dispersion
        )
        log_shape = SHAPE_BETS[0] * zq - SHAPE_BETS[0] ** 2 / 2
        log_e = np.concatenate(
            [
                np.where(valued[:, None], scored.log_e, 0.0),
                np.where(valued, log_shape, 0.0)[:, None],
                log_rates[:, :, 0],
            ],
            axis=1,
        )
        walk = np.maximum(0.0, state.walk + log_e)
        jump = np.where(
            self.fitted.ready, self._jump(found, seen), self.fitted.gross(seen, self.layout)
        )
        fresh = begun(state, found, log_e, valued)
        pool, hits, tried = gathered(state, fresh, self.fitted, seen, scored.own, self.layout)
        new = ShiftState(
            R=scored.R,
            absorbed=scored.absorbed,
            shape=new_shape,
            rates=rates,
            m=scored.m,
            P=scored.P,
            at=np.full_like(state.at, window.end),
            walk=walk,
            since=np.where(fresh & (walk > 0), window.start, state.since),
            pool=pool,
            hits=hits,
            tried=tried,
            jump=jump,
            r=scored.r,
            sd=scored.sd,
            z=found,
            w=shape,
        )
        both = {
            "R": valued, "absorbed": valued, "shape": valued, "m": valued, "P": valued,
            "at": valued, "pool": valued, "r": seen.n > 0, "sd": seen.n > 0, "z": valued,
            "w": seen.n > 0,
        }  # fmt: skip
        state = taken(state, new, some, both)
        return state, self._look(state, seen, window)

    def reset(self, state: ShiftState, which: NDArray[np.bool_]) -> ShiftState:
        """Forget the evidence of some streams; what is known of their wobble stays."""
        return forgotten(state, which)

    def tell(
        self, state: ShiftState, look: Look, profile: Profile, which: Sequence[int]
    ) -> tuple[Finding, ...]:
        """Say what some streams show, in words; of a window without rows, why nothing is known."""
        lead = leading(state, self.fitted)
        shown = {
            i: Shown(
                int(lead.part[i]), state.r[i], state.sd[i], state.w[i],
                together(state, lead, i, look.window),
            )
            for i in which
        }  # fmt: skip
        return tuple(self.speaker.say(i, shown[i], look, profile) for i in which)

    # -------------------------------------------------------------------------------- one window
    def _scored(self, state: ShiftState, seen: Seen, window: Window) -> _Scored:
        """Whiten the scores and bet on both signs."""
        f, n = self.fitted, np.maximum(seen.n, 1)[:, None]
        unit = self.layout.unit
        steps = np.where(state.at > 0, (window.start - state.at) // max(self.terms.width, 1), 0)
        m, P = state.m, state.P
        if (steps > 0).any():
            gap = np.maximum(steps, 0).astype(np.float64)[:, None]
            m, P = whitening.advance(m, P, f.t2, f.phi, gap)
        y = self.layout.scores(seen)
        r = y - f.expected(window)
        noise = unit / n + f.floor
        step = whitening.filtered(r, noise, m, P, f.t2, f.phi)
        sd = np.sqrt(step.V)
        sign = np.array([1.0, -1.0])[None, :, None]
        lasting = whitening.visible(step.K, f.phi)
        x = sign * step.innovation[:, None] - (f.allow * lasting)[:, None]
        skew = sign * (self.layout.third / (n**2 * step.V**1.5))[:, None]
        counting = self.layout.fourth / (n**3 * step.V**2)
        nu = f.nu
        if (counting > whitening.HEAVY).any():
            heavy = np.where(counting > whitening.HEAVY, whitening.degrees(counting), np.inf)
            nu = np.minimum(nu, heavy)
        z = whitening.normalised(x / sd[:, None], nu[:, None], skew)
        least = np.maximum(f.eps[:, None], bets.SMALLEST * np.sqrt(f.long_run + 1 / n))
        run = bets.bet_scores(state.R, state.absorbed, z, sd, least, step.K, f.phi)
        ordinary = np.sqrt(f.t2 + noise + f.error**2)
        C = len(n)
        gap = 1.0 + np.maximum(steps, 0)[:, None]
        return _Scored(
            run.R, run.absorbed, step.m, step.P, r, ordinary, z.reshape(C, -1),
            run.log_e.reshape(C, -1), (r, y, noise, gap),
        )  # fmt: skip

    def _shape(self, seen: Seen, window: Window) -> tuple[Array, Array]:
        """z of the shape residual, and its size as Cohen's w with its interval."""
        f, n = self.fitted, np.maximum(seen.n, 1)
        found = residual.shape_residual(seen.counts, n, f.usual(window, self.layout))
        unrest = n * (f.excess + f.thin)
        spread = 1 + unrest
        z = f.steadied(residual.cube_root(found, seen.n, spread, n * f.eps**2), unrest)
        # Before variation is known the whole distance speaks, not what scores leave of it.
        plain = residual.distance(seen.counts, n[:, None] * self.layout.held)
        Q = np.where(f.ready, found.Q, plain)
        mean = np.where(f.ready, found.mean, self.layout.sizes - 1)
        variance = np.where(f.ready, found.variance, 2.0 * self.layout.sizes)
        over = Q - mean * spread
        error = Z95 * np.sqrt(variance * spread**2 + 4 * np.maximum(over, 0.0))
        size = np.stack([over, over - error, over + error], axis=1) / n[:, None]
        return z, np.sqrt(np.maximum(size, 0.0))

    def _jump(self, z: Array, seen: Seen) -> Array:
        """The bet on this window alone: below `residual.MANY` rows only where tails are normal."""
        f = self.fitted
        few = (seen.n < residual.MANY)[:, None]
        able = f.once & ~(few & f.frail) & (seen.n > 0)[:, None]
        return bets.bet_once(z, able, f.once.sum(1), self.terms.weights, self.terms.threshold)

    def _look(self, state: ShiftState, seen: Seen, window: Window) -> Look:
        f, evidence = self.fitted, weighted(state, self.fitted).sum(1)
        evidence = (1 - JUMP) * evidence + JUMP * state.jump
        lead, walk, alone = leading(state, f)
        rates = seen.special / np.maximum(seen.rows, 1)[:, None] - f.rate
        sizes = np.concatenate([state.r, state.w[:, :1], rates], axis=1)
        at = np.arange(len(lead))
        able = (seen.rows > 0) & ((lead > SCORES) | (seen.n > 0))
        effect = np.where(able, sizes[at, lead], np.nan)
        onset = state.since[at, walk]
        onset = np.where(alone | (onset == 0), window.start, onset)
        return Look(window, evidence, effect, self._quiet(state, seen), onset)

    def _quiet(self, state: ShiftState, seen: Seen) -> NDArray[np.bool_]:
        f = self.fitted
        limit = np.maximum(2 * f.eps[:, None], QUIET_SD * state.sd)
        scores = (np.abs(state.r) <= limit) | ~self.layout.live | ~f.ready[:, None]
        expected = seen.rows[:, None] * f.r0
        rates = seen.special <= expected + 2 * np.sqrt(expected) + 1
        gross = f.ready | (state.jump == 0)
        shape = (state.z[:, -1] < QUIET_SD) | ~f.ready
        valued = (seen.n > 0) | ~f.ready
        quiet: NDArray[np.bool_] = (
            (seen.rows > 0) & valued & scores.all(1) & rates.all(1) & gross & shape
        )
        return quiet
