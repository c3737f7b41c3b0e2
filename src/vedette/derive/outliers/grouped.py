"""Means of a few like rows in place of the rows themselves.

Owns: which rows belong together.  Does not own: encoding them (`derive.outliers.encode`).
"""

import numpy as np
from numpy.typing import NDArray


def means(points: NDArray[np.float32], least: int) -> NDArray[np.float32]:
    """The mean of every group of like points, each of at least `least` of them.

    A group is halved where it is widest, as long as both halves are large enough: the same groups
    on every machine, and none smaller than that.
    Shapes: float32[n, d], whole -> float32[m, d], whole.
    Bounds: a group has fewer than 2 * `least` points, or all of fewer than that.
    Source: LeFevre, DeWitt & Ramakrishnan 2006, ICDE, "Mondrian multidimensional k-anonymity".
    Example:
        >>> means(np.array([[0.0], [9.0], [1.0], [10.0]], np.float32), 2).tolist()
        [[0.0], [10.0]]
    """
    made, waiting = [], [np.arange(len(points))]
    while waiting:
        rows = waiting.pop()
        if len(rows) < 2 * least:
            made.append(np.rint(points[rows].mean(axis=0, dtype=np.float64)))
            continue
        own = points[rows].astype(np.float64)
        widest = int(np.argmax(own.var(axis=0)))
        order = np.argsort(own[:, widest], kind="stable")
        half = len(rows) // 2
        waiting += [rows[order[half:]], rows[order[:half]]]
    return np.array(made, np.float32)
