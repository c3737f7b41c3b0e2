"""Rows by time and by column, for every store.

Owns: cutting batches to a time range and to columns; one schema for many batches.  Does not own:
keeping rows (`memory`, `local`).
"""

import json
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from vedette.core import rows


def between(batch: pa.RecordBatch, start: int, end: int) -> pa.RecordBatch:
    """Keep the rows whose time lies in [start, end).

    Example:
        >>> times = pa.array([1, 5, 9], pa.timestamp("ns", "UTC"))
        >>> between(pa.record_batch({"_time": times}), 5, 9).num_rows
        1
    """
    times = batch[rows.TIME].cast(pa.int64())
    inside = pc.and_(pc.greater_equal(times, start), pc.less(times, end))
    return batch if pc.all(inside).as_py() else batch.filter(inside)


def pick(batch: pa.RecordBatch, columns: Sequence[str] | None) -> pa.RecordBatch:
    """Keep the named columns, in that order; one that is not there is missing (type null).

    Example:
        >>> pick(pa.record_batch({"a": [1], "b": [2]}), ["c", "b"]).to_pylist()
        [{'c': None, 'b': 2}]
    """
    if columns is None:
        return batch
    there = set(batch.schema.names)
    arrays = [batch[name] if name in there else pa.nulls(batch.num_rows) for name in columns]
    return pa.RecordBatch.from_arrays(arrays, names=list(columns))


def united(tables: Sequence[pa.Table]) -> pa.Table:
    """Put tables of differing columns into one.

    A column that a table lacks is missing there.  Of differing types the common one is taken:
    float64 for numbers when every integer has an exact one, else text; dictionaries become plain.
    """
    found: dict[str, list[pa.ChunkedArray]] = {}
    for table in tables:
        for name in table.schema.names:
            found.setdefault(name, []).append(table[name])
    schema = pa.schema([(name, common(arrays)) for name, arrays in found.items()])
    if not tables:
        return schema.empty_table()
    return pa.concat_tables(_fitted(table, schema) for table in tables)


def common(arrays: Sequence[pa.ChunkedArray]) -> pa.DataType:
    """Return the one type that holds all the arrays without loss, dictionaries as plain values.
    The type of an array that holds nothing says nothing.

    Example:
        >>> common([pa.chunked_array([[[1.5]]]), pa.chunked_array([pa.nulls(1, pa.string())])])
        ListType(list<item: double>)
    """
    held = [array for array in arrays if array.null_count < len(array)] or arrays
    types = list(dict.fromkeys(plain(array.type) for array in held))
    some = [kind for kind in types if not pa.types.is_null(kind)]
    if len(some) < 2:
        return some[0] if some else pa.null()
    families = {_family(kind) for kind in some}
    if families == {"number"}:
        if all(pa.types.is_signed_integer(kind) for kind in some):
            return pa.int64()
        return pa.float64() if all(_exact(array) for array in arrays) else pa.string()
    if len(families) == 1 and families <= {"time"}:
        return some[0] if len(some) == 1 else pa.string()
    return pa.string()


def plain(kind: pa.DataType) -> pa.DataType:
    """Return the type of the values of a dictionary, large text as text; others as they are."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.string() if pa.types.is_large_string(kind) else kind


def _family(kind: pa.DataType) -> str:
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return "number"
    if pa.types.is_temporal(kind):
        return "time"
    return "other"


def _exact(array: pa.ChunkedArray) -> bool:
    """Say whether every number of the array is a float64 too."""
    if pa.types.is_floating(array.type) or not pa.types.is_integer(array.type) or not len(array):
        return True
    ends = pc.min_max(array).as_py()
    return ends["min"] is None or max(abs(ends["min"]), abs(ends["max"])) <= 2**53


def _fitted(part: pa.Table, schema: pa.Schema) -> pa.Table:
    there = set(part.schema.names)
    arrays = [
        cast(part[field.name], field.type) if field.name in there
        else pa.nulls(part.num_rows, field.type)
        for field in schema
    ]  # fmt: skip
    return pa.Table.from_arrays(arrays, schema=schema)


def cast(array: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """Give an array a type that holds it: numbers, times and truth values as text where asked;
    what Arrow cannot write as text is written as JSON (lists, which `lists` reads) or as Python
    does (binary)."""
    if array.type.equals(kind):
        return array
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    try:
        return array.cast(kind)
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        if not pa.types.is_string(kind):
            raise
    spell = json.dumps if pa.types.is_list(array.type) else str
    texts = [None if value is None else spell(value) for value in array.to_pylist()]
    return pa.chunked_array([pa.array(texts, pa.string())])


def lists(texts: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """Read lists that were written as text."""
    read = [None if text is None else json.loads(text) for text in texts.to_pylist()]
    return pa.chunked_array([pa.array(read, kind)])
