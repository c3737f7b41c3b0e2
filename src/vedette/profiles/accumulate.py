"""Filling the cells of one column, batch by batch.

Owns: the running totals of a column over all segments, ordered and nominal.  Does not own: reading
files, deciding on bins.  These are the
only mutable objects of the package; they live for one pass and end as immutable cells.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.profiles.binning import NominalBinning, hash_text
from vedette.profiles.buffers import positions
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
LARGE = 10_000  # dictionary entries from which those that no row uses are looked for
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
        tally = self.tallies.get(segment)
        if tally is None:
            tally = self.tallies[segment] = Tally.over(self.edges)
        special = self.special.setdefault(segment, [0, 0, 0])
        special[0] += len(values)
        special[1] += 0 if missing is None else int(np.count_nonzero(missing))
        special[2] += 0 if broken is None else int(np.count_nonzero(broken))
        self.add_values(tally, values if usable is None else values[usable], self.edges)

    def cells(self) -> dict[str, Cell]:
        """End the pass."""
        return {
            segment: Cell(
                rows,
                missing,
                self.tallies[segment].not_finite,
                broken,
                bins=Bins(tally.counts),
                moments=Moments(
                    tally.sums, tally.squares, tally.low + 0.0, tally.high + 0.0, tally.centre
                ),
            )
            for segment, (rows, missing, broken) in self.special.items()
            for tally in (self.tallies[segment],)
        }


class Looked(NamedTuple):
    """A dictionary with the hash and the place of each of its values."""

    dictionary: pa.Array
    hashes: NDArray[np.uint64]
    places: NDArray[np.intp]


@dataclass
class Nominal:
    """Totals of one nominal column: counts per segment, plus newcomers and distinct values of the
    whole."""

    binning: NominalBinning
    counts: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    special: dict[str, list[int]] = field(default_factory=dict)
    newcomers: Newcomers = field(default_factory=Newcomers.zero)
    distinct: Distinct = field(default_factory=Distinct.zero)
    memo: dict[str, tuple[int, int]] = field(default_factory=dict)  # value: hash, place
    last: "Looked | None" = None

    def add(self, column: pa.Array, segments: Mapping[str, Rows]) -> None:
        """Add a batch.  `segments` maps each segment to the positions of its rows."""
        read = as_codes(column)
        looked = self._look_up(read.dictionary)
        hashes, places = looked.hashes, looked.places
        per_value = self._count(WHOLE, read.codes, places)
        for segment, rows in segments.items():
            self._count(segment, read.codes[rows], places)
        used = per_value > 0
        self.distinct = self.distinct.merge(Distinct.of(hashes[used]))
        unseen = np.flatnonzero(used & (places == len(self.binning.names) + 1))
        if len(unseen):
            fresh: dict[int, tuple[str, int]] = {}
            for i in unseen.tolist():  # a dictionary may hold a value twice
                key, name = int(hashes[i]), str(read.dictionary[i])
                fresh[key] = (name, int(per_value[i]) + fresh.get(key, (name, 0))[1])
            self.newcomers = self.newcomers.merge(Newcomers.of(fresh))

    def _look_up(self, dictionary: pa.Array) -> "Looked":
        """Hash and place of every dictionary value; neighbouring batches mostly share their
        dictionary."""
        if self.last is not None and self.last.dictionary.equals(dictionary):
            return self.last
        found = []
        for value in dictionary.to_pylist():
            text = "" if value is None else value
            known = self.memo.get(text)
            if known is None:
                key = hash_text(self.binning.spelt(text))
                known = (key, self.binning.place(text, key))
                if len(self.memo) < MEMO:
                    self.memo[text] = known
            found.append(known)
        hashes = np.array([key for key, _ in found], np.uint64)
        self.last = Looked(dictionary, hashes, np.array([place for _, place in found], np.intp))
        return self.last

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
                rows,
                missing,
                0,
                broken,
                counts=Counts(self.counts[segment]),
                newcomers=self.newcomers if segment == WHOLE else None,
                distinct=self.distinct if segment == WHOLE else None,
            )
            for segment, (rows, missing, broken) in self.special.items()
        }


@dataclass
class Census:
    """Every category of a nominal column of the reference, in two random parts of its rows, before
    any binning exists.

    Bounds: memory grows with the number of different values; past `limit` the column is given up
    (`overflowed`).
    """

    limit: int
    slots: dict[str, int] = field(default_factory=dict)  # value: its row in `parts`
    parts: NDArray[np.int64] = field(default_factory=lambda: np.zeros((64, 2), np.int64))
    special: list[int] = field(default_factory=lambda: [0, 0, 0])
    overflowed: bool = False
    last: tuple[pa.Array, NDArray[np.intp]] | None = None

    def add(self, column: pa.Array, part: NDArray[np.int8]) -> None:
        """Add a batch.  Shapes: part int8[n] of 0 and 1."""
        if self.overflowed:
            return
        read = as_codes(column)
        width = len(read.dictionary) + 2
        pairs = np.bincount((read.codes.astype(np.int64) + 2) * 2 + part, minlength=2 * width)
        tally = pairs.reshape(width, 2)
        broken, missing = tally[:2].sum(axis=1)
        for at, n in enumerate((len(read.codes), missing, broken)):
            self.special[at] += int(n)
        dictionary, rows = read.dictionary, tally[2:]
        if len(dictionary) > LARGE:  # most of a large dictionary may belong to other batches
            used = np.flatnonzero(rows.any(axis=1))
            dictionary, rows = dictionary.take(positions(used)), rows[used]
        slots = self._slots(dictionary)
        np.add.at(self.parts, slots, rows)
        self.overflowed = len(self.slots) > self.limit

    def _slots(self, dictionary: pa.Array) -> NDArray[np.intp]:
        """The rows of a dictionary's values; neighbouring batches mostly share their dictionary."""
        if self.last is not None and self.last[0].equals(dictionary):
            return self.last[1]
        slots = self.slots
        found = [slots.setdefault(str(value), len(slots)) for value in dictionary.to_pylist()]
        if len(slots) > len(self.parts):
            grown = np.zeros((max(len(slots), 2 * len(self.parts)), 2), np.int64)
            grown[: len(self.parts)] = self.parts
            self.parts = grown
        self.last = (dictionary, np.array(found, np.intp))
        return self.last[1]

    def table(self) -> dict[str, tuple[int, int]]:
        """Every category that occurs, with its rows in both parts."""
        return {
            value: (int(self.parts[slot, 0]), int(self.parts[slot, 1]))
            for value, slot in self.slots.items()
            if self.parts[slot].any()
        }
