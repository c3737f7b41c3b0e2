"""Readings of metrics: counted in their window, with events or without, however the server is
restarted."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.traffic import BEGIN, HOUR, MINUTE, MODEL, SECOND, Live, hours, live, rows, tick

from vedette.engine.metric_names import MOST_NAMES
from vedette.engine.outputs import Closed, Late
from vedette.engine.plan import BASE, DRIFT
from vedette.profiles.codec import unpack
from vedette.stores.store import METRICS, Record


def readings(start, values, *, name="queue", every=MINUTE, late=SECOND):
    """A record of readings that begin at an instant."""
    n = len(values)
    times = start + every * np.arange(n)
    batch = pa.record_batch(
        {
            "_id": [f"{name}-{at}" for at in times],
            "_time": pa.array(times, pa.timestamp("ns", "UTC")),
            "metric": [name] * n,
            "value": pa.array([float(value) for value in values]),
        }
    )
    return Record(METRICS, MODEL, int(times[-1]) + late, batch)


def counted(model, clock=BASE):
    """What was logged of the queue by window, as kept."""
    return {
        out.window.start: out.profile.metrics["queue"]
        for out in model.of(Closed)
        if out.clock == clock and "queue" in out.profile.metrics
    }


def test_a_model_of_metrics_alone_is_watched_at_once():
    model = Live(live())
    model.feed([readings(BEGIN, range(30)), tick(BEGIN + 40 * MINUTE)])
    state = model.runner.models[MODEL]
    assert state.plan is not None
    assert state.baseline is None
    assert state.phase == "collecting"
    assert state.metered.names == ("queue",)
    assert state.metered.came == 30
    found = counted(model)
    assert sorted(found) == [BEGIN + i * 5 * MINUTE for i in range(6)]
    assert found[BEGIN].mean == 2.0
    assert (found[BEGIN].low, found[BEGIN].high, found[BEGIN].count) == (0.0, 4.0, 5)


def test_readings_beside_events_go_on_under_every_baseline():
    model = Live(live(baseline={"warm_up": 3}))
    for h in range(6):
        start = BEGIN + h * HOUR
        model.feed([readings(start, np.arange(60) + 60 * h), *hours(6)[4 * h : 4 * h + 4]])
    model.feed([tick(BEGIN + 6 * HOUR + 10 * MINUTE)])
    state = model.runner.models[MODEL]
    assert state.phase == "watching"
    assert state.metered.came == 360
    assert state.metered.late == 0
    by_hour = counted(model, DRIFT)
    assert [by_hour[at].count for at in sorted(by_hour)][-5:] == [60] * 5
    kept = {e.key for e in model.store.read("profile", MODEL, prefix="base/")}
    assert len(kept) == 72
    total = sum(
        unpack(e.body).metrics["queue"].count
        for e in model.store.read("profile", MODEL, prefix="base/")
    )
    assert total == 360  # also of windows that were counted anew under another baseline


def test_a_baseline_of_a_file_is_there_with_the_first_reading(tmp_path):
    path = tmp_path / "reference.parquet"
    pq.write_table(pa.Table.from_batches([rows(BEGIN - HOUR, 2000)]), path)
    model = Live(live(baseline={"file": str(path)}))
    model.feed([readings(BEGIN, [1, 2, 3])])
    assert model.runner.models[MODEL].phase == "watching"
    assert model.runner.models[MODEL].metered.came == 3
    model.feed([*hours(1), tick(BEGIN + HOUR + MINUTE)])
    assert counted(model)[BEGIN].count == 3


def test_what_comes_after_its_window_is_added_to_it():
    model = Live(live())
    model.feed([readings(BEGIN, range(30)), tick(BEGIN + 40 * MINUTE)])
    late = readings(BEGIN + 30 * SECOND, [100.0])._replace(received=BEGIN + 41 * MINUTE)
    model.feed([late])
    assert model.runner.models[MODEL].metered.late == 1
    (out,) = model.of(Late)
    assert out.profile.metrics["queue"].total == 100.0
    entry = model.store.get("profile", MODEL, f"base/{BEGIN}")
    assert unpack(entry.body).metrics["queue"].count == 6


def test_events_say_what_time_it_is_once_they_come():
    model = Live(live())
    model.feed([readings(BEGIN + 90 * HOUR, range(5))])
    model.feed(hours(2))  # of a time before: history that is sent afterwards
    state = model.runner.models[MODEL]
    assert state.tally.late == 0
    assert state.clock.newest < BEGIN + 2 * HOUR


def test_no_more_names_than_a_model_may_have():
    n = MOST_NAMES + 5
    batch = pa.record_batch(
        {
            "_id": [str(i) for i in range(n)],
            "_time": pa.array([BEGIN] * n, pa.timestamp("ns", "UTC")),
            "metric": [f"m{i}" for i in range(n)],
            "value": np.ones(n),
        }
    )
    model = Live(live()).feed([Record(METRICS, MODEL, BEGIN + SECOND, batch)])
    assert len(model.runner.models[MODEL].metered.names) == MOST_NAMES


@pytest.mark.parametrize("stop", [1, 5, 9])
def test_a_restart_changes_nothing(stop):
    records = [
        record
        for h in range(3)
        for record in (readings(BEGIN + h * HOUR, range(60)), *hours(3)[4 * h : 4 * h + 4])
    ] + [tick(BEGIN + 4 * HOUR)]
    whole = Live(live(baseline={"warm_up": 2})).feed(records)
    first = Live(live(baseline={"warm_up": 2})).feed(records[:stop])
    first.runner.commit(0, force=True)
    again = Live(live(baseline={"warm_up": 2}), first.log, first.store)
    again.runner.restore()
    again.runner.catch_up()
    again.feed(records[stop:])
    for kind in ("profile", "look", "finding"):
        kept, anew = (
            {e.key: e.body for e in one.store.read(kind, MODEL)} for one in (whole, again)
        )
        assert kept == anew
    assert again.runner.models[MODEL].metered.came == 180
