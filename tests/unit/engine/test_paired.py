"""What twins do to a model: exact counts, an incident, and nothing that a restart changes."""

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from tests.story import Story
from tests.traffic import HOUR, Live
from tests.twin_story import (
    BEGIN,
    BROKEN,
    END,
    MODEL,
    ROWS,
    hour_of,
    offline_of,
    records,
    settings,
    twin_story,
    twins_of,
)

from vedette.alerts.incident import Incident
from vedette.engine import paired
from vedette.engine.axes import axes_of
from vedette.engine.keeper import Keeper
from vedette.engine.mismatches import ids_of, some_pairs
from vedette.engine.outputs import Closed
from vedette.engine.paired import EVERY, SAMPLED, counted
from vedette.engine.pairing import Pairs
from vedette.engine.plan import PAIRS
from vedette.engine.replay import replay
from vedette.engine.runner import Runner
from vedette.engine.skew_settings import SkewSettings, TwinColumn
from vedette.engine.views import Count, view_of
from vedette.profiles.codec import unpack
from vedette.profiles.profile import Profile
from vedette.stores.memory import MemoryState
from vedette.stores.store import EVENTS, KINDS, TICK, TWINS, Entry, Record


@pytest.fixture(scope="module")
def story() -> Story:
    return twin_story()


def kept(live: Live) -> list[Profile]:
    return [unpack(entry.body) for entry in live.store.read("profile", MODEL, prefix="pairs/")]


def test_every_window_counts_its_pairs_exactly(story: Story):
    found = kept(story.live)
    assert len(found) == 47
    for profile in found:
        start = profile.window.start - HOUR  # twins come an hour later
        online, offline = hour_of(start), offline_of(start)
        there = np.array([i for i in range(ROWS) if i % 10])
        apart = online["distance"].to_numpy()[there] != offline["distance"].to_numpy()[there]
        assert profile.rows == len(there)
        assert profile.twins["distance"].counts.tolist() == [(~apart).sum(), apart.sum(), 0, 0]
        for column in ("carrier", "delay", "score"):
            assert profile.twins[column].counts.tolist() == [len(there), 0, 0, 0]


def test_the_incident_names_column_rate_and_cause(story: Story):
    (incident,) = [
        msgspec.json.decode(entry.body, type=Incident)
        for entry in story.live.store.read("incident", MODEL)
    ]
    assert incident.axis == "skew"
    assert incident.streams == (("twins", "distance", ""),)
    assert BROKEN <= incident.onset < incident.opened <= BROKEN + 3 * HOUR
    (finding,) = incident.findings
    assert finding.reason in incident.title
    assert "serving `distance` = training × 1.609 (miles to kilometres) for carrier UA" in (
        incident.title
    )
    assert incident.causes[0].statement == incident.title
    assert finding.low < finding.effect < finding.high
    assert finding.detectable


def test_nothing_of_the_budget_is_kept_for_twins_until_there_are_any():
    arrived = [one for one in records() if one.kind != TWINS][:40]
    without = Live(settings()).feed(arrived).runner.models[MODEL]
    with_them = twin_story().live.runner.models[MODEL]
    assert not without.plan.pairs.monitors
    assert len(with_them.plan.pairs.monitors) == 1
    assert without.plan.fast.threshold < with_them.plan.fast.threshold
    for plan in (without.plan, with_them.plan):
        # Looks in a period, of every clock, over its threshold: the alarms that it may raise.
        period = plan.settings.period_ns
        alarms = [period / rung.width / rung.threshold for rung in plan.rungs]
        assert sum(alarms) == pytest.approx(plan.settings.budget)


@pytest.mark.parametrize("seed", range(2))
def test_a_restart_at_any_record_changes_no_number(story: Story, seed: int):
    rng = np.random.default_rng(seed)
    arrived = records()
    stops = sorted(rng.choice(len(arrived), 6, replace=False))
    model = Live(settings())
    for at, record in enumerate(arrived):
        model.feed([record], commit=bool(rng.random() < 0.6))  # what was not written is lost
        if at in stops:
            fresh = Runner(model.log, Keeper(model.store, model.settings), model.settings)
            fresh.restore()
            fresh.catch_up()
            model.runner = fresh
    model.runner.commit(END, force=True)
    for kind in KINDS:
        one, two = (
            {(e.model, e.key): e.body for e in s.read(kind)}
            for s in (story.live.store, model.store)
        )
        assert one == two, kind


def test_a_replay_gives_the_same_numbers(story: Story):
    live, store = story.live, MemoryState()
    store.commit([Entry("model", MODEL, "counts", 0, b"{}")])  # as the server keeps it
    for kind in KINDS:
        store.commit(live.store.read(kind), position=live.store.position)
    span = (BROKEN, BROKEN + 6 * HOUR)
    found = replay(live.log, store, MemoryState(), live.settings, MODEL, *span)
    assert found.ok, (found.different, found.missing)
    assert any("distance" in incident.title for incident in found.incidents)


def test_twins_are_joined_in_parts_when_many_wait(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(paired, "AT_ONCE", 100)
    arrived = records()
    live = Live(settings()).feed(arrived)
    live.runner.commit(END, force=True)
    assert [(p.window, p.rows, p.twins) for p in kept(live)] == [
        (p.window, p.rows, p.twins) for p in kept(twin_story().live)
    ]


def test_twins_that_come_all_at_once_or_first_count_alike():
    hours = range(BEGIN, BEGIN + 12 * HOUR, HOUR)
    events = [Record(EVENTS, MODEL, at + HOUR + 1, hour_of(at)) for at in hours]
    twins = [Record(TWINS, MODEL, BEGIN + 12 * HOUR + 2, twins_of(at)) for at in hours]
    end = Record(TICK, "", BEGIN + 14 * HOUR)
    totals = []
    for arrived in ([*events, *twins, end], [*twins, *events, end]):
        live = Live(settings()).feed(arrived)
        state = live.runner.models[MODEL]
        assert (state.twins.came, state.twins.pairs) == (12 * 216, 12 * 216)
        assert not state.twins.unmatched
        totals.append(sum((p.twins["distance"].counts for p in kept(live)), np.zeros(4, int)))
    assert totals[0].tolist() == totals[1].tolist() == [12 * 216, 0, 0, 0]


def test_twins_without_an_event_wait_and_are_said():
    strange = twins_of(BEGIN + 40 * HOUR)
    arrived = [*records()[:30], Record(TWINS, MODEL, BEGIN + 11 * HOUR, strange)]
    live = Live(settings()).feed([*arrived, *records()[30:40]])
    state = live.runner.models[MODEL]
    assert len(state.twins.unmatched) == strange.num_rows
    assert view_of(state, Count(), "").twins.unmatched == strange.num_rows


def test_a_model_without_twins_says_so(story: Story):
    arrived = [one for one in records() if one.kind != TWINS]
    state = Live(settings()).feed(arrived).runner.models[MODEL]
    assert "no offline values were logged" in axes_of(state)["skew"].reason
    assert state.pairs.looks == 0
    assert axes_of(story.live.runner.models[MODEL])["skew"].verdict == "alarming"


def test_pairs_that_disagree_can_be_read_again(story: Story):
    log, store = story.live.log, story.live.store
    ids = ids_of(store, MODEL, "distance", BROKEN, END)
    assert len(ids) > 500
    assert ids_of(store, MODEL, "carrier", BEGIN, END) == []
    every = ids_of(store, MODEL, EVERY, BEGIN, END, most=50)
    assert len(every) == 50
    found = some_pairs(log, store, MODEL, "distance", (BROKEN, END))
    assert found.offline["_id"].to_pylist() == found.online["_id"].to_pylist()
    wrong = np.array(found.online["distance"]) != np.array(found.offline["distance"])
    assert 0 < wrong.sum() < len(wrong)
    assert set(np.array(found.online["carrier"])[wrong]) == {"UA"}


def test_tolerances_are_those_of_the_column():
    offline = twins_of(BEGIN).select(["_id", "_time", "delay"])
    online = offline.set_column(2, "delay", pa.array(np.round(offline["delay"].to_numpy(), 1)))
    counts = {}
    for absolute in (0.0, 0.06):
        skew = SkewSettings(columns={"del*": TwinColumn(absolute=absolute)})
        profile, sample = counted([Pairs(offline, online)], skew)
        counts[absolute] = profile.twins["delay"].counts.tolist()
        assert sum(len(ids) <= SAMPLED for _, ids in sample) == len(sample)
    assert counts[0.06] == [216, 0, 0, 0]
    assert counts[0.0][1] > 200


def test_settings_of_columns_fall_back_to_those_of_all():
    skew = SkewSettings(
        tolerance=0.01,
        mismatch=0.02,
        columns={"a*": TwinColumn(absolute=5.0), "ab": TwinColumn(mismatch=0.5)},
    )
    assert skew.tolerance_of("x") == (0.01, 0.0)
    assert skew.tolerance_of("ab") == (0.0, 5.0)
    assert (skew.mismatch_of("x"), skew.mismatch_of("a"), skew.mismatch_of("ab")) == (
        0.02, 0.02, 0.5,
    )  # fmt: skip


def test_windows_of_pairs_are_handed_out_once(story: Story):
    closed = [one for one in story.live.of(Closed) if one.clock == PAIRS]
    assert len({one.window for one in closed}) == len(closed) == 47
