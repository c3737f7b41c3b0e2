"""Times and values as callers of a metric detector have them.

Owns: reading moments, numbers, rows by name and tables, and saying what cannot be read.  Does not
own: judging (`engine.metric_detector`).

A table is taken by its columns' names wherever it has names: values of another series would be
judged without a word.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.core.errors import UsageError
from vedette.core.times import nanoseconds

Array = NDArray[np.float64]
WHERE = "metric detector"
LATEST = 2**63  # nanoseconds: the year 2262


def moment_of(time: Any) -> int:
    """UTC nanoseconds of a moment; a day is its midnight.

    Errors: UsageError for what is no time.
    Example:
        >>> moment_of("1970-01-02"), moment_of(date(1970, 1, 2)), moment_of(np.datetime64(5, "ns"))
        (86400000000000, 86400000000000, 5)
    """
    if type(time) is int and -LATEST <= time < LATEST:
        return time
    plain = time.isoformat() if type(time) is date else _plain(time)
    if isinstance(plain, np.datetime64) and not np.isnat(plain):
        plain = int(plain.astype("datetime64[ns]").astype(np.int64))
    try:
        found = nanoseconds(plain)
    except (TypeError, ValueError, OverflowError) as error:
        raise UsageError(WHERE, "cannot read a time", got=repr(time), hint=str(error)) from None
    if not -LATEST <= found < LATEST:
        raise UsageError(WHERE, "cannot read a time", got=repr(time), want="before the year 2262")
    return found


def number_of(value: Any) -> float:
    """A value; NaN where it is missing.

    Errors: UsageError for what is no number.
    Example:
        >>> number_of(None), number_of(3)
        (nan, 3.0)
    """
    if type(value) is float:
        return value
    plain = _plain(value)
    if plain is None or type(plain).__name__ == "NAType":  # pandas's
        return float("nan")
    try:
        return float(plain)
    except (TypeError, ValueError, OverflowError):
        raise UsageError(
            WHERE, "cannot read a value", got=repr(value)[:80], want="a number, None or NaN"
        ) from None


def noise_of(value: Any) -> float:
    """A sampling variance; 0 where it is not known."""
    found = number_of(value)
    if found < 0:
        raise UsageError(WHERE, "a noise is below 0", got=found, want="a variance")
    return found if found == found else 0.0


def row_of(value: Any, names: Sequence[str], read: Callable[[Any], float] = number_of) -> Array:
    """The values of one moment by the name of their series.  Shapes: float64[1, S].

    Example:
        >>> row_of({"b": 2}, ["a", "b"])
        array([[nan,  2.]])
    """
    if not callable(getattr(value, "keys", None)):
        want = ", ".join(f"{name!r}: ..." for name in names[:3])
        raise UsageError(
            WHERE,
            "reads the values of several series by name",
            got=repr(value)[:80],
            want=f"{{{want}}}",
        )
    unknown = [name for name in value.keys() if name not in names]  # noqa: SIM118 - pandas
    if unknown:
        raise UsageError(WHERE, "does not know a series", got=repr(unknown[0]), want=_said(names))
    return np.array([[read(value.get(name)) for name in names]])


def table_of(
    values: Any, count: int, names: Sequence[str], read: Callable[[Any], float] = number_of
) -> Array:
    """The values of many moments.  Shapes: float64[count, S], S = 1 without names.

    Example:
        >>> table_of({"b": [3, 4], "a": [1, 2]}, 2, ["a", "b"])
        array([[1., 3.],
               [2., 4.]])
    """
    wide, known = max(len(names), 1), _names_of(values)
    if names and known is not None:
        other = [name for name in known if name not in names]
        lost = [name for name in names if name not in known]
        if other or lost:
            wrong = "does not know a series" if other else "lacks a series"
            raise UsageError(WHERE, wrong, got=repr((other or lost)[0]), want=_said(names))
        columns = [_column(values[name], read) for name in names]
        if any(len(one) != count for one in columns):
            raise _misfit(tuple(map(len, columns)), (count, wide))
        return np.stack(columns, axis=1).reshape(count, wide)
    rows = None
    if known is None and isinstance(values, Iterable) and not isinstance(values, np.ndarray):
        rows = list(values)
    if names and rows and all(isinstance(row, Mapping) for row in rows):
        found = np.concatenate([row_of(row, names, read) for row in rows])
    else:
        found = _column(values if rows is None else rows, read)
    flat = found.shape == (count,) and (wide == 1 or not count)
    if found.shape != (count, wide) and not flat:
        raise _misfit(found.shape, (count, wide))
    return found.reshape(count, wide)


def _names_of(values: Any) -> list[str] | None:
    """The names of the columns of a frame, an Arrow table or a mapping."""
    if isinstance(values, Mapping):
        return list(values)
    found = getattr(values, "column_names", None)
    found = getattr(values, "columns", None) if found is None else found
    return None if found is None else list(found)


def _column(values: Any, read: Callable[[Any], float]) -> Array:
    """Numbers at once where NumPy can, else one by one."""
    try:
        found = np.asarray(values, np.float64)
    except (TypeError, ValueError, OverflowError):
        parts = np.asarray(values, object)
        found = np.array([read(one) for one in parts.ravel()]).reshape(parts.shape)
    if read is noise_of:
        if (found < 0).any():
            raise UsageError(WHERE, "a noise is below 0", got=np.nanmin(found), want="a variance")
        found = np.nan_to_num(found, nan=0.0, posinf=np.inf)
    return found


def _plain(value: Any) -> Any:
    """Arrow's scalars as Python's."""
    made = getattr(value, "as_py", None)
    return made() if callable(made) else value


def _said(names: Sequence[str]) -> str:
    return ", ".join(map(str, names[:5])) + (", ..." if len(names) > 5 else "")


def _misfit(got: tuple[int, ...], want: tuple[int, int]) -> UsageError:
    return UsageError(WHERE, "values do not fit times and series", got=got, want=str(want))
