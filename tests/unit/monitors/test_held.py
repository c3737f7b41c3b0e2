"""Troubles that come and go: one is one incident, and ends soon after it is over."""

from dataclasses import replace

import numpy as np
import pytest

from vedette.alerts.alarms import CLOSE_AFTER, judge, start
from vedette.core.durations import DAY, HOUR, MINUTE
from vedette.core.windows import Window
from vedette.monitors.held import Held
from vedette.monitors.monitor import Terms
from vedette.profiles.bounds import Bound

BEGIN, DAYS = 20_000 * DAY, 3
BUSY = Bound("resource.cpu.utilization", 0.95, 10 * MINUTE)
UP = Bound("scrape_up", 1.0, 5 * MINUTE, below=True, lows=True)


def held(*bounds):
    weights, names = np.full(len(bounds), 1 / len(bounds)), tuple(one.pattern for one in bounds)
    return Held("saturation", names, bounds, weights, Terms(weights, 1e4, MINUTE))


def watched(bound, values, width=MINUTE):
    """What incidents of one stream do, by window: openings, and endings."""
    monitor, alarms, opened, ended = held(bound), start(1), [], []
    state, seen = monitor.start(), np.ones(1, np.bool_)
    for i, value in enumerate(values):
        window = Window(BEGIN + i * width, BEGIN + (i + 1) * width)
        state, look = monitor.step(state, np.array([value]), window)
        seen[:] = ~np.isnan(value)
        alarms, said = judge(
            alarms, np.ones(1), 1e4, look.evidence, look.quiet, attach=False, seen=seen
        )
        opened += [i] * len(said.members)
        ended += [i] * len(said.released)
    return opened, ended


def scrapes(share, seed, n=DAYS * 1440):
    """A server that cannot be reached in a share of its minutes."""
    return (np.random.default_rng(seed).random(n) >= share).astype(float)


@pytest.mark.parametrize("share", [0.5, 0.7])
@pytest.mark.parametrize("seed", range(3))
def test_a_server_that_fails_half_of_the_time_for_days_is_one_incident(share, seed):
    values = scrapes(share, seed)
    opened, ended = watched(UP, [*values, *np.ones(120)])
    assert len(opened) == len(ended) == 1
    assert len(values) <= ended[0] < len(values) + 40
    assert len(values) - opened[0] > 0.9 * len(values)


@pytest.mark.parametrize("seed", range(3))
def test_a_processor_that_hovers_at_its_bound_for_days_is_no_dozen_of_incidents(seed):
    rng, keep = np.random.default_rng(seed), 0.95
    level, values = 0.0, []
    for noise in rng.normal(0, 0.02 * np.sqrt(1 - keep**2), DAYS * 1440):
        level = keep * level + noise
        values.append(0.95 + level)
    opened, _ = watched(BUSY, values)
    assert 1 <= len(opened) <= 3


def test_what_comes_every_hour_is_told_twice_and_then_goes_on():
    minute = np.arange(DAYS * 1440)
    opened, ended = watched(UP, [*np.where(minute % 60 < 15, 0.0, 1.0), *np.ones(600)])
    assert opened == [4, 64]
    assert ended[0] == 15 + CLOSE_AFTER - 1
    assert DAYS * 1440 < ended[1] < DAYS * 1440 + 200
    assert len(ended) == 2


@pytest.mark.parametrize("lasts", [10, 180, 1440])
def test_a_plain_outage_is_over_with_six_good_windows(lasts):
    values = [*np.ones(60), *np.zeros(lasts), *np.ones(60)]
    opened, ended = watched(UP, values)
    assert opened == [64]
    assert ended == [60 + lasts + CLOSE_AFTER - 1]


def test_a_trouble_of_yesterday_does_not_keep_one_of_today_open():
    bad = [*np.zeros(10), *np.ones(20)] * 20
    again = [*np.ones(1441 + 600), *np.zeros(10), *np.ones(30)]
    opened, ended = watched(UP, [*bad, *again])
    assert ended[-1] == len(bad) + 1441 + 600 + 10 + CLOSE_AFTER - 1
    assert opened[-1] == len(bad) + 1441 + 600 + 4


@pytest.mark.parametrize("every", [1, 10])
def test_a_day_without_a_bad_reading_ends_a_trouble_however_few_come(every):
    killed = Bound("resource.out_of_memory_kills", 0.0, 0, urgent=True)
    values = np.full(3 * 1440, np.nan)
    values[::every] = 0.0
    values[[100, 820]] = 1.0
    opened, ended = watched(killed, values)
    assert opened == [100, 820]
    assert 820 + 1440 <= ended[1] <= 820 + 1440 + CLOSE_AFTER * every


def test_where_no_reading_comes_any_more_nobody_knows_how_it_goes_on():
    monitor, state = held(UP), held(UP).start()
    for i, value in enumerate([*np.zeros(10), *np.full(30, np.nan)]):
        window = Window(BEGIN + i * MINUTE, BEGIN + (i + 1) * MINUTE)
        state, look = monitor.step(state, np.array([value]), window)
        assert bool(look.quiet[0]) == (i >= 25)


def test_what_is_told_once_is_over_with_the_next_window():
    once = Bound("sampling", 0.0, 0, once=True)
    opened, ended = watched(once, [*np.zeros(10), 1, *np.zeros(100), 1, *np.zeros(20)])
    assert opened == [10, 111]
    assert ended == [10 + CLOSE_AFTER, 111 + CLOSE_AFTER]


def test_it_says_for_how_much_of_the_time():
    monitor = held(UP)
    state = monitor.start()
    for i, value in enumerate([*np.zeros(10), *np.tile([1.0, 0.0], 90)]):
        window = Window(BEGIN + i * MINUTE, BEGIN + (i + 1) * MINUTE)
        state, look = monitor.step(state, np.array([value]), window)
    said = monitor.tell(state, look, 0).reason
    assert said.startswith("`scrape_up` has been below 1 for 5")
    assert "% of 3 hours, now 0" in said


def test_a_trouble_is_known_when_readings_come_and_go():
    two = held(BUSY, UP)
    state = two.start()
    for i in range(20):
        window = Window(BEGIN + i * MINUTE, BEGIN + (i + 1) * MINUTE)
        state, _ = two.step(state, np.array([0.5, 0.0]), window)
    other = Bound("queue.waiting", 0.0, HOUR)
    three = held(other, UP, BUSY).known(state)
    assert three.trouble.goes_on.tolist() == [False, True, False]
    assert three.trouble.bad.tolist() == [0.0, state.trouble.bad[1], 0.0]
    assert three.trouble.told[1] == BEGIN + 20 * MINUTE
    again = replace(state, last=-1)
    assert two.known(again) is again
