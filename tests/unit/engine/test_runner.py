"""The runner: restarts, replays and back-tests give the same numbers.

Owns: that the kept state and the log together are enough, at any moment.  Does not own: real
crashes (`tests/journeys`), the step.
"""

from itertools import count

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.traffic import (
    BEGIN,
    HOUR,
    MODEL,
    SECOND,
    Live,
    hour,
    hours,
    live,
    note,
    outcomes,
    rows,
    tick,
)

from vedette.alerts.incident import Incident
from vedette.core.errors import UsageError
from vedette.engine import runner as runner_module
from vedette.engine import snapshot
from vedette.engine.keeper import Keeper
from vedette.engine.live import make_live
from vedette.engine.looks import read_look
from vedette.engine.outputs import Changed
from vedette.engine.replay import backtest, find_incident, replay
from vedette.engine.runner import Runner
from vedette.profiles.codec import unpack
from vedette.stores.memory import MemoryState
from vedette.stores.store import Entry

CLOCKS = {"clocks": {"base": "5min", "fast": "5min", "drift": "1h"}}
WARM = {"baseline": {"warm_up": 4}}
KINDS = ("look", "finding", "incident", "note", "baseline")


def traffic(faults: bool = True) -> list:
    """Thirty hours, the last ten of them with x2 moved."""
    quiet = [record for h in range(20) for record in hour(BEGIN + h * HOUR)]
    law = {"shift": 1.0} if faults else {}
    return quiet + [r for h in range(20, 30) for r in hour(BEGIN + h * HOUR, **law)]


@pytest.fixture(scope="module")
def whole() -> Live:
    model = Live(live(**WARM)).feed(traffic())
    model.store.commit([Entry("model", MODEL, "counts", 0, b"{}")])  # as the service does
    return model


def same_state(one: MemoryState, two: MemoryState) -> None:
    for kind in KINDS:
        a = {(e.model, e.key): e.body for e in one.read(kind)}
        b = {(e.model, e.key): e.body for e in two.read(kind)}
        assert a == b, kind
    profiles = [{e.key: unpack(e.body) for e in s.read("profile", MODEL)} for s in (one, two)]
    assert profiles[0].keys() == profiles[1].keys()
    assert all(p.same_counts(profiles[1][key]) for key, p in profiles[0].items())


@pytest.mark.parametrize("seed", range(3))
def test_a_restart_at_any_record_changes_no_number(whole: Live, seed: int):
    rng = np.random.default_rng(seed)
    stops = sorted(rng.choice(len(traffic()), 5, replace=False))
    model = Live(live(**WARM))
    for at, record in enumerate(traffic()):
        model.feed([record], commit=bool(rng.random() < 0.6))  # what was not written is lost
        if at in stops:
            fresh = Runner(model.log, Keeper(model.store, model.settings), model.settings)
            fresh.restore()
            fresh.catch_up()
            model.runner = fresh
    model.runner.commit(0, force=True)
    whole.runner.commit(0, force=True)
    same_state(whole.store, model.store)


def test_a_snapshot_comes_back_as_it_was(whole: Live):
    state = whole.runner.models[MODEL]
    if state.pending:
        pytest.fail("the last record is a tick that ends a window")
    data = snapshot.encode(state)
    again = snapshot.decode(data, state.settings, state.plan)
    assert snapshot.encode(again) == data
    assert snapshot.about(data) == (state.plan.baseline_id, "watching")
    assert again.drift.owners == state.drift.owners


def test_other_settings_begin_the_evidence_anew_and_keep_the_rows(whole: Live):
    state = whole.runner.models[MODEL]
    settings = live(**WARM, budget=5.0).of(MODEL)
    from vedette.engine.plan import make_plan

    plan = make_plan(settings, state.plan.baseline, state.plan.baseline_id)
    again = snapshot.decode(snapshot.encode(state), settings, plan)
    assert again.tally == state.tally
    assert not any(again.drift.owners)
    assert again.drift.total == 0.0


def test_an_incident_is_replayed_to_identical_numbers(whole: Live):
    whole.runner.commit(0, force=True)
    incident = msgspec.json.decode(whole.store.read("incident")[0].body, type=Incident)
    result = replay(
        whole.log,
        whole.store,
        MemoryState(),
        whole.settings,
        MODEL,
        incident.onset - HOUR,
        incident.opened,
    )
    assert result.ok, (result.different, result.missing)
    assert result.same > 0
    assert [i.id for i in result.incidents] == [incident.id]
    assert result.incidents[0].findings == incident.findings


def test_a_replay_sees_a_number_that_was_changed(whole: Live):
    whole.runner.commit(0, force=True)
    incident = msgspec.json.decode(whole.store.read("incident")[0].body, type=Incident)
    tampered = MemoryState()
    tampered.commit(
        [e for kind in ("look", "finding", "incident", "snapshot", "baseline", "model", "profile")
         for e in whole.store.read(kind)],
        position=whole.store.position,
    )  # fmt: skip
    entry = tampered.read("finding", MODEL)[-1]
    tampered.commit([entry._replace(body=entry.body.replace(b'"effect":', b'"effect":1'))])
    result = replay(
        whole.log,
        tampered,
        MemoryState(),
        whole.settings,
        MODEL,
        incident.onset - HOUR,
        entry.time + HOUR,
    )
    assert not result.ok
    assert result.different == (f"finding {entry.key}",)


def test_a_backtest_shows_what_other_settings_would_have_raised(whole: Live):
    same = backtest(whole.log, whole.store, MemoryState(), whole.settings, MODEL)
    assert [i.id for i in same.opened] == [i.id for i in same.raised]
    deaf = backtest(whole.log, whole.store, MemoryState(), live(**WARM, min_effect=50.0), MODEL)
    assert deaf.opened == ()
    assert len(deaf.raised) == 1
    early = backtest(
        whole.log, whole.store, MemoryState(), whole.settings, MODEL, end=BEGIN + 15 * HOUR
    )
    assert early.opened == ()


def test_unknown_models_and_incidents_are_named(whole: Live):
    with pytest.raises(UsageError, match="is not known"):
        backtest(whole.log, whole.store, MemoryState(), whole.settings, "frod")
    with pytest.raises(UsageError, match="is not there"):
        find_incident(whole.store, "zzz")
    assert find_incident(whole.store, whole.of(Changed)[0].incident.id[:6]).model == MODEL


def test_looks_can_be_read(whole: Live):
    looks = [read_look(e.body) for e in whole.store.read("look", MODEL, prefix="drift/")]
    assert looks
    for found in looks:
        assert len(found["streams"]) == len(found["evidence"]) == len(found["effect"])
        assert found["window"].end - found["window"].start == HOUR


def test_labels_are_counted_and_acts_refused_once_stay_refused():
    model = Live(live(**WARM)).feed(hours(6))
    model.feed([outcomes(["a", "b"], BEGIN + 7 * HOUR)])
    assert model.runner.models[MODEL].tally.labels == 2
    act = note(b'{"act":"acknowledge","incident":"none"}', BEGIN + 7 * HOUR + SECOND)
    with pytest.raises(UsageError):
        model.feed([act])
    fresh = Runner(model.log, Keeper(MemoryState(), model.settings), model.settings)
    fresh.catch_up()
    assert fresh.models[MODEL].tally.rows == 6000
    assert fresh.position == model.log.position


def test_a_tick_concerns_every_model():
    model = Live(live(**WARM)).feed(hours(6))
    other = [record._replace(model="other") for record in hours(1)]
    model.feed([*other, tick(BEGIN + 7 * HOUR)])
    assert set(model.runner.models) == {MODEL, "other"}
    assert model.runner.models[MODEL].base_closed >= BEGIN + 6 * HOUR + 50 * 60 * SECOND


def test_a_state_of_another_version_is_made_anew_from_the_log(whole: Live):
    whole.runner.commit(0, force=True)
    store = MemoryState()
    kinds = (*KINDS, "profile", "model", "snapshot")
    store.commit([e for k in kinds for e in whole.store.read(k)], position=whole.store.position)
    old = store.get("snapshot", MODEL, "live")
    position, first, _ = msgspec.msgpack.decode(old.body)
    store.commit([old._replace(body=msgspec.msgpack.encode([position, first, b"\x91\x00"]))])
    fresh = Runner(whole.log, Keeper(store, whole.settings), whole.settings)
    fresh.restore()
    assert fresh.models == {}
    fresh.catch_up()
    fresh.commit(0, force=True)
    same_state(whole.store, store)
    assert fresh.models[MODEL].tally == whole.runner.models[MODEL].tally


def test_one_model_that_fails_stops_neither_the_others_nor_a_restart(monkeypatch):
    model = Live(live(**WARM)).feed(hours(6))
    model.feed([record._replace(model="other") for record in hours(6)])
    real = runner_module.step

    def failing(state, batch, now):
        if state.name == MODEL and now > BEGIN + 6 * HOUR + 60 * SECOND:
            raise ZeroDivisionError("planted")
        return real(state, batch, now)

    monkeypatch.setattr(runner_module, "step", failing)
    closed = model.runner.models["other"].base_closed
    model.feed([tick(BEGIN + 7 * HOUR)])
    assert model.runner.models["other"].base_closed > closed
    assert model.runner.guard.faults == {"step": 1}
    fresh = Runner(model.log, Keeper(model.store, model.settings), model.settings)
    fresh.restore()
    fresh.catch_up()
    assert fresh.position == model.log.position


def test_what_was_told_before_is_not_told_again_when_the_log_is_read_anew():
    channels = {"c": {"webhook": "https://example.org"}}
    models = {MODEL: {**CLOCKS, **WARM}}
    settings = make_live({"channels": channels, "routes": [{"to": ["c"]}], "models": models})
    first = Live(settings).feed(traffic())
    first.runner.commit(0, force=True)
    assert first.store.read("message")
    gone = [(e.kind, e.model, e.key) for e in first.store.read("message")]
    live_key = first.store.get("snapshot", MODEL, "live")
    first.store.commit(gone=gone)
    first.store.commit([live_key._replace(body=msgspec.msgpack.encode([1, 0, b"\x91\x00"]))])
    fresh = Runner(first.log, Keeper(first.store, settings), settings)
    fresh.restore()
    fresh.catch_up()
    fresh.commit(0, force=True)
    assert first.store.read("message") == []


def test_another_reference_or_schema_begins_the_model_anew(tmp_path):
    def reference(seed: int) -> None:
        batch = rows(BEGIN - 90 * HOUR, 5_000, 80 * HOUR, seed=seed)
        pq.write_table(pa.Table.from_batches([batch]), tmp_path / "reference.parquet")

    def begun(**more: object) -> Runner:
        chosen = live(baseline={"file": str(tmp_path / "reference.parquet")}, **more)
        fresh = Runner(model.log, Keeper(model.store, chosen), chosen)
        fresh.restore()
        fresh.catch_up()
        for position, record in model.log.append(hour(next(start) * HOUR + BEGIN)).records:
            fresh.take(position, record)
        fresh.commit(0, force=True)
        return fresh

    reference(1)
    model, start = Live(live(baseline={"file": str(tmp_path / "reference.parquet")})), count(3)
    model.feed(hours(3))
    first = model.runner.models[MODEL].plan.baseline_id
    model.runner.commit(0, force=True)
    assert begun().models[MODEL].plan.baseline_id == first
    reference(2)
    second = begun().models[MODEL]
    assert second.plan.baseline_id != first
    third = begun(columns={"x3": {"role": "ignore"}}).models[MODEL]
    assert "x3" not in third.plan.baseline.columns
    kept = model.store.read("profile", MODEL, prefix="base/")
    waiting = sum(p.rows for p in third.base.values()) + third.pending_rows
    assert sum(unpack(e.body).rows for e in kept) + waiting == 6000


def test_an_incident_that_opens_within_an_hour_is_replayed_to_identical_numbers():
    model = Live(live(**WARM)).feed(hours(20))
    model.feed([r for h in (20, 21) for r in hour(BEGIN + h * HOUR, missing=0.9)])
    model.store.commit([Entry("model", MODEL, "counts", 0, b"{}")])
    model.runner.commit(0, force=True)
    incident = model.of(Changed)[0].incident
    assert incident.opened % HOUR  # by the fast clock
    result = replay(
        model.log, model.store, MemoryState(), model.settings, MODEL,
        incident.onset - HOUR, incident.opened + 1,
    )  # fmt: skip
    assert result.ok, (result.different, result.missing)
    with pytest.raises(UsageError, match="nothing of that time"):
        replay(
            model.log, model.store, MemoryState(), model.settings, MODEL, BEGIN - 9 * HOUR, BEGIN
        )
