"""Schemas as YAML that people read, review and edit.

Owns: the YAML form, and errors that name the line.  Does not own: what a schema may say
(`core.schema`), files.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from vedette.core.errors import SchemaError, nearest
from vedette.core.schema import ENVIRONMENTS, KINDS, ROLES, Constraints, Field, Schema

VERSION = 1
TAG = "tag:yaml.org,2002:"
# What a plain value may be; anything else (a tag of Python's, a binary) is refused.
PLAIN = frozenset(TAG + kind for kind in ("str", "int", "float", "bool", "null", "timestamp"))


class _Dumper(yaml.SafeDumper):
    """Writes text with line breaks and control characters in double quotes.

    In other styles PyYAML folds U+0085 and its like away.
    """

    def represent_scalar(self, tag: str, value: str, style: str | None = None) -> yaml.ScalarNode:
        return super().represent_scalar(tag, value, style if value.isprintable() else '"')


def dump_schema(schema: Schema) -> str:
    """Write a schema as YAML; what is at its default is left out, and `load_schema` reads it back.

    Example:
        >>> print(dump_schema(Schema((Field("age", "integer", constraints=Constraints(min=0)),))))
        # vedette schema, version 1
        version: 1
        fields:
          age:
            kind: integer
            constraints: {min: 0}
        <BLANKLINE>
    """
    fields = {field.name: dict(_entries(field)) for field in schema.fields}
    body = yaml.dump(
        {"version": VERSION, "fields": fields},
        Dumper=_Dumper,
        default_flow_style=None,  # a field of plain values takes one line
        sort_keys=False,
        allow_unicode=True,
        width=100,
    )
    return f"# vedette schema, version {VERSION}\n{body}"


def load_schema(text: str, where: str = "schema") -> Schema:
    """Read a schema from YAML; `where` names the text to people, as a file's name does.

    Errors: SchemaError that names the line, for text that is not YAML, an unknown key (with the
    nearest known one), a key given twice, a value of the wrong kind, any tag but YAML's plain ones.

    Example:
        >>> load_schema("version: 1\\nfields:\\n  age: {kind: integer}").names
        ('age',)
        >>> load_schema("version: 1\\nfieds: {}", "s.yaml")
        Traceback (most recent call last):
        ...
        vedette.core.errors.SchemaError: s.yaml line 2: unknown key 'fieds'; did you mean 'fields'?
    """
    root = _composed(text, where)
    top = _mapping(root, where, ("version", "fields"))
    if "version" not in top:
        raise _wrong(root, where, "there is no version", want=f"version: {VERSION}")
    version = _scalar(top["version"], where, "the version")
    if version != str(VERSION):
        raise _wrong(top["version"], where, "unknown version", got=version, want=str(VERSION))
    if "fields" not in top:
        raise _wrong(root, where, "there are no fields", want="fields: {name: {kind: ...}}")
    fields = {} if _is_null(top["fields"]) else _mapping(top["fields"], where, None)
    declared = tuple(_field(name, node, where) for name, node in fields.items())
    try:
        return Schema(declared)
    except SchemaError as error:
        raise _placed(error, where) from error


def _entries(field: Field) -> Iterator[tuple[str, object]]:
    """What is written of a field, in the order in which it is best read."""
    yield "kind", field.kind
    if field.role != "feature":
        yield "role", field.role
    if field.unit is not None:
        yield "unit", field.unit
    constraints = dict(_limits(field.constraints))
    if constraints:
        yield "constraints", constraints
    if field.environments != ENVIRONMENTS:
        yield "environments", list(field.environments)


def _limits(limits: Constraints) -> Iterator[tuple[str, object]]:
    if limits.required:
        yield "required", True
    if limits.min is not None:
        yield "min", _short(limits.min)
    if limits.max is not None:
        yield "max", _short(limits.max)
    if limits.allowed is not None:
        yield "allowed", list(limits.allowed)
    if limits.pattern is not None:
        yield "pattern", limits.pattern


def _short(number: float) -> float | int:
    """A whole number without its point, as people write it."""
    whole = abs(number) < 1e15 and number == int(number) and str(number) != "-0.0"
    return int(number) if whole else number


def _composed(text: str, where: str) -> yaml.Node:
    try:
        root: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = where if mark is None else f"{where} line {mark.line + 1}"
        raise SchemaError(place, "is not YAML", got=error.problem or error.context) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise SchemaError(where, "is not YAML", got=str(error).partition("\n")[0]) from error
    if root is None:
        raise SchemaError(where, "is empty", want="version and fields")
    return root


def _field(name: str, node: yaml.Node, where: str) -> Field:
    items = _mapping(node, where, ("kind", "role", "unit", "constraints", "environments"))
    if "kind" not in items:
        raise _wrong(node, where, f"field {name!r} has no kind", want=f"one of {', '.join(KINDS)}")
    values: dict[str, Any] = {"kind": _word(items["kind"], where, "kind", KINDS)}
    if "role" in items:
        values["role"] = _word(items["role"], where, "role", ROLES)
    if "unit" in items and not _is_null(items["unit"]):
        values["unit"] = _scalar(items["unit"], where, "unit")
    if "constraints" in items and not _is_null(items["constraints"]):
        values["constraints"] = _constraints(items["constraints"], where)
    if "environments" in items:
        values["environments"] = tuple(
            _word(one, where, "environment", ENVIRONMENTS)
            for one in _items(items["environments"], where, "environments")
        )
    try:
        return Field(name, **values)
    except SchemaError as error:
        raise _placed(error, where, node) from error


def _constraints(node: yaml.Node, where: str) -> Constraints:
    items = _mapping(node, where, ("required", "min", "max", "allowed", "pattern"))
    items = {key: value for key, value in items.items() if not _is_null(value)}
    values: dict[str, Any] = {}
    if "required" in items:
        values["required"] = _truth(items["required"], where)
    for key in ("min", "max"):
        if key in items:
            values[key] = _number(items[key], where, key)
    if "allowed" in items:
        allowed = _items(items["allowed"], where, "allowed")
        values["allowed"] = tuple(_scalar(one, where, "an allowed value") for one in allowed)
    if "pattern" in items:
        values["pattern"] = _scalar(items["pattern"], where, "pattern")
    try:
        return Constraints(**values)
    except SchemaError as error:
        raise _placed(error, where, node) from error


def _mapping(node: yaml.Node, where: str, known: Iterable[str] | None) -> dict[str, yaml.Node]:
    """The entries of a mapping; with `known`, only these keys are allowed."""
    if not isinstance(node, yaml.MappingNode) or node.tag != TAG + "map":
        raise _wrong(node, where, "wanted names with values here", got=_spelled(node))
    entries: dict[str, yaml.Node] = {}
    for key, value in node.value:
        name = _scalar(key, where, "a key")
        if known is not None and name not in known:
            hint = nearest(name, known) or f"known keys are {', '.join(known)}"
            raise _wrong(key, where, f"unknown key {name!r}", hint=hint)
        if name in entries:
            raise _wrong(key, where, f"{name!r} is given twice")
        entries[name] = value
    return entries


def _items(node: yaml.Node, where: str, what: str) -> list[yaml.Node]:
    if not isinstance(node, yaml.SequenceNode) or node.tag != TAG + "seq":
        raise _wrong(node, where, f"{what} is not a list", got=_spelled(node))
    return list(node.value)


def _scalar(node: yaml.Node, where: str, what: str) -> str:
    """A plain value as it is written: a category no or 007 is text, whatever YAML takes it for."""
    if not isinstance(node, yaml.ScalarNode) or node.tag not in PLAIN:
        raise _wrong(node, where, f"{what} is not a plain value", got=_spelled(node))
    return str(node.value)


def _word(node: yaml.Node, where: str, what: str, words: tuple[str, ...]) -> str:
    value = _scalar(node, where, what)
    if value not in words:
        want, hint = f"one of {', '.join(words)}", nearest(value, words)
        raise _wrong(node, where, f"unknown {what}", got=repr(value), want=want, hint=hint)
    return value


def _number(node: yaml.Node, where: str, what: str) -> float:
    text = _scalar(node, where, what)
    try:
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError as error:
        raise _wrong(node, where, f"{what} is not a number", got=repr(text)) from error


def _truth(node: yaml.Node, where: str) -> bool:
    text = _scalar(node, where, "required")
    if node.tag != TAG + "bool":
        raise _wrong(node, where, "required is neither true nor false", got=repr(text))
    return text.lower() in ("true", "yes", "on")


def _is_null(node: yaml.Node) -> bool:
    return bool(node.tag == TAG + "null")


def _spelled(node: yaml.Node) -> str:
    if node.tag not in PLAIN | {TAG + "map", TAG + "seq"}:
        return f"the tag {node.tag.removeprefix(TAG)!r}"
    if isinstance(node, yaml.ScalarNode):
        return repr(node.value)
    return "a list" if isinstance(node, yaml.SequenceNode) else "names with values"


def _wrong(node: yaml.Node, where: str, problem: str, **parts: Any) -> SchemaError:
    return SchemaError(f"{where} line {node.start_mark.line + 1}", problem, **parts)


def _placed(error: SchemaError, where: str, node: yaml.Node | None = None) -> SchemaError:
    """An error of the schema's own checks, with the place in the text."""
    place = where if node is None else f"{where} line {node.start_mark.line + 1}"
    return SchemaError(place, error.problem, got=error.got, want=error.want, hint=error.hint)
