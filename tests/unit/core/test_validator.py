"""Judging a row: what is wrong with it, in which words, and that no value raises anything."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.core.constraints import Constraints
from vedette.core.errors import SchemaError, UsageError
from vedette.core.field import Field
from vedette.core.judge import Judge
from vedette.core.schema import KINDS, ROLES, TYPES, UNIQUE_ROLES, Rule, Schema
from vedette.core.validator import ABSENT, Validator
from vedette.core.violations import VIOLATIONS


def one(kind: str, value: object, *, type: str | None = None, **limits: Any) -> list[str]:
    """The kinds of violation of one value."""
    schema = Schema((Field("x", kind, type=type, constraints=Constraints(**limits)),))
    return [violation.kind for violation in schema.validate({"x": value})]


@pytest.mark.parametrize(
    ("kind", "value", "limits", "found"),
    [
        ("numeric", 5, {"min": 5, "max": 5}, []),
        ("numeric", 4.999, {"min": 5}, ["min"]),
        ("numeric", -1, {"min": 0}, ["min"]),
        ("numeric", 1.0, {"max": 0.0}, ["max"]),
        ("integer", 0, {"above": 0}, ["above"]),
        ("numeric", 0.0, {"below": 0}, ["below"]),
        ("text", "", {"min_length": 1}, ["min_length"]),
        ("text", "a", {"max_length": 0}, ["max_length"]),
        ("numeric", 5, {"above": 5}, ["above"]),
        ("numeric", 5.0, {"below": 5}, ["below"]),
        ("numeric", 6, {"max": 5, "step": 4}, ["max", "step"]),
        ("numeric", "6", {"max": 5}, ["max"]),
        ("numeric", "six", {"max": 5}, ["kind"]),
        ("numeric", True, {}, ["kind"]),
        ("numeric", 10**400, {}, ["kind"]),
        ("numeric", float("nan"), {}, []),
        ("numeric", float("nan"), {"max": 5}, ["finite"]),
        ("numeric", float("inf"), {}, []),
        ("numeric", float("inf"), {"finite": True, "max": 5}, ["finite", "max"]),
        ("numeric", Decimal("0.07"), {"step": 0.01}, []),
        ("numeric", dt.timedelta(seconds=3), {"max": 2}, ["max"]),
        ("numeric", None, {}, []),
        ("numeric", None, {"required": True}, ["required"]),
        ("numeric", {"a": 1}, {}, ["kind"]),
        ("numeric", 2, {"allowed": ("1", "2.0")}, []),
        ("numeric", 3, {"allowed": ("1", "2.0")}, ["allowed"]),
        ("integer", 3.0, {}, []),
        ("integer", 3.5, {}, ["kind"]),
        ("integer", float("inf"), {}, ["kind"]),
        ("integer", 2**64, {}, ["kind"]),
        ("integer", -(2**63), {}, []),
        ("integer", False, {}, ["kind"]),
        ("boolean", "TRUE", {"allowed": ("true",)}, []),
        ("boolean", 0, {"allowed": ("true",)}, ["allowed"]),
        ("boolean", 2, {}, ["kind"]),
        ("category", 7, {"allowed": ("7",)}, []),
        ("category", 7.0, {"allowed": ("7",)}, []),
        ("category", "x", {"forbidden": ("x", "y")}, ["forbidden"]),
        ("category", ["a"], {}, ["kind"]),
        ("category", b"a", {}, ["kind"]),
        ("text", "äöü", {"min_length": 3, "max_length": 3}, []),
        ("text", "äöü", {"min_length": 4}, ["min_length"]),
        ("text", "abc1", {"pattern": "[a-z]+"}, ["pattern"]),
        ("text", "abc\n", {"pattern": "[a-z]+"}, ["pattern"]),
        ("text", "\ud800", {"pattern": ".*"}, ["pattern"]),
        ("id", b"12", {"max_length": 1}, ["max_length"]),
        ("time", "2024-02-29T12:00:00Z", {}, []),
        ("time", "2023-02-29", {}, ["kind"]),
        ("time", "yesterday", {}, ["kind"]),
        ("time", 1.5, {}, ["kind"]),
        ("time", dt.date(1970, 1, 2), {"max": 86400}, []),
        ("time", dt.datetime(1970, 1, 2, 1), {"max": 86400}, ["max"]),
        ("vector", [1, 2.5], {"min_length": 3}, ["min_length"]),
        ("vector", [1, None], {}, ["kind"]),
        ("vector", [1, "2"], {}, ["kind"]),
        ("vector", [1, float("nan")], {"finite": True}, ["finite"]),
        ("vector", "1", {}, ["kind"]),
    ],
)
def test_a_value_has_these_violations(
    kind: str, value: object, limits: dict[str, Any], found: list[str]
) -> None:
    assert one(kind, value, **limits) == found


@pytest.mark.parametrize(
    ("type", "value", "obeys"),
    [
        ("int8", 127, True), ("int8", 128, False), ("int64", 3.0, False), ("int64", True, False),
        ("uint8", -1, False), ("float64", 3, True), ("float64", "3", False),
        ("float32", 1e39, False), ("float32", float("inf"), True), ("string", 3, False),
        ("decimal", Decimal("1.5"), True), ("boolean", 1, False),
    ],
)  # fmt: skip
def test_a_type_is_strict_and_wide(type: str, value: object, obeys: bool) -> None:
    kind = {"string": "text", "boolean": "boolean"}.get(type, "numeric")
    assert one(kind, value, type=type) == ([] if obeys else ["type"])


def test_values_of_array_libraries_are_read_like_pythons() -> None:
    assert one("integer", np.int64(3), type="int64", max=3) == []
    assert one("numeric", np.float32(1.5), max=1) == ["max"]
    assert one("boolean", np.bool_(True)) == []
    assert one("vector", np.arange(3), max=1) == ["max"]
    assert one("time", pd.Timestamp("2024-01-01")) == []
    assert one("time", pd.NaT, required=True) == ["required"]


def test_where_a_field_may_be_absent() -> None:
    schema = Schema(
        (
            Field("x", "numeric"),
            Field("maybe", "numeric", optional=True, constraints=Constraints(required=True)),
            Field("y", "boolean", "label", environments=("training",)),
            Field("p", "numeric", "score"),
            Field("key", "id", "id"),
            Field("old", "text", "ignore"),
        )
    )
    assert schema.validate({"x": 1}) == ()
    absent = [violation.name for violation in schema.validate({}, environment="training")]
    assert absent == ["x", "y", "p", "key"]
    assert [violation.kind for violation in schema.validate({"x": 1, "maybe": None})] == [
        "required"
    ]
    assert schema.validate({"x": 1, "old": 7, "y": "maybe"})[0].kind == "kind"  # judged if it comes


def test_reasons_are_sentences_and_hide_what_tells_of_people() -> None:
    schema = Schema(
        (
            Field("age", "integer", "sensitive", constraints=Constraints(max=130)),
            Field("land", "category", constraints=Constraints(allowed=tuple("abcdefg"))),
            Field("a", "numeric"),
            Field("b", "numeric"),
        ),
        rules=(Rule("in order", "a <= b"), Rule("often", "a != 3", mostly=0.9)),
        closed=True,
    )
    found = schema.validate({"age": 131, "land": "x", "a": 3, "b": 2, "c": 1})
    assert [violation.reason for violation in found] == [
        "field 'age': hidden is above 130",
        "field 'land': 'x' is none of 'a', 'b', 'c', 'd', 'e' and 2 more",
        "column 'c' is no field of the schema, which is closed",
        "rule 'in order' is broken: a <= b",
        "rule 'often' is broken: a != 3",
    ]
    assert [violation.tolerated for violation in found] == [False] * 4 + [True]


def test_a_row_can_be_rejected() -> None:
    limits = Constraints(max=5)
    schema = Schema((Field("x", "numeric", constraints=limits), Field("y", "numeric")))
    with pytest.raises(SchemaError, match="row: breaks the schema; got field 'x': 6 is above 5"):
        schema.validate({"x": 6, "y": 1}, reject=True)
    often = Constraints(max=5, mostly=0.9)
    tolerant = schema.replace({"x": {"constraints": often}})
    assert [found.kind for found in tolerant.validate({"x": 6, "y": 1}, reject=True)] == ["max"]


def test_what_is_wrongly_used_is_refused() -> None:
    schema = Schema((Field("x", "text", constraints=Constraints(pattern="(?=a)")),))
    with pytest.raises(SchemaError, match="field 'x': pattern is no expression of RE2"):
        schema.validate({"x": "a"})
    with pytest.raises(SchemaError, match="unknown environment"):
        Schema(()).validate({}, environment="production")
    with pytest.raises(UsageError, match="row: is no mapping; got list"):
        Schema(()).validate([1])  # type: ignore[arg-type]


class Nasty:
    """A value that cannot even be shown."""

    def __repr__(self) -> str:
        raise RuntimeError("no")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    | st.binary(max_size=4) | st.datetimes() | st.dates() | st.times() | st.timedeltas()
    | st.decimals() | st.uuids() | st.complex_numbers()
    | st.sampled_from([10**400, -(10**4000), object(), ABSENT, "9" * 5000, Decimal("sNaN"),
                       np.float32("nan"), np.array([1.5]), np.array("x"), pd.NaT, pd.NA]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)  # fmt: skip
LIMITS = st.builds(
    Constraints,
    required=st.booleans(), finite=st.booleans(), min=st.sampled_from([None, -1.0]),
    below=st.sampled_from([None, 7.0]), step=st.sampled_from([None, 0.1, 2.0]),
    allowed=st.sampled_from([None, ("1", "true", "a")]), forbidden=st.sampled_from([None, ("0",)]),
    pattern=st.sampled_from([None, "[a-z]*"]), max_length=st.sampled_from([None, 2]),
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(VALUES, st.sampled_from(KINDS), st.sampled_from([None, *TYPES]), LIMITS,
       st.sampled_from([role for role in ROLES if role not in UNIQUE_ROLES]))  # fmt: skip
def test_no_value_raises_and_the_quick_test_agrees_with_the_full_one(
    value: object, kind: str, type: str | None, limits: Constraints, role: str
) -> None:
    field = Field("x", kind, role, constraints=limits, type=type)
    schema = Schema((field,), rules=(Rule("r", "missing(x)"),) if kind != "vector" else ())
    found = schema.validate({"x": value})
    said = [violation.kind for violation in found if violation.kind not in ("absent", "rule")]
    if value is not ABSENT and role != "ignore":
        assert said == list(Judge(field).kinds(value))
    assert all(violation.kind in VIOLATIONS and violation.reason for violation in found)


def test_a_uuid_names_a_row() -> None:
    assert one("id", uuid.UUID(int=1)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_cannot_even_be_written_raises_nothing(kind: str) -> None:
    assert one(kind, 10**5000, allowed=("1",)) == ["kind"]
    assert one(kind, Nasty(), allowed=("1",)) == ["kind"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("at", [dt.datetime.max, dt.datetime.min])
def test_an_instant_whose_year_in_utc_cannot_be_written_raises_nothing(
    kind: str, at: dt.datetime
) -> None:
    east = dt.timedelta(hours=-12 if at.year > 1 else 12)
    found = one(kind, at.replace(tzinfo=dt.timezone(east)), finite=True)
    assert found == ([] if kind == "time" else ["kind"])


def test_the_plan_is_made_once() -> None:
    schema = Schema((Field("x", "numeric"),))
    schema.validate({"x": 1})
    first = vars(schema)["_validators"]["serving"]
    schema.validate({"x": 2})
    assert vars(schema)["_validators"] == {"serving": first}
    assert isinstance(first, Validator)
    assert schema == Schema((Field("x", "numeric"),))


def test_a_row_of_pandas_is_judged_under_a_closed_schema() -> None:
    schema = Schema((Field("a", "numeric"),), closed=True)
    assert schema.validate(pd.Series({"a": 1.0})) == ()  # type: ignore[arg-type]
    found = schema.validate(pd.Series({"a": 1.0, "b": 2.0}))  # type: ignore[arg-type]
    assert [(one.kind, one.name) for one in found] == [("unexpected", "b")]
