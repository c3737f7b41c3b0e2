"""The language of rules: what it reads, what it answers, and where it says an error lies."""

import datetime as dt

import pytest

from vedette.core.errors import SchemaError
from vedette.core.field import Field
from vedette.core.rules.answers import answer_of
from vedette.core.rules.rule import Rule
from vedette.core.schema import Schema

KINDS = {
    "x": "numeric", "y": "numeric", "n": "integer", "ok": "boolean", "word": "category",
    "two words": "text", "at": "time", "until": "time", "a.b": "numeric", "größe": "numeric",
    "vec": "vector",
}  # fmt: skip
ROW = {
    "x": 3, "y": 4.5, "n": -7, "ok": True, "word": "Ab", "two words": "it's", "a.b": "2.5",
    "größe": None, "at": "2024-01-01", "until": dt.datetime(2024, 1, 6, 13, 30),
}  # fmt: skip


def answer(check: str, row: dict[str, object] = ROW) -> object:
    return answer_of(Rule("r", check).understood(KINDS))(row)


@pytest.mark.parametrize(
    "check",
    [
        "x < y", "1 < x <= 3 < y", "x + y * 2 == 12", "(x + y) * 2 == 15", "-x == -3", "--x == 3",
        "n % 3 == 2", "-7 % 3 == 2", "x / 2 == 1.5", "10 - 2 - 3 == 5", "8 / 2 / 2 == 2",
        "ok", "ok and not x > y", "not ok or x == 3", "ok == true", "false != ok",
        "word == 'Ab'", "lower(word) == 'ab'", "upper(word) == \"AB\"", "length(word) == 2",
        "`two words` == 'it''s'", "word in ('x', 'Ab')", "word not in ('x')", "not word in ('x')",
        "x in (1, 2, 3)", "n in (-7)", "x not in (1)", "a.b == 2.5", "matches(word, '[A-Z]b')",
        "not matches(word, 'A')", "missing(größe)", "not missing(x)", "missing(größe + 1)",
        "missing(x / 0)", "missing(x % 0)", "abs(n) == 7", "min(x, y, n) == -7", "max(x) == 3",
        "round(2.5) == 2", "round(1.005, 2) == 1", "round(-1.26, 1) == -1.3", "floor(-1.5) == -2",
        "if(ok, x, y) == 3", "if(x > 3, word, 'no') == 'no'", "at < until",
        "until - at > 5 * 86400", "at + 86400 == time('2024-01-02')",
        "until - 1800 < time('2024-01-06T13:00:01Z')",
        "hour(until) == 13", "weekday(at) == 0", "weekday(until) == 5", "max(at, until) == until",
        "true", "1e3 == 1000 and .5 == 0.5 and 2. == 2",
    ],
)  # fmt: skip
def test_what_is_true(check: str) -> None:
    assert answer(check) is True
    assert answer(f"not ({check})") is False


@pytest.mark.parametrize(
    "check",
    [
        "größe > 1", "größe == größe", "größe > 1 and ok", "größe > 1 or not ok", "x / 0 > 1",
        "if(größe > 1, true, true)", "größe in (1)", "min(x, größe) > 1",
        "1e308 * 10 - 1e308 * 10 > 0", "at + 1e300 > at", "not größe > 1", "-größe > 1",
    ],
)  # fmt: skip
def test_what_has_no_answer(check: str) -> None:
    assert answer(check) is None


def test_three_valued_logic_answers_where_one_side_decides() -> None:
    assert answer("größe > 1 and not ok") is False
    assert answer("größe > 1 or ok") is True


@pytest.mark.parametrize(
    "value", [None, "abc", True, [1], {"a": 1}, b"1", float("nan"), 10**400, object()]
)
def test_values_that_cannot_be_read_have_no_answer(value: object) -> None:
    assert answer("x > 1", {"x": value}) is None
    assert answer("missing(x)", {"x": value}) is True


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("", "character 1: wanted a value here"),
        ("x >", "character 4: wanted a value here; got x >▸"),
        ("x > 'a'", "character 3: > does not take number and text; got x ▸> 'a'"),
        ("x = 3", "character 3: '=' means nothing here; got x ▸= 3; equal is =="),
        ("z > 3", "character 1: there is no field 'z'"),
        ("wort == 'a'", "did you mean 'word'"),
        ("lenght(word) > 1", "there is no function 'lenght'; got ▸lenght(word) > 1; did you mean"),
        ("x", "character 1: the rule is a number; got ▸x; it must be true or false"),
        ("x y", "character 3: the expression should have ended here"),
        ("(x > 1", "character 7: wanted ')' here"),
        ("x in (1, y)", "character 10: in takes only written values here"),
        ("x in ()", "in does not take number"),
        ("x > 1 & ok", "both is `and`"),
        ("`x > 1", "character 1: '`' means nothing here; got ▸`x > 1; a back-quoted name has no"),
        ("word == 'a", "a text has no end"),
        ("at > '2024-01-01'", "an instant is written time('2024-01-31')"),
        ("at > time('2023-02-29')", "character 6: is no instant"),
        ("matches(word, '(?=a)')", "pattern is no expression of RE2"),
        ("matches(word, word)", "matches takes only written values here"),
        ("round(x, 16) > 1", "round keeps 0 to 15 digits"),
        ("round(x, 0.5) > 1", "round keeps 0 to 15 digits"),
        ("missing(vec)", "field 'vec' has the kind vector"),
        ("not x", "not does not take number; got ▸not x; it takes true or false"),
        ("ok < ok", "< does not take true or false and true or false"),
        ("if(ok, x, word) == 1", "if does not take"),
        ("x not > 1", "wanted 'in' here"),
        ("(" * 60 + "x" + ")" * 60 + " > 1", "character 41: is more than 40 levels deep here"),
        (" + ".join(["x"] * 60) + " > 1", "is more than 40 levels deep here"),
        ("not " * 60 + "ok", "is more than 40 levels deep here"),
        ("-" * 60 + "x > 1", "is more than 40 levels deep here"),
        ("x > 1 or " * 999 + "ok", "is too long; got 8993 characters; wanted at most 4000"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_place(check: str, said: str) -> None:
    with pytest.raises(SchemaError) as error:
        Schema(tuple(Field(name, kind) for name, kind in KINDS.items()), rules=(Rule("r", check),))
    assert said in str(error.value)
    assert str(error.value).startswith("rule 'r'")


def test_many_alternatives_are_no_depth() -> None:
    assert answer(" or ".join(f"x == {number}" for number in range(200))) is True


def test_a_selection_keeps_the_rules_that_it_can_still_read() -> None:
    schema = Schema(
        (Field("a", "numeric"), Field("b", "numeric")),
        rules=(Rule("both", "a < b"), Rule("one", "a < 9")),
    )
    assert [rule.name for rule in schema.select(["a"]).rules] == ["one"]
