"""How often whole rows repeat, in bounded memory.

Owns: a count per different row over a part of all hashes that shrinks as rows come.  Does not own:
hashing rows (`glance`), judging (`order`).

Kept are the rows whose hash lies below a limit that halves whenever too many different ones are
held (adaptive sampling: Flajolet 1990, Computing 43, 391-400).  All copies of a row have one hash,
so what is kept of repeats is kept whole.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

KEPT = 1 << 20  # different rows held at most: 16 MiB of hashes and counts
ALL = 2**64 - 1


@dataclass
class RowSet:
    """Hashes of different rows, ascending, and how often each came.

    Example:
        >>> rows = RowSet()
        >>> rows.add(np.array([7, 7, 9], np.uint64))
        >>> rows.counts().tolist()
        [2, 1]
    """

    limit: int = ALL
    hashes: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    times: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    waiting: list[NDArray[np.uint64]] = field(default_factory=list)
    held: int = 0

    def add(self, hashes: NDArray[np.uint64]) -> None:
        """Count rows by their hashes."""
        fresh = hashes if self.limit == ALL else hashes[hashes <= np.uint64(self.limit)]
        self.waiting.append(fresh)
        self.held += len(fresh)
        if self.held >= KEPT:
            self._fold()

    def counts(self, limit: int = ALL) -> NDArray[np.int64]:
        """How often each different row came, of those whose hash lies below a limit."""
        self._fold()
        return self.times if limit >= self.limit else self.times[self.hashes <= np.uint64(limit)]

    @property
    def copies(self) -> float:
        """How many rows are like a row, itself included, on average over rows: by so much a count's
        variance grows."""
        times = self.counts().astype(np.float64)
        return float((times @ times) / max(times.sum(), 1.0)) if len(times) else 1.0

    def _fold(self) -> None:
        if self.waiting:
            fresh, times = np.unique(np.concatenate(self.waiting), return_counts=True)
            every = np.concatenate([self.hashes, fresh])
            self.hashes, place = np.unique(every, return_inverse=True)
            weights = np.concatenate([self.times, times])
            self.times = np.bincount(place, weights, len(self.hashes)).astype(np.int64)
            self.waiting, self.held = [], 0
        while len(self.hashes) > KEPT:
            self.limit //= 2
            kept = int(np.searchsorted(self.hashes, np.uint64(self.limit), side="right"))
            self.hashes, self.times = self.hashes[:kept], self.times[:kept]
