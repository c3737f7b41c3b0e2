"""How many values of an ordered column fall between fixed edges.

Owns: counting into right-closed bins (a, b].  Does not own: where the edges lie
(`profiles.binning`).  Layout of `counts` for
edges e[0..k]: below e[0] or at it, k bins, above e[k].  Values at or under e[0] are outside the
reference's range because e[0] is
the number just below its minimum.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Bins:
    """Counts below, between and above edges.  Shapes: counts int64[k + 2] for k + 1 edges."""

    counts: NDArray[np.int64]

    @classmethod
    def zero(cls, edges: NDArray[np.float64]) -> Self:
        """Count no rows at all."""
        return cls(np.zeros(len(edges) + 1, np.int64))

    @classmethod
    def of(cls, values: NDArray[np.float64], edges: NDArray[np.float64]) -> Self:
        """Count finite values, in any order.

        Shapes: values float64[n] without NaN, edges float64[k + 1] ascending.
        Example:
            >>> Bins.of(np.array([0.0, 1.0, 1.5, 9.0]), np.array([0.0, 1.0, 2.0])).counts.tolist()
            [1, 1, 1, 1]
        """
        places = edges.searchsorted(values, side="left")
        return cls(np.bincount(places, minlength=len(edges) + 1))

    @property
    def below(self) -> int:
        return int(self.counts[0])

    @property
    def above(self) -> int:
        return int(self.counts[-1])

    @property
    def inside(self) -> NDArray[np.int64]:
        return self.counts[1:-1]

    def merge(self, other: Self) -> Self:
        return type(self)(self.counts + other.counts)

    def state(self) -> tuple[object, ...]:
        return (self.counts.astype("<i8").tobytes(),)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bins) and self.state() == other.state()

    __hash__ = None  # type: ignore[assignment]
