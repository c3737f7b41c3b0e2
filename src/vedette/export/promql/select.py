"""Samples at steps: what a series was at an instant, and which samples lie in a range before it.

Owns: looking up, ranges as places in the stored samples.  Does not own: what is made of ranges
(`export.promql.over_time`).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.export.promql.values import Bools, Samples, Steps

HELD = 300_000  # milliseconds: how long a sample stands, as in Prometheus
WINDOWS = 2  # a series told less often stands for so many of its windows


class Ranges(NamedTuple):
    """The samples of one series in the range before every step.

    Shapes: of step t the places `first[t]` to before `last[t]`; `start`, `end` int64[T] the
    range's own limits in milliseconds, both inside.
    """

    samples: Samples
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    start: Steps
    end: Steps

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many samples lie in each."""
        return self.last - self.first

    def cut(self, rows: slice) -> "Ranges":
        """Those of some steps."""
        own = (self.first[rows], self.last[rows], self.start[rows], self.end[rows])
        return Ranges(self.samples, *own)


def held_for(samples: Samples, lookback: int | None) -> int:
    """How long a sample stands.  `lookback` is what was asked for, in milliseconds."""
    return lookback if lookback is not None else max(HELD, WINDOWS * samples.every)


def at_steps(
    samples: Samples, steps: Steps, lookback: int | None
) -> tuple[NDArray[np.int64], Bools]:
    """The place of the last sample at or before every step, and whether it still stands."""
    place = samples.times.searchsorted(steps, "right") - 1
    safe = np.maximum(place, 0)
    oldest = steps - held_for(samples, lookback)
    there = (place >= 0) & (samples.times[safe] >= oldest)
    return safe, there


def in_ranges(samples: Samples, steps: Steps, length: int) -> Ranges:
    """The samples in the `length` milliseconds before every step."""
    start = steps - length
    return Ranges(
        samples,
        samples.times.searchsorted(start, "left"),
        samples.times.searchsorted(steps, "right"),
        start,
        steps,
    )


def pieces(own: Ranges, most: int | None) -> list[slice]:
    """Steps in portions whose ranges hold about `most` samples in all; in one without a limit."""
    if most is None or not len(own.first):
        return [slice(None)]
    bounds = np.unique(np.cumsum(own.counts) // most, return_index=True)[1].tolist()
    return [slice(a, b) for a, b in zip(bounds, [*bounds[1:], None], strict=True)]
