"""Losses of segments watched in time: state, evidence, onset, of one series.

Owns: what the monitors `concept` and `estimate` do in a window.  Does not own: the bets
(`stats.loss_bets`), what is known of the reference (`loss_reference`), words (`loss_words`).

Per segment M = 0.9 x the weighted mean of its bets' Shiryaev-Roberts sums + 0.1 x a bet on this
window alone, 1{p <= alpha} / alpha, with alpha such that one hit is just enough.
"""

from dataclasses import dataclass, fields, replace
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.monitors.monitor import Look, Terms
from vedette.profiles.profile import Profile
from vedette.stats import pooled
from vedette.stats.loss_bets import Batch, Running, Usual, begin, believed, bet_losses, wait

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

JUMP = 0.1  # share of the evidence that one window alone can give
JUST = 1.0001  # a hit is enough, whatever the rounding
QUIET_SD = 2.5  # sd of ordinary windows within which a loss counts as where it was expected
LITTLE, JUMPED = 3.0, 4.5  # nats of a walk that a window of more than the second makes forget
SUMS = 3  # since the onset: rows, their loss, what was expected of it
EVIDENCE = ("R", "absorbed", "walk", "since", "sums", "pool", "jump")


class Reference(Protocol):
    """What is known of C segments, and how a window of theirs is read."""

    @property
    def error(self) -> Array:
        """Standard error of what is expected.  Shapes: (C,)."""
        ...

    def usual(self, terms: Terms) -> Usual:
        """What the bets hold a window against."""
        ...

    def read(self, profile: Profile, window: Window) -> Batch:
        """The losses of a window; a segment that shows nothing has no rows."""
        ...


K = TypeVar("K", bound=Reference)


@dataclass(frozen=True, eq=False)
class LossState:
    """Memory of C segments, two ways (up, down), B bets.

    Shapes: R, absorbed (C, 2, B): running evidence; m, P (C,): the filter; at int64[C]: end of the
    last window with rows, in nanoseconds; walk (C, 2): log CUSUM of the main bet, since
    int64[C, 2] the start of the window where it last began, and of the windows since then sums
    (C, 2, 3): rows, loss, loss expected, pool (C, 2, 5) of the mean loss less that
    (`stats.pooled`).  Of the last window with rows: last (C, 3), its sums; jump (C, 2), the bet on
    itself; r, sd (C,), mean loss less what was expected, and its ordinary sd.
    """

    R: Array
    absorbed: Array
    m: Array
    P: Array
    at: NDArray[np.int64]
    walk: Array
    since: NDArray[np.int64]
    sums: Array
    pool: Array
    last: Array
    jump: Array
    r: Array
    sd: Array


@dataclass(frozen=True, eq=False)
class LossWatch(Generic[K]):
    """Shapes: `shares` [2], of the two ways in the evidence; `alpha` (C, 2) of the jump bet."""

    terms: Terms
    reference: K
    usual: Usual
    shares: Array
    alpha: Array

    @classmethod
    def of(cls, terms: Terms, reference: K, up: float) -> "LossWatch[K]":
        """Fix what is bet on; ``up`` is the share of rises, the rest is that of falls."""
        shares = np.array([up, 1 - up])
        weights = np.maximum(terms.weights, 1e-300)[:, None]
        alpha = JUMP * weights * shares / (JUST * terms.threshold)
        return cls(terms, reference, reference.usual(terms), shares, alpha)

    def start(self) -> LossState:
        """Know nothing yet."""
        run, C = begin(self.usual.t2), len(self.usual.t2)
        flat = np.zeros((C, 2))
        return LossState(
            R=run.R, absorbed=run.absorbed, m=run.m, P=run.P, at=np.zeros(C, np.int64),
            walk=flat, since=np.zeros((C, 2), np.int64), sums=np.zeros((C, 2, SUMS)),
            pool=np.zeros((C, 2, pooled.PLACES)), last=np.zeros((C, SUMS)), jump=flat,
            r=np.zeros(C), sd=np.ones(C),
        )  # fmt: skip

    def step(self, state: LossState, profile: Profile, window: Window) -> tuple[LossState, Look]:
        """Take one window in.  Segments without a label stay as they are."""
        return self.take(state, self.reference.read(profile, window), window)

    def take(self, state: LossState, batch: Batch, window: Window) -> tuple[LossState, Look]:
        """Take one window in that was read."""
        some = batch.n > 0
        flat = np.zeros_like(state.walk)
        run = Running(state.R, state.absorbed, state.m, state.P, flat, flat + 1)
        width = max(self.terms.width, 1)
        steps = np.where(state.at > 0, np.maximum(window.start - state.at, 0) // width, 0)
        run = bet_losses(wait(run, self.usual, steps.astype(float)), batch, self.usual)
        walk = np.maximum(0.0, state.walk + run.log_e)
        fresh = (state.walk == 0) | ((run.log_e > JUMPED) & (state.walk < LITTLE))
        hit = (run.p <= self.alpha) & (self.shares > 0)
        new = LossState(
            R=run.R, absorbed=run.absorbed, m=run.m, P=run.P,
            at=np.full_like(state.at, window.end),
            walk=walk,
            since=np.where(fresh & (walk > 0), window.start, state.since),
            jump=np.where(hit, self.shares / np.where(self.alpha > 0, self.alpha, 1.0), 0.0),
            **self._gathered(state, batch, fresh, 1.0 + steps),
        )  # fmt: skip
        state = _taken(state, new, some)
        return state, self._look(state, some, window)

    def reset(self, state: LossState, which: Flags) -> LossState:
        """Forget the evidence of some segments; what is known of their unrest stays."""
        gone: dict[str, Any] = {}
        for name in EVIDENCE:
            kept = getattr(state, name)
            gone[name] = _choose(which, np.zeros_like(kept), kept)
        return replace(state, **gone)

    def parts(self, state: LossState) -> Array:
        """What rises and falls add to the evidence.  Shapes: (C, 2)."""
        lasting = self.shares * believed(state.R)
        return (1 - JUMP) * lasting + JUMP * state.jump

    def lead(self, state: LossState, at: int) -> "Lead":
        """What speaks for one segment."""
        way = int(self.parts(state)[at].argmax())
        alone = JUMP * state.jump[at, way] > (1 - JUMP) * self.shares[way] * believed(
            state.R[at, way]
        )
        return Lead(way, bool(alone), int(state.since[at, way]))

    # ------------------------------------------------------------------------------------------

    def _gathered(
        self, state: LossState, batch: Batch, fresh: Flags, gap: Array
    ) -> dict[str, Array]:
        """The window's own figures, and those of all windows since the onset."""
        n = np.maximum(batch.n, 1.0)
        r, noise = batch.loss / n - batch.expected, batch.variance / n
        one = np.stack([batch.n, batch.loss, batch.n * batch.expected], axis=1)
        sums = np.where(fresh[..., None], 0.0, state.sums) + one[:, None]
        t2, phi = self.usual.t2[:, None], self.usual.phi[:, None]
        pool = pooled.pooled(
            state.pool, fresh, r[:, None], (batch.loss / n)[:, None], noise[:, None], t2, phi,
            gap[:, None],
        )  # fmt: skip
        sd = np.sqrt(self.usual.t2 + noise + self.reference.error**2)
        return {"sums": sums, "pool": pool, "last": one, "r": r, "sd": sd}

    def _look(self, state: LossState, some: Flags, window: Window) -> Look:
        parts = self.parts(state)
        way, every = parts.argmax(axis=1), np.arange(len(parts))
        limit = np.maximum(2 * self.usual.unit, QUIET_SD * state.sd)
        off = np.where(self.shares[1] > 0, np.abs(state.r), state.r)
        onset = state.since[every, way]
        alone = JUMP * state.jump.sum(1) > (1 - JUMP) * (self.shares * believed(state.R)).sum(1)
        onset = np.where(alone | (onset == 0), window.start, onset)
        effect = np.where(some, state.r, np.nan)
        return Look(window, parts.sum(axis=1), effect, some & (off <= limit), onset)


class Lead(NamedTuple):
    """Which way (0 up, 1 down), whether one window alone carries it, since when otherwise."""

    way: int
    alone: bool
    since: int


def _taken(old: LossState, new: LossState, which: Flags) -> LossState:
    """The new state of the segments that showed something."""
    chosen: dict[str, Any] = {
        f.name: _choose(which, getattr(new, f.name), getattr(old, f.name))
        for f in fields(LossState)
    }
    return LossState(**chosen)


def _choose(which: Flags, one: Array, two: Array) -> Array:
    return np.where(which.reshape(-1, *[1] * (one.ndim - 1)), one, two)
