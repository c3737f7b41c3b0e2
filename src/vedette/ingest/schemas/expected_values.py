"""What expectations about one column mean.

Owns: these meanings.  Does not own: those about several columns or the table (`expected_rows`), the
table of all (`expectations`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from vedette.core.reading import text
from vedette.ingest.schemas.draft import Draft, name_of, quoted
from vedette.ingest.schemas.expected import AS_A_WHOLE, LEFT_OUT, Expected
from vedette.ingest.schemas.regexes import anywhere, like
from vedette.ingest.schemas.storage import widest
from vedette.ingest.schemas.values import read_limit, ruled_limit

NOT_BOTH = "only a least value of the least, or a greatest of the greatest, is said of every value"
OPPOSITES = {">=": "min", ">": "above", "<=": "max", "<": "below"}


def exist(draft: Draft, expected: Expected) -> None:
    """The column is there."""
    draft.field(expected.column)
    if "column_index" in expected.kwargs:
        _refuse(draft, expected, "column_index", "vedette looks at names, not at their order")


def not_null(draft: Draft, expected: Expected) -> None:
    """Every row, or a share of rows, has a value."""
    share = expected.mostly
    _say(draft, expected, {"required": True} if share >= 1 else {"present": share})


def null(draft: Draft, expected: Expected) -> None:
    """No row has a value."""
    check = f"missing({name_of(expected.column)})"
    draft.rule(expected.title, expected.where, expected.type, check, expected.mostly)


def proportion_present(draft: Draft, expected: Expected) -> None:
    """A share of rows has a value."""
    kwargs = expected.kwargs
    least = kwargs.get("min_value")
    if least is not None and not kwargs.get("strict_min"):
        _say(draft, expected, {"present": float(least)})
    elif least is not None:
        _refuse(draft, expected, "strict_min", "the share itself is always allowed")
    if kwargs.get("max_value", 1) < 1:
        _refuse(
            draft, expected, "max_value", "vedette has no most for the share of rows with a value"
        )


def unique(draft: Draft, expected: Expected) -> None:
    """No value comes twice."""
    if expected.mostly < 1:
        _refuse(draft, expected, f"mostly {expected.mostly}", "unique is said of all values")
    else:
        _say(draft, expected, {"unique": True})


def of_type(draft: Draft, expected: Expected) -> None:
    """Values are stored as a type."""
    _typed(draft, expected, [str(expected.kwargs.get("type_", expected.kwargs.get("type", "")))])


def in_type_list(draft: Draft, expected: Expected) -> None:
    """Values are stored as one of some types."""
    _typed(draft, expected, [str(one) for one in expected.kwargs.get("type_list", ())])


def between(draft: Draft, expected: Expected) -> None:
    """Values lie between two."""
    _limited(draft, expected, _bounds(expected))


def least_between(draft: Draft, expected: Expected) -> None:
    """The least value lies between two: no value is below the first."""
    if "max_value" in expected.kwargs:
        draft.refuse(expected.where, expected.type, f"{AS_A_WHOLE}; {NOT_BOTH}")
    else:
        between(draft, expected)


def most_between(draft: Draft, expected: Expected) -> None:
    """The greatest value lies between two: no value is above the second."""
    if "min_value" in expected.kwargs:
        draft.refuse(expected.where, expected.type, f"{AS_A_WHOLE}; {NOT_BOTH}")
    else:
        between(draft, expected)


def in_set(draft: Draft, expected: Expected) -> None:
    """Every value is one of these."""
    listed = _listed(draft, expected, expected.kwargs.get("value_set"))
    if listed is not None:
        named = name_of(expected.column)
        check = f"{named} in ({', '.join(quoted(one) for one in listed)})"
        _say(draft, expected, {"allowed": listed}, check)


def not_in_set(draft: Draft, expected: Expected) -> None:
    """No value is one of these."""
    listed = _listed(draft, expected, expected.kwargs.get("value_set"))
    if listed:
        named = name_of(expected.column)
        check = f"{named} not in ({', '.join(quoted(one) for one in listed)})"
        _say(draft, expected, {"forbidden": listed}, check)


def lengths_between(draft: Draft, expected: Expected) -> None:
    """Texts have so many characters."""
    kwargs = expected.kwargs
    claims = {}
    if "min_value" in kwargs:
        claims["min_length"] = int(kwargs["min_value"]) + bool(kwargs.get("strict_min"))
    if "max_value" in kwargs:
        claims["max_length"] = int(kwargs["max_value"]) - bool(kwargs.get("strict_max"))
    if claims.get("max_length", 0) < 0:
        draft.refuse(expected.where, expected.type, "no text is shorter than none")
        return
    _lengths(draft, expected, claims)


def lengths_equal(draft: Draft, expected: Expected) -> None:
    """Texts have exactly so many characters."""
    size = int(expected.kwargs["value"])
    _lengths(draft, expected, {"min_length": size, "max_length": size})


def match_regex(draft: Draft, expected: Expected) -> None:
    """An expression is found in every value."""
    _matching(draft, expected, anywhere(str(expected.kwargs["regex"])))


def not_match_regex(draft: Draft, expected: Expected) -> None:
    """An expression is found in no value."""
    _not_matching(draft, expected, [anywhere(str(expected.kwargs["regex"]))])


def match_regex_list(draft: Draft, expected: Expected) -> None:
    """Any, or all, of some expressions are found in every value."""
    _matching_list(draft, expected, [anywhere(str(one)) for one in expected.kwargs["regex_list"]])


def not_match_regex_list(draft: Draft, expected: Expected) -> None:
    """None of some expressions is found in any value."""
    _not_matching(draft, expected, [anywhere(str(one)) for one in expected.kwargs["regex_list"]])


def match_like(draft: Draft, expected: Expected) -> None:
    """Every value is LIKE a pattern of SQL."""
    _matching(draft, expected, _like(expected, expected.kwargs["like_pattern"]))


def not_match_like(draft: Draft, expected: Expected) -> None:
    """No value is LIKE a pattern of SQL."""
    _not_matching(draft, expected, [_like(expected, expected.kwargs["like_pattern"])])


def match_like_list(draft: Draft, expected: Expected) -> None:
    """Every value is LIKE any, or all, of some patterns of SQL."""
    listed = expected.kwargs["like_pattern_list"]
    _matching_list(draft, expected, [_like(expected, one) for one in listed])


def not_match_like_list(draft: Draft, expected: Expected) -> None:
    """No value is LIKE any of some patterns of SQL."""
    listed = expected.kwargs["like_pattern_list"]
    _not_matching(draft, expected, [_like(expected, one) for one in listed])


def _refuse(draft: Draft, expected: Expected, what: str, why: str) -> None:
    draft.refuse(expected.where, f"{expected.type} {what}", why)


def _say(draft: Draft, expected: Expected, claims: Mapping[str, Any], check: str = "") -> None:
    of_rows = "required" in claims or "present" in claims
    share = 1.0 if of_rows else expected.mostly
    rule = (expected.title, check) if check else None
    draft.say(expected.column, expected.type, claims, share, rule)


def _rule(draft: Draft, expected: Expected, check: str) -> None:
    """A rule about values, which are counted without those that are missing."""
    if expected.mostly < 1:
        draft.refuse(expected.where, f"{expected.type} mostly {expected.mostly}", LEFT_OUT)
    else:
        draft.rule(expected.title, expected.where, expected.type, check)


def _bounds(expected: Expected) -> list[tuple[str, Any]]:
    """Limits as a sign and a value."""
    kwargs = expected.kwargs
    signs = []
    if "min_value" in kwargs:
        signs.append((">" if kwargs.get("strict_min") else ">=", kwargs["min_value"]))
    if "max_value" in kwargs:
        signs.append(("<" if kwargs.get("strict_max") else "<=", kwargs["max_value"]))
    return signs


def _limited(draft: Draft, expected: Expected, bounds: Sequence[tuple[str, Any]]) -> None:
    named = name_of(expected.column)
    written = [ruled_limit(value) for _, value in bounds]
    if not bounds or None in written:
        got = [value for _, value in bounds]
        draft.refuse(expected.where, expected.type, f"vedette cannot compare with {got}")
        return
    check = " and ".join(
        f"{named} {sign} {value}" for (sign, _), value in zip(bounds, written, strict=True)
    )
    limits = [(sign, read_limit(value)) for sign, value in bounds]
    claims = {OPPOSITES[sign]: limit[0] for sign, limit in limits if limit is not None}
    if any(limit is not None and limit[1] for _, limit in limits):
        draft.field(expected.column).kind = "time"
    if len(claims) == len(limits):
        _say(draft, expected, claims, check)
    else:
        _rule(draft, expected, check)


def _listed(draft: Draft, expected: Expected, values: Any) -> tuple[str, ...] | None:
    """Values as vedette compares them, as text; None where one cannot be."""
    values = [value for value in values or () if value is not None]
    if values and all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
        draft.field(expected.column).guess = "numeric"
    found = [text(value) for value in values]
    if None in found:
        draft.refuse(expected.where, expected.type, "a value is neither text nor number")
        return None
    return tuple(dict.fromkeys(str(value) for value in found))


def _typed(draft: Draft, expected: Expected, names: list[str]) -> None:
    known = {TYPES.get(name.partition("(")[0].strip().lower()) for name in names}
    if None in known or not names:
        draft.refuse(expected.where, f"{expected.type} {', '.join(names)}",
                     "vedette has no type that is just this")  # fmt: skip
        return
    whole = widest({str(name) for name in known})
    field = draft.field(expected.column)
    if expected.mostly < 1:
        _refuse(draft, expected, f"mostly {expected.mostly}", "a column has one type")
    elif not whole or field.type not in (None, whole):
        draft.refuse(expected.where, f"{expected.type} {', '.join(names)}", "a column has one type")
    else:
        field.type = whole


def _lengths(draft: Draft, expected: Expected, claims: Mapping[str, int]) -> None:
    named = f"length({name_of(expected.column)})"
    signs = {"min_length": ">=", "max_length": "<="}
    check = " and ".join(f"{named} {signs[name]} {size}" for name, size in claims.items())
    _say(draft, expected, claims, check)


def _matching(draft: Draft, expected: Expected, pattern: str) -> None:
    check = f"matches({name_of(expected.column)}, {quoted(pattern)})"
    _say(draft, expected, {"pattern": pattern}, check)


def _matching_list(draft: Draft, expected: Expected, patterns: list[str]) -> None:
    if len(patterns) == 1 or expected.kwargs.get("match_on", "any") == "any":
        _matching(draft, expected, "|".join(f"(?:{one})" for one in patterns))
        return
    named = name_of(expected.column)
    check = " and ".join(f"matches({named}, {quoted(one)})" for one in patterns)
    _rule(draft, expected, check)


def _not_matching(draft: Draft, expected: Expected, patterns: list[str]) -> None:
    named = name_of(expected.column)
    check = " and ".join(f"not matches({named}, {quoted(one)})" for one in patterns)
    _rule(draft, expected, check)


def _like(expected: Expected, pattern: Any) -> str:
    return like(str(pattern), expected.kwargs.get("escape"))


# Names of pandas, numpy, Python, Spark and SQL -> what vedette calls it.
TYPES: Mapping[str, str] = {
    **{f"{sign}int{bits}": f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
    "float32": "float32", "float64": "float64", "float": "float64", "double": "float64",
    "double_precision": "float64", "real": "float32", "floattype": "float32",
    "doubletype": "float64", "int": "int64", "integer": "int64", "bigint": "int64",
    "smallint": "int16", "tinyint": "int8", "integertype": "int32", "longtype": "int64",
    "shorttype": "int16", "bool": "boolean", "boolean": "boolean", "booleantype": "boolean",
    "str": "string", "string": "string", "string_": "string", "varchar": "string",
    "text": "string", "char": "string", "nvarchar": "string", "stringtype": "string",
    **{f"datetime64[{unit}]": "datetime" for unit in ("ns", "us", "ms", "s")},
    **{f"timedelta64[{unit}]": "duration" for unit in ("ns", "us", "ms", "s")},
    "bytes": "binary", "binary": "binary", "date": "date", "datetype": "date",
    "datetime64": "datetime", "datetime": "datetime", "timestamp": "datetime",
    "timestamptype": "datetime",
    "timedelta": "duration", "decimal": "decimal", "numeric": "decimal", "decimaltype": "decimal",
    "list": "list",
}  # fmt: skip
