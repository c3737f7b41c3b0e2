"""Rows by id, in the order of the log.

Owns: finding the rows of asked ids in Parquet files and in segments, reading no more than it takes.
Does not own: which files count (`log`), which of them cannot hold an id (`sieve`, `known`).

Rows of a Parquet file are sorted by event time, and its positions lie among those of other files;
so places are looked up first, then ordered over all files, and only then are rows read, some
thousand at a time.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vedette.core import rows
from vedette.stores.columns import pick
from vedette.stores.local import parts as files
from vedette.stores.local.digest import Hashes
from vedette.stores.local.manifest import Part
from vedette.stores.local.segment import Segment
from vedette.stores.local.sieve import Sieves
from vedette.stores.local.tables import AFTER, ROW, SCHEMA, restored, schemas_of, stored

_MOST = 1 << 16  # found rows that are read at a time
_LOOKED = 1 << 16  # rows of a segment that are compared with the asked ids at a time

Say = Callable[[str], None]
Batches = Iterator[tuple[int, pa.RecordBatch]]
Places = NDArray[np.int64]  # [n, 6]: after the record, row in it, part, row group, row, which id


@dataclass(frozen=True)
class Asked:
    """What is looked for: ids of a kind and model, in records after `start` and up to `through`."""

    kind: str
    model: str
    ids: pa.Array
    columns: Sequence[str] | None
    start: int
    through: int
    hashes: Hashes | None = field(default=None, compare=False)


def question(
    model: str,
    ids: pa.Array,
    columns: Sequence[str] | None,
    kind: str,
    span: tuple[int, int],
    sieves: Sieves | None,
) -> Asked:
    """Put a question: every id once, with its hash where hashes can be made."""
    names = pc.unique(ids.cast(pa.string())).drop_null()
    if isinstance(names, pa.ChunkedArray):
        names = names.combine_chunks()
    hashes = None if sieves is None else sieves.hashes(kind, model, names)
    return Asked(kind, model, names, columns, *span, hashes)


# ---- in Parquet ----


def in_parts(
    data: Path, parts: Sequence[Part], asked: Asked, sieves: Sieves | None, say: Say
) -> Batches:
    """Rows of compacted records."""
    group = (asked.kind, asked.model)
    parts = [
        part
        for part in parts
        if (part.kind, part.model) == group
        and part.last > asked.start
        and part.first <= asked.through
    ]
    found = [np.zeros((0, 6), np.int64)]
    for number, part in enumerate(parts):
        some = np.arange(len(asked.ids))
        if sieves is not None and asked.hashes is not None:
            some = np.flatnonzero(sieves.lets(part.path, asked.hashes))
        if len(some):
            found += _places(data, part, number, some, asked, say)
    places = np.concatenate(found)
    places = places[np.lexsort((places[:, 1], places[:, 0]))]
    for some in _cut(places):
        yield from _read(data, parts, some, asked, say)


def _places(
    data: Path, part: Part, number: int, some: NDArray[np.int64], asked: Asked, say: Say
) -> Iterator[Places]:
    """Where rows of some of the asked ids lie in a file."""
    ids = asked.ids.take(pa.array(some))
    with files.damage(data / part.path, say), files.opened(data / part.path) as file:
        for group in range(file.metadata.num_row_groups):
            low, high = files.span_of(file, group, 0)
            if high <= asked.start or low > asked.through:
                continue
            names = file.read_row_group(group, [rows.ID], use_threads=False)[rows.ID]
            at, which = _matches(names, ids)
            if not len(at):
                continue
            order = file.read_row_group(group, [AFTER, ROW], use_threads=False)
            after, row = (order[name].to_numpy()[at].astype(np.int64) for name in (AFTER, ROW))
            here = np.full(len(at), number), np.full(len(at), group)
            inside = (after > asked.start) & (after <= asked.through)
            yield np.column_stack((after, row, *here, at, some[which]))[inside]


def _matches(
    names: pa.ChunkedArray | pa.Array, ids: pa.Array
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which names are among the ids, and which of them each is."""
    which = pc.index_in(names, value_set=ids).fill_null(-1).to_numpy()
    at = np.flatnonzero(which >= 0)
    return at, which[at].astype(np.int64)


def _cut(places: Places) -> Iterator[Places]:
    """Cut ordered places into pieces of bounded size, never within a record."""
    starts = np.flatnonzero(np.diff(places[:, 0], prepend=-1))
    at = 0
    while at < len(places):
        end = len(places)
        if end - at > _MOST:
            fits = int(np.searchsorted(starts, at + _MOST, side="right"))
            if starts[fits - 1] > at:
                end = int(starts[fits - 1])
            elif fits < len(starts):
                end = int(starts[fits])
        yield places[at:end]
        at = end


def _read(data: Path, parts: Sequence[Part], places: Places, asked: Asked, say: Say) -> Batches:
    """Read rows at places, and give them back as they came, those of one schema in one batch as
    long as no other comes between."""
    tables: dict[pa.Schema, list[pa.Table]] = {}
    ranks: dict[pa.Schema, list[NDArray[np.int64]]] = {}
    _, numbers, sizes = np.unique(places[:, 2], return_inverse=True, return_counts=True)
    by_part = np.split(np.argsort(numbers, kind="stable"), np.cumsum(sizes)[:-1])
    for rank in by_part:
        part = parts[int(places[rank[0], 2])]
        for schema, some, table in _of_part(data, part, places[rank], asked, say):
            tables.setdefault(schema, []).append(table)
            ranks.setdefault(schema, []).append(rank[some])
    schemas = list(tables)
    which = np.full(len(places), -1)
    batches = []
    for number, schema in enumerate(schemas):
        rank = np.concatenate(ranks[schema])
        whole = pa.concat_tables(tables[schema], promote_options="permissive")
        batches.append(_one(whole.take(pa.array(np.argsort(rank)))))
        which[rank] = number
    there = np.flatnonzero(which >= 0)  # those of damaged files are not
    which, after = which[there], places[there, 0]
    edges = np.flatnonzero(np.diff(which, prepend=-2))
    done = [0] * len(schemas)
    for first, last in zip(edges, [*edges[1:], len(which)], strict=True):
        number, size = int(which[first]), int(last - first)
        batch = batches[number].slice(done[number], size)
        done[number] += size
        yield int(after[last - 1]), pick(batch, asked.columns)


def _of_part(
    data: Path, part: Part, places: Places, asked: Asked, say: Say
) -> Iterator[tuple[pa.Schema, NDArray[np.int64], pa.Table]]:
    """Rows of one file by the schema that they came with, each with which of the places it is; the
    id, known from the question, among their columns in any case."""
    path = data / part.path
    with (
        files.damage(path, say),
        files.opened(path) as plain,
        files.coded(plain, path) as file,
    ):
        schemas = schemas_of(plain.schema_arrow)
        own = None if asked.columns is None else {rows.ID, *asked.columns}
        there = None if own is None else {SCHEMA, *map(stored, own)}
        wanted = [name for name in plain.schema_arrow.names if there is None or name in there]
        wanted.remove(rows.ID)
        for group in np.unique(places[:, 3]).tolist():
            here = np.flatnonzero(places[:, 3] == group)
            table = files.taken(file, group, wanted, pa.array(places[here, 4]))
            table = table.append_column(rows.ID, asked.ids.take(pa.array(places[here, 5])))
            numbers = table[SCHEMA].to_numpy()
            for number in np.unique(numbers).tolist():
                some = np.flatnonzero(numbers == number)
                schema = schemas[number]
                fields = [f for f in schema if own is None or f.name in own]
                alike = table if len(some) == len(here) else table.take(pa.array(some))
                yield schema, here[some], restored(alike, fields)


def _one(table: pa.Table) -> pa.RecordBatch:
    """Make one batch of a table."""
    columns = [column.combine_chunks() for column in table.columns]
    columns = [c.chunk(0) if isinstance(c, pa.ChunkedArray) else c for c in columns]
    return pa.RecordBatch.from_arrays(columns, names=table.schema.names)


# ---- in segments ----


def in_segment(segment: Segment, after: int, asked: Asked) -> Batches:
    """Rows of the records of a segment that lie up to a position."""
    pending, count = list[tuple[int, pa.RecordBatch]](), 0
    records = segment.read(
        max(segment.first, asked.start), min(after, asked.through), only=(asked.kind, asked.model)
    )
    for position, record in records:
        if record.rows is not None and record.rows.num_rows:
            pending.append((position, record.rows))
            count += record.rows.num_rows
        if count >= _LOOKED:
            yield from _among(pending, asked)
            pending, count = [], 0
    yield from _among(pending, asked)


def _among(pending: Sequence[tuple[int, pa.RecordBatch]], asked: Asked) -> Batches:
    """Rows with asked ids of some records, all of them compared at once."""
    names = pa.chunked_array([b[rows.ID].cast(pa.string()) for _, b in pending], pa.string())
    at, _ = _matches(names, asked.ids)
    if not len(at):
        return
    ends = np.cumsum([batch.num_rows for _, batch in pending])
    which = np.searchsorted(ends, at, side="right")
    edges = np.flatnonzero(np.diff(which, prepend=-1)).tolist()
    for first, last in zip(edges, [*edges[1:], len(at)], strict=True):
        position, batch = pending[int(which[first])]
        mine = at[first:last] - (int(ends[which[first]]) - batch.num_rows)
        yield position, pick(batch.take(pa.array(mine)), asked.columns)
