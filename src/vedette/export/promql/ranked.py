"""`topk` and `bottomk`: the largest or smallest series of every group, ties as Prometheus has them.

Owns: which series stay.  Does not own: groups (`export.promql.aggregate`).

Values that are equal are common: quantiles are middles of bins.  Which of them stay is decided in
Prometheus by how its heap happens to lie, so where the last place is tied the same heap is built.

Source: the aggregation of promql/engine.go, 2.42, and Go's container/heap.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from vedette.export.promql.values import Array, Bools, QueryError, Vector
from vedette.export.series.series import Labels

Less = Callable[[int, int], bool]
FAR = 2**62  # a whole number that is larger does not fit where Prometheus keeps it


def best(vector: Vector, groups: dict[Labels, list[int]], k: Array, *, largest: bool) -> Vector:
    """The k largest or smallest of every group at every step; nan comes last.

    Errors: QueryError for a k that is no number.
    """
    odd = ~(np.abs(k) < FAR)
    if odd.any():
        raise QueryError(f"Scalar value {k[odd][0]} overflows int64")
    sizes = np.maximum(np.trunc(k), 0).astype(np.int64)
    kept = np.zeros(vector.there.shape, np.bool_)
    for rows in groups.values():
        own = vector.values[rows] if largest else -vector.values[rows]
        kept[rows] = _best(own, vector.there[rows], sizes)
    return vector.kept(kept)


def _best(values: Array, there: Bools, sizes: NDArray[np.int64]) -> Bools:
    """Shapes: float64[S, T], bool[S, T], int64[T] -> bool[S, T]."""
    ranked = np.where(np.isnan(values), np.inf, -values)
    order = np.lexsort((ranked, ~there), axis=0)
    place = np.empty_like(order)
    np.put_along_axis(place, order, np.arange(len(values))[:, None], axis=0)
    kept: Bools = (place < sizes) & there
    last, next_one = (np.clip(at, 0, len(values) - 1) for at in (sizes - 1, sizes))
    steps = np.arange(values.shape[1])
    ends = (ranked[order[at, steps], steps] for at in (last, next_one))
    tied = np.equal(*ends) & there[order[next_one, steps], steps] & (sizes < len(values))
    for step in np.flatnonzero(tied & (sizes > 0)).tolist():
        rows = np.flatnonzero(there[:, step]).tolist()
        kept[:, step] = False
        kept[_heaped(values[:, step], rows, int(sizes[step])), step] = True
    return kept


def _heaped(values: Array, rows: list[int], k: int) -> list[int]:
    """The rows that are in the heap after all were offered, in their order."""
    heap: list[int] = []

    def less(i: int, j: int) -> bool:
        return bool(np.isnan(values[heap[i]]) or values[heap[i]] < values[heap[j]])

    for row in rows:
        if len(heap) == k:
            least = values[heap[0]]
            if not (least < values[row] or np.isnan(least) > np.isnan(values[row])):
                continue
            heap[0] = heap[-1]  # taken out, then the new one put in: not the same as put in place
            heap.pop()
            _down(heap, less)
        heap.append(row)
        _up(heap, less)
    return heap


def _up(heap: list[int], less: Less) -> None:
    at = len(heap) - 1
    while at and less(at, above := (at - 1) // 2):
        heap[at], heap[above] = heap[above], heap[at]
        at = above


def _down(heap: list[int], less: Less) -> None:
    at = 0
    while (below := 2 * at + 1) < len(heap):
        if below + 1 < len(heap) and less(below + 1, below):
            below += 1
        if not less(below, at):
            return
        heap[at], heap[below] = heap[below], heap[at]
        at = below
