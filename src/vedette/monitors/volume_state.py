"""What is remembered of a model's volume between two windows.

Owns: the state, before the first window and without the evidence of its level.  Does not own: what
is done with it (`monitors.volume`).
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vedette.stats.traffic import Forecast, Traffic, no_traffic

BETS = 6  # three falls, three rises


@dataclass(frozen=True, eq=False)
class VolumeState:
    """What is known of the traffic, and the evidence that it is not met.

    Shapes: `sums` (the Shiryaev-Roberts sums), `cusum`, `since`, and the rows seen and due since
    then: float64[6] and int64[6], three falls and three rises.  `silence` is the evidence of the
    gap under way, `silent_from` its start, `silent_due` the rows it missed.  `expected` is the
    forecast of the last window.
    """

    traffic: Traffic
    sums: NDArray[np.float64]
    cusum: NDArray[np.float64]
    since: NDArray[np.int64]
    seen: NDArray[np.float64]
    due: NDArray[np.float64]
    jump: float
    silence: float
    silent_from: int
    silent_due: float
    expected: Forecast


def nothing_known() -> VolumeState:
    """The state before the first window."""
    none, nothing = np.zeros(BETS), Forecast(0.0, 0.0, 0.0, 1.0, 1.0, 0.0)
    return VolumeState(
        traffic=no_traffic(),
        sums=none,
        cusum=np.ones(BETS),
        since=np.zeros(BETS, np.int64),
        seen=none,
        due=none,
        jump=0.0,
        silence=0.0,
        silent_from=0,
        silent_due=0.0,
        expected=nothing,
    )


def without_level(state: VolumeState) -> VolumeState:
    """Forget the evidence that the level moved."""
    new = nothing_known()
    return replace(
        state,
        sums=new.sums,
        cusum=new.cusum,
        since=new.since,
        seen=new.seen,
        due=new.due,
        jump=0.0,
    )
