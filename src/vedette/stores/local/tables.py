"""Records as tables, and back.

Owns: putting the records of a segment together by model, with what it takes to tell them apart
again; cutting by day; restoring records to what they were.  Does not own: files (`parts`).
"""

import base64
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vedette.core import rows
from vedette.stores.columns import cast, lists, united
from vedette.stores.local.manifest import MARKS
from vedette.stores.local.names import DAY, day_of
from vedette.stores.store import Record

# Beside the model's own columns: the position after the row's record, its place in it, when that
# was received, and the number of its schema in the file's metadata.
AFTER, ROW, RECEIVED, SCHEMA = "_log_after", "_log_row", "_log_received", "_log_schema"
INNER = (AFTER, ROW, RECEIVED, SCHEMA)
SCHEMAS = b"vedette.schemas"
_OWN = "_log_"
_MOST_DAYS = 40  # folders that one segment of one model spreads over; beyond, by month, then one

Group = tuple[str, str]  # kind and model


def stored(name: str) -> str:
    """Return the name under which a column is stored, never that of an inner one.

    Example:
        >>> stored("age"), stored("_log_after")
        ('age', '_log_.after')
    """
    return f"{_OWN}.{name[len(_OWN) :]}" if name.startswith(_OWN) else name


def named(stored_name: str) -> str:
    """Return a column's own name from that under which it is stored."""
    own = stored_name.startswith(_OWN + ".")
    return _OWN + stored_name[len(_OWN) + 1 :] if own else stored_name


def gathered(records: Iterable[tuple[int, Record]]) -> dict[Group, pa.Table]:
    """Put records into one table per kind and model, notes and ticks into one for all models."""
    alike: dict[Group, dict[pa.Schema, list[tuple[int, Record]]]] = {}
    marks: list[tuple[int, Record]] = []
    for pair in records:
        record = pair[1]
        if record.rows is None:
            marks.append(pair)
        else:
            schemas = alike.setdefault((record.kind, record.model), {})
            schemas.setdefault(record.rows.schema, []).append(pair)
    tables = {}
    for group, schemas in alike.items():
        parts = [_told_apart(pairs, number) for number, pairs in enumerate(schemas.values())]
        tables[group] = with_schemas(united(parts), list(schemas))
    if marks:
        tables[(MARKS, "")] = _marks(marks)
    return tables


def _told_apart(pairs: list[tuple[int, Record]], schema: int) -> pa.Table:
    """Put records of one schema into a table, each row with what brings it back."""
    batches = [record.rows for _, record in pairs if record.rows is not None]
    sizes = np.array([batch.num_rows for batch in batches])
    total = int(sizes.sum())
    firsts = np.repeat(sizes.cumsum() - sizes, sizes)
    inner = [
        np.repeat(np.array([after for after, _ in pairs]), sizes),
        (np.arange(total) - firsts).astype(np.int32),
        np.repeat(np.array([record.received for _, record in pairs]), sizes),
        np.full(total, schema, np.int32),
    ]
    whole = pa.Table.from_batches(batches).replace_schema_metadata(None).combine_chunks()
    others = [name for name in whole.schema.names if name != rows.TIME]
    return pa.table(
        [*map(pa.array, inner), whole[rows.TIME], *(whole[name] for name in others)],
        names=[*INNER, rows.TIME, *map(stored, others)],
    )


def _marks(marks: list[tuple[int, Record]]) -> pa.Table:
    received = np.array([record.received for _, record in marks], np.int64)
    return pa.table(
        {
            AFTER: np.array([after for after, _ in marks], np.int64),
            ROW: np.zeros(len(marks), np.int32),
            RECEIVED: received,
            SCHEMA: np.zeros(len(marks), np.int32),
            rows.TIME: pa.array(received, pa.timestamp("ns", "UTC")),
            "kind": [record.kind for _, record in marks],
            "model": [record.model for _, record in marks],
            "note": pa.array([record.note for _, record in marks], pa.binary()),
        }
    )


def with_schemas(table: pa.Table, schemas: list[pa.Schema]) -> pa.Table:
    """Give a table the schemas that its rows name."""
    texts = [base64.b64encode(schema.serialize()).decode() for schema in schemas]
    return table.replace_schema_metadata({SCHEMAS: json.dumps(texts)})


def schemas_of(schema: pa.Schema) -> list[pa.Schema]:
    """Return the schemas that a file's rows name."""
    texts = json.loads((schema.metadata or {}).get(SCHEMAS, b"[]"))
    return [pa.ipc.read_schema(pa.py_buffer(base64.b64decode(text))) for text in texts]


def joined(tables: list[pa.Table]) -> pa.Table:
    """Put the tables of several files of one model into one."""
    known: dict[pa.Schema, int] = {}
    plain = []
    for table in tables:
        own = [known.setdefault(schema, len(known)) for schema in schemas_of(table.schema)]
        if own:
            numbers = np.array(own, np.int32)[table[SCHEMA].to_numpy()]
            table = table.set_column(3, SCHEMA, pa.array(numbers))
        plain.append(table.replace_schema_metadata(None))
    return with_schemas(united(plain), list(known))


def by_time(table: pa.Table) -> pa.Table:
    """Sort by time, rows of one time as they came."""
    times = times_of(table)
    if (times[1:] >= times[:-1]).all():
        return table
    return table.combine_chunks().take(pa.array(np.argsort(times, kind="stable")))


def times_of(table: pa.Table) -> NDArray[np.int64]:
    """Return the times of a table in nanoseconds."""
    found: NDArray[np.int64] = table[rows.TIME].cast(pa.int64()).to_numpy()
    return found


def by_day(table: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """Cut a table that is sorted by time into days."""
    days = times_of(table) // DAY
    if len(np.unique(days)) <= _MOST_DAYS:
        labels = {day: day_of(day) for day in np.unique(days).tolist()}
    else:
        labels = {day: day_of(day)[:7] for day in np.unique(days).tolist()}
        if len(set(labels.values())) > _MOST_DAYS:
            labels = dict.fromkeys(labels, "mixed")
    edges: dict[str, list[int]] = {}
    for day, label in labels.items():
        first, last = np.searchsorted(days, [day, day + 1]).tolist()
        edges[label] = [min(edges.get(label, [first])[0], first), last]
    for label, (first, last) in edges.items():
        yield label, table.slice(first, last - first)


def records_of(group: Group, tables: list[pa.Table]) -> Iterator[tuple[int, Record]]:
    """Restore the records of one kind and model from their rows, wherever those lay."""
    if group[0] == MARKS:
        for table in tables:
            for row in table.to_pylist():
                record = Record(row["kind"], row["model"], row[RECEIVED], note=row["note"])
                yield row[AFTER], record
        return
    pieces: dict[pa.Schema, list[pa.Table]] = {}
    for table in tables:
        for number, schema in enumerate(schemas_of(table.schema)):
            part = table.filter(pc.equal(table[SCHEMA], number))
            if part.num_rows:
                pieces.setdefault(schema, []).append(_restored(part, schema))
    for schema, parts in pieces.items():
        whole = pa.concat_tables(parts, promote_options="permissive")
        yield from _cut(group, whole, schema)


def _restored(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Give stored rows the columns and types that they came with, after the three that order
    them."""
    own = restored(table, schema)
    names = [AFTER, ROW, RECEIVED]
    arrays = [*(table[name] for name in names), *own.columns]
    return pa.table(arrays, names=[*names, *map(stored, own.schema.names)])


def restored(table: pa.Table, fields: Iterable[pa.Field]) -> pa.Table:
    """Give stored rows the columns and types that they came with."""
    there = list(fields)
    arrays = [_as(table[stored(field.name)], field.type) for field in there]
    return pa.table(arrays, names=[field.name for field in there])


def _as(array: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_null(kind):
        return pa.chunked_array([pa.nulls(len(array))])
    if pa.types.is_dictionary(kind):
        plain = _as(array, kind.value_type).combine_chunks()
        return pa.chunked_array([plain.dictionary_encode().cast(kind)])
    if pa.types.is_list(kind) and pa.types.is_string(array.type):
        with suppress(ValueError):  # written before lists were read again
            return lists(array, kind)
    for through in (None, pa.float64()):  # an integer that once became 12.0 on its way to text
        try:
            return cast(array if through is None else array.cast(through), kind)
        except pa.ArrowException:
            continue
    return array


def _cut(group: Group, table: pa.Table, schema: pa.Schema) -> Iterator[tuple[int, Record]]:
    after, row = table[AFTER].to_numpy(), table[ROW].to_numpy()
    order = np.lexsort((row, after))
    if not (order[1:] > order[:-1]).all():
        table, after = table.take(pa.array(order)), after[order]
    received = table[RECEIVED].to_numpy()
    columns = [column.combine_chunks() for column in table.columns[3:]]
    columns = [c.chunk(0) if isinstance(c, pa.ChunkedArray) else c for c in columns]
    fields = [
        field if field.type.equals(column.type) else field.with_type(column.type)
        for field, column in zip(schema, columns, strict=True)
    ]
    whole = pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields, schema.metadata))
    starts = np.flatnonzero(np.r_[True, after[1:] != after[:-1]])
    for first, last in zip(starts.tolist(), [*starts[1:].tolist(), len(after)], strict=True):
        batch = whole.slice(first, last - first)
        yield int(after[first]), Record(group[0], group[1], int(received[first]), batch)
