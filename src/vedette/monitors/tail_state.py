"""What is remembered of a model's quantiles between two windows.

Owns: the state, the rows of the block of windows that is under way.  Does not own: what is done
with it (`monitors.tail`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vedette.monitors.metrics_state import MetricsState
from vedette.sketches.loglinear import LogLinear

Ints = NDArray[np.int64]
Tails = Mapping[tuple[str, str], LogLinear]  # by column and segment

NONE = np.zeros(0, np.int64)


@dataclass(frozen=True, eq=False)
class TailState:
    """Memory of the quantiles.

    Shapes: the block's rows of every column in a segment, K of them by `columns` and `segments`:
    `sizes` int64[K] places each, `below` int64[K] values of 0 or less; `places` and `counts`
    int64[sum of sizes], one behind the other.
    Units: UTC nanoseconds; the block `began` then, -1 where none is under way; `until` then ended
    the newest window that was looked at.
    """

    usual: MetricsState
    columns: tuple[str, ...]
    segments: tuple[str, ...]
    sizes: Ints
    below: Ints
    places: Ints
    counts: Ints
    began: int = -1
    until: int = -1

    @classmethod
    def first(cls, usual: MetricsState) -> Self:
        """The state before the first window."""
        return cls(usual, (), (), NONE, NONE, NONE, NONE)

    @property
    def held(self) -> dict[tuple[str, str], LogLinear]:
        """The rows of the block."""
        keys = zip(self.columns, self.segments, strict=True)
        ends = np.cumsum(self.sizes).tolist()
        starts = [0, *ends[:-1]]
        return {
            key: LogLinear(self.places[a:b], self.counts[a:b], below)
            for key, a, b, below in zip(keys, starts, ends, self.below.tolist(), strict=False)
        }

    def holding(self, held: Tails, began: int) -> Self:
        """The state with another block."""
        parts = held.values()
        return replace(
            self,
            columns=tuple(column for column, _ in held),
            segments=tuple(segment for _, segment in held),
            sizes=np.array([len(one.places) for one in parts], np.int64),
            below=np.array([one.below for one in parts], np.int64),
            places=np.concatenate([NONE, *(one.places for one in parts)]),
            counts=np.concatenate([NONE, *(one.counts for one in parts)]),
            began=began,
        )
