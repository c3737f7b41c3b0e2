"""Neighbouring bins joined until they hold enough rows to be tested.

Owns: which bins belong together.  Does not own: bin edges, nor the counts themselves.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

TOP = 50  # categories kept by name
TESTED = 5  # of which this many, the largest, are tested one by one
# Rows a tested bin holds in the reference and expects in the current sample: from there on the
# family-wise error was measured at or below its level (8 laws, 14 pairs of sizes).
FLOOR = 8


def merge_ordered(reference: ArrayLike, n: float, floor: float = FLOOR) -> NDArray[np.intp]:
    """Number the group of every bin so that each group is large enough on both sides.

    Neighbours join to the right until the reference holds ``floor`` rows and a current sample of n
    rows expects as many; a poor last group joins its neighbour.  Reads the reference and n only,
    never the current counts, so the grouping cannot be lucky.

    Shapes: K counts -> K labels, ascending from 0.
    Bounds: one group when the reference is too small for two; n = 0 is taken as 1; K = 0 gives no
    labels.

    Example:
        >>> merge_ordered([5, 5, 20, 3], n=38).tolist()
        [0, 0, 1, 1]
    """
    counts = np.asarray(reference, float).tolist()
    need = max(floor, floor * sum(counts) / max(n, 1))
    labels, have, group = [], 0.0, 0
    for count in counts:
        labels.append(group)
        have += count
        if have >= need:
            group, have = group + 1, 0.0
    return np.minimum(np.asarray(labels, np.intp), max(group - 1, 0))


def grouped(labels: NDArray[np.intp], counts: ArrayLike) -> NDArray[np.float64]:
    """Add up the counts of each group.

    Shapes: K labels, K counts -> one sum per group.

    Example:
        >>> grouped(np.array([0, 0, 1]), [5, 5, 20]).tolist()
        [10.0, 20.0]
    """
    sums: NDArray[np.float64] = np.bincount(labels, np.asarray(counts, float)).astype(np.float64)
    return sums


def largest(counts: ArrayLike, top: int, need: float) -> list[int]:
    """List the categories with the most rows, largest first, that hold at least ``need``.

    Bounds: at most ``top`` of them; ties keep their order.

    Example:
        >>> largest([3, 50, 9, 50], top=3, need=8)
        [1, 3, 2]
    """
    c = np.asarray(counts, float)
    order = np.argsort(-c, kind="stable")[:top]
    return [int(k) for k in order if c[k] >= need]
