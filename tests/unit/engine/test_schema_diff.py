"""What changed between schemas: every change classed, breaking ones told, approvals kept."""

from dataclasses import replace as changed
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from vedette.core.constraints import Constraints
from vedette.core.errors import SchemaError, UsageError
from vedette.core.field import Field
from vedette.core.judge import Judge
from vedette.core.schema import Rule, Schema
from vedette.engine.limit_diff import limit_changes
from vedette.engine.schema_approval import approved
from vedette.engine.schema_change import EFFECTS
from vedette.engine.schema_diff import schema_changes
from vedette.engine.schema_sides import diff

X = Field("x", "integer", type="int32")
BASE = Schema(
    (X, Field("y", "boolean", "label", environments=("training",))),
    rules=(Rule("r", "x > 0", mostly=0.9),), unique=(("x",),), min_rows=5, max_rows=50,
)  # fmt: skip


def with_x(**changes: Any) -> Schema:
    return BASE.replace({"x": changes})


def table(**changes: Any) -> Schema:
    return msgspec.structs.replace(BASE, **changes)


@pytest.mark.parametrize(
    ("new", "words", "effect", "breaking"),
    [
        (with_x(kind="numeric"), "`x`: kind changed from integer to numeric", "widening", False),
        (
            BASE.replace({"y": {"kind": "category"}}),
            "`y`: kind changed from boolean to category", "narrowing", True,
        ),
        (with_x(type="int64"), "`x`: type changed from int32 to int64", "widening", False),
        (with_x(type="float32"), "`x`: type changed from int32 to float32", "widening", False),
        (with_x(type="uint32"), "`x`: type changed from int32 to uint32", "narrowing", True),
        (with_x(type=None), "`x`: type removed (int32)", "widening", False),
        (with_x(role="segment"), "`x`: role changed from feature to segment", "neutral", False),
        (with_x(role="ignore"), "`x`: role changed from feature to ignore", "widening", False),
        (with_x(unit="m"), "`x`: unit added (m)", "neutral", False),
        (with_x(optional=True), "`x`: optional added", "widening", False),
        (
            with_x(environments=("serving",)),
            "`x`: environments changed from training, serving to serving", "widening", False,
        ),
        (
            with_x(constraints=Constraints(allowed=("1", "2"))),
            "`x`: allowed added (1, 2)", "narrowing", True,
        ),
        (BASE.select(["x"]), "`y`: field removed (boolean)", "widening", True),
        (
            table(fields=(*BASE.fields, Field("z", "text"))),
            "`z`: field added (text)", "narrowing", True,
        ),
        (
            table(fields=(*BASE.fields, Field("z", "text", optional=True))),
            "`z`: field added (text)", "neutral", False,
        ),
        (
            table(fields=BASE.fields[::-1]),
            "order of fields changed from x, y … to y, x …", "neutral", False,
        ),
        (table(rules=()), "`rule r`: rule removed (x > 0)", "widening", False),
        (
            table(rules=(Rule("r", "x > 1", mostly=0.9),)),
            "`rule r`: check changed from x > 0 to x > 1", "narrowing", True,
        ),
        (
            table(rules=(Rule("r", "x > 0", mostly=0.8),)),
            "`rule r`: mostly changed from 0.9 to 0.8", "widening", False,
        ),
        (table(unique=()), "unique removed (x)", "widening", False),
        (table(unique=(("x",), ("y",))), "unique added (y)", "narrowing", True),
        (table(closed=True), "closed added", "narrowing", True),
        (table(min_rows=4), "min_rows changed from 5 to 4", "widening", False),
        (table(max_rows=40), "max_rows changed from 50 to 40", "narrowing", True),
        (table(min_rows=None), "min_rows removed (5)", "widening", False),
    ],
)  # fmt: skip
def test_a_change_is_told_and_classed(new: Schema, words: str, effect: str, breaking: bool) -> None:
    (change,) = schema_changes(BASE, new)
    assert (change.words, change.effect, change.breaking) == (words, effect, breaking)


def test_nothing_changed_between_equals() -> None:
    assert schema_changes(BASE, BASE) == ()


NUMBERS = st.sampled_from([None, 0.0, 1.0, 2.5, 4.0])
LISTS = st.sampled_from([None, ("1",), ("1", "2"), ("2", "1"), ("4", "0", "2.5")])


@st.composite
def limits(draw: st.DrawFn) -> Constraints:
    try:
        return Constraints(
            required=draw(st.booleans()), finite=draw(st.booleans()),
            min=draw(NUMBERS), max=draw(NUMBERS), above=draw(NUMBERS), below=draw(NUMBERS),
            step=draw(st.sampled_from([None, 0.5, 1.0, 2.0])), allowed=draw(LISTS),
            forbidden=draw(LISTS), pattern=draw(st.sampled_from([None, "[0-9]*"])),
            min_length=draw(st.sampled_from([None, 1, 2])),
            max_length=draw(st.sampled_from([None, 2, 3])),
        )  # fmt: skip
    except SchemaError:
        assume(False)
        raise


@settings(max_examples=300, deadline=None)
@given(limits(), limits())
def test_what_does_not_narrow_keeps_every_value(old: Constraints, new: Constraints) -> None:
    changes = list(limit_changes("x", old, new))
    assert all(change.effect in EFFECTS and change.words for change in changes)
    assert bool(changes) == (old != new)
    narrows = any(change.effect == "narrowing" for change in changes)
    before, after = (Judge(Field("x", "numeric", constraints=one)) for one in (old, new))
    values = [None, 0, 1, 1.5, 2.5, 4, 7, -1, float("nan"), float("inf"), "2", 100]
    lost = [value for value in values if not before.kinds(value) and after.kinds(value)]
    assert narrows or lost == []
    back = any(one.effect == "narrowing" for one in limit_changes("x", new, old))
    won = [value for value in values if before.kinds(value) and not after.kinds(value)]
    assert back or won == []


def test_tables_are_sides_too(tmp_path) -> None:
    schema = Schema(
        (Field("x", "integer"), Field("gone", "text"), Field("opt", "text", optional=True))
    )
    found = diff(schema, {"x": [1.5, 2.5], "more": [1, 2]})
    assert [(one.words, one.breaking) for one in found] == [
        ("`x`: kind changed from integer to numeric", True),
        ("`gone`: field removed (text)", True),
        ("`opt`: field removed (text)", False),
        ("`more`: field added (integer)", False),
    ]
    closed = Schema((Field("x", "numeric"),), closed=True)
    assert [(one.words, one.breaking) for one in diff(closed, {"x": [1, 2], "more": [1, 2]})] == [
        ("`x`: kind changed from numeric to integer", False),
        ("`more`: field added (integer)", True),
    ]
    assert [one.breaking for one in diff({"x": [1.5, 2.5]}, Schema((Field("x", "integer"),)))] == [
        True
    ]
    assert diff({"x": [1, 2]}, {"x": [3, 4]}) == ()
    (wider,) = diff({"x": [1, 2]}, {"x": [3.5, 4]})[:1]
    assert (wider.what, wider.effect, wider.breaking) == ("kind", "widening", True)


def test_an_approval_says_who_when_and_what() -> None:
    new = with_x(unit="m", optional=True)
    made = approved(BASE, new, by="ann", at="2026-01-02T03:04:05Z", reason="metres now")
    (entry,) = made.approvals
    assert entry.changes == ("`x`: unit added (m)", "`x`: optional added")
    assert (entry.by, entry.at, entry.reason) == ("ann", "2026-01-02T03:04:05Z", "metres now")
    assert entry.fingerprint == made.fingerprint == new.fingerprint
    again = approved(made, with_x(unit="km", optional=True), by="bo", at="2026-01-03T00:00:00Z")
    assert [one.by for one in again.approvals] == ["ann", "bo"]


def test_some_fields_may_be_approved_alone() -> None:
    new = msgspec.structs.replace(
        with_x(unit="m"), fields=(*with_x(unit="m").fields[:1], Field("z", "text")), closed=True
    )
    made = approved(BASE, new, by="ann", at="t", only=["x", "z"])
    assert made.names == ("x", "y", "z")
    assert made["x"].unit == "m"
    assert not made.closed
    dropped = approved(BASE, new, by="ann", at="t", only=["y"])
    assert dropped.names == ("x",)
    assert dropped.rules == BASE.rules


@pytest.mark.parametrize(
    ("only", "by", "said"),
    [((), "ann", "nothing to approve"), (("xx",), "ann", "there is no field 'xx'"),
     ((), "", "names nobody")],
)  # fmt: skip
def test_what_cannot_be_approved_is_refused(only: tuple[str, ...], by: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        approved(BASE, BASE, by=by, at="t", only=only)


def test_a_change_is_a_value() -> None:
    (change,) = schema_changes(BASE, table(closed=True))
    assert changed(change, breaking=True) == change
