"""Suites of Great Expectations, written.

Owns: how each part of a schema is said there.  Does not own: reading one (`expectations`), rules
(`expected_of_rule`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from vedette.core.constraints import Constraints
from vedette.core.schema import Field, Schema
from vedette.ingest.schemas.draft import OF_ROWS
from vedette.ingest.schemas.expectations import read
from vedette.ingest.schemas.expected_of_rule import expected_of_rule
from vedette.ingest.schemas.expected_values import TYPES
from vedette.ingest.schemas.leftover import Leftover
from vedette.ingest.schemas.regexes import is_pythons, searching
from vedette.ingest.schemas.storage import is_within, kind_of_type
from vedette.ingest.schemas.translated import Translated
from vedette.ingest.schemas.values import listed_value, written_limit

Said = tuple[str, dict[str, Any]]  # an expectation: its type and its arguments

_WHY = {
    "role": "Great Expectations knows no roles",
    "unit": "Great Expectations knows no units",
    "optional": "Great Expectations looks at columns that are there",
    "environments": "a suite holds wherever it is run",
    "step": "no expectation says it",
    "finite": "no expectation says it",
    "min_length": "lengths are of texts there, not of lists",
    "max_length": "lengths are of texts there, not of lists",
    "pattern": "Python does not read this expression of RE2",
    "mostly": "each expectation is judged by itself there, and mostly said of each",
    "approvals": "a suite keeps no history",
    "kind": "it is guessed from the values there",
    "type": "no name of types there holds just this one, as pandas keeps it",
}
_ORDERED = {"min": ("min_value", False), "above": ("min_value", True),
            "max": ("max_value", False), "below": ("max_value", True)}  # fmt: skip


def write(schema: Schema, name: str = "vedette") -> Translated[str]:
    """Write a schema as a suite of Great Expectations 1.x, in JSON.

    Example:
        >>> schema = Schema((Field("age", "integer", constraints=Constraints(min=0)),))
        >>> print(write(schema).result)
        {
          "name": "vedette",
          "expectations": [
            {
              "type": "expect_column_to_exist",
              "kwargs": {
                "column": "age"
              },
              "meta": {}
            },
            {
              "type": "expect_column_values_to_be_between",
              "kwargs": {
                "column": "age",
                "min_value": 0
              },
              "meta": {}
            }
          ],
          "meta": {}
        }
        <BLANKLINE>
    """
    left = Leftover(_WHY)
    found: list[Said] = [one for field in schema.fields for one in _of_field(field, left)]
    kinds = {field.name: field.kind for field in schema.fields}
    for rule in schema.rules:
        expected = expected_of_rule(rule, kinds)
        if expected is None:
            left.of_rule(rule, "no expectation says just this")
        else:
            found.append(expected)
            left.of_environments(rule)
    found += _of_table(schema)
    left.of_schema(schema, ("rules", "unique", "closed", "min_rows", "max_rows"))
    listed = [{"type": kind, "kwargs": kwargs, "meta": {}} for kind, kwargs in found]
    document = {"name": name, "expectations": listed, "meta": {}}
    left.of_kinds(schema, read(document).result)
    text = msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
    return Translated(text + "\n", left.all)


def _of_table(schema: Schema) -> Iterator[Said]:
    for columns in schema.unique:
        yield "expect_compound_columns_to_be_unique", {"column_list": list(columns)}
    if schema.closed:
        named = {"column_set": list(schema.names), "exact_match": True}
        yield "expect_table_columns_to_match_set", named
    rows = {"min_value": schema.min_rows, "max_value": schema.max_rows}
    rows = {key: count for key, count in rows.items() if count is not None}
    if rows:
        yield "expect_table_row_count_to_be_between", rows


def _of_field(field: Field, left: Leftover) -> Iterator[Said]:
    limits = field.constraints
    taken = {*OF_ROWS, *_ORDERED, "allowed", "forbidden"}
    if not field.optional:
        yield "expect_column_to_exist", {"column": field.name}
    names = _NAMES.get(field.type or "")
    if names is not None:
        yield (
            "expect_column_values_to_be_in_type_list",
            {"column": field.name, "type_list": list(names)},
        )
        taken.add("type")
    for kind, more in _of_rows(limits):
        yield kind, {"column": field.name, **more}
    mostly = {} if limits.mostly == 1 else {"mostly": limits.mostly}
    of_values = [*_bounds(limits, field.kind), *_lists(limits, field), *_texts(field, taken)]
    for kind, more in of_values:
        yield kind, {"column": field.name, **more, **mostly}
    if len(of_values) <= 1:
        taken.add("mostly")
    left.of_field(field, taken)


def _of_rows(limits: Constraints) -> Iterator[Said]:
    if limits.required:
        yield "expect_column_values_to_not_be_null", {}
    if limits.present is not None:
        yield "expect_column_values_to_not_be_null", {"mostly": limits.present}
    if limits.unique:
        yield "expect_column_values_to_be_unique", {}


def _bounds(limits: Constraints, kind: str) -> Iterator[Said]:
    """As few expectations as say all limits: one may hold a least and a greatest value."""
    open_: list[dict[str, Any]] = []
    for name, (key, strict) in _ORDERED.items():
        limit = getattr(limits, name)
        if limit is None:
            continue
        one = next((one for one in open_ if key not in one), None)
        if one is None:
            one = {}
            open_.append(one)
        one[key] = written_limit(limit, kind)
        if strict:
            one[f"strict_{key[:3]}"] = True
    for one in open_:
        yield "expect_column_values_to_be_between", one


def _lists(limits: Constraints, field: Field) -> Iterator[Said]:
    stored = kind_of_type(field.type) if field.type else field.kind
    if limits.allowed is not None:
        values = [listed_value(one, stored) for one in limits.allowed]
        yield "expect_column_values_to_be_in_set", {"value_set": values}
    if limits.forbidden is not None:
        values = [listed_value(one, stored) for one in limits.forbidden]
        yield "expect_column_values_to_not_be_in_set", {"value_set": values}


def _texts(field: Field, taken: set[str]) -> Iterator[Said]:
    limits = field.constraints
    if limits.pattern is not None and is_pythons(limits.pattern):
        taken.add("pattern")
        yield "expect_column_values_to_match_regex", {"regex": searching(limits.pattern)}
    lengths = {"min_value": limits.min_length, "max_value": limits.max_length}
    lengths = {key: size for key, size in lengths.items() if size is not None}
    if lengths and field.kind != "vector" and field.type != "list":
        taken |= {"min_length", "max_length"}
        yield "expect_column_value_lengths_to_be_between", lengths


def _names() -> Mapping[str, tuple[str, ...]]:
    """What pandas calls each type and the narrower ones of its family, which vedette takes, too."""
    whole = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
    fits = {one: tuple(other for other in whole if is_within(other, one)) for one in whole}
    named = {kind: (name,) for name, kind in TYPES.items() if name in _PANDAS}
    timed = {"datetime": "datetime64", "duration": "timedelta64"}
    of_units = {
        kind: tuple(f"{name}[{unit}]" for unit in ("ns", "us", "ms", "s"))
        for kind, name in timed.items()
    }
    return {**named, **fits, **of_units, "float64": ("float64", "float32")}


_PANDAS = ("float32", "bool", "bytes")  # of texts it has types that have no name there
_NAMES = _names()
