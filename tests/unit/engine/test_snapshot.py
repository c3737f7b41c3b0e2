"""A state taken up anywhere goes on as if nothing had happened, labels on their way included."""

import msgspec
import pytest
from tests.labelled import begun, outcomes, reference, said, sent, settings, truth
from tests.traffic import BEGIN, HOUR, MINUTE, MODEL, Live

from vedette.core.errors import StoreError
from vedette.engine import snapshot
from vedette.engine.live import LiveSettings
from vedette.engine.plan import make_plan
from vedette.engine.replay import backtest, replay
from vedette.stores.memory import MemoryLog, MemoryState
from vedette.stores.store import TICK, Entry, Record

KINDS = ("look", "finding", "incident", "performance", "explanation", "profile", "note", "message")
HOURS, ROWS, DELAY = 14, 60, 2


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> LiveSettings:
    path = reference(tmp_path_factory.mktemp("ref") / "reference.parquet", 48, 60)
    return settings(path)


def records() -> list[Record]:
    """Hours whose labels come two hours later, wrong ones among them, and turn to the opposite."""
    found, told = list[Record](), []
    for h in range(HOURS):
        batch, own = sent(BEGIN + h * HOUR, ROWS)
        found += own
        told.append((batch["_id"].to_pylist(), truth(batch, turned=0.8 * (h >= 5))))
        if h >= DELAY:
            ids, labels = told[h - DELAY]
            at = BEGIN + (h + 1) * HOUR + 5 * MINUTE
            found.append(outcomes(ids[: ROWS // 2], labels[: ROWS // 2], at))
            found.append(outcomes(ids[ROWS // 3 :], labels[ROWS // 3 :], at + MINUTE))
            if h == 4:  # one that was judged is corrected; one comes for an event that does not
                found.append(outcomes([told[0][0][3], "unknown"], [not told[0][1][3], True], at))
    return found + [Record(TICK, "", BEGIN + (HOURS + h) * HOUR + MINUTE) for h in range(1, 4)]


@pytest.fixture(scope="module")
def whole(chosen: LiveSettings) -> Live:
    made = begun(chosen).feed(records())
    made.runner.commit(made.log.position, force=True)
    assert made.runner.guard.faults == {}
    return made


def copied(made: Live) -> Live:
    """What a crash leaves: the log as it is, the state as it was last written."""
    log, store = MemoryLog(), MemoryState()
    log.append([record for _, record in made.log.read()])
    kinds = (*KINDS, "baseline", "snapshot", "model")
    store.commit([e for k in kinds for e in made.store.read(k)], position=made.store.position)
    again = Live(made.settings, log=log, store=store)
    again.runner.restore()
    again.runner.catch_up()
    return again


def test_the_traffic_has_what_is_to_be_kept(whole: Live) -> None:
    kept = said(whole, KINDS)
    for kind in ("look", "finding", "incident", "performance", "explanation"):
        assert [key for key in kept if key[0] == kind], kind
    state = whole.runner.models[MODEL]
    assert state.outcomes.unmatched
    assert [i for i in state.incidents if any(s[0] == "concept" for s in i.streams)]
    assert state.outcomes.anchor


@pytest.mark.parametrize("forced", [False, True], ids=["killed", "stopped"])
def test_a_state_taken_up_at_any_record_goes_on_alike(
    chosen: LiveSettings, whole: Live, forced: bool
) -> None:
    """Every byte that is kept is the same; so also between labels that came and their join."""
    every, wanted = records(), said(whole, KINDS)
    ends = whole.runner.models[MODEL]
    for at in range(1 + forced, len(every), 5):
        first = begun(chosen).feed(every[:at])
        if forced:
            first.runner.commit(every[at - 1].received, force=True)
        again = copied(first).feed(every[at:])
        again.runner.commit(again.log.position, force=True)
        assert again.runner.guard.faults == {}
        found = said(again, KINDS)
        assert found.keys() == wanted.keys(), at
        assert [key for key in wanted if found[key] != wanted[key]] == [], at
        assert snapshot.encode(again.runner.models[MODEL]) == snapshot.encode(ends)


def test_a_model_stepped_again_from_the_log_alone_is_the_same(
    chosen: LiveSettings, whole: Live
) -> None:
    again = begun(chosen)
    again.log.append([record for _, record in whole.log.read()])
    again.runner.catch_up()
    again.runner.commit(again.log.position, force=True)
    assert said(again, KINDS) == said(whole, KINDS)


@pytest.mark.parametrize("hours", [(1, 4), (4, 9), (0, 16)])
def test_a_replay_waits_for_the_labels_of_its_time(whole: Live, hours: tuple[int, int]) -> None:
    """A window's labels come, and are corrected, after it has ended."""
    start, end = (BEGIN + h * HOUR for h in hours)
    found = replay(whole.log, whole.store, MemoryState(), whole.settings, MODEL, start, end)
    assert (found.different, found.missing) == ((), ())
    looks = [e for e in whole.store.read("look", MODEL, start, end) if e.key.startswith("labels/")]
    assert len(looks) >= min(hours[1] - hours[0], HOURS) - 2
    assert found.same > len(looks)


def test_a_back_test_counts_what_labels_say(whole: Live) -> None:
    """It opens what was opened, although the labels of the time before its end come after it."""
    whole.store.commit([Entry("model", MODEL, "counts", 0, b"{}")])

    def opened(end: int) -> list[str]:
        found = backtest(whole.log, whole.store, MemoryState(), whole.settings, MODEL, None, end)
        return [incident.id for incident in found.opened]

    first = min(whole.runner.models[MODEL].incidents, key=lambda one: one.opened)
    assert opened(first.opened) == [first.id]
    assert opened(first.opened - HOUR) == []


def test_a_snapshot_of_before_there_were_labels_still_opens(
    chosen: LiveSettings, whole: Live
) -> None:
    state = whole.runner.models[MODEL]
    parts = msgspec.msgpack.decode(snapshot.encode(state))
    old = msgspec.msgpack.encode(parts[: snapshot.FIRST + 4])  # nor were there twins
    plan = state.plan
    assert plan is not None
    plain = make_plan(state.settings, plan.baseline, plan.baseline_id)
    opened = snapshot.decode(old, chosen.of(MODEL), plain)
    assert opened.labels.closed == 0
    assert (opened.outcomes.position, opened.outcomes.windows) == (0, {})
    assert opened.drift.closed == state.drift.closed


def test_a_snapshot_opens_under_other_monitors(chosen: LiveSettings, whole: Live) -> None:
    """The settings may leave one out that had evidence: all of it begins anew."""
    state = whole.runner.models[MODEL]
    data, plan = snapshot.encode(state), state.plan
    assert plan is not None
    other = msgspec.structs.replace(chosen.of(MODEL), without=("concept", "odds"))
    fewer = make_plan(other, plan.baseline, plan.baseline_id)
    opened = snapshot.decode(data, other, fewer)
    assert [name for name, _ in fewer.labels.monitors] == ["estimate"]
    assert opened.outcomes.anchor == ()
    assert min(opened.outcomes.windows, default=state.labels.closed) >= state.labels.closed
    assert opened.outcomes.position == state.outcomes.position
    none = msgspec.structs.replace(other, without=("concept", "estimate", "odds"))
    silent = snapshot.decode(data, none, make_plan(none, plan.baseline, plan.baseline_id))
    assert silent.labels.monitors == ()


def test_broken_bytes_of_labels_are_told(chosen: LiveSettings, whole: Live) -> None:
    state = whole.runner.models[MODEL]
    parts = msgspec.msgpack.decode(snapshot.encode(state))
    parts[snapshot.FIRST + 5]["windows"] = b"nothing of the kind"
    with pytest.raises(StoreError, match="version"):
        snapshot.decode(msgspec.msgpack.encode(parts), chosen.of(MODEL), state.plan)
