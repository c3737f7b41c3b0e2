"""A declared schema in a running model: counted from day one, told, changed and approved."""

import numpy as np
import pyarrow as pa
import pytest
from tests.traffic import BEGIN, HOUR, MODEL, Live, hours, live, rows

from vedette.core.durations import SECOND
from vedette.core.errors import SchemaError
from vedette.core.schema import Approval
from vedette.core.schema_yaml import dump_schema, load_schema
from vedette.engine.outputs import Changed, Marked, Told
from vedette.engine.service import Service
from vedette.stores.memory import MemoryLog, MemoryState
from vedette.stores.store import EVENTS, Record

SCHEMA = """
version: 1
fields:
  x0: {kind: numeric, constraints: {min: -50, required: true}}
  country: {kind: category, constraints: {allowed: [de, fr, it]}}
  placed: {kind: time, role: time}
  truth: {kind: boolean, role: label}
  weight_at_birth: {kind: numeric, environments: [training], constraints: {min: 0}}
rules:
  calm: {check: x1 < 50 or x1 > x0}
"""
SCHEMA = SCHEMA.replace("fields:\n", "fields:\n  x1: {kind: numeric}\n")
HOURLY = {"base": "1h", "fast": "1h", "drift": "1h"}
WARM_UP = 12


def settings(path, **more):
    return live(schema=str(path), clocks=HOURLY, baseline={"warm_up": WARM_UP}, **more)


def fouled(start: int, share: float) -> Record:
    """An hour in which a share of x0 lies far below what is declared."""
    batch = rows(start, 300)
    values = batch["x0"].to_numpy(zero_copy_only=False).copy()
    values[: int(share * len(values))] = -99
    at = batch.schema.get_field_index("x0")
    batch = batch.set_column(at, "x0", pa.array(values))
    return Record(EVENTS, MODEL, start + HOUR + SECOND, batch)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "schema.yaml"
    path.write_text(SCHEMA)
    return path


def test_a_violation_alarms_within_the_hour_in_words(path):
    found = Live(settings(path)).feed(hours(20, 300, 1), commit=False)
    assert found.of(Changed) == []
    found.feed([fouled(BEGIN + 20 * HOUR, 0.05), *hours(22, 300, 1)[21:]], commit=False)
    (incident,) = [o.incident for o in found.of(Changed) if o.event == "opened"]
    assert incident.axis == "skew"
    assert incident.title.startswith("5 % of `x0` break the schema: 5 % below min -50; allowed 0 %")
    assert incident.opened == BEGIN + 21 * HOUR
    said = [o.finding for o in found.of(Told) if o.finding.monitor == "schema"]
    assert {finding.column for finding in said} >= {"x0", "country", "rule calm"}


def test_a_label_a_time_and_a_column_of_training_may_be_absent(path):
    plan = Live(settings(path)).feed(hours(3, 300, 1)).runner.models[MODEL].plan
    watched = [s.column for s in plan.fast.streams if s.monitor == "schema"]
    assert watched == ["x1", "x0", "country", "rule calm"]


def test_counts_stand_beside_those_of_columns(path):
    found = Live(settings(path)).feed(hours(15, 300, 1))
    profile = found.runner.models[MODEL].plan.checks.served
    assert profile.columns == ("x1.check", "x0.check", "country.check", "rule calm.check")
    closed = [o.profile for o in found.made if type(o).__name__ == "Closed"]
    assert closed[-1].cells["x0.check", ""].counts.counts[0] == closed[-1].rows == 300


def test_another_schema_is_marked_with_what_changed_and_who_approved_it(path):
    first = Live(settings(path)).feed(hours(15, 300, 1))
    (mark,) = [o for o in first.of(Marked) if o.body["act"] == "schema"][-1:]
    assert mark.body["text"].endswith("in force: 6 fields, 1 rule; nobody approved it")
    first.runner.commit(BEGIN + 16 * HOUR, force=True)
    before = load_schema(path.read_text(), "s")
    after = before.replace({"x0": {"constraints": before["x0"].constraints.__class__(min=-70)}})
    approval = Approval(after.fingerprint, "2026-11-01T00:00:00Z", "Ann", (), "seen")
    text = dump_schema(after.__class__(after.fields, after.rules, approvals=(approval,)))
    path.write_text(text)
    again = Live(first.settings, first.log, first.store)
    again.runner.restore()
    again.feed(hours(17, 300, 1)[15:])
    (mark,) = again.of(Marked)
    assert "`x0`: min changed from -50 to -70" in mark.body["text"]
    assert mark.body["text"].endswith("; approved by Ann at 2026-11-01T00:00:00Z")
    assert (mark.body["by"], mark.body["note"]) == ("Ann", "seen")
    state = again.runner.models[MODEL]
    assert state.plan.baseline.checks["x0"].constraints.min == -70
    assert state.plan.baseline.id == first.runner.models[MODEL].plan.baseline.id


def test_the_log_read_again_gives_the_same_numbers(path):
    found = Live(settings(path)).feed([*hours(15, 300, 1), fouled(BEGIN + 15 * HOUR, 0.05)])
    again = Live(found.settings, found.log, MemoryState())
    again.runner.catch_up()
    one, two = (run.runner.models[MODEL] for run in (found, again))
    assert one.incidents == two.incidents
    assert np.array_equal(one.fast.total, two.fast.total)


def test_a_server_does_not_start_with_a_schema_that_is_none(path):
    """No event is to be taken in unchecked."""
    path.write_text("version: 1\nfields: {x0: {kind: nothing}}\n")
    service = Service(MemoryLog(), MemoryState(), settings(path), lambda: BEGIN)
    with pytest.raises(SchemaError, match="nothing"):
        service.start()
