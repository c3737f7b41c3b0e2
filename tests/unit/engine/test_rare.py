"""Single rows of a live model: counted, the rarest kept, the same numbers whenever made."""

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from tests.traffic import BEGIN, HOUR, MINUTE, MODEL, SECOND, Live, events, live, rows, tick

from vedette.derive.outliers.counted import COLUMN, within
from vedette.engine import snapshot, strips, upkeep
from vedette.engine.live import StorageSettings
from vedette.engine.outputs import Changed, Rarest
from vedette.engine.plan import DRIFT
from vedette.engine.rare_event import MOST, RareEvent
from vedette.engine.replay import replay
from vedette.stores.memory import MemoryLog, MemoryState
from vedette.stores.store import Entry, Record

KINDS = ("look", "finding", "incident", "rare", "profile")
WARM, N = 6, 240  # hours to learn from, rows of an hour
ODD = BEGIN + 8 * HOUR  # the hour with two odd rows
BURST = BEGIN + 9 * HOUR
END = BEGIN + 11 * HOUR


def odd(batch: pa.RecordBatch, which: list[int]) -> pa.RecordBatch:
    """Rows that are unlike the reference, in no column beyond what it shows."""
    for j in range(6):
        values = batch[f"x{j}"].to_numpy(zero_copy_only=False).copy()
        values[which] = 2.4 * (-1) ** j
        at = batch.schema.get_field_index(f"x{j}")
        batch = batch.set_column(at, f"x{j}", pa.array(values))
    return batch


def sent() -> list[Record]:
    """Quarters of hours; two rows are odd in one hour, of which one comes late, many in another."""
    found, late = [], None
    for start in range(BEGIN, END, HOUR // 4):
        batch = rows(start, N // 4, HOUR // 4)
        if start == ODD:
            batch = odd(batch, [3, 7])
            late, batch = batch.slice(7, 1), pa.concat_batches([batch.slice(0, 7), batch.slice(8)])
        if BURST <= start < BURST + HOUR:
            batch = odd(batch, list(range(0, 60, 6)))
        found.append(events(batch, start + HOUR // 4 + SECOND))
    found.append(tick(END + MINUTE))
    assert late is not None
    return [*found, events(late, END + 2 * MINUTE), tick(END + 3 * MINUTE)]


def settings(**more: object):
    return live(baseline={"warm_up": WARM}, segments=["country"], **more)


@pytest.fixture(scope="module")
def whole() -> Live:
    made = Live(settings()).feed(sent())
    made.runner.commit(END, force=True)
    made.store.commit([Entry("model", MODEL, "counts", 0, b"{}")], position=made.store.position)
    assert made.runner.guard.faults == {}
    return made


def kept(made: Live, start: int) -> list[RareEvent]:
    entry = made.store.get("rare", MODEL, f"{DRIFT}/{start}")
    return (
        [] if entry is None else list(msgspec.json.decode(entry.body, type=tuple[RareEvent, ...]))
    )


def said(made: Live) -> dict:
    return {(k, e.key): e.body for k in KINDS for e in made.store.read(k, MODEL)}


def test_odd_rows_are_kept_with_their_columns_and_late_ones_join_them(whole):
    found = kept(whole, ODD)
    assert {f"0-{ODD}-3", f"0-{ODD}-7"} <= {event.id for event in found}
    assert [event.rank for event in found] == sorted(event.rank for event in found)
    worst = found[0]
    assert worst.reasons[0].column in {f"x{j}" for j in range(6)}
    assert worst.p < 0.005
    assert ODD <= worst.time < ODD + HOUR
    added = [one for one in whole.of(Rarest) if one.adds]
    assert [event.id for one in added for event in one.events] == [f"0-{ODD}-7"]


def test_they_wake_nobody(whole):
    opened = [one.incident for one in whole.of(Changed) if one.event == "opened"]
    assert all(one.opened > BURST for one in opened)


def test_a_burst_opens_an_incident_of_the_axis_of_anomalies(whole):
    (incident,) = [one.incident for one in whole.of(Changed) if one.event == "opened"][:1]
    assert incident.axis == "anomalies"
    assert "unlike the reference" in incident.title or "far from anything" in incident.title
    assert incident.onset < BURST + HOUR // 4


def test_of_a_burst_only_the_rarest_are_kept(whole):
    found = kept(whole, BURST)
    assert len(found) == MOST
    assert all(BURST <= event.time < BURST + HOUR for event in found)


def test_ordinary_hours_keep_few(whole):
    ordinary = [kept(whole, BEGIN + h * HOUR) for h in (6, 7, 10)]
    assert max(map(len, ordinary)) <= 5


def test_rows_are_counted_by_segment_and_late_ones_too(whole):
    entry = whole.store.get("profile", MODEL, f"{DRIFT}/{ODD}")
    profile = strips.whole(whole.store, entry)
    assert profile.late_rows == 1
    counts = [
        within(profile.cells[COLUMN, s]) for s in ("", "country=de", "country=fr", "country=it")
    ]
    assert counts[0][1] == profile.rows == N
    assert sum(n for _, n in counts[1:]) == N
    assert counts[0][0][0] >= 2


def copied(made: Live) -> Live:
    log, store = MemoryLog(), MemoryState()
    log.append([record for _, record in made.log.read()])
    kinds = (*KINDS, "baseline", "snapshot", "model", "note")
    store.commit([e for k in kinds for e in made.store.read(k)], position=made.store.position)
    again = Live(made.settings, log=log, store=store)
    again.runner.restore()
    again.runner.catch_up()
    return again


@pytest.mark.parametrize("at", [30, 34, 38, 44])
def test_a_state_taken_up_anywhere_goes_on_alike(whole, at):
    every = sent()
    again = copied(Live(settings()).feed(every[:at])).feed(every[at:])
    again.runner.commit(END, force=True)
    assert said(again) == said(whole)
    assert snapshot.encode(again.runner.models[MODEL]) == snapshot.encode(
        whole.runner.models[MODEL]
    )


def test_a_replay_gives_the_same_numbers(whole):
    found = replay(
        whole.log, copied(whole).store, MemoryState(), whole.settings, MODEL, BURST, BURST + HOUR
    )
    assert (found.different, found.missing) == ((), ())
    assert found.same


def test_left_out_it_is_switched_off_entirely():
    made = Live(settings(without=["outliers"])).feed(sent())
    state = made.runner.models[MODEL]
    assert state.plan.rows is None
    assert state.plan.baseline.outliers is None
    assert state.rare == {}
    assert not made.of(Rarest)
    assert not any(column == COLUMN for p in state.drift.open.values() for column, _ in p.cells)
    assert all(s.monitor != "outliers" for s in state.plan.fast.streams)


def test_under_a_baseline_of_before_rows_are_not_scored_and_all_else_goes_on(monkeypatch):
    monkeypatch.setattr("vedette.engine.fitting.with_outliers", lambda s, b, w, width: (b, w))
    made = Live(settings()).feed(sent())
    state = made.runner.models[MODEL]
    assert state.plan.baseline.outliers is None
    assert state.plan.rows is None
    assert made.runner.guard.faults == {}
    assert state.drift.looks > 3
    assert not made.of(Rarest)


def test_they_are_forgotten_with_their_events(whole):
    made = copied(whole)
    storage = StorageSettings(events="1h", minutes="", profiles="", findings="")
    upkeep.forget(made.log, made.store, storage, END)
    left = [entry.time for entry in made.store.read("rare", MODEL)]
    assert all(time >= END - 2 * HOUR for time in left)
    assert len(left) < len(list(whole.store.read("rare", MODEL)))


def test_ids_decide_between_rows_that_are_alike():
    made = Live(settings()).feed(sent()[:36])
    counts = made.runner.models[MODEL].plan.rows
    batch = odd(rows(BURST, 60), list(range(60)))
    same = pa.concat_batches([batch.slice(0, 1)] * 60)
    names = [f"{k:02}" for k in range(60)]
    from vedette.engine.rare import candidates

    for order in (names, names[::-1]):
        column = pa.array(order)
        whole = same.set_column(same.schema.get_field_index("_id"), "_id", column)
        found = candidates(counts, [whole], [counts.scorer.score(whole)])
        assert [event.id for event in found] == names[:MOST]
    parts = [whole.slice(0, 25), whole.slice(25)]
    scores = [counts.scorer.score(part) for part in parts]
    assert candidates(counts, parts, scores) == found
    assert np.isfinite(found[0].score)
