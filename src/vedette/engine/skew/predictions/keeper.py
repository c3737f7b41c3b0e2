"""Rows kept of many that pass, an even part, the same whatever the batches and threads.

Owns: which rows are kept: those whose hashes are smallest.  Does not own: what is done with them.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.engine.skew.predictions.caller import Answers, together
from vedette.engine.skew.predictions.mixed import Sides, concatenated


class Sample(NamedTuple):
    """Rows with their hashes, their features and two answers to each of them."""

    order: NDArray[np.uint64]
    sides: Sides
    first: Answers
    second: Answers

    def take(self, rows: NDArray[np.integer]) -> "Sample":
        """Only these rows, in this order."""
        return Sample(
            self.order[rows], self.sides.take(rows), rows_of(self.first, rows),
            rows_of(self.second, rows),
        )  # fmt: skip


class Keeper:
    """Keeps at most so many rows.  Bounds: memory for twice as many."""

    def __init__(self, most: int) -> None:
        self._most, self._limit, self._held = most, 2**64 - 1, list[Sample]()
        self.seen = 0

    def add(self, sample: Sample, chosen: NDArray[np.bool_] | None = None) -> None:
        """See rows, only the chosen ones if that is said."""
        below = sample.order <= np.uint64(self._limit)
        if chosen is not None:
            self.seen += int(chosen.sum())
            below &= chosen
        else:
            self.seen += len(below)
        if below.any():
            self._held.append(sample.take(np.flatnonzero(below)))
        while sum(len(one.order) for one in self._held) > 2 * self._most and self._limit:
            self._limit //= 2
            self._held = [
                one.take(np.flatnonzero(one.order <= np.uint64(self._limit))) for one in self._held
            ]

    def sample(self) -> Sample | None:
        """The rows that are kept, in the order of their hashes; None when there are none."""
        if not self._held:
            return None
        every = _together(self._held)
        return every.take(np.argsort(every.order, kind="stable")[: self._most])


def rows_of(answers: Answers, rows: NDArray[np.integer]) -> Answers:
    """The answers to some rows."""
    chosen = pa.array(rows)
    return Answers(tuple(one.take(chosen) for one in answers.columns), answers.failed[rows])


def _together(parts: Sequence[Sample]) -> Sample:
    orders, sides, first, second = zip(*parts, strict=True)
    return Sample(np.concatenate(orders), concatenated(sides), together(first), together(second))
