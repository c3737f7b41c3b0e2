"""Rows that were served, each with the offline values of its features, joined by key.

Owns: the join, in bounded memory, and what found no partner.  Does not own: comparing.

DuckDB joins: it spills to disk what does not fit.  An offline key that occurs several times, with
other values, says nothing for sure, so its rows count as without a partner.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core.errors import StoreError
from vedette.engine.skew.predictions.forms import plain
from vedette.ingest.scan import first_line
from vedette.ingest.source import Source

OFFLINE = "offline "  # how the offline value of a feature is called beside the online one
ORDER = "order of rows"  # a hash of the key: which rows a sample takes does not hang on threads
COPIES = "copies offline"
# 17, "17" and 17.0 are one key.
AS_TEXT = r"regexp_replace(CAST({} AS VARCHAR), '\.0+$', '')"
MEMORY = "1GB"  # DuckDB spills from there on


@dataclass
class Joined:
    """How the join went; complete when every batch was taken."""

    rows: int = 0
    matched: int = 0
    ambiguous: int = 0
    offline_rows: int | None = None

    @property
    def alone(self) -> int:
        """Rows without any partner offline."""
        return self.rows - self.matched - self.ambiguous


@dataclass
class Pairs:
    """Two sources and the key that joins them.

    Shapes: batches hold `columns` of the online side, the offline value of each of `features` as
    "offline <name>" and ORDER; COPIES is 1 where there is exactly one partner.
    """

    online: Source
    offline: Source
    key: Sequence[str]
    columns: Sequence[str]
    features: Sequence[str]
    threads: int = 1
    joined: Joined = field(default_factory=Joined)

    def batches(self, rows: int) -> Iterator[pa.RecordBatch]:
        """Every online row with its partner.  Errors: StoreError when DuckDB gives up."""
        served = list(dict.fromkeys((*self.key, *self.columns)))
        kept = list(dict.fromkeys((*self.key, *self.features)))
        self.joined = Joined(offline_rows=self.offline.rows)
        names = [*self.columns, *(OFFLINE + name for name in self.features), COPIES, ORDER]
        with tempfile.TemporaryDirectory(prefix="vedette-") as folder, duckdb.connect() as base:
            base.execute("SET memory_limit = $1", [MEMORY])
            base.execute("SET temp_directory = $1", [folder])
            base.execute("SET threads = $1", [self.threads])
            base.register("served", _reader(self.online, served))
            base.register("kept", _reader(self.offline, kept))
            try:
                for batch in base.sql(self._question(served, kept)).to_arrow_reader(rows):
                    yield self._counted(batch.rename_columns(names))
            except duckdb.Error as error:
                raise StoreError(
                    f"join of {self.online.name} and {self.offline.name}",
                    "cannot be made",
                    got=first_line(error),
                ) from error

    def _question(self, served: list[str], kept: list[str]) -> str:
        """The join in SQL.  Columns go by their place, c0, c1 …: SQL knows no large letters."""
        ours, theirs = [], []
        for name in self.key:
            kinds = [_kind(side, name) for side in (self.online, self.offline)]
            spelt = "{}" if _alike(*kinds) else AS_TEXT
            ours.append(spelt.format(f"served.c{served.index(name)}"))
            theirs.append(spelt.format(f"kept.c{kept.index(name)}"))
        places = [kept.index(name) for name in self.features]
        inner = [f"{one} AS k{at}" for at, one in enumerate(theirs)]
        inner += [f"first(kept.c{at}) AS f{at}" for at in places]
        outer = [f"served.c{served.index(name)}" for name in self.columns]
        outer += [f"partner.f{at}" for at in places]
        outer += ["coalesce(partner.copies, 0)", f"hash({', '.join(ours)})"]
        values = ", ".join(f"kept.c{at}" for at in places)
        same = f"hash({values})"  # rows that agree are one
        matches = " AND ".join(f"{one} = partner.k{at}" for at, one in enumerate(ours))
        return (
            f"SELECT {', '.join(outer)} FROM served LEFT JOIN (SELECT {', '.join(inner)}, "
            f"count(DISTINCT {same}) AS copies FROM kept GROUP BY {', '.join(theirs)}) AS partner "
            f"ON {matches}"
        )

    def _counted(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        copies = batch.column(COPIES).to_numpy(zero_copy_only=False)
        self.joined.rows += batch.num_rows
        self.joined.matched += int((copies == 1).sum())
        self.joined.ambiguous += int((copies > 1).sum())
        return batch


def has_partner(batch: pa.RecordBatch) -> NDArray[np.bool_]:
    """Rows with exactly one partner.  Shapes: bool[n]."""
    return np.asarray(batch.column(COPIES).to_numpy(zero_copy_only=False) == 1)


def _reader(source: Source, names: list[str]) -> pa.RecordBatchReader:
    """A source's columns as DuckDB takes them: text as text, called by their places."""
    places = [f"c{at}" for at in range(len(names))]
    schema = pa.schema(list(zip(places, (_kind(source, name) for name in names), strict=True)))
    batches = (plain(batch).rename_columns(places) for batch in source.batches(names))
    return pa.RecordBatchReader.from_batches(schema, batches)


def _kind(source: Source, name: str) -> pa.DataType:
    kind = source.arrow_schema.field(name).type
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _alike(first: pa.DataType, second: pa.DataType) -> bool:
    """Whether keys of two types can be compared as they are."""
    whole = pa.types.is_integer(first) and pa.types.is_integer(second)
    times = pa.types.is_timestamp(first) and pa.types.is_timestamp(second)
    return bool(first == second or whole or (times and (first.tz is None) == (second.tz is None)))
