"""Sums, sum of squares and extremes of an ordered column, for showing and attributing, never for
verdicts.

Owns: float sums per bin.  Does not own: counts.  Float addition is not associative: two merge
orders agree within
n * eps * sum|x| (Higham 2002, section 4.2), which `tests/laws` checks; extremes are exact.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums of x per bin, sum of x squared, extremes.  Shapes: sums float64[k + 2].  Bounds: sums
    within n eps sum|x|."""

    sums: NDArray[np.float64]
    squares: float
    low: float
    high: float

    @classmethod
    def zero(cls, bins: int) -> Self:
        """Sum no rows over `bins` bins (the two outside ones counted)."""
        return cls(np.zeros(bins), 0.0, float("inf"), float("-inf"))

    @classmethod
    def of(cls, values: NDArray[np.float64], places: NDArray[np.integer], bins: int) -> Self:
        """Sum finite values, each in the bin given by its place.

        Example:
            >>> Moments.of(np.array([1.0, 3.0, 5.0]), np.array([0, 1, 1]), 2).sums.tolist()
            [1.0, 8.0]
        """
        if len(values) == 0:
            return cls.zero(bins)
        with np.errstate(over="ignore"):
            sums = np.bincount(places, weights=values, minlength=bins).astype(np.float64)
            return cls(sums, float(values @ values), float(values.min()), float(values.max()))

    def merge(self, other: Self) -> Self:
        with np.errstate(over="ignore", invalid="ignore"):
            return type(self)(
                self.sums + other.sums,
                self.squares + other.squares,
                min(self.low, other.low),
                max(self.high, other.high),
            )

    def mean(self, n: int) -> float | None:
        """Mean of the n summed values; None when there is none or the sum overflowed."""
        with np.errstate(over="ignore", invalid="ignore"):
            total = float(self.sums.sum())
        return total / n if n and np.isfinite(total) else None

    def deviation(self, n: int) -> float | None:
        """Standard deviation (n in the denominator) of the n summed values; None as for `mean`."""
        mean = self.mean(n)
        if mean is None or not np.isfinite(self.squares):
            return None
        return float(max(self.squares / n - mean * mean, 0.0) ** 0.5)

    def state(self) -> tuple[object, ...]:
        return (self.sums.astype("<f8").tobytes(), self.squares, self.low, self.high)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Moments) and self.state() == other.state()

    __hash__ = None  # type: ignore[assignment]
