"""How many different values a column holds.

Owns: the k smallest hashes (a bottom-k or theta sketch).  Does not own: hashing (callers give
64-bit hashes).  Exact below k distinct
values; above, unbiased with relative standard error 1/sqrt(k - 2) (Bar-Yossef, Jayram, Kumar,
Sivakumar & Trevisan 2002; Beyer,
Haas, Reinwald, Sismanis & Gemulla 2007).  The k smallest hashes of a union are a function of the
union: merging is exact.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Distinct:
    """The smallest hashes seen, ascending.  Shapes: hashes uint64[at most SIZE].  Bounds: relative
    error 3.1 % (one sd)."""

    SIZE: ClassVar[int] = 1024  # 8 KiB a column; relative standard error 1/sqrt(1022) = 3.1 %

    hashes: NDArray[np.uint64]

    @classmethod
    def zero(cls) -> Self:
        """See no value at all."""
        return cls(np.empty(0, np.uint64))

    @classmethod
    def of(cls, hashes: NDArray[np.uint64]) -> Self:
        """See values by their hashes, repeated or not.

        Example:
            >>> Distinct.of(np.array([5, 5, 9], np.uint64)).estimate()
            2
        """
        return cls(np.unique(hashes)[: cls.SIZE])

    def merge(self, other: Self) -> Self:
        return type(self)(np.union1d(self.hashes, other.hashes)[: self.SIZE])

    def estimate(self) -> int:
        """Number of different values: exact below SIZE."""
        if len(self.hashes) < self.SIZE:
            return len(self.hashes)
        return round((self.SIZE - 1) * 2.0**64 / float(self.hashes[-1]))

    def state(self) -> tuple[object, ...]:
        return (self.hashes.astype("<u8").tobytes(),)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Distinct) and self.state() == other.state()

    __hash__ = None  # type: ignore[assignment]
