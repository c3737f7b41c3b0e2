"""What the drift monitor remembers from window to window.

Owns: the state, its beginning, taking parts of a new one, which part leads.  Does not own: how a
window changes it (`shift`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.monitors.shift_terms import Fitted
from vedette.profiles.natural import SPECIALS
from vedette.stats.bets import BETS, JUMP, RATE_BETS, SHAPE_BETS
from vedette.stats.window_scores import SCORES

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

EVIDENCE = ("R", "absorbed", "shape", "rates", "walk", "since", "jump")


@dataclass(frozen=True, eq=False)
class ShiftState:
    """Evidence and what is known of the wobble.

    Shapes: C streams, J scores.  R, absorbed (C, 2, J, bets); shape (C, bets), rates (C, 3, bets):
    running evidence.  m, P (C, J): the filter; at int64[C]: end of the last window with rows, in
    nanoseconds.  walk (C, 2 J + 1 + 3) and since int64 alike: log CUSUM of each part, and the start
    of the window where it last left 0.  Of the last window with rows: jump (C,), its bet on itself;
    r, sd (C, J), score less season and its ordinary sd; z (C, 2 J + 1); w (C, 3): the residual
    distance, with its 95 % interval.
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


def leading(state: ShiftState, fitted: Fitted) -> tuple[NDArray[np.int64], Flags]:
    """The part that carries each stream's evidence, and whether one window alone does.

    Shapes: (C,) places in the order of `weighted`, (C,).
    """
    parts = weighted(state, fitted)
    alone = JUMP * state.jump > (1 - JUMP) * parts.sum(1)
    z = np.where(fitted.once, state.z, -np.inf).argmax(1)
    once = np.where(z < 2 * SCORES, z % SCORES, SCORES)
    once = np.where(fitted.ready, once, SCORES)
    return np.where(alone, once, parts.argmax(1)), alone


def _choose(which: Flags, one: Array, two: Array) -> Array:
    return np.where(which.reshape(-1, *[1] * (one.ndim - 1)), one, two)
