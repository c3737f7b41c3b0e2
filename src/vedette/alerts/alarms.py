"""When a model alarms, which streams it was, and when they may speak again.

Owns: the decision over one clock's streams, and which of them are frozen.  Does not own: weights
and the bar (`alerts.budget`), evidence (monitors), incidents (`alerts.grouping`).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.core.errors import UsageError

CLOSE_AFTER = 6  # quiet windows in a row after which a change counts as over (docs/decisions/0014)


@dataclass(frozen=True, eq=False)
class Alarms:
    """Which streams belong to an incident already, and how long they have been quiet.

    Shapes: `frozen` bool[S]; `calm` int64[S], quiet windows in a row since the stream froze, below
    0 the number of windows to come that say nothing of it.
    """

    frozen: NDArray[np.bool_]
    calm: NDArray[np.int64]


class Judgement(NamedTuple):
    """What one look over all streams amounts to.

    `total` is the weighted evidence of the streams that were not frozen.  `members` are the streams
    of an alarm, strongest first, none when there is no alarm.  `released` were frozen and have been
    quiet long enough.
    """

    total: float
    members: tuple[int, ...]
    released: tuple[int, ...]


def start(n: int) -> Alarms:
    """Nothing is frozen."""
    return Alarms(np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.int64))


def freeze(alarms: Alarms, which: NDArray[np.bool_] | tuple[int, ...]) -> Alarms:
    """Take streams out of the sum until they are quiet again.  Shapes: bool[S], or their places."""
    chosen = np.zeros(len(alarms.frozen), dtype=np.bool_)
    chosen[np.asarray(which) if len(which) else np.zeros(0, dtype=np.int64)] = True
    return Alarms(alarms.frozen | chosen, np.where(chosen, 0, alarms.calm))


def judge(
    alarms: Alarms,
    weights: NDArray[np.float64],
    threshold: float,
    evidence: NDArray[np.float64],
    quiet: NDArray[np.bool_],
    *,
    attach: bool,
    seen: NDArray[np.bool_] | None = None,
) -> tuple[Alarms, Judgement]:
    """Decide one window: alarm when the weighted evidence reaches the threshold.

    Members are those of e-BH (Wang & Ramdas 2022) at that level, and always the strongest.  With
    `attach`, an incident of this model is young: streams that e-BH would have rejected together
    with the frozen ones join it, even when they are no alarm of their own.  The new state has
    members frozen and released streams not; the caller resets the evidence of both.
    A window without rows (`seen` False) neither counts as quiet nor breaks the run.

    Shapes: all arrays [S].  Evidence that is no number counts as none.
    Errors: UsageError when lengths differ.
    Example:
        >>> weights, quiet = np.full(4, 0.25), np.ones(4, dtype=bool)
        >>> state, said = judge(
        ...     start(4), weights, 100.0, np.array([390.0, 1.0, 300.0, 2.0]), quiet, attach=False
        ... )
        >>> said.members, state.frozen.tolist()
        ((0, 2), [True, False, True, False])
    """
    n = len(alarms.frozen)
    if not n == len(weights) == len(evidence) == len(quiet):
        raise UsageError(
            "alarms", "lengths differ", got=f"{len(evidence)} and {len(quiet)}, not {n}"
        )
    free = ~alarms.frozen
    worth = np.where(free, weights * np.nan_to_num(evidence, nan=0.0, posinf=np.inf), 0.0)
    total = float(worth.sum())
    taken = int(alarms.frozen.sum()) if attach else 0
    members = _members(worth, free, threshold, taken)
    if not members and total >= threshold:
        members = (int(np.argmax(worth)),)
    elif not attach and total < threshold:
        members = ()

    known = np.ones(n, dtype=np.bool_) if seen is None else seen
    counted = np.where(quiet | (alarms.calm < 0), alarms.calm + 1, 0)
    calm = np.where(alarms.frozen & (known | (alarms.calm < 0)), counted, alarms.calm)
    done = alarms.frozen & (calm >= CLOSE_AFTER)
    after = Alarms(alarms.frozen & ~done, np.where(done, 0, calm))
    released = tuple(int(place) for place in np.flatnonzero(done))
    return freeze(after, members), Judgement(total, members, released)


def _members(
    worth: NDArray[np.float64], free: NDArray[np.bool_], threshold: float, taken: int
) -> tuple[int, ...]:
    """e-BH over e-values w C M at level 1 / threshold: the largest i such that the i-th largest is
    at least C threshold / i, where `taken` were rejected before."""
    order = np.lexsort((np.arange(len(worth)), -worth))
    order = order[free[order]]
    ranks = np.arange(1, len(order) + 1) + taken
    passed = np.flatnonzero(worth[order] * ranks >= threshold)
    return tuple(int(place) for place in order[: passed[-1] + 1]) if len(passed) else ()
