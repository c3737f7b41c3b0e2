"""Volume: silence, falls and rises, in words; what is usual stays quiet."""

import numpy as np
import pytest

from vedette.core.windows import Window
from vedette.monitors.monitor import Terms
from vedette.monitors.volume import LEVEL, SILENCE, Volume
from vedette.profiles.profile import Profile

MINUTE, DAY = 60_000_000_000, 1440
TERMS = Terms(np.array([1 / 6, 1 / 3]), 216_000.0, MINUTE)
MONITOR = Volume(TERMS)
NOON = 10 * DAY + 12 * 60  # a Sunday


def watch(rows, first=0, state=None):
    """Step through minutes of so many rows; state, look, and minutes with an alarm."""
    state, alarms = MONITOR.start() if state is None else state, []
    for i, n in enumerate(rows):
        window = Window((first + i) * MINUTE, (first + i + 1) * MINUTE)
        state, look = MONITOR.step(state, Profile("", "", int(n)), window)
        if TERMS.weights @ look.evidence >= TERMS.threshold:
            alarms.append(first + i)
    return state, look, alarms


def said(state, look, at):
    return MONITOR.tell(state, look, Profile("", ""), [at])[0]


@pytest.fixture(scope="module")
def busy():
    """A state at noon, after ten days of ten rows a minute by day and none by night."""
    minutes = np.arange(NOON)
    by_day = (minutes % DAY >= 420) & (minutes % DAY < 1075)
    rows = np.where(by_day, np.random.default_rng(1).poisson(12, NOON), 0)
    state, _, alarms = watch(rows)
    assert alarms == []
    return state


def test_a_stop_is_told_by_the_second_empty_minute(busy):
    state, look, alarms = watch([0, 0], NOON, busy)
    assert alarms[:1] <= [NOON + 1]
    found = said(state, look, SILENCE)
    assert (found.component, found.verdict, found.column) == ("silence", "alarming", "")
    assert found.reason.startswith("no event for 2 minutes where about 2")
    assert found.reason.endswith("were expected")
    assert (found.observed, found.effect, found.unit) == (0.0, 120.0, "s")
    assert found.detectable == 120.0
    assert look.onset[SILENCE] == NOON * MINUTE
    assert not look.quiet[SILENCE]


def test_events_that_come_back_end_the_silence(busy):
    _, look, _ = watch([0, 0, 0, 9], NOON, busy)
    assert look.evidence[SILENCE] == 0
    assert look.quiet[SILENCE]


def test_a_fall_is_told_with_its_size(busy):
    rng = np.random.default_rng(2)
    state, _, alarms = watch(rng.poisson(4, 60), NOON, busy)
    assert alarms
    assert alarms[0] < NOON + 45
    found = said(*watch(rng.poisson(4, alarms[0] - NOON), NOON, busy)[:2], LEVEL)
    assert found.reason.startswith("traffic fell by")
    assert -0.8 < found.effect < -0.4
    assert found.low < found.effect < found.high
    assert state.traffic.first == 420 * MINUTE


def test_a_tenfold_burst_is_told_at_once(busy):
    state, look, alarms = watch([120], NOON, busy)
    assert alarms == [NOON]
    assert "times what was expected: 120 events in 60 seconds" in said(state, look, LEVEL).reason


def test_a_window_that_is_stepped_again_teaches_nothing_and_proves_nothing(busy):
    rows = np.random.default_rng(2).poisson(4, 8)
    state, look, alarms = watch(rows, NOON, busy)
    assert alarms == []
    assert look.evidence[LEVEL] > 1
    for first in (NOON + 7, NOON + 2):
        again, repeated, alarms = watch(rows[first - NOON :], first, state)
        assert again is state
        assert alarms == []
        np.testing.assert_array_equal(repeated.evidence, look.evidence)
        np.testing.assert_array_equal(repeated.onset, look.onset)
        assert not repeated.quiet.any()
        assert said(again, repeated, LEVEL).reason == said(state, look, LEVEL).reason
    after, _, _ = watch([4], NOON + 8, again)
    assert after.traffic.last_start == (NOON + 8) * MINUTE


def test_silence_that_is_looked_at_again_is_told_the_same(busy):
    state, look, _ = watch([0, 0, 0], NOON, busy)
    _, repeated, _ = watch([0, 0], NOON, state)
    assert said(state, repeated, SILENCE).reason == said(state, look, SILENCE).reason


def test_before_the_first_event_nothing_is_known():
    state, look, alarms = watch([0] * 500)
    assert alarms == []
    assert np.isnan(look.effect).all()
    assert said(state, look, SILENCE).reason == "no event has arrived yet"


def test_for_two_days_only_a_silence_far_beyond_the_longest_gap_is_told():
    state, look, alarms = watch([5] * 300 + [0] * 600)
    assert alarms == []
    assert "being learnt for another" in said(state, look, LEVEL).reason
    assert said(state, look, LEVEL).verdict == "unknown"
    state, look, alarms = watch([0] * 500, 900, state)
    assert alarms
    found = said(state, look, SILENCE)
    assert found.reason == "no event for 18 hours, where the longest gap before was 60 seconds"


def test_a_first_night_and_a_first_free_day_are_not_told():
    minutes = np.arange(4 * DAY)
    rows = np.where((minutes % DAY >= 480) & (minutes % DAY < 1140) & (minutes < 3 * DAY), 20, 0)
    assert watch(rows)[2] == []


def test_little_traffic_says_how_long_a_silence_it_needs():
    rows = np.random.default_rng(3).poisson(0.1, 9 * DAY)
    state, look, alarms = watch(rows)
    assert alarms == []
    minutes = said(state, look, SILENCE).detectable / 60
    assert 100 < minutes < 300
