"""Resources that are used up for too long, from readings to incidents."""

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from tests.traffic import BEGIN, HOUR, MINUTE, MODEL, SECOND, Live, hours
from tests.traffic import live as traffic

from vedette.core.errors import SettingsError
from vedette.engine import learning
from vedette.engine.live import make_live
from vedette.engine.outputs import Changed, Wanted
from vedette.stores.store import METRICS, Record

CPU, MEMORY = "resource.cpu.utilization", "resource.memory.utilization"


def live(**saturation):
    clocks = {"base": "1min", "fast": "1min", "drift": "1h"}
    return make_live({"models": {MODEL: {"clocks": clocks, "saturation": saturation}}})


def logged(start, count, every=MINUTE, **values):
    """Readings; those of a list are several of one minute."""
    return [
        Record(
            METRICS, MODEL, at + SECOND,
            pa.record_batch({
                "_id": [f"{name}-{at}" for name in values],
                "_time": pa.array([at] * len(values), pa.timestamp("ns", "UTC")),
                "metric": list(values), "value": [float(value) for value in values.values()],
            }),
        )
        for at in range(start, start + count * every, every)
    ]  # fmt: skip


def told(model):
    """What was said of resources when an incident opened or grew: column, severity, when, title."""
    return [
        (f.column, one.incident.severity, f.window.end, f.reason)
        for one in model.of(Changed)
        if one.event in ("opened", "updated")
        for f in one.incident.findings
        if f.monitor == "saturation"
    ]


def test_memory_that_is_nearly_used_up_is_critical_after_five_minutes_and_ends():
    model = Live(live()).feed(logged(BEGIN, 30, **{MEMORY: 0.6, CPU: 0.2}))
    assert told(model) == []
    at = BEGIN + 30 * MINUTE
    model.feed(logged(at, 20, **{MEMORY: 0.95, CPU: 0.2}))
    column, severity, when, reason = told(model)[0]
    assert (column, severity) == (MEMORY, "critical")
    assert at + 5 * MINUTE <= when <= at + 6 * MINUTE
    assert "has been above 92 % for 5 minutes, now 95 %: the memory is nearly used up" in reason
    model.feed(logged(at + 20 * MINUTE, 80, **{MEMORY: 0.6, CPU: 0.2}))
    assert [one.event for one in model.of(Changed)][-1] == "resolved"


def test_what_never_varied_before_ends_soon_after_it_is_well_again():
    model = Live(live())
    for start, many, value in ((0, 200, 1), (200, 60, 0), (260, 10, 1)):
        model.feed(logged(BEGIN + start * MINUTE, many, scrape_up=value), commit=False)
    last = model.of(Changed)[-1]
    assert last.event == "resolved"
    assert {monitor for monitor, *_ in last.incident.streams} == {"metrics", "blindness"}
    assert BEGIN + 265 * MINUTE < last.incident.closed <= BEGIN + 268 * MINUTE


def test_a_short_peak_is_no_trouble():
    model = Live(live())
    for i in range(6):
        at = BEGIN + i * 10 * MINUTE
        model.feed(logged(at, 7, **{CPU: 0.99}))
        model.feed(logged(at + 7 * MINUTE, 3, **{CPU: 0.9}))
    assert told(model) == []


def test_a_queue_that_is_empty_now_and_then_is_no_trouble_and_one_that_never_is():
    def reading(at, depth):
        return Record(
            METRICS, MODEL, at + SECOND,
            pa.record_batch({
                "_id": [str(at)], "_time": pa.array([at], pa.timestamp("ns", "UTC")),
                "metric": ["queue.waiting{engine=0}"], "value": [float(depth)],
            }),
        )  # fmt: skip

    depths = np.random.default_rng(0).poisson(2, 240).tolist()
    half = 30 * SECOND
    model = Live(live()).feed(reading(BEGIN + i * half, n) for i, n in enumerate(depths))
    assert told(model) == []
    at = BEGIN + 240 * half
    model.feed(reading(at + i * half, n + 1) for i, n in enumerate(depths[:80]))
    column, severity, when, reason = told(model)[0]
    assert (column, severity) == ("queue.waiting{engine=0}", "warning")
    assert when <= at + 32 * MINUTE
    assert "the queue is never empty" in reason


def test_readings_that_come_seldom_are_held_against_the_time_that_passes():
    every = 5 * MINUTE
    model = Live(live()).feed(logged(BEGIN, 6, every, **{CPU: 0.97}))
    assert [when for _, _, when, _ in told(model)][:1] == [BEGIN + 11 * MINUTE]
    # After a gap nobody knows for how long it was so.
    model = Live(live()).feed(logged(BEGIN, 3, HOUR, **{CPU: 0.97}))
    assert told(model) == []


def test_own_bounds_and_none():
    model = Live(live(**{CPU: {"max": 0.5, "hold": "2min"}, MEMORY: None, "spare": {"min": 3}}))
    model.feed(logged(BEGIN, 20, **{CPU: 0.6, MEMORY: 0.99, "spare": 1}))
    assert {column for column, *_ in told(model)} == {CPU, "spare"}
    assert all(severity == "warning" for _, severity, *_ in told(model))


def test_a_reading_that_comes_later_is_watched_at_once_where_it_is_beyond_its_bound():
    model = Live(live()).feed([*logged(BEGIN, 5, queue=1), *logged(BEGIN + 5 * MINUTE, 5, depth=1)])
    model.feed(logged(BEGIN + 10 * MINUTE, 8, queue=1, **{MEMORY: 0.99}))
    assert told(model)[0][2] <= BEGIN + 18 * MINUTE


def test_an_incident_that_is_open_when_variation_is_learnt_anew_ends_with_its_trouble(monkeypatch):
    monkeypatch.setattr(learning, "REFITS", (12,))
    model = Live(traffic(baseline={"warm_up": 4}, without=["metrics"]))
    for record in hours(15, 400, parts=12):
        at = (record.received - SECOND - BEGIN) / HOUR
        used = 0.95 if 11.5 < at <= 12.2 else 0.6
        model.feed([*logged(record.received - 2 * SECOND, 1, **{MEMORY: used}), record])
    assert "variation" in [one.what for one in model.of(Wanted)]
    own = [one for one in model.of(Changed) if one.incident.streams[0][0] == "saturation"]
    assert [one.event for one in own if one.event] == ["opened", "resolved"]
    assert own[0].incident.opened < BEGIN + 12 * HOUR < own[-1].incident.closed


@pytest.mark.parametrize("cut", [33, 36])
def test_a_restart_changes_nothing(cut):
    records = [*logged(BEGIN, 30, **{MEMORY: 0.6}), *logged(BEGIN + 30 * MINUTE, 9, **{MEMORY: 1})]
    whole, first = Live(live()).feed(records), Live(live()).feed(records[:cut])
    again = Live(live(), first.log, first.store)
    again.runner.restore()
    again.runner.catch_up()
    again.feed(records[cut:])
    assert told(whole)
    assert told(first) + told(again) == told(whole)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"x": {}}, "needs max or min"),
        ({"x": {"max": 1, "min": 0}}, "both max and min"),
        ({"x": {"max": float("inf")}}, "no finite number"),
        ({"x": {"max": 1, "hold": "long"}}, "no length of time"),
    ],
)
def test_bounds_that_cannot_be_meant(given, said):
    with pytest.raises(SettingsError, match=said):
        live(**given)


def aged(body):
    """A snapshot as it was written before troubles, and whether series are back, were kept."""
    position, first, data = msgspec.msgpack.decode(body)
    parts = msgspec.msgpack.decode(data)
    states = next(
        one[2] for one in parts if isinstance(one, list) and "saturation" in str(one[2:3])
    )
    del states["saturation"]["trouble"], states["metrics"]["far"], states["metrics"]["back"]
    return msgspec.msgpack.encode([position, first, msgspec.msgpack.encode(parts)])


def test_a_state_of_before_is_taken_up_where_fewer_readings_are_watched_since():
    model = Live(live()).feed(logged(BEGIN, 60, **{CPU: 0.2, MEMORY: 0.95}))
    assert told(model)
    model.runner.commit(0, force=True)
    (kept,) = [e for e in model.store.read("snapshot", MODEL) if e.key == "live"]
    model.store.commit([kept._replace(body=aged(kept.body))], position=model.store.position)
    settings = make_live({
        "models": {MODEL: {"clocks": {"base": "1min", "fast": "1min", "drift": "1h"},
                           "saturation": {CPU: None}, "metrics": {"without": [CPU]}}}
    })  # fmt: skip
    again = Live(settings, model.log, model.store)
    again.runner.restore()
    again.runner.catch_up()
    again.feed(logged(BEGIN + HOUR, 5, **{CPU: 0.2, MEMORY: 0.95}))
    assert again.runner.guard.faults == {}
    (incident,) = again.runner.models[MODEL].incidents
    assert incident.state == "open"
    states = dict(
        zip((n for n, _ in again.runner.models[MODEL].plan.fast.monitors),
            again.runner.models[MODEL].fast.monitors, strict=True)
    )  # fmt: skip
    assert states["saturation"].names == (MEMORY,)
    assert states["saturation"].trouble.goes_on.all()
