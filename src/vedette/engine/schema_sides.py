"""The two sides of a comparison of schemas: files, or tables.

Owns: telling them apart, and what can be compared with a table.  Does not own: the comparison
(`engine.schema_diff`).
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from vedette.core.errors import UsageError
from vedette.core.schema import ENVIRONMENTS, Schema
from vedette.engine.batch import resolve_schema
from vedette.engine.declared import schema_of
from vedette.engine.schema_change import Change
from vedette.engine.schema_diff import schema_changes
from vedette.engine.schema_learn import with_types
from vedette.engine.settings import Settings
from vedette.ingest.source import open_source
from vedette.profiles.fit import SAMPLE

SUFFIXES = (".yaml", ".yml")


def diff(old: Any, new: Any) -> tuple[Change, ...]:
    """What changed from one side to the other.

    A side is a Schema, the path of its YAML file, or a table of any kind that `compare` takes; of a
    table only columns, kinds and types are compared.
    Example:
        >>> from vedette.core.field import Field
        >>> schema = Schema((Field("x", "integer"), Field("y", "text")))
        >>> [change.words for change in diff(schema, {"x": [1.5, 2.5]})]
        ['`x`: kind changed from integer to numeric', '`y`: field removed (text)']
    """
    first, second = _is_schema(old), _is_schema(new)
    before = schema_file(old) if first else _seen(old)
    after = schema_file(new) if second else _seen(new)
    changes = schema_changes(before, after, structure=not (first and second))
    if first and second:
        return changes
    back = {(one.name, one.what): one for one in schema_changes(after, before, structure=True)}
    return tuple(
        replace(one, breaking=_breaks(one, back[one.name, one.what], before, after, second))
        for one in changes
    )


def _breaks(change: Change, back: Change, old: Schema, new: Schema, declared: bool) -> bool:
    """Whether a table breaks the other side, or what was made for another table."""
    if change.what != "field":
        return (change if declared else back).effect == "narrowing"
    if change.name in old:  # it is gone
        everywhere = all(map(old[change.name].expected, ENVIRONMENTS))  # a label may be absent
        return new.closed if declared else everywhere
    return not new[change.name].optional if declared else old.closed


def schema_file(value: Any) -> Schema:
    """A schema as it is, or read from its YAML file.

    Errors: UsageError for what is none.
    """
    found = schema_of(value)
    if found is None:
        raise UsageError("schema", "is missing", want="a Schema or the path of a YAML file")
    return found


def _is_schema(side: Any) -> bool:
    named = isinstance(side, str | Path) and Path(side).suffix.lower() in SUFFIXES
    return named or isinstance(side, Schema)


def _seen(data: Any) -> Schema:
    source = open_source(data)
    sample = source.sample(SAMPLE)
    return with_types(resolve_schema(sample, Settings(), None, source.name), sample)
