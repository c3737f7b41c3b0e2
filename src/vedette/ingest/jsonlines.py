"""JSON lines (one object per line), or one JSON array of objects, read once into a temporary file.

Owns: how objects become typed columns.  Does not own: what is delivered.

Blocks of lines are read one by one, each with its own guess at the types; at the end a column gets
the type that holds all of them: integers and floats together are floats, anything else that
disagrees is text.  A key that comes later is missing before.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from vedette.core.errors import SchemaError, StoreError, UsageError
from vedette.ingest.columns import CODED, Column, Plan, plan, unify
from vedette.ingest.frames import rows_table
from vedette.ingest.scan import Head, first_line, rebatch
from vedette.ingest.spool import Spool
from vedette.ingest.textfile import encoding, opened

BLOCK_BYTES = 4 << 20
LONGEST_BYTES = 256 << 20  # of one line, or of a file that is one array


class JsonFile:
    """One file of JSON lines, read on construction.

    Bounds: memory of a few blocks; disk about the size of the file; an array is read at once.
    Errors: SchemaError for a line that is no JSON object; StoreError when the file is broken.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        where = f"table '{path}'"
        self._spool = Spool()
        columns: dict[str, Column] = {}
        for table in _tables(path):
            one = plan(table.schema, where)
            for column in one.columns:
                _widen(columns, column)
            for batch in rebatch(table.to_batches()):
                self._spool.append(one.deliver(batch))
        self._spool.finish()
        self.plan = Plan(where, tuple(_settled(columns)))
        self.rows: int | None = self._spool.rows

    def scan(self, names: list[str]) -> Iterator[pa.RecordBatch]:
        """Give every row of the named columns, in order."""
        return self._spool.read(names)

    def heads(self) -> list[Head]:
        """None: text can be entered only at its start."""
        return []


def _widen(columns: dict[str, Column], column: Column) -> None:
    known = columns.get(column.name)
    kind = column.type if known is None else unify(known.type, column.type)
    columns[column.name] = Column(column.name, column.name, None, CODED if kind is None else kind)


def _settled(columns: dict[str, Column]) -> Iterator[Column]:
    """The columns, less those that were only ever null where an object was elsewhere."""
    parents = {name.rpartition(".")[0] for name in columns}
    for name, column in columns.items():
        if not (pa.types.is_null(column.type) and name in parents):
            yield column


def _tables(path: Path) -> Iterator[pa.Table]:
    line = 1
    for block in _blocks(path):
        if line == 1 and block.lstrip()[:1] == b"[":
            yield _array(path, block)
            return
        if block.strip():
            yield _missing_nan(_table(path, block, line))
        line += block.count(b"\n")


def _blocks(path: Path) -> Iterator[bytes]:
    """Pieces of a file that end with a line; all of it when it is an array."""
    with opened(path) as stream:
        rest = stream.read(BLOCK_BYTES)
        if encoding(rest) != "utf-8":
            raise UsageError(f"file '{path}'", "is not UTF-8", hint="save it as UTF-8")
        rest = rest.removeprefix(b"\xef\xbb\xbf")
        array = rest.lstrip()[:1] == b"["
        while more := stream.read(BLOCK_BYTES):
            end = -1 if array else rest.rfind(b"\n")
            if end >= 0:
                yield rest[: end + 1]
            rest = rest[end + 1 :] + more
            if len(rest) > LONGEST_BYTES:
                what = "an array" if array else "a line"
                raise StoreError(
                    f"file '{path}'",
                    f"{what} is longer than {LONGEST_BYTES >> 20} MB",
                    hint="write one object per line",
                )
        yield rest


def _table(path: Path, block: bytes, line: int) -> pa.Table:
    try:
        return pj.read_json(
            pa.BufferReader(block),
            pj.ReadOptions(use_threads=False, block_size=len(block) + 1),
        )
    except pa.ArrowException:  # types that change from row to row, or no JSON at all
        return _rows(path, [_object(path, line + i, text) for i, text in _lines(block)])


def _lines(block: bytes) -> Iterator[tuple[int, bytes]]:
    return ((i, text) for i, text in enumerate(block.split(b"\n")) if text.strip())


def _object(path: Path, line: int, text: bytes) -> Any:
    try:
        value = json.loads(text)
    except ValueError as error:  # also UnicodeDecodeError
        raise SchemaError(
            f"file '{path}' line {line}",
            "is not JSON",
            got=first_line(error),
            want="one object per line",
        ) from error
    except RecursionError as error:
        raise SchemaError(f"file '{path}' line {line}", "is nested too deeply") from error
    if not isinstance(value, dict):
        raise SchemaError(
            f"file '{path}' line {line}", "is not an object", got=type(value).__name__
        )
    return value


def _array(path: Path, text: bytes) -> pa.Table:
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SchemaError(f"file '{path}'", "is not JSON", got=first_line(error)) from error
    return _rows(path, rows)


def _rows(path: Path, rows: list[Any]) -> pa.Table:
    return rows_table(rows, f"table '{path}'")


def _missing_nan(table: pa.Table) -> pa.Table:
    """NaN is no JSON: where a writer put it, it stands for missing."""
    for i, field in enumerate(table.schema):
        if pa.types.is_floating(field.type):
            nan = pc.is_nan(table.column(i))
            if pc.any(nan).as_py():
                kept = pc.if_else(nan, pa.scalar(None, field.type), table.column(i))
                table = table.set_column(i, field, kept)
    return table
