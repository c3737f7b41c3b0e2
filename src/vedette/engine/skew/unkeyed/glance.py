"""One pass over a table: what traits are counted on.

Owns: missing values, repeats of the row before, hashes of whole rows, and a spread sample, all from
the same pass.  Does not own: what they mean.  Memory: the sample, and `RowSet`'s bound.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.engine.batch import Progress, nothing
from vedette.engine.skew.unkeyed.rowset import RowSet
from vedette.ingest.sampling import spread
from vedette.ingest.source import Source
from vedette.profiles.binning import hash_text
from vedette.profiles.buffers import fixed, missing
from vedette.profiles.columns import as_codes

SAMPLE = 32_768  # rows kept a side: a share of 1 % has a standard error of 0.06 points
BLOCK = 256  # rows over which repeats are counted together: how uneven they lie
WORDS = 100_000  # texts of a column whose hashes are remembered
MIX = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio, odd
FOLD = np.uint64(29)
ABSENT = np.uint64(0x5BF03635)


@dataclass
class Followed:
    """How often a value equals the one of the row before.  Units: rows."""

    missing: int = 0
    pairs: int = 0
    repeats: int = 0
    blocks: int = 0
    squares: float = 0.0  # of repeats in a block
    inside: int = 0  # repeats in whole blocks
    last: tuple[object, ...] = ()

    @property
    def unevenness(self) -> float:
        """Variance of repeats over blocks as a multiple of what independent rows show; at least
        1."""
        if self.blocks < 8:
            return 1.0
        mean = self.inside / self.blocks
        usual = mean * (1 - min(mean / BLOCK, 1.0))
        if usual <= 0:
            return 1.0
        return max((self.squares / self.blocks - mean**2) / usual, 1.0)


@dataclass
class Glance:
    """What one pass over a table left."""

    name: str
    schema: pa.Schema
    rows: int = 0
    followed: dict[str, Followed] = field(default_factory=dict)
    rowset: RowSet = field(default_factory=RowSet)
    sample: pa.Table = None

    @classmethod
    def of(cls, source: Source, common: Sequence[str], progress: Progress = nothing) -> "Glance":
        """Read a source once; rows are hashed over the columns that both tables have."""
        seen = cls(source.name, source.arrow_schema)
        seen.followed = {name: Followed() for name in seen.schema.names}
        parts = spread(seen._counted(source, common, progress), SAMPLE, source.rows)
        table = pa.Table.from_batches(parts, schema=seen.schema)
        seen.sample = table.unify_dictionaries()
        return seen

    def _counted(
        self, source: Source, common: Sequence[str], progress: Progress
    ) -> Iterator[pa.RecordBatch]:
        hashers: dict[str, dict[str, int]] = {name: {} for name in self.schema.names}
        for batch in source.batches():
            row = np.zeros(batch.num_rows, np.uint64)
            for name, column in zip(self.schema.names, batch.columns, strict=True):
                key, absent = _key(column, hashers[name])
                _follow(self.followed[name], key, absent)
                if name in common:
                    row = (row ^ key) * MIX
                    row ^= row >> FOLD
            if common:
                self.rowset.add(row)
            self.rows += batch.num_rows
            progress(self.name, self.rows, source.rows)
            yield batch


def _key(
    column: pa.Array, known: dict[str, int]
) -> tuple[NDArray[np.uint64], NDArray[np.bool_] | None]:
    """A number per row that is the same for the same value, and which rows hold none."""
    kind = column.type
    if pa.types.is_temporal(kind) and not pa.types.is_interval(kind):
        column = column.view(pa.int64() if kind.bit_width == 64 else pa.int32())
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        absent = missing(column)
        values = fixed(column)
        if pa.types.is_floating(column.type):
            key = (values.astype(np.float64) + 0.0).view(np.uint64)
        else:
            key = values.astype(np.int64).view(np.uint64)
        return (key if absent is None else np.where(absent, ABSENT, key)), absent
    read = as_codes(column)
    words = read.dictionary.to_pylist()
    if len(known) > WORDS:
        known.clear()
    hashes = np.empty(len(words) + 2, np.uint64)
    for i, word in enumerate(words):
        found = known.get(word)
        if found is None:
            found = known[word] = hash_text(word) if word is not None else 0
        hashes[i] = found
    hashes[len(words) :] = ABSENT  # codes -1 and -2
    return hashes[read.codes], read.codes < 0 if (read.codes < 0).any() else None


def _follow(seen: Followed, key: NDArray[np.uint64], absent: NDArray[np.bool_] | None) -> None:
    same = key[1:] == key[:-1]
    pairs = len(same)
    if absent is not None:
        both = ~(absent[1:] | absent[:-1])
        same = same & both
        pairs = int(both.sum())
        seen.missing += int(absent.sum())
    whole = len(same) // BLOCK
    if whole:
        sums = same[: whole * BLOCK].reshape(whole, BLOCK).sum(axis=1, dtype=np.float64)
        seen.blocks += whole
        seen.inside += int(sums.sum())
        seen.squares += float(sums @ sums)
    seen.pairs += pairs
    seen.repeats += int(same.sum())
