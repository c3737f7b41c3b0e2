"""Lists of rows, ragged: scores of what was shown, relevances of what became of it.

Owns: reading list columns, ranks, and what a ranking earns list by list.  Does not own: sums
(`sketches.graded`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vedette.profiles.buffers import fixed, missing
from vedette.profiles.columns import as_numbers
from vedette.profiles.numbers import are_lists


@dataclass(frozen=True, eq=False)
class Lists:
    """One list a row.  Shapes: values float64[all], row after row; sizes int[n]; usable bool[n]:
    lists that hold something, and only finite numbers."""

    values: NDArray[np.float64]
    sizes: NDArray[np.intp]
    usable: NDArray[np.bool_]

    @classmethod
    def read(cls, column: pa.Array) -> Self:
        """Read a column of lists of numbers; another column has no usable row.

        Example:
            >>> Lists.read(pa.array([[1, 0], None, [2]])).sizes.tolist()
            [2, 0, 1]
        """
        sizes, flat = _flat(column)
        if flat is None:
            return cls(np.zeros(0), sizes, sizes > 0)
        numbers = as_numbers(flat)
        values = numbers.values.astype(np.float64)
        good = np.isfinite(values)
        if numbers.usable is not None:
            good &= numbers.usable
        whole = sizes > 0
        if not good.all():
            whole &= np.bincount(_owners(sizes)[~good], minlength=len(sizes)) == 0
        return cls(np.where(good, values, 0.0), sizes, whole)

    @classmethod
    def in_order(cls, column: pa.Array) -> Self:
        """Read lists of anything as shown best first.

        Example:
            >>> Lists.in_order(pa.array([["a", "b"]])).values.tolist()
            [0.0, -1.0]
        """
        sizes, _ = _flat(column)
        starts = np.cumsum(sizes) - sizes
        places = np.arange(sizes.sum()) - np.repeat(starts, sizes)
        return cls(-places.astype(np.float64) + 0.0, sizes, sizes > 0)

    def pick(self, rows: NDArray[np.bool_]) -> Self:
        """Keep the lists of some rows."""
        return type(self)(
            self.values[np.repeat(rows, self.sizes)], self.sizes[rows], self.usable[rows]
        )

    def graded(self, relevance: Self, top: Sequence[int]) -> dict[str, NDArray[np.float64]]:
        """Say what each ranking earns: NDCG, average precision, and both NDCG and hit rate at k.

        Shapes: relevances aligned with the scores, below 0 counting as 0.
        Bounds: within [0, 1]; tied scores share their ranks' gain; a list without anything relevant
        earns 0; equal scores at the end of the first k keep the order of the list.
        Source: Jaervelin & Kekaelaeinen 2002 (NDCG, linear gain); agrees with scikit-learn's
        ndcg_score and, list by list, average_precision_score.
        """
        owner = _owners(self.sizes)
        gain = np.maximum(relevance.values, 0.0)
        order = np.lexsort((-self.values, owner))
        rank = np.arange(len(order)) - np.repeat(np.cumsum(self.sizes) - self.sizes, self.sizes)
        ranked = _Ranked(owner, rank, self.values[order], gain[order], len(self.sizes))
        best = gain[np.lexsort((-gain, owner))]
        found = {"ndcg": ranked.ndcg(best, None), "average_precision": ranked.average_precision()}
        for k in top:
            found[f"ndcg@{k}"] = ranked.ndcg(best, k)
            found[f"hit_rate@{k}"] = ranked.hits(k)
        return found


@dataclass(frozen=True, eq=False)
class _Ranked:
    """Items sorted by list and rank."""

    owner: NDArray[np.intp]
    rank: NDArray[np.intp]  # from 0
    score: NDArray[np.float64]
    gain: NDArray[np.float64]
    lists: int

    def ndcg(self, best: NDArray[np.float64], k: int | None) -> NDArray[np.float64]:
        discount = 1 / np.log2(self.rank + 2.0)
        if k is not None:
            discount = np.where(self.rank < k, discount, 0.0)
        ideal = self._by_list(best * discount)
        tie = self._ties()
        mean = np.bincount(tie, discount) / np.maximum(np.bincount(tie), 1)
        got = self._by_list(self.gain * mean[tie]) if len(tie) else ideal
        return np.divide(got, ideal, out=np.zeros(self.lists), where=ideal > 0)

    def average_precision(self) -> NDArray[np.float64]:
        tie, relevant = self._ties(), (self.gain > 0).astype(np.float64)
        if not len(tie):
            return np.zeros(self.lists)
        last = np.append(np.flatnonzero(np.diff(tie)), len(tie) - 1)  # last item of each tie
        before = np.cumsum(relevant) - relevant
        first = np.flatnonzero(self.rank == 0)
        offset = np.zeros(self.lists)
        offset[self.owner[first]] = before[first]
        above = np.cumsum(relevant)[last] - offset[self.owner[last]]
        precision = (above / (self.rank[last] + 1))[tie]
        found, total = self._by_list(relevant * precision), self._by_list(relevant)
        return np.divide(found, total, out=np.zeros(self.lists), where=total > 0)

    def hits(self, k: int) -> NDArray[np.float64]:
        hit = self._by_list(((self.gain > 0) & (self.rank < k)).astype(np.float64))
        return (hit > 0).astype(np.float64)

    def _by_list(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(self.owner, values, minlength=self.lists).astype(np.float64)

    def _ties(self) -> NDArray[np.intp]:
        """Number the runs of equal scores within a list."""
        new = (self.rank == 0) | (self.score != np.roll(self.score, 1))
        return np.cumsum(new) - 1


def _owners(sizes: NDArray[np.intp]) -> NDArray[np.intp]:
    return np.repeat(np.arange(len(sizes)), sizes)


def _flat(column: pa.Array) -> tuple[NDArray[np.intp], pa.Array | None]:
    """Sizes of the lists of a column, 0 for a missing one, and their items in one row."""
    if not are_lists(column.type):
        return np.zeros(len(column), np.intp), None
    sizes = fixed(pc.list_value_length(column).cast(pa.int64())).astype(np.intp)
    absent = missing(column)
    if absent is not None:
        sizes[absent] = 0
    return sizes, column.flatten()
