"""Sums, sum of squares and extremes of an ordered column, for showing and attributing, never for
verdicts.

Owns: float sums per bin.  Does not own: counts.  Float addition is not associative: two merge
orders agree within n * eps * sum|x| (Higham 2002, section 4.2), which `tests/laws` checks;
extremes are exact.  Squares are taken about a fixed centre near the data, or a column of large
numbers close to one another would lose every digit of its deviation.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vedette.core.errors import UsageError


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums of x per bin, sum of (x - centre) squared, extremes.

    Shapes: sums float64[k + 2].  Bounds: sums within n eps sum|x|.
    Errors: merging sums about different centres raises UsageError.
    """

    sums: NDArray[np.float64]
    squares: float
    low: float
    high: float
    centre: float = 0.0

    @classmethod
    def zero(cls, bins: int, centre: float = 0.0) -> Self:
        """Sum no rows over `bins` bins (the two outside ones counted)."""
        return cls(np.zeros(bins), 0.0, float("inf"), float("-inf"), centre)

    @classmethod
    def of(
        cls,
        values: NDArray[np.float64],
        places: NDArray[np.integer],
        bins: int,
        centre: float = 0.0,
    ) -> Self:
        """Sum finite values, each in the bin given by its place.

        Example:
            >>> Moments.of(np.array([1.0, 3.0, 5.0]), np.array([0, 1, 1]), 2).sums.tolist()
            [1.0, 8.0]
        """
        if len(values) == 0:
            return cls.zero(bins, centre)
        with np.errstate(over="ignore"):
            sums = np.bincount(places, weights=values, minlength=bins).astype(np.float64)
            off = values - centre
            low, high = float(values.min()), float(values.max())
            return cls(sums, float(off @ off), low, high, centre)

    def merge(self, other: Self) -> Self:
        if self.centre != other.centre:
            raise UsageError(
                "moments",
                "squares about different centres do not add up",
                got=f"{self.centre} and {other.centre}",
            )
        with np.errstate(over="ignore", invalid="ignore"):
            return type(self)(
                self.sums + other.sums,
                self.squares + other.squares,
                min(self.low, other.low),
                max(self.high, other.high),
                self.centre,
            )

    def mean(self, n: int) -> float | None:
        """Mean of the n summed values; None when there is none or the sum overflowed."""
        with np.errstate(over="ignore", invalid="ignore"):
            total = float(self.sums.sum())
        if not n or not np.isfinite(total):
            return None
        return min(max(total / n, self.low), self.high)  # rounding must not leave the values

    def deviation(self, n: int) -> float | None:
        """Standard deviation (n in the denominator) of the n summed values; None as for `mean`."""
        mean = self.mean(n)
        if mean is None or not np.isfinite(self.squares):
            return None
        if self.low == self.high:
            return 0.0
        off = mean - self.centre
        return float(max(self.squares / n - off * off, 0.0) ** 0.5)

    def state(self) -> tuple[object, ...]:
        sums = self.sums.astype("<f8").tobytes()
        return (sums, self.squares, self.low, self.high, self.centre)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Moments) and self.state() == other.state()

    __hash__ = None  # type: ignore[assignment]
