"""Frames of other libraries and plain Python rows as Arrow tables, column by column.

Owns: pandas frames, Polars frames, dicts of lists, lists of dicts; what missing means in each.
Does not own: Arrow's own objects, delivery.  pandas and Polars are known by the module of a type
and never imported here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from vedette.core.errors import UsageError

CHUNK_ROWS = 131_072  # objects are converted in pieces of this many, and text coded piece by piece


def library(data: object) -> tuple[str, str]:
    """The library and class of a frame, also of a subclass; two "" when it is neither library's.

    Example:
        >>> library([])
        ('', '')
    """
    for base in type(data).__mro__:
        package = base.__module__.partition(".")[0]
        if package in ("pandas", "polars") and base.__name__ in (
            "DataFrame",
            "LazyFrame",
            "Series",
        ):
            return package, base.__name__
    return "", ""


def pandas_table(frame: Any, where: str) -> pa.Table:
    """A pandas frame as an Arrow table; its index is left out.

    NaN, NaT and None are missing.  Number columns are not copied.  Text objects are
    dictionary-coded piece by piece; objects of mixed types are text: numbers by repr.  Errors:
    UsageError when a name occurs twice.
    """
    names = [_name(name) for name in frame.columns]
    _distinct(names, where)
    return _table(names, (_pandas_column(frame.iloc[:, i]) for i in range(len(names))))


def rows_table(data: object, where: str) -> pa.Table:
    """A dict of columns, or a list of dicts (rows), as an Arrow table.

    None, NaN and absent keys are missing.  Errors: UsageError when columns differ in length, a name
    is no text, or a row is no dict.
    """
    if isinstance(data, Mapping):
        columns = {_name(name): values for name, values in data.items()}
    else:
        columns = _turned(data, where)
    arrays = [_any_column(values, name, where) for name, values in columns.items()]
    lengths = {name: len(array) for name, array in zip(columns, arrays, strict=True)}
    first = next(iter(lengths), "")
    for name, length in lengths.items():
        if length != lengths[first]:
            raise UsageError(
                where,
                f"column {name!r} has {length:,} values",
                want=f"{lengths[first]:,} as in {first!r}",
            )
    return _table(list(columns), arrays)


def is_rows(data: object) -> bool:
    """Whether something is a list or tuple of dicts, judged by its first element."""
    return isinstance(data, list | tuple) and bool(data) and isinstance(data[0], Mapping)


def objects(values: Sequence[Any]) -> pa.Array:
    """Python values as an Arrow array; None, NaN and NaT are missing.

    Values that Arrow refuses together become text: str as it is, others by repr.

    Example:
        >>> objects([1, "a", None, float("nan"), 2.5]).to_pylist()
        ['1', 'a', None, None, '2.5']
    """
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return texts(values)


def texts(values: Iterable[Any]) -> pa.Array:
    """Python values as text."""
    return pa.array([_spelled(value) for value in values], pa.string())


def _spelled(value: Any) -> str | None:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, str):
        return value.encode("utf-8", errors="replace").decode("utf-8")  # lone surrogates
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and value != value:
        return None
    return repr(value)


def _pandas_column(series: Any) -> pa.ChunkedArray:
    if series.dtype == object:
        return _pieces(series.to_numpy())
    try:
        array = pa.array(series, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return _pieces(np.asarray(series, dtype=object))
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])


def _pieces(values: Any) -> pa.ChunkedArray:
    """Objects converted piece by piece; when the pieces disagree, all as text."""
    pieces: list[pa.Array] = []
    for start in range(0, len(values), CHUNK_ROWS):
        piece = objects(values[start : start + CHUNK_ROWS])
        pieces.append(piece.dictionary_encode() if pa.types.is_string(piece.type) else piece)
    kinds = list(dict.fromkeys(piece.type for piece in pieces if not pa.types.is_null(piece.type)))
    if not kinds:
        return pa.chunked_array(pieces, pa.null())
    if {*kinds} == {pa.int64(), pa.float64()}:
        kinds = [pa.float64()]
    if len(kinds) > 1:
        return pa.chunked_array(
            [
                texts(values[start : start + CHUNK_ROWS]).dictionary_encode()
                for start in range(0, len(values), CHUNK_ROWS)
            ]
        )
    return pa.chunked_array([_as(piece, kinds[0]) for piece in pieces], kinds[0])


def _as(piece: pa.Array, kind: pa.DataType) -> pa.Array:
    if pa.types.is_null(piece.type):
        return pa.nulls(len(piece), kind)
    return piece if piece.type == kind else piece.cast(kind)


def _any_column(values: Any, name: str, where: str) -> pa.ChunkedArray:
    if isinstance(values, pa.ChunkedArray):
        return values
    if isinstance(values, pa.Array):
        return pa.chunked_array([values])
    if hasattr(values, "__arrow_c_stream__"):
        return pa.chunked_array(values)
    package, _ = library(values)
    if package == "pandas":
        return _pandas_column(values)
    if isinstance(values, np.ndarray) and values.dtype != object and values.ndim == 1:
        return pa.chunked_array([pa.array(values, from_pandas=True)])
    if isinstance(values, np.ndarray):
        return _pieces(list(values) if values.ndim > 1 else values)
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise UsageError(where, f"column {name!r} is not a list", got=type(values).__name__)
    return _pieces(values if isinstance(values, list | tuple) else list(values))


def _turned(data: object, where: str) -> dict[str, list[Any]]:
    """Rows as columns, in the order in which keys are first seen."""
    rows = list(data) if isinstance(data, Iterable) else []
    names: dict[str, None] = {}
    for i, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise UsageError(where, f"row {i} is not a dict", got=type(row).__name__)
        names.update(dict.fromkeys(row))
    return {_name(name): [row.get(name) for row in rows] for name in names}


def _name(name: object) -> str:
    """A column's name as text; the parts of a pandas MultiIndex name are joined by dots."""
    if isinstance(name, tuple):
        return ".".join(str(part) for part in name if part != "")
    return str(name)


def _distinct(names: Sequence[str], where: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise UsageError(
                where, f"column name {name!r} occurs twice", hint="rename one of the two columns"
            )
        seen.add(name)


def _table(names: list[str], arrays: Iterable[pa.ChunkedArray]) -> pa.Table:
    return pa.Table.from_arrays(list(arrays), names=names) if names else pa.table({})


def polars_table(frame: Any) -> pa.Table:
    """A Polars frame as an Arrow table; shared where this Polars (1.3 and later) can share text.

    Integers of 128 bits, which Arrow has not, become floats.  Errors: UsageError for a name that
    holds a zero character: Polars ends the process over it.
    """
    for name in frame.columns:
        if "\0" in name:
            raise UsageError(
                f"column {name!r}", "its name holds a zero character", hint="rename it"
            )
    wide = [name for name, kind in frame.schema.items() if str(kind) in ("Int128", "UInt128")]
    if wide:
        frame = frame.with_columns([frame.get_column(name) * 1.0 for name in wide])
    return pa.table(frame) if hasattr(frame, "__arrow_c_stream__") else frame.to_arrow()


def polars_batches(frame: Any, names: list[str]) -> Iterator[pa.RecordBatch]:
    """Run a Polars LazyFrame; its rows come piece by piece where this Polars can do so."""
    query = frame.select(names)
    collect = getattr(query, "collect_batches", None)
    for part in collect() if collect is not None else (query.collect(),):
        yield from polars_table(part).to_batches()
