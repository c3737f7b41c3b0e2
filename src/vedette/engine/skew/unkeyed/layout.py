"""Columns that serving lacks, has in addition, calls otherwise, or stores as another type.

Owns: these differences, as facts.  Does not own: declared schemas (`engine.schema_check`), values.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

import pyarrow as pa

from vedette.core.schema import Schema
from vedette.engine.skew.unkeyed.likeness import likeness
from vedette.engine.skew.unkeyed.trait import sure
from vedette.engine.skew.unkeyed.values import Values
from vedette.monitors.finding import Finding
from vedette.profiles.columns import is_text

SERVING = "serving"
SPELLINGS = str.maketrans("", "", "_-. ")


@dataclass(frozen=True)
class Layout:
    """What differs in the columns.  Shapes: `renamed` from training's name to serving's."""

    findings: tuple[Finding, ...]
    renamed: Mapping[str, str]
    expected: Mapping[str, str]  # not in serving, and rightly so: why


def family(kind: pa.DataType) -> str:
    """What a type stores, as people call it; "" where it holds nothing.

    Example:
        >>> family(pa.int16()), family(pa.dictionary(pa.int32(), pa.string())), family(pa.null())
        ('whole number', 'text', '')
    """
    t = pa.types
    for holds, name in (
        (t.is_null, ""),
        (t.is_boolean, "boolean"),
        (t.is_integer, "whole number"),
        (t.is_floating, "decimal number"),
        (is_text, "text"),
        (t.is_duration, "duration"),
        (t.is_temporal, "time"),
        (t.is_nested, "list"),
    ):
        if holds(kind):
            return name
    return "bytes"


def layout(
    schemas: tuple[pa.Schema, pa.Schema],
    training: Mapping[str, Values],
    serving: Mapping[str, Values],
    declared: Schema,
    closed: bool = False,
) -> Layout:
    """Compare the columns of training and serving, in this order.

    A `closed` schema makes a new column alarming.  Columns that are declared for training alone,
    that are optional, and labels, may be absent.
    """
    before, after = schemas
    expected = {}
    for name in before.names:
        if name not in after.names and name in declared:
            field = declared[name]
            if field.optional or field.role == "label" or SERVING not in field.environments:
                expected[name] = "not expected in serving"
    dropped = [n for n in before.names if n not in after.names and n not in expected]
    added = [n for n in after.names if n not in before.names]
    renamed = _renamed(dropped, added, training, serving)
    found = [
        sure("renamed", old, f"`{old}` is now called `{new}`", "alarming", new)
        for old, new in renamed.items()
    ]
    found += [
        sure(
            "dropped",
            name,
            f"`{name}` is missing from serving: there is no such column",
            "alarming",
        )
        for name in dropped
        if name not in renamed
    ]
    extra = "alarming" if closed else "notable"
    found += [
        sure("added", name, f"serving has a column `{name}` that training never had", extra)
        for name in added
        if name not in renamed.values()
    ]
    found += _retyped(schemas)
    return Layout(tuple(found), renamed, expected)


def _retyped(schemas: tuple[pa.Schema, pa.Schema]) -> list[Finding]:
    before, after = schemas
    found = []
    for name in before.names:
        if name not in after.names:
            continue
        one, two = family(before.field(name).type), family(after.field(name).type)
        if one == two or not one or not two:
            continue
        numbers = {one, two} == {"whole number", "decimal number"}
        reason = f"`{name}` is stored as {two} in serving, as {one} in training"
        found.append(sure("retyped", name, reason, "notable" if numbers else "alarming", two))
    return found


def _renamed(
    dropped: list[str],
    added: list[str],
    training: Mapping[str, Values],
    serving: Mapping[str, Values],
) -> dict[str, str]:
    """Pair lost and new columns whose values agree, the likest names and values first."""
    pairs = []
    for old in dropped:
        for new in added:
            like = likeness(training[old], serving[new])
            close = likeness_of_names(old, new)
            if like.alike and training[old].usable:
                pairs.append((-(close >= 0.8), like.distance, -close, old, new))
    renamed: dict[str, str] = {}
    for *_, old, new in sorted(pairs):
        if old not in renamed and new not in renamed.values():
            renamed[old] = new
    return renamed


def likeness_of_names(one: str, two: str) -> float:
    """How alike two names are, spelling aside.

    Example:
        >>> likeness_of_names("air_time", "AirTime")
        1.0
    """
    return SequenceMatcher(None, _plain(one), _plain(two)).ratio()


def _plain(name: str) -> str:
    return name.lower().translate(SPELLINGS)
