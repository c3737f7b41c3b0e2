"""Parquet files of rows that will not change any more.

Owns: writing them, and reading from them by event time or in the order of the log.  Does not own:
which of them count (`manifest`), what is in a row (`tables`).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vedette.core import rows
from vedette.stores.columns import between, pick, plain
from vedette.stores.local import sieve
from vedette.stores.local.disk import Disk, folders, write_whole
from vedette.stores.local.manifest import MARKS, Part
from vedette.stores.local.names import folder_of
from vedette.stores.local.tables import (
    AFTER,
    INNER,
    Group,
    named,
    records_of,
    stored,
    times_of,
)
from vedette.stores.store import Record

ROW_GROUP = 1 << 17
_CHUNK = 1 << 18  # positions that are put back into order at a time


def write(
    disk: Disk,
    data: Path,
    group: Group,
    day: str,
    serial: int,
    table: pa.Table,
    dirty: set[Path],
    names: sieve.Names,
) -> Part:
    """Write a table that is sorted by time, durably once the `dirty` folders are synced, and beside
    it the sieve of its ids."""
    kind, model = group
    below = Path(kind) / day if kind == MARKS else Path(kind) / folder_of(model) / day
    dirty.update(folders(disk, data / below))
    path = below / f"{serial:08}.parquet"
    sink = pa.BufferOutputStream()
    texts = [f.name for f in table.schema if pa.types.is_string(f.type)]
    pq.write_table(
        table,
        sink,
        row_group_size=ROW_GROUP,
        compression="zstd",
        compression_level=1,
        use_dictionary=[name for name in texts if name != rows.ID],
        column_encoding=_codings(texts),
        write_page_checksum=True,
        write_statistics=[*INNER, rows.TIME],
    )
    body = sink.getvalue()
    write_whole(disk, data / path, [memoryview(body)], sync=True)
    dirty.add(data / below)
    size = len(body)
    if rows.ID in texts:
        hashes = np.concatenate([names(kind, model, ids) for ids in table[rows.ID].chunks])
        size += sieve.write(disk, data / path, hashes, sieve.mark(names))
    times, after = times_of(table), pc.min_max(table[AFTER]).as_py()
    return Part(
        path.as_posix(), kind, model, day, after["min"], after["max"],
        int(times[0]), int(times[-1]) + 1, table.num_rows, size,
    )  # fmt: skip


def files_of(data: Path, part: Part) -> list[Path]:
    """Return the files of a part: the rows, and the sieve of their ids."""
    path = data / part.path
    return [path, path.with_suffix(sieve.SUFFIX)]


def _codings(texts: list[str]) -> dict[str, str]:
    """Encodings of the columns that grow from row to row; all others are plain."""
    growing = dict.fromkeys((*INNER, rows.TIME), "DELTA_BINARY_PACKED")
    return growing | ({rows.ID: "DELTA_BYTE_ARRAY"} if rows.ID in texts else {})


def span_of(file: pq.ParquetFile, group: int, leaf: int) -> tuple[int, int]:
    """Least and greatest value of a column of integers in a row group."""
    found = file.metadata.row_group(group).column(leaf).statistics
    return (found.min_raw, found.max_raw) if found and found.has_min_max else (-(2**63), 2**63)


def opened(path: Path) -> pq.ParquetFile:
    """Open a file, to be closed by the caller."""
    return pq.ParquetFile(path, pre_buffer=False, page_checksum_verification=True)


def coded(file: pq.ParquetFile, path: Path) -> pq.ParquetFile:
    """Open a file once more, text as codes: four times as fast where few rows are wanted."""
    texts = [field.name for field in file.schema_arrow if pa.types.is_string(field.type)]
    return pq.ParquetFile(
        path,
        metadata=file.metadata,
        read_dictionary=[name for name in texts if name != rows.ID],
        pre_buffer=False,
        page_checksum_verification=True,
    )


def taken(file: pq.ParquetFile, group: int, names: Sequence[str], at: pa.Array) -> pa.Table:
    """Take some rows of a row group, one column after the other, so that no more than one of them
    is in memory as a whole."""
    columns = []
    for name in names:
        column = file.read_row_group(group, [name], use_threads=False)[name].take(at)
        columns.append(column.cast(plain(column.type)))
    return pa.table(columns, names=list(names))


@contextmanager
def damage(path: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Tell damage in a file, and go on after it."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError) as error:
        say(f"file {path} is damaged and left out: {str(error).splitlines()[0]}")


def whole(data: Path, part: Part, say: Callable[[str], None]) -> pa.Table | None:
    """Read a file; None when it is damaged."""
    with damage(data / part.path, say), opened(data / part.path) as file:
        return file.read(use_threads=False)
    return None


def scan(
    data: Path,
    part: Part,
    start: int,
    end: int,
    columns: Sequence[str] | None,
    say: Callable[[str], None],
) -> Iterator[pa.RecordBatch]:
    """Rows of one file by event time, with their own columns."""
    with damage(data / part.path, say), opened(data / part.path) as file:
        there = set(file.schema_arrow.names)
        wanted = None
        if columns is not None:
            wanted = [rows.TIME, *(stored(name) for name in columns if name != rows.TIME)]
            wanted = [name for name in wanted if name in there]
        for group in range(file.metadata.num_row_groups):
            low, high = span_of(file, group, len(INNER))
            if high < start or low >= end:
                continue
            table = file.read_row_group(group, wanted, use_threads=False)
            table = table.drop_columns([name for name in table.schema.names if name in INNER])
            table = table.rename_columns([named(name) for name in table.schema.names])
            for batch in table.replace_schema_metadata(None).to_batches():
                found = between(batch, start, end)
                if found.num_rows:
                    yield pick(found, columns)


def read(
    data: Path, parts: Sequence[Part], start: int, stop: int, say: Callable[[str], None]
) -> Iterator[tuple[int, Record]]:
    """Records with positions in (start, stop], in the order of the log."""
    parts = [part for part in parts if part.last > start and part.first <= stop]
    low = max(start, min((part.first for part in parts), default=stop) - 1)
    while low < stop:
        high = min(low + _CHUNK, stop)
        groups: dict[Group, list[pa.Table]] = {}
        for part in parts:
            if part.last > low and part.first <= high:
                tables = list(_between_positions(data / part.path, low, high, say))
                groups.setdefault((part.kind, part.model), []).extend(tables)
        found = [pair for group, tables in groups.items() for pair in records_of(group, tables)]
        yield from sorted(found, key=lambda pair: pair[0])
        low = max(high, min((p.first for p in parts if p.last > high), default=stop) - 1)


def _between_positions(
    path: Path, low: int, high: int, say: Callable[[str], None]
) -> Iterator[pa.Table]:
    with damage(path, say), opened(path) as file:
        for group in range(file.metadata.num_row_groups):
            least, most = span_of(file, group, 0)
            if most <= low or least > high:
                continue
            table = file.read_row_group(group, use_threads=False)
            if least <= low or most > high:
                after = table[AFTER]
                inside = pc.and_(pc.greater(after, low), pc.less_equal(after, high))
                table = table.filter(inside)
            if table.num_rows:
                yield table.replace_schema_metadata(file.schema_arrow.metadata)
