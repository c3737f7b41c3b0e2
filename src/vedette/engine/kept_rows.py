"""An even part of a table's rows, kept while its columns are counted anyway.

Owns: which rows, and putting the columns that several threads saw side by side.  Does not own:
reading (`engine.batch`), what the rows are for (`engine.dependence`).

To sample a file a second time would cost as much as counting it.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.profiles.buffers import positions

GOLDEN = np.uint64(11400714819323198485)  # 2^64 over the golden ratio: even, and of no period
WHOLE = 1 << 64


@dataclass
class KeptRows:
    """Rows by their place in the table: those whose hash is low enough, half as many each
    time there are twice more than `most`.

    `wanted` are the columns that are kept, where they pass; every thread has columns of its own,
    and keeps the same rows.
    """

    most: int
    wanted: Collection[str] = ()
    parts: dict[str, "_Part"] = field(default_factory=dict)

    def passing(
        self, batches: Iterable[pa.RecordBatch], names: Iterable[str]
    ) -> Iterator[pa.RecordBatch]:
        """Let batches of these columns pass, once from the first row on."""
        own = [name for name in names if name in self.wanted and name not in self.parts]
        part = _Part(self.most)
        self.parts |= dict.fromkeys(own, part)
        for batch in batches:
            if own:
                part.add(batch, own)
            yield batch

    def rows(self) -> pa.RecordBatch:
        """The rows kept, columns in the order wanted; those that never passed are absent."""
        found = {name: self.parts[name].column(name) for name in self.wanted if name in self.parts}
        there = {name: column for name, column in found.items() if column is not None}
        if not there:
            return pa.RecordBatch.from_pylist([])
        return pa.RecordBatch.from_arrays(list(there.values()), names=list(there))


class _Part:
    """The rows that one thread kept."""

    def __init__(self, most: int) -> None:
        self._most, self._limit, self._seen = most, WHOLE, 0
        self._places = np.zeros(0, np.uint64)
        self._kept: list[pa.RecordBatch] = []

    def add(self, batch: pa.RecordBatch, names: list[str]) -> None:
        """Keep some rows of a batch, and fewer of those before where they become too many."""
        # Lists and the like hold nothing to go with others, and Arrow cannot take all of them.
        nested = {field.name for field in batch.schema if pa.types.is_nested(field.type)}
        there = [name for name in names if name in batch.schema.names and name not in nested]
        at = np.arange(self._seen, self._seen + batch.num_rows, dtype=np.uint64) * GOLDEN
        self._seen += batch.num_rows
        before, chosen = self._low(self._places), self._low(at)
        while len(before) + len(chosen) > 2 * self._most:
            self._limit //= 2
            before, chosen = before[self._low(self._places[before])], chosen[self._low(at[chosen])]
        if len(before) < len(self._places):
            table = pa.Table.from_batches(self._kept).unify_dictionaries().combine_chunks()
            self._kept = table.take(positions(before)).combine_chunks().to_batches()
            self._places = self._places[before]
        if len(chosen):
            self._kept.append(batch.select(there).take(positions(chosen)))
            self._places = np.concatenate([self._places, at[chosen]])

    def column(self, name: str) -> pa.Array | None:
        """One column of the rows kept; None where it never arrived."""
        there = [one for one in self._kept if name in one.schema.names]
        if not there:
            return None
        table = pa.Table.from_batches([one.select([name]) for one in there])
        return table.unify_dictionaries().combine_chunks().column(0).combine_chunks()

    def _low(self, hashes: NDArray[np.uint64]) -> NDArray[np.intp]:
        if self._limit == WHOLE:
            return np.arange(len(hashes))
        return np.flatnonzero(hashes < np.uint64(self._limit))
