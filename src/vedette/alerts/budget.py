"""One alarm budget for everything a model is watched for.

Owns: how the budget is split over streams, and the bar that their joint evidence must reach.  Does
not own: evidence (monitors), deciding (`alerts.alarms`).

With weights w that sum to 1 and e-detectors M whose mean after t windows is at most t without a
change, the weighted sum of M has that mean as well, whatever the dependence between streams.  A bar
of W/B therefore lets it cross at most B times in W windows on average.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from vedette.core.errors import UsageError
from vedette.monitors.monitor import Stream

# Parts of the budget (docs/decisions/0014).  Parts that no stream lives on go to the others.
SHARES: Mapping[str, float] = {
    "drift": 0.25515,
    "predictions": 0.10935,
    "performance": 0.1458,
    "quality": 0.10935,
    "service": 0.10935,
    "fairness": 0.081,
    "skew": 0.09,
    "anomalies": 0.1,
}
FAST = 0.2  # the fast clock's part of the alarms
LATE = 0.2  # that of the clock of windows whose labels have come; the rest is the drift clock's
PAIRED = 0.1  # that of the clock of pairs of twins, once there are any
FLOOR = 0.2  # of an even split: what the least important stream keeps, so that none is blind


def allot(
    streams: Sequence[Stream], width_ns: int, period_ns: int, alarms: float
) -> tuple[NDArray[np.float64], float]:
    """Split one clock's alarms over its streams.

    Weights are proportional to a stream's part of the budget times its importance among the
    streams of that part.

    Shapes: weights float64[S], which sum to 1; the threshold of their weighted evidence.
    Units: `alarms` of this clock in one period, nanoseconds.
    Errors: UsageError for an unknown part, an importance that is no number, or no time at all.
    Example:
        >>> streams = [Stream("shift", "age"), Stream("shift", "score", share="predictions")]
        >>> weights, threshold = allot(streams, 3_600, 3_600 * 720, alarms=0.8)
        >>> weights.round(2).tolist(), threshold
        ([0.7, 0.3], 900.0)
    """
    if not (width_ns > 0 and period_ns > 0 and 0 < alarms < float("inf")):
        got = f"width {width_ns}, period {period_ns}, alarms {alarms}"
        raise UsageError("budget", "needs a width, a period and alarms above 0", got=got)
    threshold = period_ns / width_ns / alarms
    if not streams:
        return np.zeros(0), threshold
    weights = np.zeros(len(streams))
    for share in dict.fromkeys(stream.share for stream in streams):
        if share not in SHARES:
            raise UsageError("budget", "unknown part", got=repr(share), want=", ".join(SHARES))
        own = np.array([stream.share == share for stream in streams])
        weights[own] = SHARES[share] * _even(streams, own)
    return _floored(weights / weights.sum()), threshold


def _even(streams: Sequence[Stream], own: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Importances of one part, scaled to sum 1; the same for all when none has any."""
    importance = np.array([s.importance for s, is_own in zip(streams, own, strict=True) if is_own])
    if not (np.isfinite(importance).all() and (importance >= 0).all()):
        raise UsageError("budget", "an importance is negative or no number", want="0 or more")
    total = importance.sum()
    return importance / total if total > 0 else np.full(len(importance), 1 / len(importance))


def _floored(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Raise what lies below the floor to it; the others pay in proportion."""
    floor = FLOOR / len(weights)
    low = np.zeros(len(weights), dtype=np.bool_)
    scaled = weights
    while (fresh := (scaled < floor) & ~low).any():
        low |= fresh
        scale = (1 - floor * low.sum()) / weights[~low].sum()
        scaled = np.where(low, floor, weights * scale)
    return scaled
