"""Schemas of Pandera, read.

Owns: what its schemas, columns and checks mean to vedette.  Does not own: its serialised forms
(`pandera_forms`), writing one (`pandera_written`).
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from vedette.core.reading import plain, text
from vedette.core.schema import Schema
from vedette.ingest.schemas.draft import Draft, name_of, quoted
from vedette.ingest.schemas.pandera_forms import loaded
from vedette.ingest.schemas.regexes import REST, anywhere, at_start, literally
from vedette.ingest.schemas.translated import Translated
from vedette.ingest.schemas.values import read_limit, ruled_limit

Claims = tuple[dict[str, Any], str]  # constraints, and the same as a rule
JUDGES = "vedette judges data and does not change it"
NO_SUCH = "a schema of vedette has nothing like it"


class _Cannot(Exception):  # noqa: N818 - a reason, not an error
    """Why a check cannot be said."""


def read(source: Any, where: str = "schema") -> Translated[Schema]:
    """Read a schema of Pandera: a DataFrameSchema, a DataFrameModel, or its YAML or JSON text.

    Errors: SchemaError for what is no such schema, UsageError where pandera is needed and not
    installed.
    """
    schema = loaded(source, where)
    draft = Draft()
    for name, column in schema.columns.items():
        if isinstance(name, str) and not column.regex:
            _column(draft, name, column)
        else:
            why = "vedette's fields have names" if column.regex else "a column's name is text"
            draft.refuse("schema", f"column {name!r}", why)
    _table(draft, schema)
    return draft.finish()


def _table(draft: Draft, schema: Any) -> None:
    draft.closed = schema.strict is True
    if schema.strict == "filter":
        draft.refuse("schema", "strict filter", JUDGES)
    if schema.unique:
        draft.unique(tuple(schema.unique))
    for name, why in _TABLE.items():
        if getattr(schema, name, None):
            draft.refuse("schema", name, why)
    for check in schema.checks or ():
        draft.refuse("schema", f"check {_named(check)}", "it is a program of its own")
    if schema.dtype is not None:
        for column in draft.names:
            if draft.field(column).type is None:
                _type(draft, column, schema.dtype)


def _column(draft: Draft, name: str, column: Any) -> None:
    field = draft.field(name)
    where = f"column {name!r}"
    field.optional = not column.required
    if column.dtype is not None:
        _type(draft, name, column.dtype)
    if not column.nullable:
        field.add({"required": True})
    if column.unique:
        field.add({"unique": True})
    for attribute, why in _COLUMN.items():
        if getattr(column, attribute, None):
            draft.refuse(where, attribute, why)
    for check in column.checks or ():
        _check(draft, name, check)


def _type(draft: Draft, name: str, dtype: Any) -> None:
    field, spelt = draft.field(name), str(dtype)
    word = spelt.lower().partition("[")[0].partition("(")[0]
    if word in _CATEGORIES:
        field.kind = "category"
        draft.refuse(f"column {name!r}", f"dtype {spelt}", "vedette has no such type: any will do")
    elif word in _TYPES:
        field.type = _TYPES[word]
    else:
        draft.refuse(f"column {name!r}", f"dtype {spelt}", "vedette has no type that is just this")


def _check(draft: Draft, name: str, check: Any) -> None:
    where, what = f"column {name!r}", f"check {_named(check)}"
    if check.name not in CHECKS or not check.is_builtin_check(check.name):
        draft.refuse(where, what, _PROGRAM if check.name not in _KNOWN else NO_SUCH)
        return
    for option, usual, why in _OPTIONS:
        if getattr(check, option, usual) != usual:
            draft.refuse(where, f"{what} {option}", why)
            return
    try:
        claims, rule = CHECKS[check.name](name_of(name), dict(check.statistics))
    except _Cannot as error:
        draft.refuse(where, what, str(error))
        return
    if "time(" in rule:
        draft.field(name).kind = "time"
    if claims:
        draft.say(name, what, claims, rule=(f"{name} {check.name}", rule))
    else:
        draft.rule(f"{name} {check.name}", where, what, rule)


def _named(check: Any) -> str:
    return str(check.name or "without a name")


def _ends(name: str, *limits: tuple[str, Any]) -> Claims:
    """Limits, each a sign and a value: as constraints where they are numbers or instants."""
    claims, rules = {}, []
    for sign, value in limits:
        written, limit = ruled_limit(value), read_limit(value)
        if written is None:
            raise _Cannot(f"vedette cannot compare with {value!r}")
        rules.append(f"{name} {sign} {written}")
        if limit is not None:
            claims[_SIGNS[sign]] = limit[0]
    return (claims if len(claims) == len(limits) else {}), " and ".join(rules)


def _in_range(name: str, said: Mapping[str, Any]) -> Claims:
    low = ">=" if said.get("include_min", True) else ">"
    high = "<=" if said.get("include_max", True) else "<"
    return _ends(name, (low, said["min_value"]), (high, said["max_value"]))


def _equal(name: str, said: Mapping[str, Any]) -> Claims:
    value = plain(said["value"])
    limit = None if isinstance(value, str | bool) else read_limit(value)
    if limit is None:
        return _listed("allowed", name, [value])
    return {"min": limit[0], "max": limit[0]}, f"{name} == {ruled_limit(value)}"


def _listed(claim: str, name: str, values: Any) -> Claims:
    spelt = [text(plain(value)) for value in values]
    if None in spelt:
        raise _Cannot("a value is neither text nor number")
    listed = tuple(dict.fromkeys(str(one) for one in spelt))
    word = "in" if claim == "allowed" else "not in"
    return {claim: listed}, f"{name} {word} ({', '.join(quoted(one) for one in listed)})"


def _matching(name: str, pattern: str) -> Claims:
    return {"pattern": pattern}, f"matches({name}, {quoted(pattern)})"


def _lengths(name: str, said: Mapping[str, Any]) -> Claims:
    exact = said.get("exact_value")
    least = exact if exact is not None else said.get("min_value")
    most = exact if exact is not None else said.get("max_value")
    sizes = (("min_length", ">=", least), ("max_length", "<=", most))
    given = [(claim, sign, int(size)) for claim, sign, size in sizes if size is not None]
    rule = " and ".join(f"length({name}) {sign} {size}" for _, sign, size in given)
    return {claim: size for claim, _, size in given}, rule


_SIGNS = {">=": "min", ">": "above", "<=": "max", "<": "below"}

CHECKS: Mapping[str, Callable[[str, Mapping[str, Any]], Claims]] = MappingProxyType(
    {
        "greater_than": lambda name, said: _ends(name, (">", said["min_value"])),
        "greater_than_or_equal_to": lambda name, said: _ends(name, (">=", said["min_value"])),
        "less_than": lambda name, said: _ends(name, ("<", said["max_value"])),
        "less_than_or_equal_to": lambda name, said: _ends(name, ("<=", said["max_value"])),
        "in_range": _in_range,
        "equal_to": _equal,
        "not_equal_to": lambda name, said: _listed("forbidden", name, [said["value"]]),
        "isin": lambda name, said: _listed("allowed", name, said["allowed_values"]),
        "notin": lambda name, said: _listed("forbidden", name, said["forbidden_values"]),
        "str_matches": lambda name, said: _matching(name, at_start(_pattern(said["pattern"]))),
        "str_contains": lambda name, said: _matching(name, anywhere(_pattern(said["pattern"]))),
        "str_startswith": lambda name, said: _matching(name, literally(said["string"]) + REST),
        "str_endswith": lambda name, said: _matching(name, REST + literally(said["string"])),
        "str_length": _lengths,
    }
)
_KNOWN = ("unique_values_eq", "is_monotonic", "one_sample_ttest", "two_sample_ttest")
_PROGRAM = "it is a program of its own"


def _pattern(value: Any) -> str:
    return str(getattr(value, "pattern", value))  # a compiled one has it


_OPTIONS = (
    ("groupby", None, "it is said of some rows only"),
    ("ignore_na", True, "missing values are no values: say `required`"),
    ("raise_warning", False, "a violation of a schema has no severity"),
)
_TABLE = {
    "index": "an index is no column",
    "ordered": "vedette looks at names, not at their order",
    "coerce": JUDGES,
    "add_missing_columns": JUDGES,
    "drop_invalid_rows": JUDGES,
    "parsers": JUDGES,
}
_COLUMN = {"coerce": JUDGES, "default": JUDGES, "parsers": JUDGES, "drop_invalid_rows": JUDGES}
_CATEGORIES = ("category", "categorical", "enum")
# A dtype of pandas, Polars or numpy without its brackets -> what vedette calls it.
_TYPES: Mapping[str, str] = {
    **{f"{sign}int{bits}": f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
    "float32": "float32", "float64": "float64", "decimal": "decimal", "bool": "boolean",
    "boolean": "boolean", "str": "string", "string": "string", "utf8": "string",
    "binary": "binary", "bytes": "binary", "date": "date", "datetime64": "datetime",
    "datetime": "datetime", "time": "time", "timedelta64": "duration", "duration": "duration",
    "list": "list", "array": "list",
}  # fmt: skip
