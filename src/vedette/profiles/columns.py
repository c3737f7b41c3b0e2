"""Reading one Arrow column as numbers or as categories.

Owns: what counts as missing (Arrow's validity), as broken (a value of a type the field cannot
hold), and the two views that `profiles.accumulate` counts.  Does not own: counting.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.profiles.buffers import fixed, missing


@dataclass(frozen=True)
class Numbers:
    """A column as numbers.  Shapes: values any real dtype [n]; usable bool[n] or None when every
    row is."""

    values: NDArray[np.generic]
    usable: NDArray[np.bool_] | None
    missing: NDArray[np.bool_] | None  # bool[n]; None when no row is
    broken: NDArray[np.bool_] | None


@dataclass(frozen=True)
class Codes:
    """A column as codes into its own dictionary.  Shapes: codes int[n], -1 where missing, -2 where
    broken."""

    codes: NDArray[np.integer]
    dictionary: pa.Array  # of strings


def as_numbers(column: pa.Array) -> Numbers:
    """Read a column as numbers; text that spells a number is read, other text is broken.

    Units: durations in seconds.  Bounds: integers beyond 2**53 round to the nearest float64.
    """
    kind = column.type
    if pa.types.is_boolean(kind):
        column = column.cast(pa.int8())
    elif pa.types.is_decimal(kind) or pa.types.is_float16(kind):
        column = column.cast(pa.float64())
    elif pa.types.is_duration(kind):
        return _seconds(column)
    elif pa.types.is_dictionary(kind) or _is_text(kind):
        return _parsed(as_codes(column))
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        absent = missing(column)
        broken = np.ones(len(column), np.bool_) if absent is None else ~absent
        return Numbers(np.zeros(len(column)), np.zeros(len(column), np.bool_), absent, broken)
    absent = missing(column)
    return Numbers(fixed(column), None if absent is None else ~absent, absent, None)


def as_codes(column: pa.Array) -> Codes:
    """Read a column as categories; numbers and booleans become their text ("1", "0.5", "true")."""
    kind = column.type
    coded = pa.types.is_dictionary(kind)
    if not has_text(kind.value_type if coded else kind):
        absent = missing(column)
        codes = np.full(len(column), -2, np.int64)
        return Codes(
            codes if absent is None else np.where(absent, -1, -2), pa.nulls(0, pa.string())
        )
    if not coded:
        column = column.dictionary_encode()
    if not _is_text(column.type.value_type):
        column = pa.DictionaryArray.from_arrays(column.indices, column.dictionary.cast(pa.string()))
    indices, dictionary = column.indices, column.dictionary
    codes = fixed(indices).astype(np.int64)
    absent = missing(indices)
    if absent is not None:
        codes = np.where(absent, -1, codes)
    if dictionary.null_count:  # a null inside the dictionary is a missing value, too
        empty = np.append(np.asarray(missing(dictionary)), False)
        codes = np.where((codes >= 0) & empty[codes], -1, codes)
    return Codes(codes, dictionary)


def column_or_absent(batch: pa.RecordBatch, name: str) -> pa.Array:
    """A column by name; all missing when the batch has none."""
    at = batch.schema.get_field_index(name)
    return batch.column(at) if at >= 0 else absent_column(batch.num_rows)


def absent_column(rows: int) -> pa.Array:
    """Stand in for a column that did not arrive: every row is missing."""
    return pa.nulls(rows, pa.float64())


def is_text(kind: pa.DataType) -> bool:
    """Whether values of a type are text, coded or not.

    Example:
        >>> is_text(pa.dictionary(pa.int32(), pa.string())), is_text(pa.int8())
        (True, False)
    """
    return _is_text(kind.value_type if pa.types.is_dictionary(kind) else kind)


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def has_text(kind: pa.DataType) -> bool:
    """Whether values of a type can be written as text: not bytes, nested values or intervals."""
    t = pa.types
    simple = t.is_boolean(kind) or t.is_integer(kind) or t.is_floating(kind) or t.is_null(kind)
    exact = t.is_decimal128(kind) or t.is_decimal256(kind)
    timed = t.is_temporal(kind) and not t.is_interval(kind)
    return bool(_is_text(kind) or simple or exact or timed)


def _seconds(column: pa.Array) -> Numbers:
    absent = missing(column)
    per_second = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[column.type.unit]
    values = fixed(column.cast(pa.int64())).astype(np.float64) / per_second
    return Numbers(values, None if absent is None else ~absent, absent, None)


def _parsed(text: Codes) -> Numbers:
    spelt = [_number(value) for value in text.dictionary.to_pylist()]
    table = np.array([np.nan if value is None else value for value in spelt] + [0.0] * 2)
    wrong = np.array([value is None for value in spelt] + [False] * 2)
    absent = text.codes == -1
    broken = (wrong[text.codes] | (text.codes == -2)) & ~absent
    values = np.where(absent | broken, 0.0, table[text.codes])
    return Numbers(values, ~(absent | broken), absent, broken)


def _number(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        return None


def one_batch(rows: pa.Table | pa.RecordBatch) -> pa.RecordBatch:
    """All rows as one batch."""
    if isinstance(rows, pa.RecordBatch):
        return rows
    batches = rows.combine_chunks().to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=rows.schema)
