"""What is kept of one column in one segment.

Owns: the record of sketches and how two of them add.  Does not own: filling it
(`profiles.accumulate`).
"""

from dataclasses import dataclass
from typing import Self, TypeVar

from vedette.core.errors import UsageError
from vedette.sketches.bins import Bins
from vedette.sketches.counts import Counts
from vedette.sketches.distinct import Distinct
from vedette.sketches.moments import Moments
from vedette.sketches.newcomers import Newcomers


@dataclass(frozen=True)
class Cell:
    """Rows, rows that hold no usable value (by reason), and sketches of the rest.

    Ordered columns have bins and moments, nominal ones counts, newcomers and distinct.
    """

    rows: int
    missing: int = 0
    not_finite: int = 0
    broken: int = 0  # a value of a type the field cannot hold
    bins: Bins | None = None
    moments: Moments | None = None
    counts: Counts | None = None
    newcomers: Newcomers | None = None
    distinct: Distinct | None = None

    @property
    def usable(self) -> int:
        """Rows that hold a value of the right type."""
        return self.rows - self.missing - self.not_finite - self.broken

    def merge(self, other: Self) -> Self:
        """Add two cells of the same column, segment and binning."""
        return type(self)(
            self.rows + other.rows,
            self.missing + other.missing,
            self.not_finite + other.not_finite,
            self.broken + other.broken,
            _add(self.bins, other.bins),
            _add(self.moments, other.moments),
            _add(self.counts, other.counts),
            _add(self.newcomers, other.newcomers),
            _add(self.distinct, other.distinct),
        )

    def integers(self) -> tuple[object, ...]:
        """Everything a verdict can rest on: all but the float sums."""
        kept = (self.bins, self.counts, self.newcomers, self.distinct)
        states = tuple(None if sketch is None else sketch.state() for sketch in kept)
        return (self.rows, self.missing, self.not_finite, self.broken, *states)


S = TypeVar("S", Bins, Moments, Counts, Newcomers, Distinct)


def _add(one: S | None, two: S | None) -> S | None:
    if one is None and two is None:
        return None
    if one is None or two is None:
        raise UsageError("profile merge", "one side lacks a sketch that the other has")
    return one.merge(two)
