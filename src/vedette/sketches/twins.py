"""Values of serving beside those reckoned offline for the same events, counted.

Owns: how many pairs agree, differ, or lack one side.  Does not own: when two values agree
(`derive.twins`), which rows are a pair (`engine.pairing`).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

KINDS = ("same", "differs", "missing_online", "missing_offline")
SAME, DIFFERS, MISSING_ONLINE, MISSING_OFFLINE = range(len(KINDS))


@dataclass(frozen=True, eq=False)
class Twins:
    """Pairs of one column by what became of them.  Shapes: counts int64[4], in the order of
    `KINDS`."""

    counts: NDArray[np.int64]

    @classmethod
    def zero(cls) -> Self:
        """Count no pair."""
        return cls(np.zeros(len(KINDS), np.int64))

    @classmethod
    def of(cls, codes: NDArray[np.integer]) -> Self:
        """Count pairs by their codes.

        Example:
            >>> Twins.of(np.array([SAME, SAME, MISSING_ONLINE])).counts.tolist()
            [2, 0, 1, 0]
        """
        return cls(np.bincount(codes, minlength=len(KINDS)).astype(np.int64))

    @property
    def pairs(self) -> int:
        """How many there are."""
        return int(self.counts.sum())

    def merge(self, other: Self) -> Self:
        """Add other pairs."""
        return type(self)(self.counts + other.counts)

    def state(self) -> tuple[object, ...]:
        """The value as bytes."""
        return (self.counts.astype("<i8").tobytes(),)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Twins) and self.state() == other.state()

    __hash__ = None  # type: ignore[assignment]
