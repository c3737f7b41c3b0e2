"""Readings of one metric that somebody logged.

Owns: how many there were, their sum and extremes.  Does not own: when they came, what they say
(`monitors.metrics`).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Readings:
    """The readings of one metric in one window.

    Bounds: `total` within n eps sum|x| whatever the order of merges; the rest is exact.
    """

    count: int = 0
    total: float = 0.0
    low: float = float("inf")
    high: float = float("-inf")

    @classmethod
    def zero(cls) -> Self:
        """Read nothing."""
        return cls()

    @classmethod
    def of(cls, values: NDArray[np.float64]) -> Self:
        """Take finite values in.

        Example:
            >>> Readings.of(np.array([1.0, 3.0])).mean
            2.0
        """
        if not len(values):
            return cls()
        with np.errstate(over="ignore"):
            return cls(len(values), float(values.sum()), float(values.min()), float(values.max()))

    @classmethod
    def times(cls, n: int) -> Self:
        """Read 1 so many times: something happened.

        Example:
            >>> Readings.times(2).merge(Readings.times(3)).total
            5.0
        """
        return cls(n, float(n), 1.0, 1.0) if n else cls()

    def merge(self, other: Self) -> Self:
        return type(self)(
            self.count + other.count,
            self.total + other.total,
            min(self.low, other.low),
            max(self.high, other.high),
        )

    @property
    def mean(self) -> float | None:
        """The mean of the readings; None where there is none, or their sum overflowed."""
        if not self.count or not np.isfinite(self.total):
            return None
        return min(max(self.total / self.count, self.low), self.high)

    def state(self) -> tuple[object, ...]:
        return (self.count, self.total, self.low, self.high)
