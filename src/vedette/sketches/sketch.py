"""What every sketch promises.

Owns: the protocol.  Does not own: any sketch.  Counts are integers, so merging is exact,
commutative and associative, and any
split of the rows gives the same sketch; `tests/laws` holds every sketch of `sketches.catalog` to
that.
"""

from typing import Protocol, Self


class Sketch(Protocol):
    """An additive summary.  `zero` is the unit of `merge`; `of` reads rows; `state` is the value to
    store and compare."""

    def merge(self, other: Self) -> Self:
        """Add two summaries of disjoint rows."""
        ...

    def state(self) -> tuple[object, ...]:
        """The value as plain integers, floats, text and bytes, the same on every machine."""
        ...
