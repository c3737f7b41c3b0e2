"""The stretch of event time that a page shows, cut into steps that the eye can tell apart.

Owns: which stretch, and how wide its steps are.  Does not own: what is shown in it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.core.durations import DAY, HOUR, MINUTE, SECOND, spell

STEPS = 122  # at most, so that each is some 6 px wide: a month of six hours, wherever it begins
LADDER = (
    SECOND, 5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR,
    6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 28 * DAY,
)  # fmt: skip
LONGEST = 3660 * DAY
# What a reader can choose, by name.
REACHES: dict[str, int] = {
    "quarter": 91 * DAY, "month": 30 * DAY, "week": 7 * DAY, "day": DAY, "hour": HOUR,
}  # fmt: skip


class Span(NamedTuple):
    """A stretch [start, end) in steps of `width`.  Units: UTC nanoseconds."""

    start: int
    end: int
    width: int

    @property
    def steps(self) -> int:
        """How many steps there are."""
        return -(-(self.end - self.start) // self.width)

    @property
    def starts(self) -> list[int]:
        """Where every step begins."""
        return [self.start + at * self.width for at in range(self.steps)]

    @property
    def step(self) -> str:
        """The width of a step in words."""
        return spell(self.width)

    def at(self, times: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
        """The step of every instant; before the first it is negative."""
        found: NDArray[np.int64] = (np.asarray(times, np.int64) - self.start) // self.width
        return found


def span_of(start: int, end: int, window: int) -> Span:
    """Cut a stretch into steps of whole windows, wide enough to be few; a span is cut into itself.

    Units: nanoseconds; `window` is the width of the windows that are shown.
    Example:
        >>> span_of(0, 30 * DAY, HOUR).step, span_of(0, DAY, HOUR).step, span_of(0, HOUR, MINUTE)[2]
        ('6 h', '1 h', 60000000000)
    """
    end = max(end, start + 1)
    for step in LADDER:
        width = max(window, -(-step // window) * window)
        first = start // width * width
        steps = -(-(end - first) // width)
        if steps <= STEPS:
            break
    return Span(first, first + min(steps, LONGEST // width) * width, width)
