"""Filling the cells of one column, batch by batch.

Owns: the running totals of a column over all segments, ordered and nominal.  Does not own: reading files, deciding on bins.  These are the
only mutable objects of the package; they live for one pass and end as immutable cells.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.profiles.binning import NominalBinning, hash_text
from vedette.profiles.cell import Cell
from vedette.profiles.columns import as_codes, as_numbers
from vedette.profiles.kernel import Tally
from vedette.profiles.profile import WHOLE
from vedette.sketches.bins import Bins
from vedette.sketches.counts import Counts
from vedette.sketches.distinct import Distinct
from vedette.sketches.moments import Moments
from vedette.sketches.newcomers import Newcomers

Add = Callable[[Tally, NDArray[np.generic], NDArray[np.float64]], None]
Rows = NDArray[np.intp]
MEMO = 200_000  # category places remembered per column and pass; beyond, they are looked up again


@dataclass
class Ordered:
    """Totals of one ordered column: a tally per segment."""

    edges: NDArray[np.float64]
    add_values: Add
    tallies: dict[str, Tally] = field(default_factory=dict)
    special: dict[str, list[int]] = field(default_factory=dict)  # segment: rows, missing, broken

    def add(self, column: pa.Array, segments: Mapping[str, Rows]) -> None:
        """Add a batch.  `segments` maps each segment to the positions of its rows."""
        numbers = as_numbers(column)
        self._add(WHOLE, numbers.values, numbers.usable, numbers.missing, numbers.broken)
        for segment, rows in segments.items():
            parts = (numbers.usable, numbers.missing, numbers.broken)
            usable, missing, broken = (None if part is None else part[rows] for part in parts)
            self._add(segment, numbers.values[rows], usable, missing, broken)

    def _add(
        self,
        segment: str,
        values: NDArray[np.generic],
        usable: NDArray[np.bool_] | None,
        missing: NDArray[np.bool_] | None,
        broken: NDArray[np.bool_] | None,
    ) -> None:
        tally = self.tallies.setdefault(segment, Tally.over(self.edges))
        special = self.special.setdefault(segment, [0, 0, 0])
        special[0] += len(values)
        special[1] += 0 if missing is None else int(np.count_nonzero(missing))
        special[2] += 0 if broken is None else int(np.count_nonzero(broken))
        self.add_values(tally, values if usable is None else values[usable], self.edges)

    def cells(self) -> dict[str, Cell]:
        """End the pass."""
        return {
            segment: Cell(
                rows, missing, self.tallies[segment].not_finite, broken,
                bins=Bins(tally.counts),
                moments=Moments(tally.sums, tally.squares, tally.low, tally.high),
            )
            for segment, (rows, missing, broken) in self.special.items()
            for tally in (self.tallies[segment],)
        }  # fmt: skip


@dataclass
class Nominal:
    """Totals of one nominal column: counts per segment, plus newcomers and distinct values of the whole."""

    binning: NominalBinning
    counts: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    special: dict[str, list[int]] = field(default_factory=dict)
    newcomers: Newcomers = field(default_factory=Newcomers.zero)
    distinct: Distinct = field(default_factory=Distinct.zero)
    memo: dict[str, tuple[int, int]] = field(default_factory=dict)  # value: hash, place

    def add(self, column: pa.Array, segments: Mapping[str, Rows]) -> None:
        """Add a batch.  `segments` maps each segment to the positions of its rows."""
        read = as_codes(column)
        values = read.dictionary.to_pylist()
        hashes, places = self._look_up(values)
        per_value = self._count(WHOLE, read.codes, places)
        for segment, rows in segments.items():
            self._count(segment, read.codes[rows], places)
        used = per_value > 0
        self.distinct = self.distinct.merge(Distinct.of(hashes[used]))
        unseen = np.flatnonzero(used & (places == len(self.binning.names) + 1))
        if len(unseen):
            fresh = {int(hashes[i]): (str(values[i]), int(per_value[i])) for i in unseen}
            self.newcomers = self.newcomers.merge(Newcomers.of(fresh))

    def _look_up(
        self, values: Sequence[str | None]
    ) -> tuple[NDArray[np.uint64], NDArray[np.intp]]:
        found = []
        for value in values:
            text = "" if value is None else value
            known = self.memo.get(text)
            if known is None:
                key = hash_text(text)
                known = (key, self.binning.place(text, key))
                if len(self.memo) < MEMO:
                    self.memo[text] = known
            found.append(known)
        hashes = np.array([key for key, _ in found], np.uint64)
        return hashes, np.array([place for _, place in found], np.intp)

    def _count(
        self, segment: str, codes: NDArray[np.integer], places: NDArray[np.intp]
    ) -> NDArray[np.int64]:
        tally = np.bincount(codes + 2, minlength=len(places) + 2)  # -2 broken, -1 missing
        special = self.special.setdefault(segment, [0, 0, 0])
        for at, n in enumerate((len(codes), tally[1], tally[0])):
            special[at] += int(n)
        total = self.counts.setdefault(segment, np.zeros(len(self.binning.names) + 2, np.int64))
        np.add.at(total, places, tally[2:])
        return tally[2:]

    def cells(self) -> dict[str, Cell]:
        """End the pass."""
        return {
            segment: Cell(
                rows, missing, 0, broken,
                counts=Counts(self.counts[segment]),
                newcomers=self.newcomers if segment == WHOLE else None,
                distinct=self.distinct if segment == WHOLE else None,
            )
            for segment, (rows, missing, broken) in self.special.items()
        }  # fmt: skip


@dataclass
class Census:
    """Every category of a nominal column of the reference, on two random halves of its rows; -- before any binning exists.

    Bounds: memory grows with the number of different values; past `limit` the column is given up (`overflowed`).
    """

    limit: int
    halves: dict[str, list[int]] = field(default_factory=dict)  # value: rows in half 0, in half 1
    special: list[int] = field(default_factory=lambda: [0, 0, 0])
    overflowed: bool = False

    def add(self, column: pa.Array, half: NDArray[np.int8]) -> None:
        """Add a batch.  Shapes: half int8[n] of 0 and 1."""
        if self.overflowed:
            return
        read = as_codes(column)
        width = len(read.dictionary) + 2
        second = np.bincount(read.codes[half == 1] + 2, minlength=width)
        first = np.bincount(read.codes + 2, minlength=width) - second
        for at, n in enumerate((len(read.codes), first[1] + second[1], first[0] + second[0])):
            self.special[at] += int(n)
        values = read.dictionary.to_pylist()
        for at in np.flatnonzero(first[2:] + second[2:]):
            pair = self.halves.setdefault(str(values[at]), [0, 0])
            pair[0] += int(first[at + 2])
            pair[1] += int(second[at + 2])
        self.overflowed = len(self.halves) > self.limit
