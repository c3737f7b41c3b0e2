"""What is hidden of an event, what is masked inside text, and who may see it all."""

import json

import pytest

from vedette.core import rows
from vedette.core.schema import Field, Schema
from vedette.derive.catalog import extend
from vedette.web.answers import Problem
from vedette.web.keys import Key
from vedette.web.redaction import Redaction, redaction

SCHEMA = extend(
    Schema(
        (
            Field("amount", "numeric"),
            Field("country", "category"),
            Field("gender", "category", "sensitive"),
            Field("salary", "numeric", "sensitive"),
            Field("user", "category", "caller"),
            Field("customer", "id", "attribute"),
            Field("prompt", "text", "text_input"),
            Field("diary", "text", "sensitive"),
            Field("face", "vector"),
        )
    )
)
RULES = Redaction.of(SCHEMA)


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        ("amount", 4.5, 4.5),
        ("country", "FR", "FR"),
        ("gender", "f", "hidden: sensitive"),
        ("gender", None, None),
        ("salary", 52_000, "hidden: sensitive"),
        ("user", "ann", "hidden: caller"),
        ("customer", "c-17", "hidden: id"),
        ("prompt", "x" * 42, "hidden: text, 42 characters"),
        ("prompt", "x", "hidden: text, 1 character"),
        ("prompt.length", 42.0, 42.0),
        ("diary.length", 42.0, "hidden: sensitive"),
        ("face", [0.1, 0.2], "hidden: vector, 2 numbers"),
        ("face.norm", 1.0, 1.0),
        ("not in the schema", "short", "short"),
        ("not in the schema", "y" * 100, "hidden: text, 100 characters"),
        ("not in the schema", [1.0], "hidden: vector, 1 numbers"),
        ("_id", "1234567890", "1234567890"),
    ],
)
def test_values(column, value, shown):
    assert RULES.value(column, value) == shown
    assert Redaction.of(SCHEMA, masked=False).value(column, value) == value
    assert not Redaction.of(SCHEMA, masked=False).hides(column)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("write to ann.b+c@mail.example.org!", "write to [e-mail]!"),
        ("card 4111 1111 1111 1111", "card [digits]"),
        ("card 4111-1111-1111-1111", "card [digits]"),
        ("call +49 (0)170 1234567", "call [digits]"),
        ("(030) 123456789", "[digits]"),
        ("DE89 3704 0044 0532 0130 00", "[digits]"),
        ("DE89370400440532013000", "[digits]"),
        ("2026-11-01", "2026-11-01"),
        ("2026-11-01 10:00:00", "2026-11-01 10:00:00"),
        ("2026-11-01 4111111111111111", "2026-11-01 [digits]"),
        ("version 1.24.3", "version 1.24.3"),
        ("N3EMAA", "N3EMAA"),
        ("UA 1545", "UA 1545"),
        ("12345678", "12345678"),
    ],
)
def test_what_identifies_people_is_masked_in_other_text(text, shown):
    assert RULES.value("country", text) == shown


def test_a_long_text_does_not_take_long_and_is_cut_before_it_is_masked():
    for text in ("a" * 10**6, "1" * 10**6, "1 " * 10**6, "a.b@" * 10**6):
        assert len(RULES.text(text)) <= 401
    for before in range(370, 402):  # an address is not cut in two, and so let through
        assert "ann@" not in RULES.text("x" * before + " ann@example.org")


def key(*scopes, models="*"):
    return Key(id="1", digest="", scopes=scopes, models=models)


def test_who_may_see_everything():
    assert redaction(key("read"), "m", SCHEMA).masked
    assert redaction(key("admin"), "m", SCHEMA).masked
    assert redaction(key("admin"), "m", SCHEMA, "true").masked
    assert not redaction(key("admin"), "m", SCHEMA, "false").masked
    for caller in (key("read"), key("admin", models="other")):
        with pytest.raises(Problem) as told:
            redaction(caller, "m", SCHEMA, "false")
        assert told.value.status == 403
    with pytest.raises(Problem) as told:
        redaction(key("admin"), "m", SCHEMA, "no")
    assert told.value.status == 400


def test_of_what_no_column_holds_nothing_that_was_said_is_shown() -> None:
    """However short it is, and however deep it lies."""
    event = {"name": "exception", "attributes": {"exception.message": "no Ann", "n": 1}}
    message = {"role": "user", "parts": [{"content": "I am Ann"}]}
    rest = {"events": [event], "attributes": {"gen_ai.input.messages": [message], "port": 80}}
    shown = json.loads(Redaction().value(rows.REST, json.dumps(rest)))
    assert "Ann" not in str(shown)
    assert shown["attributes"]["port"] == 80
    assert Redaction(masked=False).value(rows.REST, "{}") == "{}"
