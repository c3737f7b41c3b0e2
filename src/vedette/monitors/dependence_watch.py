"""Dependence watched in time: what the monitor `dependence` does in a window.

Owns: the e-detectors of every pair and direction, and the evidence of columns.  Does not own: what
they are held to (`dependence_terms`), the series (`profiles.associations`), words
(`dependence_words`).

Per series the transformed correlation, less its season, is whitened against benign wobble; what is
left is bet on, both ways, as is what a table shows beyond margins and correlation, and each window
alone.  A column's evidence is the mean of that of its pairs: averages of e-detectors are such.
"""

from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.monitors.dependence_terms import GROSS, Held
from vedette.monitors.monitor import Look, Terms
from vedette.profiles.associations import Shown
from vedette.profiles.profile import WHOLE, Profile
from vedette.stats import bets, pooled, residual, whitening
from vedette.stats.bets import JUMP, SHAPE_BETS

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

UP, DOWN, SHAPE = range(3)  # parts of a series
PARTS = 3
FEWEST = 30  # rows from which a correlation is told
LITTLE, JUMPED = 3.0, 4.5  # nats of a walk that a window of more than the second makes forget
QUIET_SD = 4.0  # sd of ordinary windows: of 29 pairs at once some lie beyond 2.5
EVIDENCE = ("R", "absorbed", "shape", "walk", "since", "pool", "jump")


@dataclass(frozen=True, eq=False)
class DependenceState:
    """Memory of K series.

    Shapes: R, absorbed (K, 2 ways, bets), shape (K, bets): running evidence; m, P (K,): the filter;
    at int64[K]: end of the last window with rows, in nanoseconds; walk (K, 3), since int64[K, 3]:
    log CUSUM of both ways and of the shape, and where it last began; pool (K, 2, 5) of the
    correlation since then (`stats.pooled`).  Of the last window with rows: jump (K,), the bet on
    itself; r, sd, n, w (K,): transformed correlation less what was expected, its ordinary sd, rows,
    the distance of the table as Cohen's w; z (K, 3).
    """

    R: Array
    absorbed: Array
    shape: Array
    m: Array
    P: Array
    at: NDArray[np.int64]
    walk: Array
    since: NDArray[np.int64]
    pool: Array
    jump: Array
    r: Array
    sd: Array
    n: Array
    w: Array
    z: Array


class Lead(NamedTuple):
    """What speaks for a stream: its series, its part, whether one window alone does."""

    at: int
    part: int
    alone: bool


@dataclass(frozen=True, eq=False)
class DependenceWatch:
    """Every pair and direction against a plan."""

    terms: Terms
    held: Held

    def start(self) -> DependenceState:
        """Know nothing yet, but how far wobble reaches."""
        K, zero = len(self.held.eps), np.zeros
        two = (K, 2, len(bets.BETS))
        return DependenceState(
            R=zero(two), absorbed=zero(two), shape=zero((K, len(SHAPE_BETS))), m=zero(K),
            P=self.held.t2.copy(), at=zero(K, np.int64), walk=zero((K, 3)),
            since=zero((K, 3), np.int64), pool=zero((K, 2, pooled.PLACES)), jump=zero(K), r=zero(K),
            sd=np.ones(K), n=zero(K), w=zero(K), z=zero((K, 3)),
        )  # fmt: skip

    def read(self, profile: Profile) -> Shown | None:
        """What a window shows; None of one that was not counted, or under another plan."""
        counts = profile.pairwise.get(WHOLE)
        plan = self.held.series.plan
        fits = counts is not None and plan.fits(counts)
        return self.held.series.shown(counts) if counts is not None and fits else None

    def step(
        self, state: DependenceState, profile: Profile, window: Window
    ) -> tuple[DependenceState, Look]:
        """Take one window in.  Pairs without rows stay as they are."""
        seen = self.read(profile)
        if seen is None:
            return state, self._look(state, np.zeros(len(self.held.eps), np.bool_), window)
        held = self.held
        told = (seen.n >= FEWEST) & held.series.live
        shaped = seen.rows >= residual.FEWEST
        scored, parts = self._scored(state, seen, window, told)
        zq = self._shape(seen)
        z = np.concatenate([scored, zq[:, None]], axis=1)
        log_e = np.concatenate(
            [parts.pop("log_e"), (SHAPE_BETS[0] * zq - SHAPE_BETS[0] ** 2 / 2)[:, None]], axis=1
        )
        bet = np.stack([told, told, shaped], axis=1) & held.ready[:, None]
        walk = np.maximum(0.0, state.walk + np.where(bet, log_e, 0.0))
        fresh = (state.walk == 0) | ((log_e > JUMPED) & (state.walk < LITTLE))
        new = DependenceState(
            shape=bets.bet_shape(state.shape, zq),
            at=np.full_like(state.at, window.end),
            walk=walk,
            since=np.where(fresh & (walk > 0), window.start, state.since),
            pool=self._pooled(state, fresh[:, :2], parts, window),
            jump=self._jump(z, seen, told, shaped),
            n=seen.rows,
            w=np.sqrt(np.maximum(seen.shape.Q - seen.shape.mean, 0.0) / np.maximum(seen.rows, 1)),
            z=z,
            **{name: parts[name] for name in ("R", "absorbed", "m", "P", "r", "sd")},
        )
        state = _taken(state, new, told, shaped, held.ready)
        return state, self._look(state, told | shaped, window)

    def reset(self, state: DependenceState, which: Flags) -> DependenceState:
        """Forget the evidence of some columns' pairs; what is known of their wobble stays."""
        if len(state.m) != len(self.held.eps):
            return self.start()
        own = which @ (self.held.of > 0)
        gone: dict[str, Any] = {
            name: _choose(own, np.zeros_like(getattr(state, name)), getattr(state, name))
            for name in EVIDENCE
        }
        return replace(state, **gone)

    def parts(self, state: DependenceState) -> Array:
        """Running evidence of every part of every series by its share.  Shapes: (K, 3)."""
        score, shape = self.held.shares.T
        both = state.R.mean(2) / 2 * score[:, None]
        lasting = np.concatenate([both, (state.shape.mean(1) * shape)[:, None]], axis=1)
        return np.where(self.held.ready[:, None], lasting, 0.0)

    def lead(self, state: DependenceState, stream: int) -> Lead:
        """What speaks for one stream."""
        own = self.held.of[stream]
        lasting, jump = (1 - JUMP) * self.parts(state), JUMP * state.jump
        total = own * (lasting.sum(1) + jump)
        if not total.any():  # next to nothing: the largest deviation, to be shown
            total = own * np.abs(state.z).max(1)
        at = int(total.argmax())
        alone = bool(jump[at] > lasting[at].sum())
        part = int(state.z[at].argmax() if alone or not lasting[at].any() else lasting[at].argmax())
        return Lead(at, part, alone)

    # ------------------------------------------------------------------------------------------

    def _scored(
        self, state: DependenceState, seen: Shown, window: Window, told: Flags
    ) -> tuple[Array, dict[str, Array]]:
        """Whiten the correlations and bet on both ways; before variation is known z is that of a
        gross change alone."""
        h, n = self.held, np.maximum(seen.n, 1)
        steps = np.where(state.at > 0, (window.start - state.at) // max(self.terms.width, 1), 0)
        gap = np.maximum(steps, 0).astype(np.float64)
        m, P = whitening.advance(state.m, state.P, h.t2, h.phi, gap)
        r = seen.y - h.expected(window)
        noise = h.unit / n + h.floor
        step = whitening.filtered(r, noise, m, P, h.t2, h.phi)
        sd = np.sqrt(step.V)
        sign = np.array([1.0, -1.0])
        lasting = whitening.visible(step.K, h.phi)
        off = sign * step.innovation[:, None] - ((h.allow + h.forgiven(seen)) * lasting)[:, None]
        q = (off / sd[:, None])[:, :, None]
        z = whitening.normalised(q, h.nu[:, None, None], np.zeros_like(q))
        least = np.maximum(h.eps, bets.SMALLEST * np.sqrt(h.long_run + h.unit / n))
        run = bets.bet_scores(
            state.R[:, :, None], state.absorbed[:, :, None], z, sd[:, None], least[:, None],
            step.K[:, None], h.phi[:, None],
        )  # fmt: skip
        rows = np.maximum(h.series.plan.rows, 1)
        far = (sign * seen.y[:, None] - GROSS - h.forgiven(seen)[:, None]) / np.sqrt(
            h.unit / n + h.unit / rows
        )[:, None]
        scored = np.where(h.ready[:, None], z[:, :, 0], far)
        return np.where(told[:, None], scored, 0.0), {
            "R": run.R[:, :, 0], "absorbed": run.absorbed[:, :, 0], "m": step.m, "P": step.P,
            "r": r, "sd": np.sqrt(h.t2 + noise + h.error**2), "log_e": run.log_e[:, :, 0],
            "noise": noise, "y": seen.y, "gap": 1 + gap,
        }  # fmt: skip

    def _shape(self, seen: Shown) -> Array:
        """z of what tables show beyond margins and correlation.  Shapes: (K,)."""
        h, n = self.held, seen.rows
        thin = 1 / max(self.held.series.plan.rows, 1)
        unrest = n * (h.excess + thin)
        limit = np.where(h.ready, h.tolerated(seen), np.maximum(h.tolerated(seen), GROSS**2))
        z = residual.cube_root(seen.shape, n, 1 + unrest, n * limit)
        share = unrest / (1 + unrest)
        found: Array = z / np.sqrt(1 + share**2 * h.lasting)
        return found

    def _jump(self, z: Array, seen: Shown, told: Flags, shaped: Flags) -> Array:
        """The bet on this window alone, where tails are known well enough."""
        many = shaped & (seen.rows >= residual.MANY)
        able = np.stack([told, told, many], axis=1)
        parts = np.full(len(z), PARTS)
        # A series is part of two columns' evidence at most: its weight says what a hit must give.
        return bets.bet_once(z, able, parts, self.held.weights, self.terms.threshold)

    def _pooled(
        self, state: DependenceState, fresh: Flags, parts: dict[str, Array], window: Window
    ) -> Array:
        h = self.held
        return pooled.pooled(
            state.pool, fresh, parts["r"][:, None], parts["y"][:, None], parts["noise"][:, None],
            h.t2[:, None], h.phi[:, None], parts["gap"][:, None],
        )  # fmt: skip

    def _look(self, state: DependenceState, some: Flags, window: Window) -> Look:
        h = self.held
        evidence = h.of @ ((1 - JUMP) * self.parts(state).sum(1) + JUMP * state.jump)
        effect, onset = np.full(len(h.of), np.nan), np.full(len(h.of), window.start, np.int64)
        for stream in range(len(h.of)):
            lead = self.lead(state, stream)
            if some[lead.at]:
                effect[stream] = state.w[lead.at] if lead.part == SHAPE else state.r[lead.at]
            since = int(state.since[lead.at, lead.part])
            if since and not lead.alone:
                onset[stream] = since
        return Look(window, evidence, effect, self._quiet(state, some), onset)

    def _quiet(self, state: DependenceState, some: Flags) -> Flags:
        h = self.held
        near = np.abs(state.r) <= np.maximum(2 * h.eps, QUIET_SD * state.sd)
        calm = (near | ~h.series.live | ~h.ready) & (state.z[:, SHAPE] < QUIET_SD)
        calm &= h.ready | (state.jump == 0)
        own = h.of > 0
        quiet: Flags = ~(own @ (some & ~calm)) & (own @ some)
        return quiet


def _taken(
    old: DependenceState, new: DependenceState, told: Flags, shaped: Flags, ready: Flags
) -> DependenceState:
    """The new state of the series that showed something."""
    which: dict[str, Flags] = dict.fromkeys(("R", "absorbed", "m", "P", "at", "pool"), told & ready)
    which |= {"shape": shaped & ready, "r": told, "sd": told, "n": shaped, "w": shaped}
    names = [f.name for f in fields(DependenceState)]
    chosen: dict[str, Any] = {
        name: _choose(which.get(name, told | shaped), getattr(new, name), getattr(old, name))
        for name in names
    }
    return DependenceState(**chosen)


def _choose(which: Flags, one: Array, two: Array) -> Array:
    return np.where(which.reshape(-1, *[1] * (one.ndim - 1)), one, two)
