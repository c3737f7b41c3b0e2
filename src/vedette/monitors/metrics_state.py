"""What is remembered of a model's metrics between two windows.

Owns: the state, before the first window, without evidence, and for other series.  Does not own:
what is done with it (`monitors.metrics`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.monitors.lasting import Lasting
from vedette.stats.metrics.bets import POWERS, SIDES
from vedette.stats.metrics.state import State, start

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MetricsState:
    """Memory of S series, known by their names.

    `season` is what is known of them by the hour of the week, `plain` what the last hours say.
    Shapes: `sums` (the Shiryaev-Roberts sums) and `cusum` float64[S, 2 sides, bets]; `since` int64
    of that shape, the start of the change under way; of the values since then `total` and `count`,
    `before` what was expected when it began, float64 of that shape; `jump` this window's; `over`
    -1, 0 or 1: a limit is broken below, not, above.  `doubt` is how far a series is from what it
    was, in nats, which evidence that begins anew leaves as it is, `held` for how many nanoseconds
    nothing was learnt because of it, `lasting` for how long the season alone finds it apart, `gap`
    for how many windows none came.  What was said of the last
    window: `value`, `expected`, `low`, `high` on the scale they are judged on, `score`, `away`,
    `known`, `kind`, `extreme` of single readings beyond a limit.  `far` is how far off the last
    values were, fading, and `back` 1 where one is as good as expected beside that.
    """

    names: tuple[str, ...]
    last: int
    season: State
    plain: State
    sums: Array
    cusum: Array
    since: NDArray[np.int64]
    total: Array
    count: Array
    before: Array
    jump: Array
    over: Array
    doubt: Array
    held: Array
    lasting: Lasting
    gap: Array
    value: Array
    expected: Array
    low: Array
    high: Array
    score: Array
    away: Array
    known: Array
    kind: Array
    extreme: Array
    far: Array
    back: Array


def nothing_known(names: Sequence[str]) -> MetricsState:
    """The state before the first window."""
    n = len(names)
    deep = (n, SIDES, len(POWERS))
    none, unknown = np.zeros(n), np.full(n, np.nan)
    return MetricsState(
        names=tuple(names),
        last=-1,
        season=start(n),
        plain=start(n, period=0),
        sums=np.zeros(deep),
        cusum=np.ones(deep),
        since=np.zeros(deep, np.int64),
        total=np.zeros(deep),
        count=np.zeros(deep),
        before=np.zeros(deep),
        jump=none,
        over=none,
        doubt=none,
        held=none,
        lasting=Lasting.none(n),
        gap=none,
        value=unknown,
        expected=unknown,
        low=unknown,
        high=unknown,
        score=none,
        away=none,
        known=none,
        kind=none,
        extreme=unknown,
        far=none,
        back=none,
    )


def forgetful(state: MetricsState, which: NDArray[np.bool_]) -> MetricsState:
    """Without the evidence of some series; what is usual of them stays.  Shapes: bool[S]."""
    off = which[:, None, None]
    return replace(
        state,
        sums=np.where(off, 0.0, state.sums),
        cusum=np.where(off, 1.0, state.cusum),
        since=np.where(off, 0, state.since),
        total=np.where(off, 0.0, state.total),
        count=np.where(off, 0.0, state.count),
        before=np.where(off, 0.0, state.before),
        jump=np.where(which, 0.0, state.jump),
    )


def of_names(state: MetricsState, names: Sequence[str]) -> MetricsState:
    """The state for other series: those of before go on, without evidence, which was gathered for
    other shares of the budget; those that are new begin; those that went are forgotten."""
    if state.names == tuple(names):
        return state
    fresh = nothing_known(names)
    places = {name: at for at, name in enumerate(state.names)}
    new = np.array([at for at, name in enumerate(names) if name in places], np.int64)
    old = np.array([places[name] for name in names if name in places], np.int64)
    if len(state.lasting.owed) != len(state.names):  # kept by what did not know it yet
        state = replace(state, lasting=Lasting.none(len(state.names)))
    kept: MetricsState = _moved(state, fresh, old, new)
    return forgetful(replace(kept, names=tuple(names)), np.ones(len(names), np.bool_))


def held_back(old: State, new: State, which: NDArray[np.bool_]) -> State:
    """The new state, with what some series have learnt taken back.  Shapes: bool[S]."""
    at = np.flatnonzero(which)
    if not len(at):
        return new
    kept: State = _moved(old, new, at, at)
    return replace(kept, last=new.last, interval=new.interval, steps=new.steps, since=new.since)


def held_but_for_the_last(old: State, new: State, which: NDArray[np.bool_]) -> State:
    """Likewise, but what is left of the last value goes on, and averages of surprises do."""
    if not which.any():
        return new
    return replace(held_back(old, new, which), carry=new.carry, smooth=new.smooth)


def _moved(old: Any, fresh: Any, old_at: Any, new_at: Any) -> Any:
    """The rows of arrays put where their series are now; all else as it was."""
    if isinstance(old, np.ndarray):
        made = fresh.copy()
        made[new_at] = old[old_at]
        return made
    if is_dataclass(old) and not isinstance(old, type):
        parts = {
            f.name: _moved(getattr(old, f.name), getattr(fresh, f.name), old_at, new_at)
            for f in fields(old)
        }
        return type(old)(**parts)
    if isinstance(old, tuple) and old and not isinstance(old[0], int | str):
        return tuple(_moved(a, b, old_at, new_at) for a, b in zip(old, fresh, strict=True))
    return old
