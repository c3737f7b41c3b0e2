"""The schema over HTTP: what is declared and broken, judging before logging, a body refused."""

import numpy as np
import pytest
from tests.unit.web.conftest import HOSTILE, HOUR, NOW, make_view

from vedette.core.constraints import Constraints
from vedette.core.field import Field
from vedette.core.rules.rule import Rule
from vedette.core.schema import Approval, Schema
from vedette.core.schema_yaml import load_schema
from vedette.core.violations import CODES
from vedette.core.windows import Window
from vedette.derive.checks.served import Served
from vedette.engine import strips
from vedette.engine.gate import Gate
from vedette.profiles.cell import Cell
from vedette.profiles.profile import Profile
from vedette.sketches.counts import Counts
from vedette.web.keys import ADMIN, READ, entry_of, make_key

LIMITS = Constraints(min=0, required=True)
pytestmark = pytest.mark.anyio
FIELDS = (
    Field("amount", "numeric", constraints=LIMITS),
    Field("country", "category", constraints=Constraints(allowed=("DE", HOSTILE), mostly=0.9)),
)
RULES = (Rule("order", "amount < 100"),)
PLAIN = Schema(FIELDS, RULES)
APPROVED = Approval(
    PLAIN.fingerprint, "2026-11-01T00:00:00Z", "Ann", ("all of it",), "looked at it"
)
SCHEMA = Schema(FIELDS, RULES, approvals=(APPROVED,))


@pytest.fixture
def checked(stand):
    """A model whose last hour had three rows below 0."""
    stand.views["m"] = make_view("m")
    stand.checks["m"] = SCHEMA
    counts = np.zeros(22, np.int64)
    counts[0], counts[6] = 97, 3
    window = Window(NOW - HOUR, NOW)
    cells = {("amount.check", ""): Cell(100, counts=Counts(counts))}
    profile = Profile("", "b", 100, cells, window=window)
    stand.store.commit(strips.entries_of("m", "drift", window, profile))
    return stand


async def test_the_document_says_what_is_declared_and_what_was_broken(checked, ask):
    async with ask() as client:
        found = (await client.get("/api/v1/models/m/schema")).json()["checks"]
    assert found["fingerprint"] == SCHEMA.fingerprint
    assert (found["enforce"], found["rows"]) == ("count", 100)
    assert found["approval"]["by"] == "Ann"
    amount, country = found["fields"]
    assert amount["declared"] == ["required", "min 0"]
    assert (amount["rows"], amount["broken"], amount["violations"]) == (100, 3, {"min": 3})
    assert amount["share"] == pytest.approx(0.03)
    assert (country["rows"], country["share"]) == (0, None)
    assert country["allowed"] == pytest.approx(0.1)
    assert found["rules"][0]["check"] == "amount < 100"


async def test_the_schema_as_a_file_can_be_declared(checked, ask):
    learnt = (Field("note", "text"), Field("note.length", "numeric"), Field("_version", "category"))
    checked.schemas["m"] = Schema((*FIELDS, *learnt))
    for declared in (SCHEMA, None):
        checked.checks["m"] = declared
        async with ask() as client:
            found = load_schema((await client.get("/api/v1/models/m/schema.yaml")).text)
        assert found.names == ("amount", "country", "note")
        assert found.rules == (() if declared is None else RULES)
        assert found.approvals == (() if declared is None else SCHEMA.approvals)
        assert found.validate({"amount": 1.0, "country": "DE", "note": "as it was sent"}) == ()


async def test_counts_of_a_personal_field_and_of_rules_that_read_it_take_the_grant(checked, ask):
    own = Field("sex", "category", "sensitive", constraints=Constraints(forbidden=("zman",)))
    rules = (*RULES, Rule("who", "sex != 'zman' or amount > 0"))
    checked.checks["m"] = Schema((*FIELDS, own), rules)
    window, counts = Window(NOW - HOUR, NOW), np.zeros(22, np.int64)
    counts[0], counts[CODES.index("forbidden")] = 77, 23
    names = ("amount.check", "sex.check", "rule order.check", "rule who.check")
    cells = {(name, ""): Cell(100, counts=Counts(counts)) for name in names}
    profile = Profile("", "b", 100, cells, window=window)
    checked.store.commit(strips.entries_of("m", "drift", window, profile))
    for number, scope in enumerate((READ, ADMIN)):
        text, key = make_key(bytes([number] * 6), "s" * 43, scopes=[scope], made=1)
        checked.store.commit([entry_of(key)])
        head = {"authorization": f"Bearer {text}"}
        async with ask() as client:
            found = (await client.get("/api/v1/models/m/schema", headers=head)).json()["checks"]
            page = (await client.get("/models/m/schema", headers=head)).text
        told = {one["name"]: one["broken"] for one in (*found["fields"], *found["rules"])}
        seen = 23 if scope == ADMIN else None
        assert told == {"amount": 23, "country": 0, "sex": seen, "order": 23, "who": seen}
        assert page.count("forbidden: 23") == (4 if scope == ADMIN else 2)
        assert page.count("for those with the scope") == (0 if scope == ADMIN else 2)


async def test_a_model_without_a_declared_schema_has_no_checks(stand, ask):
    stand.views["m"] = make_view("m")
    async with ask() as client:
        assert (await client.get("/api/v1/models/m/schema")).json()["checks"] is None
        page = (await client.get("/models/m/schema")).text
        assert "No schema is declared" in page
        answer = await client.post("/v1/models/m/validate", json={"amount": 1})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no_schema")


async def test_rows_are_judged_and_nothing_is_stored(checked, ask):
    events = [
        {"id": 7, "features": {"amount": -1, "country": "DE"}, "prediction": 1},
        {"amount": 200.0, "country": "DE"},
        {"amount": 3, "country": "FR"},
        {"amount": 3, "country": "DE"},
    ]
    async with ask() as client:
        found = (await client.post("/v1/models/m/validate", json=events)).json()
        one = (await client.post("/v1/models/m/validate", json=events[3])).json()
        wrong = await client.post("/v1/models/m/validate", content=b"[1]")
    assert (found["rows"], found["broken_count"]) == (4, 3)
    assert [(one["row"], one["id"]) for one in found["broken"]] == [(0, "7"), (1, None), (2, None)]
    first = found["broken"][0]["violations"][0]
    assert (first["kind"], first["reason"]) == ("min", "field 'amount': -1 is below 0")
    assert found["broken"][2]["violations"][0]["tolerated"]
    assert one["broken"] == []
    assert wrong.status_code == 400
    assert checked.decoded == []


@pytest.mark.parametrize(
    ("enforce", "status", "code"), [("quarantine", 200, None), ("reject", 422, "breaks_schema")]
)
async def test_events_that_break_it_are_put_aside_or_their_body_is_refused(
    checked, ask, enforce, status, code
):
    checked.gates["m"] = Gate(Served.of(SCHEMA), enforce)
    events = [{"id": 1, "features": {"amount": 1.0}}, {"id": 2, "features": {"amount": -1.0}}]
    async with ask() as client:
        answer = await client.post("/v1/models/m/events", json=events)
        fine = await client.post("/v1/models/m/events", json=events[0])
        alone = await client.post("/v1/models/m/events", json=events[1])
    told = answer.json()
    assert (answer.status_code, told.get("error", {}).get("code")) == (status, code)
    assert told["accepted"] == (1 if code is None else 0)
    assert told["rejected"] == [{"row": 1, "id": "2", "reason": "field 'amount': -1.0 is below 0"}]
    assert fine.status_code == 200
    assert alone.status_code == (400 if code is None else 422)


async def test_the_page_lists_fields_rules_and_shares_and_escapes_them(checked, ask):
    async with ask() as client:
        page = (await client.get("/models/m/schema")).text
        other = (await client.get("/models/m/events")).text
    assert "2 constrained fields" in page
    assert "1 rule" in page
    assert "approved by Ann" in page
    assert "min: 3" in page
    assert HOSTILE not in page
    assert "/models/m/schema" in other
