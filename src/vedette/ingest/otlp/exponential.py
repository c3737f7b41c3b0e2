"""Histograms whose buckets are powers of one base.

Owns: adding up to coarser ones, differences, quantiles.  Does not own: reading them (`points`).

Bucket i of scale s covers (b^i, b^(i+1)] with b = 2^(2^-s).
Source: OpenTelemetry, "Metrics data model", exponential histogram.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp2, nan
from typing import Self

FINEST, COARSEST = 20, -10  # scales
MOST = 10_000  # buckets on one side
_FURTHEST = 1_023.0  # powers of two that a number holds


@dataclass(frozen=True)
class Exponential:
    """Counts of one histogram, by bucket; those of zero and about it apart."""

    scale: int
    zero: float
    positive: Mapping[int, float]
    negative: Mapping[int, float]

    def coarser(self, scale: int) -> "Exponential":
        """The same counts in buckets of a smaller scale, exactly.

        Example:
            >>> Exponential(1, 0, {0: 1, 1: 2, 2: 4}, {}).coarser(0).positive
            {0: 3, 1: 4}
        """
        by = self.scale - scale
        if by <= 0:
            return self
        sides = (_shifted(side, by) for side in (self.positive, self.negative))
        return Exponential(scale, self.zero, *sides)

    def since(self, before: Self) -> "Exponential | None":
        """What was added; None where a count shrank."""
        scale = min(self.scale, before.scale)
        now, then = self.coarser(scale), before.coarser(scale)
        positive = _less(now.positive, then.positive)
        negative = _less(now.negative, then.negative)
        if positive is None or negative is None or now.zero < then.zero:
            return None
        return Exponential(scale, now.zero - then.zero, positive, negative)

    @property
    def count(self) -> float:
        """How many values were counted."""
        return self.zero + sum(self.positive.values()) + sum(self.negative.values())

    def quantile(self, q: float) -> float:
        """The value that a share `q` does not exceed; nan of nothing counted.

        Within a bucket values lie evenly on a scale of logarithms.
        Example:
            >>> round(Exponential(0, 0, {0: 50, 3: 50}, {}).quantile(0.5), 3)
            2.0
        """
        left = q * self.count
        if not self.count > 0:
            return nan
        found = 0.0
        for sign, place, count in self._ascending():
            if count <= 0:
                continue
            inside = left / count
            if not sign:
                found = 0.0
            else:
                share = inside if sign > 0 else 1 - inside
                share = min(max(share, 0.0), 1.0)
                power = (place + share) * exp2(-self.scale)
                found = sign * exp2(min(max(power, -_FURTHEST), _FURTHEST))
            if inside <= 1:
                return found
            left -= count
        return found

    def _ascending(self) -> Iterable[tuple[int, int, float]]:
        """Sign, bucket and count from the least value to the greatest."""
        yield from ((-1, at, self.negative[at]) for at in sorted(self.negative, reverse=True))
        yield 0, 0, self.zero
        yield from ((1, at, self.positive[at]) for at in sorted(self.positive))


def exponential(
    scale: int,
    zero: float,
    positive: tuple[int, Sequence[int]],
    negative: tuple[int, Sequence[int]],
) -> Exponential:
    """A histogram as it is sent: each side with its offset.

    Errors: ValueError when its scale is none, or it has too many buckets.
    """
    if not COARSEST <= scale <= FINEST:
        raise ValueError(f"scale {scale} is not from {COARSEST} to {FINEST}")
    if max(len(positive[1]), len(negative[1])) > MOST:
        raise ValueError(f"it has more than {MOST} buckets")
    sides = ({offset + at: n for at, n in enumerate(side) if n} for offset, side in
             (positive, negative))  # fmt: skip
    return Exponential(scale, zero, *sides)


def _shifted(side: Mapping[int, float], by: int) -> dict[int, float]:
    found: dict[int, float] = {}
    for place, count in side.items():
        found[place >> by] = found.get(place >> by, 0) + count
    return found


def _less(now: Mapping[int, float], then: Mapping[int, float]) -> dict[int, float] | None:
    """What is left of counts; None where one is below 0."""
    if any(count > now.get(place, 0) for place, count in then.items()):
        return None
    left = {place: count - then.get(place, 0) for place, count in now.items()}
    return {place: count for place, count in left.items() if count}
