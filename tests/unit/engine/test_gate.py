"""What may come in under a schema: put aside or refused, with places, ids and reasons."""

import json

import pytest

from vedette.core.constraints import Constraints
from vedette.core.errors import SettingsError
from vedette.core.field import Field
from vedette.core.rules.rule import Rule
from vedette.core.schema import Schema
from vedette.derive.checks.served import Served
from vedette.engine.gate import FEW, Gate
from vedette.engine.live import make_live
from vedette.engine.model_settings import QUARANTINE, REJECT
from vedette.ingest.body import decode

SCHEMA = Schema(
    (
        Field("amount", "numeric", constraints=Constraints(min=0, required=True)),
        Field("name", "category", "sensitive", constraints=Constraints(min_length=2)),
    ),
    (Rule("order", "amount < 100"),),
)
SERVED = Served.of(SCHEMA)


def body(*amounts, name="Ann"):
    events = [
        {"id": f"e{at}", "features": {"amount": amount, "name": name}}
        for at, amount in enumerate(amounts)
    ]
    return json.dumps(events).encode()


def passed(sent, enforce=QUARANTINE):
    decoded = decode(sent, model="m", content_type="application/json", received=10**18)
    return decoded, Gate(SERVED, enforce).passed(decoded)


def test_a_body_that_obeys_is_the_same():
    before, after = passed(body(1.0, 2.0))
    assert after is before


@pytest.mark.parametrize("more", [0, FEW + 5])
def test_rows_that_break_the_schema_are_put_aside_with_reasons(more):
    _, after = passed(body(1.0, -1.0, 200.0, None, *[2.0] * more))
    assert after.rows["_id"].to_pylist() == ["e0", *(f"e{4 + at}" for at in range(more))]
    assert [(one.row, one.id, one.reason) for one in after.rejected] == [
        (1, "e1", "field 'amount': -1.0 is below 0"),
        (2, "e2", "rule 'order' is broken: amount < 100"),
        (3, "e3", "field 'amount' has no value"),
    ]
    sent = json.loads(after.rejected[0].event)
    assert sent == {"id": "e1", "features": {"amount": -1.0, "name": "Ann"}}


def test_of_what_is_no_senders_body_only_what_breaks_the_schema_is_refused():
    decoded, none = passed(body(1.0, -1.0), REJECT)
    assert none.rows is None
    left = Gate(SERVED, REJECT).passed(decoded, whole=False)
    assert left.rows["_id"].to_pylist() == ["e0"]
    assert [one.id for one in left.rejected] == ["e1"]


def test_places_are_those_of_the_body_whatever_else_was_refused():
    events = [{"id": 1, "scor": 1}, {"id": 2, "features": {"amount": -1.0}}]
    _, after = passed(json.dumps(events).encode())
    assert [(one.row, one.id) for one in after.rejected] == [(0, "1"), (1, "2")]
    assert after.rows is None


def test_a_refused_body_names_only_what_is_wrong_with_it():
    _, after = passed(body(1.0, -1.0), REJECT)
    assert after.rows is None
    assert [one.id for one in after.rejected] == ["e1"]


def test_reasons_hide_what_tells_of_a_person():
    _, after = passed(body(1.0, name="X"))
    assert after.rejected[0].reason == "field 'name': hidden is shorter than 2"


def test_no_row_and_no_rows_pass():
    empty = decode(b"[]", model="m", content_type="application/json", received=10**18)
    assert Gate(SERVED, REJECT).passed(empty) is empty


@pytest.mark.parametrize(
    ("own", "hint"),
    [
        ({"enforce": "quarantin", "schema": "s.yaml"}, "quarantine"),
        ({"enforce": "reject"}, "schema"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(own, hint):
    with pytest.raises(SettingsError, match=hint):
        make_live({"models": {"m": own}})
