"""Service-level objectives of a live model, from records to incidents: errors, slow answers,
readings of a scraped server, few requests, sampling, a restart in the middle."""

import numpy as np
import pyarrow as pa
import pytest
from tests.traffic import BEGIN, HOUR, MINUTE, MODEL, SECOND, Live, tick

from vedette.core.errors import SettingsError
from vedette.engine.live import make_live
from vedette.engine.outputs import Changed
from vedette.stores.store import EVENTS, METRICS, Record

UP = {"availability": {"target": 0.999}}


def live(width="1min", **objectives):
    clocks = {"base": width, "fast": width, "drift": "1h"}
    return make_live({"models": {MODEL: {"clocks": clocks, "objectives": objectives}}})


def minute(at, n=100, *, bad=0.0, slow=0.0, weight=1.0, every=MINUTE):
    """Events of one window: a share of them fails, a share is slow."""
    rng = np.random.default_rng(at // MINUTE)
    fails = rng.random(n) < bad
    batch = pa.record_batch(
        {
            "_id": [f"{at}-{i}" for i in range(n)],
            "_time": pa.array(np.sort(rng.integers(at, at + every, n)), pa.timestamp("ns", "UTC")),
            "_version": ["1"] * n,
            "_weight": np.full(n, weight),
            "x": rng.normal(size=n),
            "error_type": pa.array(np.where(fails, "timeout", None), pa.string()),
            "latency_s": np.where(rng.random(n) < slow, 1.0, 0.05),
        }
    )
    return Record(EVENTS, MODEL, at + every + SECOND, batch)


def minutes(start, count, n=100, **how):
    return [minute(start + i * MINUTE, n, **how) for i in range(count)]


def incidents(model, monitor="objectives"):
    """The incidents about objectives, as they were when the first of these joined."""
    found = {}
    for one in model.of(Changed):
        if any(stream[0] == monitor for stream in one.incident.streams):
            found.setdefault(one.incident.id, one.incident)
    return list(found.values())


def test_errors_that_use_up_a_promise_are_told_within_minutes_and_end():
    model = Live(live(**UP)).feed(minutes(BEGIN, 240, bad=0.0002))
    assert not incidents(model)
    at = BEGIN + 240 * MINUTE
    model.feed([*minutes(at, 20, bad=0.2), *minutes(at + 20 * MINUTE, 15)])
    (one,) = incidents(model)
    assert one.axis == "infrastructure"
    assert one.severity == "critical"
    assert "objective `availability`: in 1 h" in one.title
    assert "had a value in `error_type` where 0.1 % may" in one.title
    assert at < one.opened <= at + 7 * MINUTE
    assert [c.event for c in model.of(Changed) if c.incident.id == one.id][-1] == "resolved"


def test_a_slow_burn_is_a_warning():
    half = 30 * MINUTE
    records = [minute(BEGIN + i * half, 500, bad=0.003, every=half) for i in range(48)]
    model = Live(live("30min", **UP)).feed(records)
    (one,) = incidents(model)
    assert one.severity == "warning"
    assert "in 3 d 0." in one.title
    assert "times as fast as 30 d allow" in one.title
    assert "% of the budget of errors is left" in one.title


def test_a_promise_that_is_just_kept_raises_nothing():
    fast = {"target": 0.95, "within": {"latency_s": 0.3}}
    model = Live(live("5min", availability={"target": 0.99}, fast=fast))
    five = 5 * MINUTE
    model.feed(
        minute(BEGIN + i * five, 200, bad=0.0095, slow=0.045, every=five) for i in range(150)
    )
    assert not incidents(model)


def test_one_error_among_few_requests_is_luck_and_several_are_not():
    model = Live(live("5min", **UP))
    for i in range(20):
        model.feed([minute(BEGIN + i * HOUR, 10, bad=0.1 if i == 9 else 0.0, every=HOUR)])
    assert not incidents(model)
    at = BEGIN + 20 * HOUR
    model.feed([minute(at + i * 6 * MINUTE, 1, bad=1.0) for i in range(8)])
    model.feed([tick(at + HOUR)])
    (one,) = incidents(model)
    assert one.opened <= at + 40 * MINUTE


def test_few_requests_that_fail_for_weeks_are_one_incident():
    """For hours none of them fails, by luck, while one in fifty does."""
    model = Live(live("1h", availability={"target": 0.99}))
    for i in range(20 * 24):
        bad = 0.002 if i < 72 else 0.022
        model.feed([minute(BEGIN + i * HOUR, 40, bad=bad, every=HOUR)])
    (one,) = incidents(model)
    assert one.severity == "warning"


def test_slow_answers_and_chosen_errors():
    settings = live(
        fast={"target": 0.9, "within": {"latency_s": 0.3}},
        answers={"target": 0.99, "errors": {"error_type": ["refused"]}},
    )
    model = Live(settings).feed(minutes(BEGIN, 60))
    model.feed(minutes(BEGIN + 60 * MINUTE, 100, slow=1.0, bad=0.5))
    (one,) = incidents(model)
    assert [key for key in one.streams if key[0] == "objectives"] == [("objectives", "fast", "")]
    assert "had a `latency_s` above 0.3" in one.title


def logged(start, count, **values):
    """Readings of a scraped server, one of each a minute."""
    return [
        Record(
            METRICS, MODEL, at + SECOND,
            pa.record_batch({
                "_id": [f"{name}-{at}" for name in values],
                "_time": pa.array([at] * len(values), pa.timestamp("ns", "UTC")),
                "metric": list(values), "value": [float(value) for value in values.values()],
            }),
        )
        for at in range(start, start + count * MINUTE, MINUTE)
    ]  # fmt: skip


def test_readings_of_a_server_without_any_event():
    names = {"of": "requests.rate", "bad": "errors.rate"}
    model = Live(live(up={"target": 0.999, **names}))
    model.feed(logged(BEGIN, 120, **{"requests.rate": 5.0}))  # no error yet: no such counter
    assert not incidents(model)
    at = BEGIN + 120 * MINUTE
    model.feed(logged(at, 30, **{"requests.rate": 5.0, "errors.rate": 1.0}))
    (one,) = incidents(model)
    assert "went wrong by `errors.rate`" in one.title
    assert one.opened <= at + 12 * MINUTE


def test_sampled_rows_count_for_the_events_that_they_stand_for():
    """A tenth of what went well is sent, and all that failed: the promise is kept."""
    model = Live(live("5min", availability={"target": 0.998}))
    five = 5 * MINUTE
    for i in range(100):
        at, failed = BEGIN + i * five, 1 if i < 94 else 100
        sent = minute(at, 100, weight=10.0, every=five)
        model.feed([sent, minute(at + 1, failed, bad=1.0, every=five)])
        if i == 93:
            assert not incidents(model)
    (one,) = incidents(model)
    assert one.opened > BEGIN + 94 * five


@pytest.mark.parametrize("cut", [65, 70])
def test_a_restart_changes_nothing(cut):
    records = [*minutes(BEGIN, 64), *minutes(BEGIN + 64 * MINUTE, 20, bad=0.3)]
    whole = Live(live(**UP)).feed(records)
    first = Live(live(**UP)).feed(records[:cut])
    again = Live(live(**UP), first.log, first.store)
    again.runner.restore()
    again.runner.catch_up()
    again.feed(records[cut:])
    assert [one.id for one in incidents(first) + incidents(again)] == [
        one.id for one in incidents(whole)
    ]
    assert again.runner.models[MODEL].fast.total == whole.runner.models[MODEL].fast.total


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"target": 1.0}, "target is out of range"),
        ({"target": 0.9, "period": "1h"}, "period is out of range"),
        ({"target": 0.9, "within": {"a": 1}, "errors": {"b": []}}, "in several ways"),
        ({"target": 0.9, "within": {"a": 1, "b": 2}}, "in several ways"),
        ({"target": 0.9, "of": "requests.rate"}, "readings need of"),
        ({"target": 0.9, "within": {"a": float("nan")}}, "within no number"),
    ],
)
def test_promises_that_cannot_be_meant(given, said):
    with pytest.raises(SettingsError, match=said):
        live(a=given)
