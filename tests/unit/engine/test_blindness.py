"""What is no longer seen of a live model, from records to incidents."""

import numpy as np
import pyarrow as pa
import pytest
from tests.traffic import BEGIN, HOUR, MINUTE, MODEL, SECOND, Live

from vedette.core.rows import LOST, REFUSED
from vedette.engine.live import make_live
from vedette.engine.outputs import Changed
from vedette.stores.store import EVENTS, METRICS, Record

WIDTH = 5 * MINUTE
LEARNT = 84  # windows, seven hours


def live():
    schema = {"output": {"kind": "text", "role": "text_output"}}
    clocks = {"base": "5min", "fast": "5min", "drift": "1h"}
    return make_live({"models": {MODEL: {"clocks": clocks, "columns": schema}}})


def window(at, n=60, *, late=SECOND, shift=0, **columns):
    """Events of one window; `columns` replace or add some, None takes one away."""
    rng = np.random.default_rng(at // WIDTH)
    times = np.sort(rng.integers(at, at + WIDTH, n)) + shift
    texts = rng.choice(["what a day it was for all of us", "no idea what you mean by that"], n)
    every = {
        "_id": [f"{at}-{shift}-{i}" for i in range(n)],
        "_time": pa.array(times, pa.timestamp("ns", "UTC")),
        "_version": ["1"] * n,
        "_weight": np.ones(n),
        "x": rng.normal(size=n),
        "output": pa.array(texts),
        **{name: [value] * n for name, value in columns.items() if name != "output"},
    }
    if "output" in columns:
        every["output"] = pa.array([columns["output"]] * n, pa.string())
    return Record(EVENTS, MODEL, at + WIDTH + late, pa.record_batch(every))


def windows(start, count, n=60, **how):
    return [window(start + i * WIDTH, n, **how) for i in range(count)]


def readings(start, count, name, value, time=None):
    return [
        Record(
            METRICS, MODEL, at + SECOND,
            pa.record_batch({
                "_id": [f"{name}-{at}"],
                "_time": pa.array([at if time is None else time], pa.timestamp("ns", "UTC")),
                "metric": [name], "value": [float(value)],
            }),
        )
        for at in range(start, start + count * WIDTH, WIDTH)
    ]  # fmt: skip


def together(*records):
    return sorted((one for own in records for one in own), key=lambda record: record.received)


def told(model):
    """What was said of blindness, by stream: the end of the window, the severity, the sentence."""
    found = {}
    for one in model.of(Changed):
        for f in one.incident.findings:
            if f.monitor == "blindness":
                found.setdefault(f.column, (f.window.end, one.incident.severity, f.reason))
    return found


@pytest.fixture(scope="module")
def past():
    """The records of seven ordinary hours, of which nothing is told."""
    records = windows(BEGIN, LEARNT)
    assert told(Live(live()).feed(records)) == {}
    return records


NOW = BEGIN + LEARNT * WIDTH


def after(past, *records):
    return Live(live()).feed([*past, *records])


def test_content_that_is_no_longer_captured(past):
    model = after(past, *windows(NOW, 4, output=None))
    when, severity, reason = told(model)["output"]
    assert when == NOW + WIDTH
    assert severity in ("warning", "critical")
    assert reason.startswith("`output` is empty: its content is no longer captured")
    assert "usually 100 % of events have it" in reason
    assert "output" in told(after(past, *windows(NOW, 2, output="")))
    assert "output" not in told(after(past, window(NOW, 10, output=None), *windows(NOW + WIDTH, 2)))


def test_sampling_that_changed(past):
    when, severity, reason = told(after(past, *windows(NOW, 3, _weight=10.0)))["sampling"]
    assert when == NOW + 2 * WIDTH
    assert severity == "warning"
    assert reason == (
        "sampling changed: an event that is sent stands for 10, where it stood for 1; less of the"
        " traffic is seen"
    )


def test_rows_of_different_weights_say_nothing_of_sampling():
    rng = np.random.default_rng(1)
    model = Live(live())
    for i in range(40):
        at, weight = BEGIN + i * WIDTH, float(rng.integers(2, 9))
        model.feed([window(at, 30, _weight=weight), window(at, 30, shift=1)])
    assert "sampling" not in told(model)


def test_columns_that_nothing_watches(past):
    when, severity, reason = told(after(past, *windows(NOW, 3, y=1.0, z="a")))["new columns"]
    assert when == NOW + 2 * WIDTH
    assert severity == "info"
    assert reason == ("`y`, `z` come that the baseline does not have: nothing watches them")
    assert "new columns" not in told(after(past, *windows(NOW, 3, error_type="timeout")))


def test_events_that_come_late(past):
    fresh = windows(NOW, 6)
    late = [window(NOW - 20 * WIDTH + i * WIDTH, 20, shift=7, late=21 * WIDTH) for i in range(6)]
    when, severity, reason = told(after(past, *together(fresh, late)))["late events"]
    assert NOW + 15 * MINUTE <= when <= NOW + 30 * MINUTE
    assert severity == "warning"
    assert "of events have come after their window had ended for" in reason


def test_few_events_of_which_some_come_late_for_days_are_one_incident():
    """In half an hour none comes late, by luck, while one in ten does."""
    rng = np.random.default_rng(1)
    model = Live(live())
    for i in range(2 * 288):
        at, late = BEGIN + i * WIDTH, int(rng.binomial(10, 0.1))
        model.feed([window(at, 10 - late)])
        if late:
            model.feed([window(at - 10 * WIDTH, late, shift=7, late=10 * WIDTH + 2 * SECOND)])
    assert "late events" in told(model)
    own = [one for one in model.of(Changed) if one.incident.streams[0][0] == "blindness"]
    assert {one.event for one in own} <= {"opened", "updated"}
    for i in range(60):
        model.feed([window(BEGIN + (2 * 288 + i) * WIDTH, 10)])
    ended = [one.incident.id for one in model.of(Changed) if one.event == "resolved"]
    assert ended == [own[0].incident.id]


def test_a_clock_that_is_ahead(past):
    ahead = [window(NOW + i * WIDTH, 20, shift=3 * HOUR) for i in range(5)]
    when, _, reason = told(after(past, *together(windows(NOW, 5), ahead)))["events ahead"]
    assert when <= NOW + 5 * WIDTH
    assert "the clock of a sender is wrong" in reason


@pytest.mark.parametrize(("name", "said"), [(REFUSED, "refused events"), (LOST, "lost events")])
def test_events_that_do_not_come_in(past, name, said):
    # Of the server's clock, whatever time it is for events that are history.
    came = readings(NOW, 4, name, 12, time=NOW + 1_000 * HOUR)
    model = after(past, *together(windows(NOW, 4), came))
    when, severity, reason = told(model)[said]
    assert when <= NOW + 3 * WIDTH
    assert severity == "warning"
    assert reason.startswith("1")  # of about 72
    state = model.runner.models[MODEL]
    assert state.metered.names == ()
    assert state.clock.newest < NOW + 4 * WIDTH


def test_a_single_refused_event_is_no_trouble(past):
    assert told(after(past, *together(windows(NOW, 4), readings(NOW, 1, REFUSED, 1)))) == {}


def test_times_that_are_guessed_from_now_on(past):
    guessed = '{"time_quality": "received"}'
    found = told(after(past, *windows(NOW, 2, _rest=guessed)))
    assert found["event times"][2].startswith("events no longer have a time of their own")


def test_a_server_whose_metrics_cannot_be_fetched():
    fails = readings(BEGIN + 12 * WIDTH, 3, "scrape_up", 0)
    model = Live(live()).feed([*readings(BEGIN, 12, "scrape_up", 1), *fails])
    when, _, reason = told(model)["scrape_up"]
    assert when <= BEGIN + 14 * WIDTH
    assert "nothing is seen of what its server says of itself" in reason


def test_a_restart_changes_nothing(past):
    records = [*past, *windows(NOW, 3, output=None, _weight=10.0)]
    whole, first = Live(live()).feed(records), Live(live()).feed(records[: LEARNT + 1])
    again = Live(live(), first.log, first.store)
    again.runner.restore()
    again.runner.catch_up()
    again.feed(records[LEARNT + 1 :])
    assert {**told(first), **told(again)} == told(whole)
    assert set(told(whole)) == {"output", "sampling"}
