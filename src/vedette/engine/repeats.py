"""How often values that should come once come again, over a whole table.

Owns: exact counts in bounded memory, by DuckDB, which keeps on disk what does not fit.  Does not
own: what should be unique (`core.schema`).
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from vedette.core.errors import VedetteError
from vedette.ingest.source import Source

MEMORY = "1GB"  # beyond which groups go to disk
SHOWN = 3  # repeated values that are named


@dataclass(frozen=True)
class Repeats:
    """What came again.  Shapes: `again` counts the rows whose values came before in whatever order;
    `examples` are the values that come most often, with how often."""

    again: int
    of: int  # rows in which no value is missing
    examples: tuple[tuple[tuple[object, ...], int], ...]


def repeats(
    source: Source, columns: Sequence[str], batches: Iterable[pa.RecordBatch] | None = None
) -> Repeats:
    """Count the rows of a table whose values of some columns came before.

    A row in which one of them is missing is left out, as in a unique index.  `batches` are those of
    the source where somebody else reads them, too; they are read to the end.
    Bounds: memory of about 1 GB however many rows; time grows with their number.
    Errors: those of reading the source.
    Example:
        >>> from vedette.ingest.source import open_source
        >>> repeats(open_source({"a": [1, 1, 2, 1, None], "b": [3, 3, 3, 4, 3]}), ["a", "b"])
        Repeats(again=1, of=4, examples=(((1, 3), 2),))
    """
    import duckdb  # only where something has to be unique

    names = [f"c{at}" for at in range(len(columns))]
    keys = ", ".join(names)
    there = " and ".join(f"{name} is not null" for name in names)
    # Of the groups only their number, the repeated rows and the greatest few are kept.
    question = (
        f"with g as (select {keys}, count(*) n from batches where {there} group by {keys}) "  # noqa: S608 - names are our own
        f"select sum(n)::bigint, count(*), max(({{'n': n, 'v': row({keys})}}), {SHOWN}) "
        f"filter (where n > 1) from g"
    )
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as database:
        database.execute(f"set memory_limit = '{MEMORY}'")
        database.execute("set temp_directory = ?", [folder])
        database.execute("set threads = 1")  # more wait for one another: the reader is one
        wrong: list[VedetteError] = []
        given = source.batches(columns) if batches is None else batches
        database.register("batches", _reader(source, columns, names, given, wrong))
        rows, different, found = database.execute(question).fetchone() or (0, 0, None)
    if wrong:
        raise wrong[0]
    examples = tuple((tuple(one["v"]), one["n"]) for one in found or ())
    return Repeats((rows or 0) - different, rows or 0, examples)


def _reader(
    source: Source,
    columns: Sequence[str],
    names: Sequence[str],
    batches: Iterable[pa.RecordBatch],
    wrong: list[VedetteError],
) -> pa.RecordBatchReader:
    """Some columns of batches under names of our own, text as text, nanoseconds as numbers.

    DuckDB would tell of an error in its own way: it ends the rows, and is kept.
    """
    types = [source.arrow_schema.field(name).type for name in columns]
    plain = [_plain(kind) for kind in types]
    schema = pa.schema(list(zip(names, plain, strict=True)))

    def rows() -> Iterator[pa.RecordBatch]:
        try:
            for batch in batches:
                arrays = [
                    _decoded(batch.column(name), kind)
                    for name, kind in zip(columns, plain, strict=True)
                ]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)
        except VedetteError as error:
            wrong.append(error)

    return pa.RecordBatchReader.from_batches(schema, rows())


def _plain(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return kind.value_type
    # An interval of DuckDB's holds microseconds: two of less apart would be the same.
    return pa.int64() if kind == pa.duration("ns") else kind


def _decoded(array: pa.Array, kind: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(array.type):
        return array.dictionary_decode()
    return array if array.type == kind else array.cast(kind)
