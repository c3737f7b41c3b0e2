"""Which Arrow types a sender may use, and what they are stored as.

Owns: numbers as float64, texts as plain strings, times, lists of numbers; no text longer than the
limits.  Does not own: streams and rows (`ingest.arrow_body`).
"""

from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vedette.core import rows as names
from vedette.ingest.columns import is_text
from vedette.ingest.limits import Limits, Refused


def allowed(field: pa.Field) -> None:
    """Only flat types, dictionaries of them, and lists of numbers."""
    if not _way(field.type):
        what = f"column {field.name[:80]!r} has a type that is not kept"
        raise Refused(400, what, got=field.type, want="numbers, text, times, lists of numbers")


# How a type is stored: as it is, as a number, as text, ...; "" not at all.
_KEPT, _FLAT, _NUMBER, _TEXT, _SPELT, _SECONDS, _LIST, _NOTHING = "kftxsdln"


@lru_cache(maxsize=256)
def _way(kind: pa.DataType) -> str:
    t = pa.types
    if isinstance(kind, pa.BaseExtensionType):
        return ""
    if t.is_dictionary(kind):
        inner = "" if t.is_dictionary(kind.value_type) else _way(kind.value_type)
        return "" if inner in ("", _LIST) else _FLAT
    if t.is_list(kind) or t.is_large_list(kind) or t.is_fixed_size_list(kind):
        inner_kind = kind.value_type
        return _LIST if t.is_integer(inner_kind) or t.is_floating(inner_kind) else ""
    if t.is_null(kind):
        return _NOTHING
    if kind == pa.float64() or t.is_boolean(kind) or t.is_timestamp(kind):
        return _KEPT
    if t.is_integer(kind) or t.is_floating(kind) or t.is_decimal(kind):
        return _NUMBER
    if is_text(kind):
        return _TEXT
    if t.is_duration(kind):
        return _SECONDS
    return _SPELT if t.is_date(kind) or t.is_time(kind) else ""


def stored(array: Any, name: str, limits: Limits) -> Any:
    """A column as the log keeps it; None when nothing is in it."""
    way = _way(array.type)
    if way == _FLAT:
        array = _flat(array, limits)
        way = _way(array.type)
    if way == _KEPT:
        return array
    if way == _NUMBER:
        whole = name in (names.TIME, names.ID)  # these stay integers
        return array if whole else array.cast(pa.float64(), safe=False)
    if way == _TEXT:
        _short(array, name, limits)
        return array if array.type == pa.string() else array.cast(pa.string())
    if way == _SECONDS:
        per_second = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[array.type.unit]
        return pc.divide(array.cast(pa.int64()).cast(pa.float64(), safe=False), per_second)
    if way == _LIST:
        return array.cast(pa.list_(pa.float64()), safe=False)
    return None if way == _NOTHING else array.cast(pa.string())


def _flat(array: Any, limits: Limits) -> Any:
    """A dictionary column without its dictionary, when that is not much larger."""
    words = array.dictionary
    if _way(words.type) == _TEXT and words.nbytes * len(array) > limits.expanded:
        lengths = pc.binary_length(words).cast(pa.int64())
        if (pc.sum(lengths.take(array.indices)).as_py() or 0) > limits.expanded:
            raise Refused(413, "expands to too much", want=f"<= {limits.expanded} bytes")
    return array.dictionary_decode()


def _short(array: Any, name: str, limits: Limits) -> None:
    view = pa.types.is_string_view(array.type)  # many values may share one piece of text
    if not view and array.nbytes <= limits.text:
        return
    lengths = _view_lengths(array) if view else pc.binary_length(array)
    if (pc.max(lengths).as_py() or 0) > limits.text:
        raise Refused(413, f"column {name[:80]!r} has too long a value", want=f"<= {limits.text}")
    if (pc.sum(lengths.cast(pa.int64())).as_py() or 0) > limits.expanded:
        raise Refused(413, "expands to too much", want=f"<= {limits.expanded} bytes")


def _view_lengths(array: Any) -> Any:
    """Arrow has no kernel for it: a view is 16 bytes, and begins with its length."""
    views = np.frombuffer(array.buffers()[1], "<i4").reshape(-1, 4)
    lengths = pa.array(views[array.offset : array.offset + len(array), 0])
    return pc.if_else(array.is_valid(), lengths, 0)
