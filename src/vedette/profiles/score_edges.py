"""Where a score is cut, so that its ranking and every threshold can be told from counts.

Owns: the edges of one score.  Does not own: counting (`sketches.graded`).
"""

import numpy as np
from numpy.typing import NDArray

ALL = 112  # equal shares of the reference between two edges
POSITIVE = 160  # of its positive rows: average precision rests on the order among them
TAIL = 2.0  # each step into a tail halves what lies beyond
CELLS = 4_096  # bins of all scores of a model together: 64 kB a window and segment
FEW = 1_024  # different values of a score, up to which each has a bin of its own
STEPS = 100  # thresholds of 0, 0.01, ... 1 are exact
# Towards 0 and 1 the reference's own tails say too little once scores drift.
NEAR = np.array([1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3])
BEYOND = 2.0 ** np.arange(-5, 5)  # edges outside the reference's range, in its own width
INSIDE = 64  # equal steps within the range of a score that is no chance


def fit_score_edges(
    values: NDArray[np.float64], positive: NDArray[np.bool_], chances: bool, scores: int = 1
) -> NDArray[np.float64]:
    """Choose edges at order statistics of all rows and of the positive ones, refined to the tails,
    and on a grid.

    Shapes: n values (NaN: none), n flags -> edges, ascending, all different; a bin holds its lower
    edge.  Bounds: fewer with more scores: about `CELLS` bins in all.
    Example:
        >>> edges = fit_score_edges(np.array([0.2, 0.7]), np.array([False, True]), True)
        >>> bool(np.isin([0.2, 0.5, 0.7], edges).all())
        True
    """
    known = np.isfinite(values)
    share = max(min(1.0, CELLS / (400 * scores)), 0.1)
    different = np.unique(values[known])
    if len(different) <= min(FEW * share, known.sum() / 2):
        parts = [different]
    else:
        parts = [_order(values[known], int(ALL * share))]
        parts += [_order(values[known & positive], int(POSITIVE * share))]
    if chances:
        steps = max(int(STEPS * share), 10) if share < 1 else STEPS
        near = NEAR if share == 1 else NEAR[::3]
        parts += [np.arange(steps + 1) / steps, near, 1 - near]
    elif known.any():
        low, high = values[known].min(), values[known].max()
        width = (high - low) or 1.0
        parts += [np.linspace(low, high, int(INSIDE * share) + 1)]
        parts += [low - width * BEYOND, high + width * BEYOND]
    edges = np.unique(np.concatenate(parts) + 0.0)
    return edges[np.isfinite(edges)]


def _order(values: NDArray[np.float64], steps: int) -> NDArray[np.float64]:
    """Order statistics at equal shares, and by halves into both tails; a value that many rows hold
    is alone in its bin."""
    n = len(values)
    if n == 0:
        return values
    ordered = np.sort(values)
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    heavy = ordered[starts[np.diff(np.append(starts, n)) > max(n / (2 * steps), 1)]]
    tail = TAIL ** -np.arange(1, max(np.log2(n / steps), 0) + 1) / steps
    at = np.concatenate([np.arange(1, steps) / steps, tail, 1 - tail])
    cuts = ordered[np.clip((at * n).astype(np.intp), 0, n - 1)]
    with np.errstate(over="ignore"):
        return np.concatenate([cuts, heavy, np.nextafter(heavy, np.inf)])
