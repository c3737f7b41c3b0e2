"""Delta tables, cut into rows, version after version.

Owns: from versions to rows, where reading goes on.  Does not own: what versions hold (the library
`deltalake`), which files hold new rows (`delta_log`), files (`rows`), what a row says.

Rows are read in steps: first all of the newest version, then what came from there to the version
that is the newest by then.  The place of reading is the step, and the number of rows of it.  What a
step holds is told by the log, so that it is the same after a crash.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from vedette.core.errors import StoreError, UsageError
from vedette.ingest.moments import moment
from vedette.ingest.readers.delta_log import Added, commits, fresh, is_known
from vedette.ingest.readers.mapping import time_of
from vedette.ingest.readers.plain import plain
from vedette.ingest.readers.record import Given, Record
from vedette.ingest.scan import first_line

if TYPE_CHECKING:
    from deltalake import DeltaTable

ROWS = 2_048  # rows that are plain values at once
BITS = 31  # of a version within a place
# Columns by whose least value files are ordered, where nobody says which is the time.
TIMES = ("timestamp_ms", "request_time", "event_time", "time", "timestamp", "date", "request_date")
PHYSICAL = b"delta.columnMapping.physicalName"


class Step(NamedTuple):
    """What is read at once: what came after version `after` (-1: nothing was read before) up to
    version `to`.  `first`: from the files in which rows were first; else from those of `to`.

    Example:
        >>> Step.of(Step(-1, 7, True).place), Step.of(0)
        (Step(after=-1, to=7, first=True), Step(after=-1, to=-1, first=False))
    """

    after: int
    to: int
    first: bool

    @property
    def place(self) -> int:
        """As one number; that of a table that was never read is 0."""
        return self.first << 2 * BITS | (self.after + 1) << BITS | (self.to + 1)

    @classmethod
    def of(cls, place: int) -> "Step":
        """What `place` gave."""
        low = (1 << BITS) - 1
        return cls((place >> BITS & low) - 1, (place & low) - 1, bool(place >> 2 * BITS))


def of_delta(path: Path, row: int, at: int, given: Given) -> Iterator[Record]:
    """Cut a Delta table into its rows, from row `row` of step `at` on, up to its newest version.

    A record that says nothing ends every step.  A step that was broken off is read to its end
    before the next one.
    Bounds: 2,048 rows at once, the list of the table's files, and masks of rows that are deleted.
    Errors: UsageError without the library; StoreError for a table that cannot be read.
    """
    library = _library(path)
    try:
        step = Step.of(at)
        if (found := _broken_off(library, path, step, given)) is not None:
            yield from _rows(*found, path, row, given.zone)
            step = Step(step.to, step.to, False)
        if (found := _next(library, path, step, given)) is not None:
            yield from _rows(*found, path, 0, given.zone)
    except (library.error, pa.ArrowException, OSError) as broken:
        raise StoreError(f"table '{path}'", "cannot be read", got=first_line(broken)) from broken


class _Library(NamedTuple):
    table: Any  # class of tables
    error: type[Exception]


Found = tuple[Step, Any, list[Added]]


def _library(path: Path) -> _Library:
    try:
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError
    except ImportError:
        raise UsageError(f"folder '{path}'", "is a Delta table, which cannot be read without "
                         "deltalake", hint="pip install 'vedette[delta]'") from None  # fmt: skip
    return _Library(DeltaTable, DeltaError)


def _broken_off(library: _Library, path: Path, step: Step, given: Given) -> Found | None:
    """A step that was begun and not ended, where all that it reads is still there."""
    if step.after == step.to:
        return None
    try:
        table = library.table(path, version=step.to)
        files = _files(table, path, step, given)
    except library.error:  # the log no longer knows that version
        return None
    return None if files is None or not _are_there(path, files) else (step, table, files)


def _next(library: _Library, path: Path, before: Step, given: Given) -> Found | None:
    """The step to the newest version; None when all of it was read."""
    table = library.table(path)
    now, after = table.version(), before.after
    if after == now:
        return None
    if after > now:
        raise StoreError(f"table '{path}'", "is older than what was read of it",
                         got=f"version {now}", want=f"at least {after}",
                         hint="if it was made anew, import it again from the start")  # fmt: skip
    if after >= 0 and not is_known(path, after, now):
        after = -1  # the log no longer says what was new: all of it is, and ids tell the rest
    step = Step(after, now, True)
    files = _files(table, path, step, given)
    if files is None or not _are_there(path, files):
        step = step._replace(first=False)
        files = _files(table, path, step, given) or []
    return step, table, files


def _are_there(path: Path, files: list[Added]) -> bool:
    return all(_place(path, one).exists() for one in files)


def _place(path: Path, one: Added) -> Path:
    """Where a file lies: a table may not lead out of its folder, as copies without data do."""
    place = PurePosixPath(one.path)
    if place.is_absolute() or ".." in place.parts or ":/" in one.path:
        raise StoreError(f"table '{path}'", "has a file that is not in its folder", got=one.path)
    return path / place


def _files(table: "DeltaTable", path: Path, step: Step, given: Given) -> list[Added] | None:
    """The files that a step reads, in their order; None when the log does not tell."""
    if step.after < 0:
        return _all(table, given)
    if not is_known(path, step.after, step.to):
        return None
    changes = commits(path, step.after, step.to)
    held = fresh(changes)
    if not step.first:
        return [now for now, _ in held]
    came = {one: at for at, one in enumerate(one for each in changes for one in each.added)}
    files = sorted({one for _, first in held for one in first}, key=came.__getitem__)
    there = {now for now, _ in held}
    return None if any(one.is_masked and one not in there for one in files) else files


def _all(table: "DeltaTable", given: Given) -> list[Added]:
    """The files of a version, by the least time in each, else by when they were written."""
    said = given.mapping.time if given.mapping is not None else None
    names = (time_of(said).column,) if said else TIMES
    physical = {one.name: _spelt(one) for one in pa.schema(table.schema().to_arrow())}
    stated = [f"min.{physical.get(name, name)}" for name in names]
    stated += [f"partition.{name}" for name in names]
    listed = []
    for one in pa.table(table.get_add_actions(flatten=True)).to_pylist():
        least = next((one[name] for name in stated if one.get(name) is not None), None)
        first = _nanoseconds(least, one["modification_time"])
        pairs = tuple(
            (name[10:], value) for name, value in one.items() if name[:10] == "partition."
        )
        listed.append((first, one["modification_time"], unquote(one["path"]), pairs))
    return [Added(name, pairs) for *_, name, pairs in sorted(listed, key=lambda one: one[:3])]


def _nanoseconds(least: Any, written: int) -> int:
    try:
        return moment(least if isinstance(least, int | float | str) else least.isoformat())
    except (AttributeError, ValueError, OverflowError):
        return moment(written)


def _rows(
    step: Step, table: "DeltaTable", files: list[Added], path: Path, after: int, zone: str
) -> Iterator[Record]:
    schema, masks = pa.schema(table.schema().to_arrow()), _masks(table, path)
    number = 0
    for one in files:
        with pq.ParquetFile(_place(path, one)) as file:
            mask = masks.get(one.path)
            count = file.metadata.num_rows if mask is None else int(mask.sum())
            if number + count <= after:
                number += count
                continue
            start = 0
            for batch in file.iter_batches(ROWS, use_threads=False):
                places = np.arange(start, start + len(batch))
                start += len(batch)
                if mask is not None:
                    batch = batch.filter(pa.array(mask[places]))
                    places = places[mask[places]]
                named = plain(_named(batch, schema, dict(one.partition)), zone).to_pylist()
                for place, value in zip(places, named, strict=True):
                    if number >= after:
                        yield Record(number, step.place, value, place=f"{one.path}:{place}")
                    number += 1
    yield Record(number, Step(step.to, step.to, False).place, None, is_empty=True)


def _masks(table: "DeltaTable", path: Path) -> Mapping[str, NDArray[np.bool_]]:
    """Of files of which rows were deleted: which rows are left."""
    if "deletionVectors" not in (table.protocol().reader_features or ()):
        return {}
    masks = {}
    for batch in table.deletion_vectors():
        told = pa.record_batch(batch)
        for name, mask in zip(*(told.column(at).to_pylist() for at in (0, 1)), strict=True):
            kept = np.ones(pq.read_metadata(_local(name)).num_rows, bool)
            kept[: len(mask)] = mask  # the rest is kept
            masks[_local(name).relative_to(path).as_posix()] = kept
    return masks


def _local(uri: str) -> Path:
    return Path(unquote(urlsplit(uri).path) if uri.startswith("file:") else uri)


def _named(
    batch: pa.RecordBatch, schema: pa.Schema, partition: Mapping[str, Any]
) -> pa.RecordBatch:
    """A batch of a file with the columns of the table."""
    columns = []
    for field in schema:
        spelt = _spelt(field)
        if spelt in batch.schema.names:
            columns.append(_renamed(batch.column(spelt), field.type))
        else:  # in JSON partitions have their names in files, else those of the table
            value = partition.get(spelt, partition.get(field.name))
            columns.append(_constant(value, field.type, len(batch)))
    return pa.RecordBatch.from_arrays(columns, names=schema.names)


def _spelt(field: pa.Field) -> str:
    """What a column is called in files."""
    told = (field.metadata or {}).get(PHYSICAL)
    return str(told.decode() if told else field.name)


def _renamed(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """A column whose inner names are those of the table."""
    if not (pa.types.is_struct(kind) and pa.types.is_struct(column.type)):
        return column
    there = {column.type.field(at).name for at in range(column.type.num_fields)}
    inner = {
        one.name: _renamed(column.field(_spelt(one)), one.type)
        for one in kind
        if _spelt(one) in there
    }
    if not inner:
        return column
    fields = [pa.field(name, one.type) for name, one in inner.items()]
    return pa.StructArray.from_arrays(list(inner.values()), fields=fields, mask=column.is_null())


def _constant(value: Any, kind: pa.DataType, count: int) -> pa.Array:
    """The value of a partition, which commits write as text."""
    if value is None:
        return pa.nulls(count, kind)
    one = pa.array([value])
    if pa.types.is_timestamp(kind) and pa.types.is_string(one.type):
        one = one.cast(pa.timestamp("us"))
        one = one if kind.tz is None else pc.assume_timezone(one, "UTC")
    return pa.repeat(one.cast(kind)[0], count)
