"""How large positive values are, wherever they lie: counts in bins of equal relative width.

Owns: which bin a value falls into, counting, quantiles.  Does not own: which columns are counted so
(`profiles.tails`), what a quantile says (`monitors.tail`).

A bin is one of the 64 equal parts between a power of two and the next, so its place is the first
bits of the float itself: no logarithm, no rounding, the same on every machine.  Merging adds
integers, and a quantile of a thousand merged sketches is as exact as that of one.
"""

from dataclasses import dataclass
from math import ceil
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vedette.core.errors import UsageError

PARTS = 64  # of every doubling: a quantile is then off by 1 in 129 at most, 0.8 %
LEAST, MOST = 2.0**-40, 2.0**40  # what is smaller or larger counts as just that; about 1e-12, 1e12
_SHIFT = 52 - 6  # of a float64's 52 bits of fraction the first 6 tell the part


@dataclass(frozen=True, eq=False)
class LogLinear:
    """Values by size.

    Shapes: `places` int64[k] ascending, `counts` int64[k], all above 0; `below` is how many values
    were 0 or less.
    Bounds: at most 80 x 64 places whatever comes.
    """

    places: NDArray[np.int64]
    counts: NDArray[np.int64]
    below: int = 0

    @classmethod
    def zero(cls) -> Self:
        """Count no values at all."""
        return cls(np.empty(0, np.int64), np.empty(0, np.int64))

    @classmethod
    def of(cls, values: NDArray[np.float64]) -> Self:
        """Count finite values, in any order.

        Example:
            >>> found = LogLinear.of(np.array([0.0, 1.0, 1.0, 8.0]))
            >>> found.count, found.below, found.counts.tolist()
            (4, 1, [2, 1])
        """
        positive = np.asarray(values, np.float64)
        positive = positive[positive > 0]
        places, counts = np.unique(place_of(positive), return_counts=True)
        return cls(places, counts.astype(np.int64), len(values) - len(positive))

    @property
    def count(self) -> int:
        """How many values there were."""
        return int(self.counts.sum()) + self.below

    def merge(self, other: Self) -> Self:
        places = np.union1d(self.places, other.places)
        counts = np.zeros(len(places), np.int64)
        counts[places.searchsorted(self.places)] += self.counts
        counts[places.searchsorted(other.places)] += other.counts
        return type(self)(places, counts, self.below + other.below)

    def quantile(self, q: float) -> float | None:
        """The value that a share q of all values does not exceed; None where there is none.

        Bounds: within 0.8 % of that value (the smallest one with at least q n values at or under
        it), 0 where that was 0 or less.
        Errors: UsageError for q outside [0, 1].
        Example:
            >>> round(LogLinear.of(np.arange(1.0, 1001.0)).quantile(0.99), 1)
            988.0
        """
        if not 0 <= q <= 1:
            raise UsageError("quantile", "q is out of range", got=q, want="0 to 1")
        n = self.count
        if not n:
            return None
        rank = max(ceil(q * n), 1) - self.below
        if rank <= 0:
            return 0.0
        at = int(np.cumsum(self.counts).searchsorted(rank))
        return middle(int(self.places[min(at, len(self.places) - 1)]))

    def ranked(self, ranks: NDArray[np.float64]) -> NDArray[np.float64]:
        """The values at places of the sorted values, the first being 1; within a bin they are taken
        to lie evenly.

        Shapes: float64[k] in [1, n] -> float64[k]; places between two values lie between these.
        Example:
            >>> thousand = LogLinear.of(np.arange(1.0, 1001.0))
            >>> thousand.ranked(np.array([1.0, 500.0])).round(1).tolist()
            [1.0, 500.5]
        """
        if not len(self.places):
            return np.zeros(len(ranks))
        ends = np.cumsum(self.counts)
        inside = np.asarray(ranks, np.float64) - self.below - 0.5
        at = np.minimum(np.searchsorted(ends, inside, side="right"), len(ends) - 1)
        part = np.clip((inside - (ends[at] - self.counts[at])) / self.counts[at], 0.0, 1.0)
        low = (self.places[at] << _SHIFT).view(np.float64)
        high = ((self.places[at] + 1) << _SHIFT).view(np.float64)
        found: NDArray[np.float64] = np.where(inside > -0.5, low + part * (high - low), 0.0)
        return found

    def above(self, limit: float) -> tuple[int, int]:
        """How many values exceed a limit, at least and at most: those of its own bin may.

        Example:
            >>> LogLinear.of(np.array([0.5, 2.0, 2.0, 9.0])).above(1.0)
            (3, 3)
        """
        if limit <= 0:
            beyond = int(self.counts.sum())
            return beyond, beyond + (self.below if limit < 0 else 0)
        at = int(place_of(np.array([limit]))[0])
        surely = int(self.counts[self.places > at].sum())
        own = 0 if edge_of(at + 1) == limit else int(self.counts[self.places == at].sum())
        return surely, surely + own

    def state(self) -> tuple[object, ...]:
        return (
            self.places.astype("<i8").tobytes(),
            self.counts.astype("<i8").tobytes(),
            self.below,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LogLinear) and self.state() == other.state()

    __hash__ = None  # type: ignore[assignment]


def place_of(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """The bins of positive values.  Shapes: float64[n] -> int64[n]."""
    bits = np.clip(values, LEAST, MOST).view(np.int64)
    places: NDArray[np.int64] = bits >> _SHIFT
    return places


def edge_of(place: int) -> float:
    """The least value of a bin.

    Example:
        >>> edge_of(int(place_of(np.array([3.0]))[0]))
        3.0
    """
    return float(np.array([place << _SHIFT], np.int64).view(np.float64)[0])


def middle(place: int) -> float:
    """The value whose distance from both edges of a bin is the same share of them."""
    low, high = edge_of(place), edge_of(place + 1)
    return 2 * low * high / (low + high)
