"""Schemas as YAML that people read, review and edit.

Owns: the YAML form, and errors that name the line.  Does not own: what a schema may say
(`core.schema`), files.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec
import yaml

from vedette.core.errors import SchemaError, nearest
from vedette.core.schema import ENVIRONMENTS, Constraints, Field, Schema

VERSION = 1
HEADER = f"# vedette schema, version {VERSION}\n"
Node = yaml.nodes.Node


def dump_schema(schema: Schema) -> str:
    """Write a schema as YAML; what is at its default is left out.  `load_schema` reads it back.

    Example:
        >>> print(dump_schema(Schema((Field("age", "integer", constraints=Constraints(min=0)),))))
        # vedette schema, version 1
        version: 1
        fields:
          age:
            kind: integer
            constraints: {min: 0.0}
        <BLANKLINE>
    """
    lines = [f"{HEADER}version: {VERSION}\nfields:"]
    if not schema.fields:
        lines[0] += " {}"
    for field in schema.fields:
        lines.append(f"  {_flow(field.name)}:")
        lines += [f"    {key}: {_flow(value)}" for key, value in _entries(field)]
    return "\n".join(lines) + "\n"


def load_schema(text: str, where: str = "schema") -> Schema:
    """Read a schema from YAML; `where` names the text to people, as a file name does.

    Errors: SchemaError with the line for broken YAML, an unknown key (with the nearest known one), a
    key given twice, or a value of the wrong kind; no other YAML tags than the plain ones are read.

    Example:
        >>> load_schema("version: 1\\nfields:\\n  age: {kind: integer}").names
        ('age',)
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        _refuse_aliases(text, where)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _wrong(where, mark, "is not YAML", got=error.problem or error.context) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise SchemaError(where, "is not YAML", got=str(error).partition("\n")[0]) from error
    if root is None:
        raise SchemaError(where, "is empty", want="version and fields")
    top = _Reader(where).mapping(root, ("version", "fields"), "a schema")
    return _schema(top, root, where)


def _entries(field: Field) -> Iterator[tuple[str, object]]:
    """What is written of a field, in the order in which it is read best."""
    yield "kind", field.kind
    yield "role", field.role
'''
'''
