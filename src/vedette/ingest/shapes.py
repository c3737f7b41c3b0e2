"""The columns of events as sent.

Owns: what a Python value is stored as, and the columns that rows of given shapes need.  Does not
own: rows (`ingest.rows`), the names (`core.rows`).
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import pyarrow as pa

from vedette.core import rows as names
from vedette.core.schema import Schema
from vedette.ingest.limits import Limits

Row = dict[str, Any]
Shape = tuple[Any, ...]  # the names of a row, then the types of its values
_TEXT_KINDS = ("category", "text", "id")

# What a Python type is stored as: f number, b boolean, t text, l list of numbers; "" missing.
KINDS: dict[type, str] = {
    float: "f", int: "f", bool: "b", str: "t", list: "l", type(None): "",
}  # fmt: skip
TIME = pa.timestamp("ns", "UTC")
ARROW = {
    "f": pa.float64(), "b": pa.bool_(), "t": pa.string(), "l": pa.list_(pa.float64()), "T": TIME,
}  # fmt: skip
FIXED = {
    names.ID: "t", names.TIME: "T", names.VERSION: "t", names.WEIGHT: "f", names.TRACE: "t",
    names.LATENCY: "f", names.INPUT_TOKENS: "f", names.OUTPUT_TOKENS: "f",
    names.FIRST_TOKEN: "f", names.PER_TOKEN: "f", names.QUEUE: "f",
    names.SPAN: "t", names.PARENT: "t", names.REST: "t",
}  # fmt: skip


class Plan(NamedTuple):
    """The columns of a body: their types, those to be spelt out, and shapes that did not fit."""

    struct: pa.StructType
    mixed: frozenset[str]
    refused: Mapping[Shape, str]


def plan_of(shapes: tuple[Shape, ...], schema: Schema | None, limits: Limits) -> Plan:
    """The columns that rows of these shapes need, in the order in which they came."""
    told: frozenset[str] = frozenset()
    if schema is not None:
        fields = schema.fields
        told = frozenset(field.name for field in fields if field.kind in _TEXT_KINDS)
    if len(shapes) == 1:  # the usual body, and the only one worth remembering
        return _one_shape(shapes, told, limits)
    return _planned(shapes, told, limits)


def _planned(shapes: tuple[Shape, ...], told: frozenset[str], limits: Limits) -> Plan:
    """Grow the columns by one shape of row after another."""
    kinds: dict[str, str] = {}
    mixed: set[str] = set()
    refused: dict[Shape, str] = {}
    for shape in shapes:
        half = len(shape) // 2
        named = dict(zip(shape[:half], shape[half:], strict=True))
        why = _too_wide(kinds, named, limits)
        if why:
            refused[shape] = why
            continue
        for name, python in named.items():
            kind = FIXED.get(name) or KINDS[python]
            known = kinds.get(name, "")
            if kind and ((name in told and kind in ("f", "b")) or known not in ("", kind)):
                mixed.add(name)
                kind = "t"
            kinds[name] = kind or known
    first = [name for name in FIXED if name in kinds]
    rest = [name for name in kinds if name not in FIXED and kinds[name]]
    fields = [pa.field(name, ARROW[kinds[name]]) for name in (*first, *rest)]
    return Plan(pa.struct(fields), frozenset(mixed), refused)


_one_shape = lru_cache(maxsize=256)(_planned)


def _too_wide(kinds: dict[str, str], named: dict[str, type], limits: Limits) -> str:
    fresh = named.keys() - kinds.keys()
    if len(kinds) + len(fresh) > limits.columns:
        return f"the body has more than {limits.columns} columns"
    if any(not name or len(name) > limits.name for name in fresh):
        return f"a name must have 1 to {limits.name} characters"
    return ""


def spelt(value: Any) -> str | None:
    """A value as text, numbers as Arrow spells them.

    Example:
        >>> spelt(True), spelt(3), spelt(3.0), spelt(0.25), spelt("x"), spelt(None)
        ('true', '3', '3', '0.25', 'x', None)
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)
