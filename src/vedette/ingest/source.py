"""Open a table of any origin as a source of Arrow batches that can be read again and again.

Owns: telling origins apart.  Does not own: formats (`files`), frames (`frames`), how columns are
delivered (`columns`).
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Protocol, runtime_checkable

import pyarrow as pa

from vedette.core.errors import StoreError, UsageError
from vedette.ingest import frames
from vedette.ingest.columns import as_is, plan
from vedette.ingest.scan import ScanSource, first_line, rebatch
from vedette.ingest.spool import Spool


@runtime_checkable
class Source(Protocol):
    """A table that can be read again and again in bounded memory.

    Text is delivered as dictionary<int32, string>, missing as Arrow's validity; see
    `columns.delivered_type`.
    """

    @property
    def name(self) -> str:
        """What people see: "jan.parquet", "flights/*.csv (12 files)", "pandas DataFrame"."""

    @property
    def arrow_schema(self) -> pa.Schema:
        """What batches deliver."""

    @property
    def rows(self) -> int | None:
        """The number of rows where it is known without reading."""

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Deliver every row, in order, in batches of at most 131,072 rows; can be called again."""

    def sample(self, rows: int, columns: Sequence[str] | None = None) -> pa.Table:
        """Deliver about `rows` rows spread evenly over the whole, the same rows on every call."""


def open_source(data: Any, *, name: str | None = None) -> Source:
    """Open a table: a frame, an Arrow object, rows, a file, a glob, a folder or a list of files.

    Frames are not copied where Arrow can share them; a reader that can be read only once is kept in
    a temporary file from its first use until the source goes away.  Files are not trusted, but the
    work they cause is bounded only by their size: see `vedette.ingest.files`.  Errors: UsageError
    for what is not a table, is not there, or has a name twice; SchemaError for files that do not
    fit together; StoreError for broken ones.

    Example:
        >>> source = open_source([{"a": 1, "b": "x"}, {"a": 2}])
        >>> source.rows, source.arrow_schema.names
        (2, ['a', 'b'])
        >>> source.sample(10).to_pylist()
        [{'a': 1, 'b': 'x'}, {'a': 2, 'b': None}]
    """
    if isinstance(data, str | Path) or _is_paths(data):
        from vedette.ingest.files import open_files  # formats are loaded when there is a file

        return open_files(data, name=name)
    if isinstance(data, Source):
        return data
    return _in_memory(data, name)


def _in_memory(data: Any, name: str | None) -> Source:
    package, kind = frames.library(data)
    if kind == "Series":
        raise UsageError("source", f"a {package} Series is one column", hint="use its to_frame()")
    if isinstance(data, pa.Table):
        return _table_source(data, name or "Arrow table")
    if isinstance(data, pa.RecordBatch):
        return _table_source(pa.Table.from_batches([data]), name or "Arrow record batch")
    if isinstance(data, pa.RecordBatchReader):
        return _stream_source(data, name or "Arrow reader")
    if package == "pandas":
        where = name or "pandas DataFrame"
        return _table_source(frames.pandas_table(data, f"table {where!r}"), where)
    if kind == "LazyFrame":
        return _lazy_source(data, name or "Polars LazyFrame")
    if package == "polars":
        return _table_source(frames.polars_table(data), name or "Polars DataFrame")
    if isinstance(data, dict) or frames.is_rows(data) or _is_nothing(data):
        where = name or ("columns" if isinstance(data, dict) else "rows")
        return _table_source(frames.rows_table(data, f"table {where!r}"), where)
    if hasattr(data, "__arrow_c_stream__"):
        reader = pa.RecordBatchReader.from_stream(data)
        return _stream_source(reader, name or type(data).__name__)
    if hasattr(data, "__arrow_c_array__"):
        batch = pa.record_batch(data)
        return _table_source(pa.Table.from_batches([batch]), name or type(data).__name__)
    raise UsageError(
        "source",
        f"{type(data).__name__!r} is not a table",
        want="a pandas, Polars or Arrow table, a dict of lists, a list of dicts, or a file's path",
    )


def _table_source(table: pa.Table, name: str) -> Source:
    columns = plan(table.schema, f"table {name!r}")
    return ScanSource(name, columns, lambda names: table.select(names).to_batches(), table.num_rows)


def _lazy_source(frame: Any, name: str) -> Source:
    schema = frames.polars_table(frame.limit(0).collect()).schema
    return ScanSource(
        name,
        plan(schema, f"table {name!r}"),
        lambda names: frames.polars_batches(frame, names),
        None,
    )


def _stream_source(reader: pa.RecordBatchReader, name: str) -> Source:
    columns = plan(reader.schema, f"table {name!r}")
    once = _Once(columns.where, (columns.deliver(batch) for batch in rebatch(reader)))
    return ScanSource(name, as_is(columns.schema, columns.where), once.scan, None)


class _Once:
    """Batches that can be produced once, kept in a temporary file when they are first asked for."""

    def __init__(self, where: str, batches: Iterable[pa.RecordBatch]) -> None:
        self._where = where
        self._batches: Iterable[pa.RecordBatch] | None = batches
        self._spool: Spool | None = None
        self._filling = Lock()  # several threads may ask for their columns at the same time

    def scan(self, names: list[str]) -> Iterator[pa.RecordBatch]:
        with self._filling:
            if self._spool is None:
                self._spool = self._fill()
        return self._spool.read(names)

    def _fill(self) -> Spool:
        batches, self._batches = self._batches, None
        if batches is None:
            raise StoreError(self._where, "it broke off before, and can be read only once")
        spool = Spool()
        try:
            for batch in batches:
                spool.append(batch)
        except (pa.ArrowException, OSError) as error:
            raise StoreError(self._where, "it broke off", got=first_line(error)) from error
        spool.finish()
        return spool


def _is_nothing(data: Any) -> bool:
    return isinstance(data, list) and not data  # an array would compare element by element


def _is_paths(data: Any) -> bool:
    return (
        isinstance(data, list | tuple)
        and bool(data)
        and all(isinstance(one, str | Path) for one in data)
    )
