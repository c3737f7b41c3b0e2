"""What the drift monitor remembers from window to window.

Owns: the state, its beginning, taking parts of a new one, which part leads, what the windows since
a walk's onset say together.  Does not own: how a window changes it (`shift`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.core.windows import Window
from vedette.monitors.shift_terms import Fitted
from vedette.profiles.natural import SPECIALS
from vedette.profiles.streams import Seen, Streams
from vedette.stats import pooled
from vedette.stats.bets import BETS, JUMP, RATE_BETS, SHAPE_BETS
from vedette.stats.window_scores import SCORES

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

LITTLE, JUMPED = 3.0, 3.0  # nats of a walk that a window with a z beyond the second makes forget
EVIDENCE = ("R", "absorbed", "shape", "rates", "walk", "since", "jump", "pool", "hits", "tried")


@dataclass(frozen=True, eq=False)
class ShiftState:
    """Evidence and what is known of the wobble.

    Shapes: C streams, J scores.  R, absorbed (C, 2, J, bets); shape (C, bets), rates (C, 3, bets):
    running evidence.  m, P (C, J): the filter; at int64[C]: end of the last window with rows, in
    nanoseconds.  walk (C, 2 J + 1 + 3) and since int64 alike: log CUSUM of each part, and the start
    of the window where it last began (`begun`).  Since then: pool (C, 2, J, 5) of the score
    (`stats.pooled`), hits and tried (C, 3): special values, and the rows they are a share of.  Of
    the last window with rows: jump (C,), its bet on itself; r, sd (C, J), score less season and its
    ordinary sd; z (C, 2 J + 1); w (C, 3): the residual distance, with its 95 % interval.
    """

    R: Array
    absorbed: Array
    shape: Array
    rates: Array
    m: Array
    P: Array
    at: NDArray[np.int64]
    walk: Array
    since: NDArray[np.int64]
    pool: Array
    hits: Array
    tried: Array
    jump: Array
    r: Array
    sd: Array
    z: Array
    w: Array


def started(t2: Array) -> ShiftState:
    """Know nothing yet, but how far wobble reaches.  Shapes: (C, J)."""
    C, parts = len(t2), 2 * SCORES + 1 + len(SPECIALS)
    zero = np.zeros
    return ShiftState(
        R=zero((C, 2, SCORES, len(BETS))),
        absorbed=zero((C, 2, SCORES, len(BETS))),
        shape=zero((C, len(SHAPE_BETS))),
        rates=zero((C, len(SPECIALS), len(RATE_BETS))),
        m=zero((C, SCORES)),
        P=t2.copy(),
        at=zero(C, np.int64),
        walk=zero((C, parts)),
        since=zero((C, parts), np.int64),
        pool=zero((C, 2, SCORES, pooled.PLACES)),
        hits=zero((C, len(SPECIALS))),
        tried=zero((C, len(SPECIALS))),
        jump=zero(C),
        r=zero((C, SCORES)),
        sd=np.ones((C, SCORES)),
        z=zero((C, 2 * SCORES + 1)),
        w=zero((C, 3)),
    )


def forgotten(state: ShiftState, which: Flags) -> ShiftState:
    """Drop the evidence of some streams, keep the filter."""
    gone: dict[str, Any] = {}
    for name in EVIDENCE:
        kept = getattr(state, name)
        gone[name] = _choose(which, np.zeros_like(kept), kept)
    return replace(state, **gone)


def taken(
    old: ShiftState, new: ShiftState, which: Flags, special: Mapping[str, Flags]
) -> ShiftState:
    """The new state of the streams that showed something; ``special`` names arrays for which
    that means more."""
    chosen: dict[str, Any] = {
        f.name: _choose(special.get(f.name, which), getattr(new, f.name), getattr(old, f.name))
        for f in fields(ShiftState)
    }
    return ShiftState(**chosen)


def weighted(state: ShiftState, fitted: Fitted) -> Array:
    """Running evidence of every part by its share: scores, shape, special rates.

    Shapes: (C, J + 1 + 3).
    """
    means = [state.R.mean((1, 3)), state.shape.mean(1)[:, None], state.rates.mean(2)]
    found: Array = np.concatenate(means, axis=1) * fitted.shares
    return found


class Lead(NamedTuple):
    """The part that carries each stream's evidence.

    Shapes: (C,) each: its place in the order of `weighted`, that of its walk (of a score by its
    sign), whether one window alone carries it.
    """

    part: NDArray[np.int64]
    walk: NDArray[np.int64]
    alone: Flags


def leading(state: ShiftState, fitted: Fitted) -> Lead:
    """The part that carries each stream's evidence, and whether one window alone does."""
    parts = weighted(state, fitted)
    alone = JUMP * state.jump > (1 - JUMP) * parts.sum(1)
    z = np.where(fitted.once, state.z, -np.inf).argmax(1)
    once = np.where(z < 2 * SCORES, z % SCORES, SCORES)
    once = np.where(fitted.ready, once, SCORES)
    lead = np.where(alone, once, parts.argmax(1))
    at, score = np.arange(len(lead)), np.minimum(lead, SCORES - 1)
    up, down = state.R[at, 0, score].sum(1), state.R[at, 1, score].sum(1)
    walk = np.where(lead < SCORES, lead + SCORES * (down > up), lead + SCORES)
    return Lead(lead, walk, alone)


def begun(old: ShiftState, z: Array, log_e: Array, valued: Flags) -> Flags:
    """Which walks begin in a window: from 0, or from next to nothing in a jump; what came before
    it would only blur when it was and how large.

    Shapes: z (C, 2 J + 1), log_e like walk, (C,) -> like walk.
    """
    sums = 2 * SCORES
    jumped = np.zeros(log_e.shape, bool)
    jumped[:, :sums] = (z[:, :sums] > JUMPED) & valued[:, None]
    jumped[:, sums + 1 :] = log_e[:, sums + 1 :] > JUMPED**2 / 2
    found: Flags = (old.walk == 0) | (jumped & (old.walk < LITTLE))
    return found


def gathered(
    old: ShiftState,
    fresh: Flags,
    fitted: Fitted,
    seen: Seen,
    own: tuple[Array, Array, Array, Array],
    layout: Streams,
) -> tuple[Array, Array, Array]:
    """Add one window to what the walks have seen since their onsets: pool, hits, tried.

    Shapes: ``own`` holds the score less season, the score, its noise (C, J), and the windows
    since the last one with rows (C, 1).
    """
    r, score, noise, gap = (one[:, None] for one in own)
    pool = pooled.pooled(
        old.pool, fresh[:, : 2 * SCORES].reshape(old.pool.shape[:-1]), r, score, noise,
        fitted.t2[:, None], fitted.phi[:, None], gap,
    )  # fmt: skip
    first = fresh[:, 2 * SCORES + 1 :]
    usable = seen.n + np.where(layout.ordered, 0.0, seen.special[:, 2])
    rows = np.stack([seen.rows, seen.rows, usable], axis=1)
    hits, tried = (np.where(first, 0.0, one) for one in (old.hits, old.tried))
    return pool, hits + seen.special, tried + rows


class Lasting(NamedTuple):
    """What the windows since the onset of one stream's leading part say together.

    Units: `length` from the onset to the end of the last window, in nanoseconds; effect, sd and
    score in the score's own; hits and rows of a special value.
    """

    length: int
    effect: float
    sd: float
    score: float
    hits: float
    rows: float


def together(state: ShiftState, lead: Lead, i: int, window: Window) -> Lasting | None:
    """What the windows since the onset say of stream i; None where only the last one speaks."""
    part, walk = int(lead.part[i]), int(lead.walk[i])
    since = int(state.since[i, walk])
    if lead.alone[i] or part == SCORES or state.walk[i, walk] == 0 or since >= window.start:
        return None
    length = window.end - since
    if part > SCORES:
        kind = part - SCORES - 1
        return Lasting(length, 0, 0, 0, float(state.hits[i, kind]), float(state.tried[i, kind]))
    pool = state.pool[i, walk // SCORES, part]
    effect, sd = pooled.mean_and_sd(pool)
    return Lasting(length, float(effect), float(sd), float(pool[pooled.SCORE]), 0, 0)


def _choose(which: Flags, one: Array, two: Array) -> Array:
    return np.where(which.reshape(-1, *[1] * (one.ndim - 1)), one, two)
