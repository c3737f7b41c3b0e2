"""Metrics of a live model, from records to incidents: a share that jumps, a limit, a deploy, a
metric that stops, a restart in the middle."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.traffic import BEGIN, HOUR, MINUTE, MODEL, SECOND, Live, note, tick

from vedette.engine.courses import read_courses
from vedette.engine.live import make_live
from vedette.engine.outputs import Changed
from vedette.stores.store import EVENTS, METRICS, Record

A_MINUTE = 100  # events
CLOCKS = {"clocks": {"base": "1min", "fast": "1min", "drift": "1h"}}


def live(**model):
    return make_live({"models": {MODEL: {**CLOCKS, "prediction": "prediction", **model}}})


def served(at, share, n=A_MINUTE, version="6", width=MINUTE):
    """Predictions of one window."""
    rng = np.random.default_rng(at // MINUTE)
    times = np.sort(rng.integers(at, at + width, n))
    columns = {
        "_id": [f"{at}-{i}" for i in range(n)],
        "_time": pa.array(times, pa.timestamp("ns", "UTC")),
        "_version": [version] * n,
        "_weight": np.ones(n),
        "x": rng.normal(size=n),
        "prediction": np.where(rng.random(n) < share, "yes", "no"),
        "latency_s": rng.lognormal(-2.0, 0.5, n),
    }
    return pa.record_batch(columns)


def minutes(start, count, share=0.6, **how):
    """Records of as many minutes, each a second late, and one event that ends the last."""
    batches = [served(start + i * MINUTE, share, **how) for i in range(count)]
    return [
        Record(EVENTS, MODEL, start + (i + 1) * MINUTE + SECOND, batch)
        for i, batch in enumerate(batches)
    ]


def hours(start, count, share):
    """Records of as many hours in which some thirty events come."""
    many = np.random.default_rng(start // HOUR).integers(15, 50, count).tolist()
    return [
        Record(
            EVENTS, MODEL, start + (i + 1) * HOUR + SECOND,
            served(start + i * HOUR, share, n, width=HOUR),
        )
        for i, n in enumerate(many)
    ]  # fmt: skip


def logged(start, values, name="queue"):
    times = [start + MINUTE * i for i in range(len(values))]
    return [
        Record(
            METRICS, MODEL, at + SECOND,
            pa.record_batch({
                "_id": [f"{name}-{at}"], "_time": pa.array([at], pa.timestamp("ns", "UTC")),
                "metric": [name], "value": [float(value)],
            }),
        )
        for at, value in zip(times, values, strict=True)
    ]  # fmt: skip


def together(*records):
    """Records of several senders in the order in which they come."""
    return sorted((one for own in records for one in own), key=lambda record: record.received)


def opened(model, since=0):
    return [
        out.incident
        for out in model.of(Changed)
        if out.event == "opened" and out.incident.opened >= since
    ]


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    path = tmp_path_factory.mktemp("metrics") / "reference.parquet"
    batches = [served(BEGIN - (h + 1) * HOUR, 0.6, 600) for h in range(96)]
    pq.write_table(pa.Table.from_batches(batches), path)
    return str(path)


@pytest.fixture(scope="module")
def calm(reference):
    """A model under a baseline of a file, after four ordinary hours and logged metrics."""
    model = Live(live(baseline={"file": reference}, metrics={"limits": {"bill": {"max": 5}}}))
    rng = np.random.default_rng(3)
    for h in range(4):
        start = BEGIN + h * HOUR
        queue, bill = logged(start, rng.normal(10, 1, 60)), logged(start, rng.random(60), "bill")
        model.feed(together(queue, bill, minutes(start, 60)))
    assert opened(model) == []
    return model


def after(model):
    """A copy of a model: its log and what is kept of it."""
    model.runner.commit(0, force=True)
    twin = Live(model.settings)
    twin.log.__dict__.update(
        {k: v.copy() if hasattr(v, "copy") else v for k, v in model.log.__dict__.items()}
    )
    twin.store.__dict__.update(
        {k: v.copy() if hasattr(v, "copy") else v for k, v in model.store.__dict__.items()}
    )
    twin = Live(model.settings, twin.log, twin.store)
    twin.runner.restore()
    twin.runner.catch_up()
    return twin


NOW = BEGIN + 4 * HOUR


def test_a_class_that_is_predicted_far_more_often_is_told_within_five_minutes(calm):
    model = after(calm).feed(minutes(NOW, 6, 0.9))
    (incident,) = opened(model)
    found = incident.findings[0]
    assert found.window.end <= NOW + 5 * MINUTE
    assert NOW - 2 * MINUTE <= incident.onset <= NOW + MINUTE
    assert (found.monitor, found.column, found.category) == ("metrics", "prediction", "yes")
    assert incident.title.startswith("share of `yes` in `prediction` rose from 6")
    assert "to 9" in incident.title or "to 8" in incident.title
    assert incident.axis == "anomalies"
    assert found.expected == pytest.approx(0.6, abs=0.05)
    assert found.observed == pytest.approx(0.9, abs=0.05)
    assert found.low < found.effect < found.high


def test_at_thirty_events_an_hour_a_jump_is_told_within_four_hours_of_the_first_week(tmp_path):
    path = tmp_path / "reference.parquet"
    batches = [served(BEGIN - (h + 1) * HOUR, 0.11, 100) for h in range(96)]
    pq.write_table(pa.Table.from_batches(batches), path)
    clocks = {"base": "1h", "fast": "1h", "drift": "1d"}
    settings = live(baseline={"file": str(path)}, metrics={"without": ["latency_s"]}, clocks=clocks)
    model = Live(settings).feed(hours(BEGIN, 80, 0.11))
    assert opened(model) == []
    now = BEGIN + 80 * HOUR
    model.feed(hours(now, 4, 0.95)).feed([tick(now + 5 * HOUR)])
    told = [i for i in opened(model) if i.findings[0].monitor == "metrics"]
    assert told[0].title.startswith("share of `yes` in `prediction` rose from 1")
    assert told[0].onset == now


def test_a_single_window_that_is_far_off_teaches_nothing(calm):
    def learnt(share):
        """What is known after a window, the ordinary one before it among what it learnt."""
        model = after(calm).feed(minutes(NOW, 1, share)).feed([tick(NOW + 3 * MINUTE)])
        state = model.runner.models[MODEL]
        own = dict(zip((n for n, _ in state.plan.fast.monitors), state.fast.monitors, strict=True))
        at = own["metrics"].names.index("share:prediction=yes")
        return own["metrics"].last, own["metrics"].plain.variance[at]

    (then, usual), (now, variance) = learnt(0.6), learnt(0.95)
    assert now == then
    assert variance == pytest.approx(usual, rel=0.2)


def test_it_ends_when_all_is_as_before(calm):
    rng = np.random.default_rng(7)
    beside = logged(NOW, rng.normal(10, 1, 21)), logged(NOW, rng.random(21), "bill")
    fault, calm_again = minutes(NOW, 6, 0.9), minutes(NOW + 6 * MINUTE, 15)
    model = after(calm).feed(together(fault, calm_again, *beside))
    assert [out.event for out in model.of(Changed)][-1] == "resolved"


def test_ordinary_hours_raise_nothing(calm):
    rng = np.random.default_rng(6)
    model = after(calm)
    beside = logged(NOW, rng.normal(10, 1, 90)), logged(NOW, rng.random(90), "bill")
    model.feed(together(minutes(NOW, 90), *beside))
    assert opened(model) == []


def test_a_deploy_is_named_where_it_matters(calm):
    deploy = note(b'{"act": "deploy", "version": "7", "time": %d}' % NOW, NOW)
    model = after(calm).feed([deploy]).feed(minutes(NOW, 6, 0.9))
    (incident,) = opened(model)
    assert incident.title.endswith(", since the deploy of 7")


def test_a_deploy_is_named_where_a_column_that_broke_with_it_leads(calm):
    deploy = note(b'{"act": "deploy", "version": "7", "time": %d}' % NOW, NOW)
    slow = []
    for record in minutes(NOW, 12):
        rows, n = record.rows, record.rows.num_rows
        gone = pa.array([None if i % 10 else 0.5 for i in range(n)], pa.float64())
        took = pa.array(3 * rows.column("latency_s").to_numpy())
        for name, values in (("x", gone), ("latency_s", took)):
            rows = rows.set_column(rows.schema.get_field_index(name), name, values)
        slow.append(record._replace(rows=rows))
    model = after(calm).feed([deploy]).feed(slow)
    last = [one.incident for one in model.of(Changed)][-1]
    assert {stream[1] for stream in last.streams} >= {"x", "latency_s"}
    assert last.causes[0].column == "x"
    assert last.title.startswith("90 % of `x` is missing")
    assert last.title.endswith("more column changed, `latency_s` since the deploy of 7")


def test_a_new_version_is_a_deploy(calm):
    model = after(calm).feed(minutes(NOW, 8, 0.9, version="8"))
    (incident,) = opened(model)
    assert incident.title.endswith(", since the deploy of 8")


def test_a_limit_alarms_at_once(calm):
    model = after(calm)
    model.feed(together(logged(NOW, [0.5, 7.0], "bill"), minutes(NOW, 3)))
    (incident,) = opened(model)
    assert incident.title == "`bill` is 7, above its limit of 5"
    assert incident.onset == NOW + MINUTE
    assert incident.findings[0].window.end == NOW + 2 * MINUTE


def test_a_logged_metric_that_jumps_is_told(calm):
    model = after(calm)
    model.feed(together(logged(NOW, [25.0] * 6), minutes(NOW, 6)))
    (incident,) = opened(model)
    assert incident.title.startswith("`queue` rose from ")


def test_a_logged_metric_that_stops_is_told(calm):
    model = after(calm)
    rng = np.random.default_rng(3)
    model.feed(together(logged(NOW, rng.random(50), "bill"), minutes(NOW, 50)))
    (incident,) = opened(model)
    assert incident.title.startswith("`queue` was not logged for ")


def test_what_is_left_out_is_not_watched(reference):
    settings = live(baseline={"file": reference}, metrics={"without": ["prediction=*", "bill"]})
    model = Live(settings).feed([*minutes(BEGIN, 3), *logged(BEGIN, [1.0, 2.0, 3.0], "bill")])
    model.feed(minutes(BEGIN + 3 * MINUTE, 2))
    streams = model.runner.models[MODEL].plan.fast.streams
    assert [s.column for s in streams if s.monitor == "metrics"] == ["latency_s", "error_type"]


def test_a_metric_that_comes_later_keeps_what_is_known_of_the_others(calm):
    model = after(calm)
    before = model.runner.models[MODEL].fast.monitors
    rng = np.random.default_rng(4)
    queue, bill = logged(NOW, rng.normal(10, 1, 65)), logged(NOW, rng.random(65), "bill")
    model.feed(together(logged(NOW, [1.0] * 3, "late"), queue, bill, minutes(NOW, 65)))
    state = model.runner.models[MODEL]
    assert "late" in [s.column for s in state.plan.fast.streams]
    own = dict(zip((n for n, _ in state.plan.fast.monitors), state.fast.monitors, strict=True))
    assert own["metrics"].plain.seen.max() > 290
    assert before is not state.fast.monitors
    assert opened(model) == []


def test_a_restart_in_the_middle_of_a_change_changes_nothing(calm):
    records = minutes(NOW, 6, 0.9)
    whole = after(calm).feed(records)
    model = after(calm).feed(records[:3])
    again = after(model).feed(records[3:])
    for kind in ("look", "finding", "series", "incident"):
        kept, anew = (
            {e.key: e.body for e in one.store.read(kind, MODEL)} for one in (whole, again)
        )
        assert kept == anew


def test_what_is_kept_of_series_can_be_read_back(calm):
    courses = read_courses(calm.store.read("series", MODEL))
    quantiles = {f"latency_s.{name}" for name in ("p50", "p95", "p99")}
    plain = {"prediction=no", "prediction=yes", "latency_s", "error_type", "queue", "bill"}
    assert set(courses.names) == plain | quantiles
    at = courses.names.index("prediction=yes")
    last = courses.value[-30:, at]
    assert last.mean() == pytest.approx(0.6, abs=0.05)
    assert (courses.low[-1] <= courses.high[-1]).all()
    assert {courses.verdict(len(last), at), courses.verdict(0, at)} <= {"unknown", "calm"}


def test_after_a_warm_up_it_is_told_too():
    model = Live(live(baseline={"warm_up": 5}))
    for h in range(7):
        model.feed(minutes(BEGIN + h * HOUR, 60))
    assert model.runner.models[MODEL].phase == "watching"
    assert opened(model) == []
    now = BEGIN + 7 * HOUR
    model.feed(minutes(now, 6, 0.9))
    (incident,) = opened(model)
    assert incident.findings[0].window.end <= now + 5 * MINUTE
    assert incident.title.startswith("share of `yes` in `prediction` rose from 6")


def test_a_model_of_metrics_alone_alarms():
    model = Live(live())
    rng = np.random.default_rng(5)
    model.feed(logged(BEGIN, rng.normal(10, 1, 300)))
    assert opened(model) == []
    now = BEGIN + 300 * MINUTE
    model.feed(logged(now, rng.normal(20, 1, 6))).feed([tick(now + 10 * MINUTE)])
    (incident,) = opened(model)
    assert incident.title.startswith("`queue` rose from ")
    model.feed(logged(now + 6 * MINUTE, rng.normal(10, 1, 40)))
    assert [out.event for out in model.of(Changed)][-1] == "resolved"


def test_in_a_maintenance_nothing_but_a_limit_alarms(reference):
    pause = {"start": "2023-11-14T04:00:00Z", "end": "2023-11-14T05:00:00Z"}
    limits = {"bill": {"max": 5}}
    settings = live(
        baseline={"file": reference}, metrics={"maintenance": [pause], "limits": limits}
    )
    model = Live(settings)
    for h in range(4):
        model.feed(minutes(BEGIN + h * HOUR, 60))
    model.feed(minutes(NOW, 30, 0.9))
    assert [i for i in opened(model) if i.findings[0].monitor == "metrics"] == []
    later = NOW + 30 * MINUTE
    model.feed(together(logged(later, [9.0], "bill"), minutes(later, 2, 0.9)))
    assert "limit of 5" in opened(model)[-1].title


def test_a_name_that_came_within_the_hour_breaks_its_limit_at_once():
    model = Live(live(metrics={"limits": {"bill": {"max": 5}, "depth[0]": {"min": 1}}}))
    queue = logged(BEGIN, [10.0] * 12)
    bill = logged(BEGIN + 3 * MINUTE, [1.0, 9.0, 1.0], "bill")
    depth = logged(BEGIN + 7 * MINUTE, [0.0], "depth[0]")
    model.feed(together(queue, bill, depth))
    (incident,) = opened(model)
    assert incident.title == "`bill` is 9, above its limit of 5"
    assert incident.findings[0].window.start == BEGIN + 4 * MINUTE
    joined = model.of(Changed)[-1].incident.findings
    found = [one for one in joined if one.column == "depth[0]"]
    assert [one.window.start for one in found] == [BEGIN + 7 * MINUTE]


def with_status(start, count, share, values=("error", None)):
    """Minutes whose rows have an attribute that is set on errors alone, and, beside, a code."""
    for record in minutes(start, count):
        rng = np.random.default_rng(record.received // SECOND)
        bad = rng.random(record.rows.num_rows) < share
        status = pa.array([values[0] if one else values[1] for one in bad], pa.string())
        code = pa.array(np.where(bad, 500, 200))
        rows = record.rows.append_column("status", status).append_column("code", code)
        yield Record(EVENTS, MODEL, record.received, rows)


@pytest.mark.parametrize("is_profiled", [False, True])
def test_the_error_rate_of_attributes_is_watched(is_profiled, reference, tmp_path):
    shares = {"status": ["error"], "code": ["500"]}
    limits = {"code=500": {"max": 0.5}}
    if is_profiled:
        rows = [one.rows for one in with_status(BEGIN - 2 * HOUR, 120, 0.05)]
        reference = str(tmp_path / "with_status.parquet")
        pq.write_table(pa.Table.from_batches(rows), reference)
    model = Live(live(baseline={"file": reference}, metrics={"shares": shares, "limits": limits}))
    for hour in range(4):
        model.feed(list(with_status(BEGIN + hour * HOUR, 60, 0.05)))
    assert opened(model) == []
    model.feed(list(with_status(NOW, 6, 0.6)))
    (incident,) = (one for one in opened(model) if one.axis == "anomalies")
    assert incident.onset <= NOW + MINUTE
    findings = {found.column: found for found in _newest(model, incident).findings}
    assert set(findings) >= {"status", "code"}
    assert findings["status"].category == "error"
    assert findings["status"].expected == pytest.approx(0.05, abs=0.02)
    assert findings["status"].observed == pytest.approx(0.6, abs=0.1)
    assert findings["code"].verdict == "alarming"
    assert incident.findings[0].window.end <= NOW + 5 * MINUTE


def _newest(model, incident):
    return [out.incident for out in model.of(Changed) if out.incident.id == incident.id][-1]
