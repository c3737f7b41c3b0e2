"""Settings saved while a model runs: what they change, and that the log alone determines it.

Owns: saving, taking back, restarts, replays, back-tests, incidents that are open meanwhile.  Does
not own: HTTP and pages (`tests/unit/web`).
"""

import asyncio

import msgspec
import numpy as np
import pytest
from tests.traffic import BEGIN, HOUR, MODEL, SECOND, Live, hour, live, note
from tests.unit.engine.test_runner import same_state, traffic

from vedette.core.errors import SettingsError, UsageError
from vedette.engine import snapshot
from vedette.engine.keeper import Keeper
from vedette.engine.live import make_live
from vedette.engine.outputs import Changed
from vedette.engine.plan import DRIFT
from vedette.engine.replay import backtest, replay, saved_of
from vedette.engine.runner import Runner
from vedette.engine.saved import Saved, Signed, in_force, merged
from vedette.engine.service import Service
from vedette.ingest.decoded import Decoded
from vedette.stores.memory import MemoryLog, MemoryState
from vedette.stores.store import Entry

WARM = {"baseline": {"warm_up": 4}}
DEAF = {"min_effect": 50.0, "columns": {"x2": {"min_effect": 50.0}}}


def change(at: int, *, by: str = "Ann", **changes: object):
    act = {"act": "settings", "by": by, "note": "why not", "changes": changes}
    return note(msgspec.json.encode(act), at)


def quiet(first: int, last: int) -> list:
    return [r for h in range(first, last) for r in hour(BEGIN + h * HOUR)]


def moved(first: int, last: int) -> list:
    return [r for h in range(first, last) for r in hour(BEGIN + h * HOUR, shift=1.0)]


def restarted(model: Live, settings=None) -> Runner:
    chosen = settings or model.settings
    fresh = Runner(model.log, Keeper(model.store, chosen), chosen)
    fresh.restore()
    fresh.catch_up()
    return fresh


def known(model: Live) -> Live:
    model.store.commit([Entry("model", MODEL, "counts", 0, b"{}")])  # as the service does
    return model


# --- what may be saved ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"budgt": 2},
        {"budget": "two"},
        {"budget": -1},
        {"min_effect": 0},
        {"period": "a month"},
        {"period": "0s"},
        {"without": ["volum"]},
        {"without": "volume"},
        {"importance": {"x1": -1}},
        {"columns": {"x1": {"min_effect": -1}}},
        {"columns": {"x1": {"min_efect": 1}}},
    ],
)
def test_a_wrong_value_is_refused_in_the_words_of_the_file(changes):
    with pytest.raises(SettingsError) as of_file:
        make_live({"models": {MODEL: changes}})
    with pytest.raises(SettingsError) as saved:
        merged({}, changes, Signed())
    # the file says under which model it stands
    plain = str(of_file.value).replace("models[...].", "").replace(f"models.{MODEL}.", "")
    plain = plain.replace(f" under models.{MODEL}", "")
    assert str(saved.value) == plain


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"clocks": {"fast": "5min"}}, "clocks cannot be changed here"),
        ({"columns": {"x1": {"kind": "category"}}}, "kind of column 'x1' cannot be changed here"),
        ({}, "nothing is changed"),
        ({"importance": {"x9": 2}}, "there is no column 'x9'; columns are x1, x2"),
        ({"columns": {"x9": {"min_effect": 2}}}, "there is no column 'x9'; columns are x1, x2"),
        ([1], "must be a mapping"),
        ({"budget": float("inf")}, "budget is out of range"),
    ],
)
def test_what_is_not_safe_is_refused(changes, words):
    with pytest.raises(SettingsError, match=words):
        merged({}, changes, Signed(), ["x1", "x2"])


def test_what_is_saved_wins_over_the_file_and_can_be_taken_back():
    file = live(budget=3.0, columns={"x*": {"min_effect": 0.2}, "x1": {"kind": "numeric"}}).of(
        MODEL
    )
    kept = merged({}, {"budget": 2, "columns": {"x1": {"min_effect": 0.5}}}, Signed("Ann", 7, "n"))
    assert kept["budget"] == Saved(2.0, "Ann", 7, "n")
    own = in_force(file, kept)
    assert own.budget == 2.0
    assert own.effects(("x1", "x2", "y")) == {"x1": 0.5, "x2": 0.2}
    kept = merged(kept, {"budget": None, "columns": {"x1": None}}, Signed())
    assert kept == {}
    assert in_force(file, kept) == file


def test_a_column_is_meant_exactly_whatever_its_name():
    kept = merged({}, {"columns": {"a[1]*": {"min_effect": 0.5}}}, Signed())
    own = in_force(live().of(MODEL), kept)
    assert own.effects(("a[1]*", "a1", "a1x")) == {"a[1]*": 0.5}
    assert merged(kept, {"columns": None}, Signed()) == {}


# --- going on under them --------------------------------------------------------------------------


def test_a_change_makes_the_plan_anew_under_the_same_baseline():
    model = Live(live(**WARM)).feed(quiet(0, 9))
    before = model.runner.models[MODEL]
    model.feed([change(BEGIN + 9 * HOUR + 90 * SECOND, budget=4.0, without=["volume"])])
    after = model.runner.models[MODEL]
    assert (after.settings.budget, after.of_file.budget) == (4.0, 1.0)
    assert after.plan.baseline is before.plan.baseline
    assert after.plan.drift.threshold == before.plan.drift.threshold / 4
    assert [name for name, _ in after.plan.fast.monitors] == [
        "rates",
        "outliers",
        "metrics",
        "blindness",
    ]
    assert after.tally == before.tally
    assert after.drift.open == before.drift.open
    marks = [msgspec.json.decode(e.body) for e in model.store.read("note", MODEL)]
    said = [mark for mark in marks if mark["act"] == "settings"]
    assert said[0]["text"] == "settings: budget 4, without volume"
    assert (said[0]["by"], said[0]["note"]) == ("Ann", "why not")


def test_evidence_begins_anew_and_what_is_known_stays():
    model = Live(live(**WARM)).feed(quiet(0, 9))
    before = model.runner.models[MODEL]
    at = BEGIN + 9 * HOUR + 90 * SECOND
    model.feed([change(at, columns={"x1": {"min_effect": 0.5}})], commit=False)
    one = model.runner.models[MODEL]
    (_, monitor), own = one.plan.drift.monitors[0], one.drift.monitors[0]
    was = before.drift.monitors[0]
    place = [s.column for s in monitor.streams].index("x1")
    others = np.arange(len(monitor.streams)) != place
    assert was.rates[place].any()
    assert not own.rates[place].any()
    assert (own.rates[others] == was.rates[others]).all()
    assert (own.m == was.m).all()
    model.feed([change(at + SECOND, budget=2.0)])
    every = model.runner.models[MODEL]
    assert not every.drift.monitors[0].rates.any()
    assert every.drift.total == 0.0
    volume = [name for name, _ in every.plan.fast.monitors].index("volume")
    assert every.fast.monitors[volume].traffic == one.fast.monitors[volume].traffic


def test_larger_effects_keep_an_alarm_from_being_raised():
    at = BEGIN + 20 * HOUR + 90 * SECOND
    records = [*quiet(0, 20), change(at, **DEAF), *moved(20, 30)]
    assert Live(live(**WARM)).feed(records).of(Changed) == []
    again = [*quiet(0, 20), change(at, **DEAF), change(at, min_effect=None, columns=None)]
    model = Live(live(**WARM)).feed([*again, *moved(20, 30)])
    assert [c.event for c in model.of(Changed)][:1] == ["opened"]
    assert model.runner.models[MODEL].saved == {}


def test_an_open_incident_keeps_its_streams():
    model = Live(live(**WARM)).feed(traffic())
    before = model.runner.models[MODEL]
    incident = before.incidents[0]
    assert incident.id in before.drift.owners
    model.feed([change(BEGIN + 30 * HOUR + 90 * SECOND, budget=2.0, without=["volume"])])
    after = model.runner.models[MODEL]
    assert after.incidents == before.incidents
    assert after.drift.owners == before.drift.owners
    assert (after.drift.alarms.frozen == before.drift.alarms.frozen).all()
    model.feed(quiet(30, 42))
    ended = model.runner.models[MODEL].incidents[0]
    assert (ended.id, ended.state) == (incident.id, "resolved")
    assert len({c.incident.id for c in model.of(Changed)}) == 1


def test_an_incident_that_nothing_watches_any_more_stays_open_and_says_so():
    model = Live(live(**WARM)).feed(traffic())
    model.feed([change(BEGIN + 30 * HOUR + 90 * SECOND, without=["shift"])])
    state = model.runner.models[MODEL]
    assert state.incidents[0].state == "open"
    last = state.incidents[0].history[-1]
    assert (last.action, last.by) == ("note", "Ann")
    assert "nothing of it is watched any more" in last.note
    entry = model.store.get("incident", MODEL, state.incidents[0].id)
    assert msgspec.json.decode(entry.body)["history"][-1]["note"] == last.note


def test_a_change_while_warming_up_holds_for_what_comes():
    model = Live(live(baseline={"warm_up": 6})).feed(quiet(0, 3))
    assert model.runner.models[MODEL].phase == "warming up"
    model.feed([change(BEGIN + 3 * HOUR + 90 * SECOND, budget=4.0), *quiet(3, 9)])
    state = model.runner.models[MODEL]
    assert (state.phase, state.plan.settings.budget) == ("watching", 4.0)


def test_a_change_that_cannot_be_leaves_everything_as_it_was():
    model = Live(live(**WARM)).feed(quiet(0, 6))
    before = model.runner.models[MODEL]
    with pytest.raises(UsageError, match=r"budget is out of range; got -1\.0; wanted above 0"):
        model.feed([change(BEGIN + 6 * HOUR + 90 * SECOND, budget=-1)])
    assert model.runner.models[MODEL] is before


# --- the log alone determines the numbers ---------------------------------------------------------


def changing() -> list:
    at = [BEGIN + h * HOUR + 90 * SECOND for h in (8, 15, 22)]
    return [
        *quiet(0, 8), change(at[0], budget=5.0, period="7d"),
        *quiet(8, 15), change(at[1], columns={"x1": {"min_effect": 0.3}}, without=["volume"]),
        *quiet(15, 20), *moved(20, 22), change(at[2], by="Bob", budget=None),
        *moved(22, 30),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def whole() -> Live:
    model = known(Live(live(**WARM)).feed(changing()))
    model.runner.commit(0, force=True)
    return model


@pytest.mark.parametrize("seed", range(3))
def test_a_restart_at_any_record_changes_no_number(whole: Live, seed: int):
    rng = np.random.default_rng(seed)
    stops = sorted(rng.choice(len(changing()), 6, replace=False))
    model = Live(live(**WARM))
    for at, record in enumerate(changing()):
        model.feed([record], commit=bool(rng.random() < 0.6))  # what was not written is lost
        if at in stops:
            model.runner = restarted(model)
    model.runner.commit(0, force=True)
    same_state(whole.store, model.store)
    assert model.runner.models[MODEL].saved == whole.runner.models[MODEL].saved


def test_a_snapshot_holds_what_was_saved(whole: Live):
    state = whole.runner.models[MODEL]
    data = snapshot.encode(state)
    assert snapshot.encode(snapshot.decode(data, state.of_file, state.plan)) == data
    assert snapshot.decode(data, state.of_file, state.plan).settings == state.settings
    assert saved_of(whole.store, whole.settings, MODEL) == state.saved


def test_a_snapshot_of_before_they_could_be_saved_is_read(whole: Live):
    parts = msgspec.msgpack.decode(snapshot.encode(whole.runner.models[MODEL]))
    for count in (19, 21):
        old = msgspec.msgpack.encode(parts[:count])
        assert snapshot.saved(old, whole.settings.of(MODEL)) == {}
        assert snapshot.about(old)[1] == "watching"


@pytest.mark.parametrize(("start", "end"), [(7, 17), (14, 29), (21, 30)])
def test_a_replay_over_a_change_gives_every_number_again(whole: Live, start: int, end: int):
    period = (BEGIN + start * HOUR, BEGIN + end * HOUR)
    result = replay(whole.log, whole.store, MemoryState(), whole.settings, MODEL, *period)
    assert result.ok, (result.different, result.missing)
    assert result.same > 0


def test_a_replay_from_a_later_day_knows_what_was_saved():
    at = BEGIN + 20 * HOUR + 90 * SECOND
    model = known(Live(live(**WARM)).feed([*quiet(0, 20), change(at, budget=6.0), *quiet(20, 50)]))
    model.runner.commit(0, force=True)
    assert len(model.store.read("snapshot", MODEL, prefix="day/")) == 3
    period = (BEGIN + 49 * HOUR, BEGIN + 50 * HOUR)
    result = replay(model.log, model.store, MemoryState(), model.settings, MODEL, *period)
    assert result.ok, (result.different, result.missing)


def test_a_file_that_changed_is_still_below_what_was_saved(whole: Live):
    model = Live(whole.settings, whole.log, copied(whole.store))
    fresh = restarted(model, live(**WARM, budget=9.0, period="99d"))
    state = fresh.models[MODEL]
    assert (state.settings.budget, state.settings.period) == (9.0, "7d")


def copied(store: MemoryState) -> MemoryState:
    kinds = ("look", "finding", "incident", "note", "baseline", "profile", "model", "snapshot")
    new = MemoryState()
    new.commit([e for kind in kinds for e in store.read(kind)], position=store.position)
    return new


def broken(store: MemoryState) -> None:
    """Make the kept state unreadable, as after a change of version."""
    old = store.get("snapshot", MODEL, "live")
    position, first, _ = msgspec.msgpack.decode(old.body)
    body = msgspec.msgpack.encode([position, first, b"\x91\x00"])
    store.commit([old._replace(body=body)])


def test_a_state_that_cannot_be_read_is_made_anew_with_what_was_saved(whole: Live):
    store = copied(whole.store)
    broken(store)
    fresh = restarted(Live(whole.settings, whole.log, store))
    fresh.commit(0, force=True)
    assert fresh.models[MODEL].saved == whole.runner.models[MODEL].saved
    same_state(whole.store, store)


def test_what_was_saved_outlives_the_log_that_holds_it():
    at = BEGIN + 8 * HOUR + 90 * SECOND
    first = Live(live(**WARM)).feed([*quiet(0, 8), change(at, budget=5.0)])
    first.runner.commit(0, force=True)
    store = copied(first.store)
    broken(store)
    log = MemoryLog()
    log.append(quiet(9, 15))  # what retention left
    store.commit(position=log.position)
    fresh = restarted(Live(first.settings, log, store))
    assert fresh.models[MODEL].settings.budget == 5.0
    gone = copied(first.store)
    gone.commit(gone=[(e.kind, e.model, e.key) for e in gone.read("snapshot")], position=0)
    assert restarted(Live(first.settings, log, gone)).models[MODEL].settings.budget == 5.0


def test_a_server_starts_whatever_was_saved_under_another_version(whole: Live):
    store = copied(whole.store)
    entry = store.get("snapshot", MODEL, "live")
    position, first, data = msgspec.msgpack.decode(entry.body)
    parts = msgspec.msgpack.decode(data)
    parts[21] |= {"without": {"value": ["gone"], "by": "", "at": 1, "note": ""}}
    body = msgspec.msgpack.encode([position, first, msgspec.msgpack.encode(parts)])
    store.commit([entry._replace(body=body)])
    state = restarted(Live(whole.settings, whole.log, store)).models[MODEL]
    assert (state.settings.without, state.settings.period) == ((), "7d")


# --- back-tests -----------------------------------------------------------------------------------


def test_a_backtest_holds_what_is_saved_now_and_the_changes_all_the_time():
    at = BEGIN + 28 * HOUR + 90 * SECOND
    model = known(Live(live(**WARM)).feed([*traffic()[:-10], change(at, **DEAF)]))
    model.runner.commit(0, force=True)

    def tried(**changes: object):
        return backtest(
            model.log, model.store, MemoryState(), model.settings, MODEL, changes=changes
        )

    assert tried().opened == ()  # as if it had been deaf from the beginning
    assert len(tried().raised) == 1
    back = tried(min_effect=None, columns=None)
    assert [i.id for i in back.opened] == [i.id for i in back.raised]
    with pytest.raises(UsageError, match="budget is out of range"):
        tried(budget=0)
    assert model.runner.models[MODEL].settings.min_effect == 50.0


def test_a_backtest_that_is_stopped_says_how_far_it_came(whole: Live):
    asked = iter(range(1000))
    result = backtest(
        whole.log, whole.store, MemoryState(), whole.settings, MODEL,
        stop=lambda: next(asked) > 60,
    )  # fmt: skip
    assert not result.complete
    assert result.end < BEGIN + 20 * HOUR
    assert result.raised == ()


def test_a_backtest_keeps_little(whole: Live):
    scratch = MemoryState()
    keeper = Keeper(scratch, whole.settings, tell=False, elder=whole.store, lean=True)
    Runner(whole.log, keeper, whole.settings).catch_up()
    assert scratch.read("profile", MODEL, prefix=f"{DRIFT}/")
    assert scratch.read("profile", MODEL, prefix="base/") == []
    assert scratch.read("look") == scratch.read("finding") == []


# --- the service ----------------------------------------------------------------------------------


def test_the_service_saves_shows_and_keeps_them():
    def served(log, store) -> Service:
        service = Service(log, store, live(**WARM), lambda: BEGIN + 12 * HOUR)
        service.start()
        return service

    service = served(MemoryLog(), MemoryState())
    for record in quiet(0, 8):
        if record.rows is not None:
            service.offer(MODEL, Decoded(rows=record.rows)).result(10)
    act = {"act": "settings", "by": "Ann", "note": "", "changes": {"budget": 2.5}}
    said = asyncio.run(service.act(MODEL, act))
    assert said["text"] == "settings: budget 2.5"
    before = service.log.position
    with pytest.raises(UsageError, match="wanted above 0"):
        asyncio.run(service.act(MODEL, {**act, "changes": {"budget": -1}}))
    assert service.log.position == before  # it never came into the log
    # killed: nothing is finished, the log and what was written are all there is
    again = served(service.log, copied(service.store))
    assert again.runner.models[MODEL].settings.budget == 2.5
    assert again.store.get("snapshot", MODEL, "live") is not None
    again.stop()
    service.stop()
