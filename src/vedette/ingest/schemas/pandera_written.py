"""Schemas of Pandera, written through its own library.

Owns: how each part of a schema is said there.  Does not own: reading one (`pandera`).
"""

from typing import Any

from vedette.core.schema import Field, Schema
from vedette.ingest.schemas.leftover import Leftover
from vedette.ingest.schemas.needed import library
from vedette.ingest.schemas.pandera import read
from vedette.ingest.schemas.pandera_forms import EXTRA, pandas_api
from vedette.ingest.schemas.regexes import is_pythons, searching
from vedette.ingest.schemas.storage import kind_of_type
from vedette.ingest.schemas.translated import Translated
from vedette.ingest.schemas.values import listed_value, short_number, spelt_instant

_WHY = {
    "role": "Pandera knows no roles",
    "unit": "Pandera knows no units",
    "kind": "it is guessed from the dtype there",
    "type": "pandas has no dtype that is just this",
    "environments": "a schema holds wherever it is used",
    "present": "a column may hold missing values there, or none at all",
    "mostly": "a check there holds for every value",
    "step": "no check that is saved says it",
    "finite": "no check that is saved says it",
    "pattern": "Python does not read this expression of RE2",
    "min_length": "lengths are of texts there, not of lists",
    "max_length": "lengths are of texts there, not of lists",
    "rules": "only checks of one column are saved there, each once",
    "unique": "a schema has one set of columns that are unique together",
    "min_rows": "a schema does not count rows there",
    "max_rows": "a schema does not count rows there",
    "approvals": "a schema keeps no history there",
}


def write(schema: Schema) -> Translated[str]:
    """Write a schema as Pandera's YAML, for pandas.

    Errors: UsageError where pandera is not installed.
    """
    api, left = pandas_api(), Leftover(_WHY)
    columns = {field.name: _column(api, field, left) for field in schema.fields}
    first = list(schema.unique[0]) if schema.unique else None
    made = api.DataFrameSchema(columns, strict=schema.closed, unique=first)
    for more in schema.unique[1:]:
        left.refuse("schema", "unique", more)
    left.of_schema(schema, ("closed", "unique"))
    left.of_kinds(schema, read(made).result)
    return Translated(str(made.to_yaml()), left.all)


def _column(api: Any, field: Field, left: Leftover) -> Any:
    limits = field.constraints
    taken = {
        "required",
        "unique",
        "optional",
        "min",
        "above",
        "max",
        "below",
        "allowed",
        "forbidden",
    }
    dtype = _dtype(field)
    if dtype is not None:
        taken.add("type")
    checks = _checks(api.Check, field, taken)
    left.of_field(field, taken)
    return api.Column(
        dtype,
        checks,
        nullable=not limits.required,
        unique=limits.unique,
        required=not field.optional,
    )


def _dtype(field: Field) -> str | None:
    """The dtype of a column; one that can hold missing values where they may come."""
    stored = field.type
    if stored is None:
        return None
    if field.constraints.required or not stored.startswith(("int", "uint", "bool")):
        return _DTYPES.get(stored, stored if "int" in stored else None)
    return "boolean" if stored == "boolean" else stored.replace("int", "Int").replace("uI", "UI")


def _checks(check: Any, field: Field, taken: set[str]) -> list[Any]:
    limits = field.constraints
    found = [
        make(_limit(limit, field.kind))
        for make, limit in (
            (check.ge, limits.min),
            (check.gt, limits.above),
            (check.le, limits.max),
            (check.lt, limits.below),
        )
        if limit is not None
    ]
    stored = kind_of_type(field.type) if field.type else field.kind
    if limits.allowed is not None:
        found.append(check.isin([listed_value(one, stored) for one in limits.allowed]))
    if limits.forbidden is not None:
        found.append(check.notin([listed_value(one, stored) for one in limits.forbidden]))
    if limits.pattern is not None and is_pythons(limits.pattern):
        taken.add("pattern")
        found.append(check.str_matches(searching(limits.pattern)))
    lengths = (limits.min_length, limits.max_length)
    if lengths != (None, None) and field.kind != "vector" and field.type != "list":
        taken |= {"min_length", "max_length"}
        found.append(check.str_length(*lengths))
    return found


def _limit(limit: float, kind: str) -> Any:
    if kind != "time":
        return short_number(limit)
    return library("pandas", "pandas", EXTRA).Timestamp(spelt_instant(limit))


_DTYPES = {
    "float32": "float32",
    "float64": "float64",
    "boolean": "bool",
    "string": "str",
    "date": "date",
    "datetime": "datetime64[ns]",
    "duration": "timedelta64[ns]",
}
