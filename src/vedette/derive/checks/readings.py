"""Columns read as their kinds say, like `core.reading` reads one value.

Owns: numbers, instants and truths of a column that is not coded.  Does not own: judging them.
"""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vedette.core.instants import DAY, SECOND, instant
from vedette.core.reading import TRUTHS
from vedette.profiles.buffers import fixed, missing
from vedette.profiles.columns import as_codes, as_numbers, is_text

Flags = NDArray[np.bool_]
Reals = NDArray[Any]  # of any type of numbers
MICROSECONDS = {"s": SECOND, "ms": 1000, "us": 1}  # of a unit; nanoseconds are divided


def present(column: pa.Array) -> Flags:
    """Which rows hold a value.

    Example:
        >>> present(pa.array([1, None])).tolist()
        [True, False]
    """
    absent = missing(column)
    return np.ones(len(column), np.bool_) if absent is None else ~absent


def numbers(column: pa.Array) -> Reals:
    """A column's numbers, NaN where it holds none; whole numbers stay whole, true is 1.

    Shapes: n values; where a whole number is missing anything may stand.
    Example:
        >>> numbers(pa.array(["1.5", "x", None])).tolist()
        [1.5, nan, nan]
    """
    read = as_numbers(column)
    if read.usable is None or np.issubdtype(read.values.dtype, np.integer):
        return read.values
    return np.where(read.usable, read.values, np.nan)


def truths(column: pa.Array) -> tuple[Flags, Flags]:
    """Which rows are true, and which are either true or false, however spelt.

    Example:
        >>> [flags.tolist() for flags in truths(pa.array(["TRUE", "0", "maybe", None]))]
        [[True, False, False, False], [True, True, False, False]]
    """
    if pa.types.is_boolean(column.type):
        known = present(column)
        return fixed(column.cast(pa.int8())).astype(np.bool_) & known, known
    text = as_codes(column)
    spelt = [TRUTHS.get(value) for value in text.dictionary.to_pylist()]
    yes = np.array([*(value is True for value in spelt), False, False], np.bool_)
    known = np.array([*(value is not None for value in spelt), False, False], np.bool_)
    return yes[text.codes], known[text.codes]


def instants(column: pa.Array) -> tuple[NDArray[np.int64], Flags]:
    """The instants or times of day of a column, and which rows hold one.

    Units: microseconds since 1970-01-01 UTC, or since midnight; whole numbers are nanoseconds.
    Example:
        >>> instants(pa.array(["1970-01-01T00:00:01", "soon"]))[0].tolist()
        [1000000, 0]
    """
    kind, t = column.type, pa.types
    if t.is_dictionary(kind) or is_text(kind):
        return _spelt(column)
    known = present(column)
    raw: Any
    if t.is_integer(kind):
        raw = fixed(column)
        if kind == pa.uint64():
            known &= raw < 2**63
        return raw.astype(np.int64) // 1000, known
    if t.is_date32(kind):
        return fixed(column.cast(pa.int32())).astype(np.int64) * DAY, known
    if t.is_date64(kind):
        raw = fixed(column.cast(pa.int64()))
        return raw // (DAY // 1000) * DAY, known
    if t.is_timestamp(kind) or t.is_time(kind):
        raw = fixed(column.cast(pa.int32() if t.is_time32(kind) else pa.int64()))
        raw = raw.astype(np.int64)
        return raw // 1000 if kind.unit == "ns" else raw * MICROSECONDS[kind.unit], known
    return np.zeros(len(column), np.int64), np.zeros(len(column), np.bool_)


def written(column: pa.Array) -> pa.Array:
    """The text of each value of a column that is not coded; missing where it has none.

    Example:
        >>> written(pa.array([1.0, 2.5])).to_pylist(), written(pa.array([b"x"])).to_pylist()
        (['1', '2.5'], [None])
    """
    text = as_codes(column)
    codes = pa.array(np.where(text.codes < 0, 0, text.codes), mask=text.codes < 0)
    return pc.take(text.dictionary, codes)


def _spelt(column: pa.Array) -> tuple[NDArray[np.int64], Flags]:
    text = as_codes(column)
    read = [None if value is None else instant(value) for value in text.dictionary.to_pylist()]
    values = np.array([*(value or 0 for value in read), 0, 0], np.int64)
    known = np.array([*(value is not None for value in read), False, False], np.bool_)
    return values[text.codes], known[text.codes]
