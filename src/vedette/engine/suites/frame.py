"""Rows as Great Expectations takes them.

Owns: a pandas frame of a source, whole or of a sample.  Does not own: reading files (`ingest`).
This is the one place that turns a table into pandas: the library judges nothing else in memory.
"""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from vedette.ingest.frames import library
from vedette.ingest.source import Source


def frame_of(data: Any, source: Source, most: int | None = None) -> tuple[Any, int, int]:
    """A frame, its rows, and the rows that there are.

    A pandas frame is handed over as it is.  With `most`, a table of more rows is sampled: so many
    rows, spread evenly, the same on every call.
    """
    if most is None and library(data) == ("pandas", "DataFrame"):
        return data, len(data), len(data)
    if most is not None and source.rows is not None and source.rows > most:
        table = source.sample(most)
        rows = source.rows
    else:
        table = pa.Table.from_batches(source.batches(), source.arrow_schema)
        rows = table.num_rows
        if most is not None and rows > most:
            table = source.sample(most)
    return _with_texts(plainly(table).to_pandas()), table.num_rows, rows


def _with_texts(frame: Any) -> Any:
    """A frame whose texts are Python's own, as suites mean by `str`: of pandas' type of texts the
    library knows no name, and takes none for it."""
    texts = {name: object for name, kind in frame.dtypes.items() if kind.name in ("str", "string")}
    return frame.astype(texts)


def plainly(table: pa.Table) -> pa.Table:
    """A table whose coded texts are texts: pandas would take them for categories.

    Example:
        >>> coded = pa.table({"x": pa.array(["a", "b"]).dictionary_encode()})
        >>> plainly(coded).schema.field("x").type
        DataType(string)
    """
    columns = [
        pc.cast(column, column.type.value_type) if pa.types.is_dictionary(column.type) else column
        for column in table.columns
    ]
    return pa.table(columns, names=table.column_names)
