"""How often each named category occurs.

Owns: counts over a fixed list of names, the rest, and the never seen.  Does not own: which names
(`profiles.binning`).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Counts:
    """Rows per name, then rows of other known categories, then rows of unseen ones.  Shapes: counts
    int64[k + 2]."""

    counts: NDArray[np.int64]

    @classmethod
    def zero(cls, names: int) -> Self:
        """Count no rows over `names` names."""
        return cls(np.zeros(names + 2, np.int64))

    @classmethod
    def of(cls, places: NDArray[np.integer], names: int) -> Self:
        """Count places: 0..names-1 for a name, names for another known category, names + 1 for an
        unseen one.

        Example:
            >>> Counts.of(np.array([0, 0, 3]), 2).counts.tolist()
            [2, 0, 0, 1]
        """
        return cls(np.bincount(places, minlength=names + 2))

    @property
    def named(self) -> NDArray[np.int64]:
        return self.counts[:-2]

    @property
    def other(self) -> int:
        return int(self.counts[-2])

    @property
    def unseen(self) -> int:
        return int(self.counts[-1])

    @property
    def with_rest(self) -> NDArray[np.int64]:
        """Rows per name, then of all other categories, unseen or not.  Shapes: int64[k + 1]."""
        return np.append(self.counts[:-2], self.counts[-2] + self.counts[-1])

    @property
    def rows(self) -> int:
        return int(self.counts.sum())

    def merge(self, other: Self) -> Self:
        return type(self)(self.counts + other.counts)

    def state(self) -> tuple[object, ...]:
        return (self.counts.astype("<i8").tobytes(),)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Counts) and self.state() == other.state()

    __hash__ = None  # type: ignore[assignment]
