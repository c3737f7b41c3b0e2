"""Which values of a column are stored as declared, and which its kind can hold.

Owns: these two gates: what does not pass is judged no further.  Does not own: limits
(`derive.checks.limits`).
"""

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vedette.core.field import Field
from vedette.core.instants import INSTANT, LEAP_DAY
from vedette.core.judge import REALS, WHOLE_TYPES
from vedette.core.reading import LEAST, MOST
from vedette.derive.checks.readings import Flags, Reals, instants, numbers, present, truths
from vedette.profiles.buffers import fixed
from vedette.profiles.columns import Codes, as_codes, is_text
from vedette.profiles.numbers import are_lists


def stored(column: pa.Array, kind: str) -> Flags | None:
    """Which values fit a type of storage; None when all do.

    Shapes: what stands where a value is missing means nothing.
    Example:
        >>> stored(pa.array([1, 300]), "uint8").tolist(), stored(pa.array([1]), "int64")
        ([True, False], None)
    """
    is_family, t = _FAMILIES[kind], pa.types
    if not is_family(column.type) and not t.is_null(column.type):
        return np.zeros(len(column), np.bool_)
    if kind in WHOLE_TYPES:
        least, most = WHOLE_TYPES[kind]
        if t.is_null(column.type):
            return None
        raw: Reals = fixed(column)
        limits = np.iinfo(raw.dtype)
        narrow = least <= limits.min and limits.max <= most
        return None if narrow else np.logical_and(raw >= least, raw <= most)
    if kind == "float32" and not t.is_integer(column.type) and column.type != pa.float32():
        values = numbers(column).astype(np.float64)
        return ~(np.abs(values) > REALS[kind]) | np.isinf(values)
    return None


def held(column: pa.Array, field: Field) -> Flags | None:
    """Which values the field's kind can hold; None when all are.

    Shapes: what stands where a value is missing means nothing.
    Example:
        >>> held(pa.array(["1", "x"]), Field("n", "integer")).tolist()
        [True, False]
    """
    if pa.types.is_null(column.type):
        return None
    if are_lists(column.type) and field.kind not in ("numeric", "integer", "boolean", "time"):
        listed = field.kind == "vector" or field.type == "list"
        if not listed:
            return np.zeros(len(column), np.bool_)
        return _vectors(column) if field.kind == "vector" else None
    return _HOLD[field.kind](column)


def _numeric(column: pa.Array) -> Flags | None:
    t, kind = pa.types, column.type
    if t.is_integer(kind) or t.is_floating(kind) or t.is_decimal(kind) or t.is_duration(kind):
        return None
    if not is_text(kind):
        return np.zeros(len(column), np.bool_)
    codes = as_codes(column)
    spelled = [_is_number(text) for text in codes.dictionary.to_pylist()]
    return _looked_up(spelled, codes)


def _looked_up(good: Sequence[bool] | Flags, codes: Codes) -> Flags:
    """What holds of the entries of a dictionary, for every row."""
    table = np.append(np.asarray(good, np.bool_), [False, False])
    return np.asarray(table[codes.codes])


def _is_number(text: str | None) -> bool:
    try:
        float(text or "")
    except ValueError:
        return False
    return True


def _integer(column: pa.Array) -> Flags | None:
    if pa.types.is_integer(column.type):
        return None
    spelled = _numeric(column)
    if spelled is not None and not spelled.any():
        return spelled
    values = numbers(column).astype(np.float64)
    with np.errstate(invalid="ignore"):
        whole = np.equal(values, np.rint(values))
        return np.logical_and(whole, np.logical_and(values >= LEAST, values < MOST))


def _boolean(column: pa.Array) -> Flags | None:
    return None if pa.types.is_boolean(column.type) else truths(column)[1]


def _named(column: pa.Array) -> Flags | None:
    """Values that have a text."""
    return None if is_text(column.type) else as_codes(column).codes != -2


def _identifying(column: pa.Array) -> Flags | None:
    return None if _is_binary(column.type) else _named(column)


def _timed(column: pa.Array) -> Flags | None:
    kind, t = column.type, pa.types
    if not is_text(kind):
        known = instants(column)[1]
        return None if known.all() else known | ~present(column)
    if t.is_dictionary(kind):
        codes = as_codes(column)
        return _looked_up(_spelt(codes.dictionary), codes)
    return _spelt(column)


def _spelt(texts: pa.Array) -> Flags:
    """Which texts spell an instant, found by one regular expression but for 29 February."""
    matches = pc.fill_null(pc.match_substring_regex(texts, INSTANT), False)
    good = fixed(matches.cast(pa.uint8())).astype(np.bool_)
    leap = pc.fill_null(pc.match_substring(texts, LEAP_DAY), False)
    rows = np.flatnonzero(fixed(leap.cast(pa.uint8())))
    if len(rows):
        good = good.copy()
        good[rows] &= instants(texts.take(pa.array(rows)))[1]
    return good


def _vectors(column: pa.Array) -> Flags | None:
    kind, t = column.type.value_type, pa.types
    real = t.is_integer(kind) or t.is_floating(kind) or t.is_decimal(kind)
    if not (real or t.is_boolean(kind) or t.is_null(kind)):
        return np.zeros(len(column), np.bool_)
    items = column.flatten()
    if not items.null_count:
        return None
    good = np.ones(len(column), np.bool_)
    good[fixed(pc.list_parent_indices(column))[~present(items)]] = False
    return good


_HOLD: dict[str, Callable[[pa.Array], Flags | None]] = {
    "numeric": _numeric,
    "integer": _integer,
    "boolean": _boolean,
    "category": _named,
    "text": _named,
    "id": _identifying,
    "time": _timed,
    "vector": lambda column: np.zeros(len(column), np.bool_),  # no list
}


def _is_binary(kind: pa.DataType) -> bool:
    t = pa.types
    return bool(
        t.is_binary(kind)
        or t.is_large_binary(kind)
        or t.is_fixed_size_binary(kind)
        or t.is_binary_view(kind)
    )


def _is_real(kind: pa.DataType) -> bool:
    t = pa.types
    return bool(t.is_integer(kind) or t.is_floating(kind) or t.is_decimal(kind))


_FAMILIES: dict[str, Callable[[pa.DataType], bool]] = {
    **dict.fromkeys(WHOLE_TYPES, pa.types.is_integer),
    **dict.fromkeys(REALS, _is_real),
    "boolean": pa.types.is_boolean,
    "string": is_text,
    "binary": _is_binary,
    "date": pa.types.is_date,
    "datetime": lambda kind: pa.types.is_timestamp(kind) or pa.types.is_date(kind),
    "time": pa.types.is_time,
    "duration": pa.types.is_duration,
    "list": are_lists,
}
