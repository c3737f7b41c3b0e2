"""Schemas as YAML that people read, review and edit.

Owns: the YAML form, and errors that name the line.  Does not own: what a schema may say
(`core.schema`), files.
"""

from collections.abc import Iterator
from typing import Any

import yaml

from vedette.core.constraints import Constraints
from vedette.core.errors import SchemaError
from vedette.core.patterns import whole_match
from vedette.core.schema import ENVIRONMENTS, KINDS, ROLES, TYPES, Approval, Field, Rule, Schema
from vedette.core.schema_nodes import (
    count_of,
    is_null,
    mapping,
    number_of,
    placed,
    scalar,
    sequence,
    truth_of,
    word_of,
    wrong,
)

VERSION = 1
TOP = ("version", "fields", "rules", "unique", "closed", "rows", "approvals")
FIELD = ("kind", "role", "type", "unit", "optional", "constraints", "environments")
LIMITS = tuple(Constraints.__struct_fields__)
NUMBERS = ("min", "max", "above", "below", "step", "present", "mostly")
LENGTHS = ("min_length", "max_length")
TRUTHS = ("required", "finite", "unique")
VALUES = ("allowed", "forbidden")


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
        {"version": VERSION, "fields": fields, **dict(_table_entries(schema))},
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
    top = mapping(root, where, TOP)
    if "version" not in top:
        raise wrong(root, where, "there is no version", want=f"version: {VERSION}")
    version = scalar(top["version"], where, "the version")
    if version != str(VERSION):
        raise wrong(top["version"], where, "unknown version", got=version, want=str(VERSION))
    if "fields" not in top:
        raise wrong(root, where, "there are no fields", want="fields: {name: {kind: ...}}")
    fields = {} if is_null(top["fields"]) else mapping(top["fields"], where, None)
    declared = tuple(_field(name, node, where) for name, node in fields.items())
    whole = _table({key: node for key, node in top.items() if not is_null(node)}, where)
    try:
        return Schema(declared, **whole)
    except SchemaError as error:
        about = "" if error.where == "schema" else f" {error.where}"  # a rule, and the place in it
        raise placed(error, f"{where}{about}") from error


def _entries(field: Field) -> Iterator[tuple[str, object]]:
    """What is written of a field, in the order in which it is best read."""
    yield "kind", field.kind
    if field.role != "feature":
        yield "role", field.role
    if field.type is not None:
        yield "type", field.type
    if field.unit is not None:
        yield "unit", field.unit
    if field.optional:
        yield "optional", True
    constraints = dict(_limits(field.constraints))
    if constraints:
        yield "constraints", constraints
    if field.environments != ENVIRONMENTS:
        yield "environments", list(field.environments)


def _limits(limits: Constraints) -> Iterator[tuple[str, object]]:
    usual = Constraints()
    for name in LIMITS:
        value = getattr(limits, name)
        if value == getattr(usual, name):
            continue
        if name in NUMBERS:
            yield name, _short(value)
        else:
            yield name, list(value) if isinstance(value, tuple) else value


def _table_entries(schema: Schema) -> Iterator[tuple[str, object]]:
    """What is written of the table as a whole."""
    if schema.rules:
        yield "rules", {rule.name: _rule_entries(rule) for rule in schema.rules}
    if schema.unique:
        yield "unique", [list(columns) for columns in schema.unique]
    if schema.closed:
        yield "closed", True
    rows = {"min": schema.min_rows, "max": schema.max_rows}
    rows = {name: count for name, count in rows.items() if count is not None}
    if rows:
        yield "rows", rows
    if schema.approvals:
        kept = ("fingerprint", "at", "by", "reason")
        yield (
            "approvals",
            [
                {name: getattr(one, name) for name in kept} | {"changes": list(one.changes)}
                for one in schema.approvals
            ],
        )


def _rule_entries(rule: Rule) -> object:
    if rule == Rule(rule.name, rule.check):
        return rule.check
    said: dict[str, object] = {"check": rule.check}
    if rule.mostly != 1:
        said["mostly"] = _short(rule.mostly)
    if rule.environments != ENVIRONMENTS:
        said["environments"] = list(rule.environments)
    return said


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
    items = mapping(node, where, FIELD)
    if "kind" not in items:
        raise wrong(node, where, f"field {name!r} has no kind", want=f"one of {', '.join(KINDS)}")
    values: dict[str, Any] = {"kind": word_of(items["kind"], where, "kind", KINDS)}
    if "role" in items:
        values["role"] = word_of(items["role"], where, "role", ROLES)
    if "type" in items and not is_null(items["type"]):
        values["type"] = word_of(items["type"], where, "type", TYPES)
    if "optional" in items:
        values["optional"] = truth_of(items["optional"], where, "optional")
    if "unit" in items and not is_null(items["unit"]):
        values["unit"] = scalar(items["unit"], where, "unit")
    if "constraints" in items and not is_null(items["constraints"]):
        values["constraints"] = _constraints(items["constraints"], where)
    if "environments" in items:
        values["environments"] = _environments(items["environments"], where)
    try:
        return Field(name, **values)
    except SchemaError as error:
        raise placed(error, where, node) from error


def _environments(node: yaml.Node, where: str) -> tuple[str, ...]:
    named = sequence(node, where, "environments")
    return tuple(word_of(one, where, "environment", ENVIRONMENTS) for one in named)


def _constraints(node: yaml.Node, where: str) -> Constraints:
    items = mapping(node, where, LIMITS)
    items = {key: value for key, value in items.items() if not is_null(value)}
    values: dict[str, Any] = {}
    for key, value in items.items():
        if key in TRUTHS:
            values[key] = truth_of(value, where, key)
        elif key in NUMBERS:
            values[key] = number_of(value, where, key)
        elif key in LENGTHS:
            values[key] = count_of(value, where, key)
        elif key in VALUES:
            listed = sequence(value, where, key)
            word = "an allowed value" if key == "allowed" else "a forbidden value"
            values[key] = tuple(scalar(one, where, word) for one in listed)
        else:
            values[key] = scalar(value, where, key)
    try:
        if "pattern" in values:
            whole_match(values["pattern"], where)
        return Constraints(**values)
    except SchemaError as error:
        raise placed(error, where, node) from error


def _table(items: dict[str, yaml.Node], where: str) -> dict[str, Any]:
    """What is said of the table as a whole."""
    values: dict[str, Any] = {}
    if "rules" in items:
        rules = mapping(items["rules"], where, None)
        values["rules"] = tuple(_rule(name, node, where) for name, node in rules.items())
    if "unique" in items:
        sets = sequence(items["unique"], where, "unique")
        values["unique"] = tuple(
            tuple(
                scalar(one, where, "a name") for one in sequence(columns, where, "a set of unique")
            )
            for columns in sets
        )
    if "closed" in items:
        values["closed"] = truth_of(items["closed"], where, "closed")
    if "rows" in items:
        rows = mapping(items["rows"], where, ("min", "max"))
        for key, node in rows.items():
            values[f"{key}_rows"] = count_of(node, where, f"rows {key}")
    if "approvals" in items:
        listed = sequence(items["approvals"], where, "approvals")
        values["approvals"] = tuple(_approval(node, where) for node in listed)
    return values


def _rule(name: str, node: yaml.Node, where: str) -> Rule:
    """A rule is its expression alone, or a mapping with more."""
    values: dict[str, Any] = {}
    if isinstance(node, yaml.ScalarNode):
        values["check"] = scalar(node, where, "a rule")
    else:
        items = mapping(node, where, ("check", "mostly", "environments"))
        if "check" not in items:
            raise wrong(node, where, f"rule {name!r} has no check", want="an expression")
        values["check"] = scalar(items["check"], where, "check")
        if "mostly" in items:
            values["mostly"] = number_of(items["mostly"], where, "mostly")
        if "environments" in items:
            values["environments"] = _environments(items["environments"], where)
    try:
        return Rule(name, **values)
    except SchemaError as error:
        raise placed(error, where, node) from error


def _approval(node: yaml.Node, where: str) -> Approval:
    items = mapping(node, where, Approval.__struct_fields__)
    values: dict[str, Any] = {
        key: scalar(one, where, key) for key, one in items.items() if key != "changes"
    }
    if "changes" in items:
        listed = sequence(items["changes"], where, "changes")
        values["changes"] = tuple(scalar(one, where, "a change") for one in listed)
    for key in ("fingerprint", "at", "by", "changes"):
        if key not in values:
            raise wrong(node, where, f"an approval has no {key!r}")
    return Approval(**values)
