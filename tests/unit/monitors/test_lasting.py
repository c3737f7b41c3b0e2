"""What lasts: told although the last hours excuse it, and no holiday taken for it."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from vedette.core.durations import DAY, HOUR, MINUTE
from vedette.core.field import Field
from vedette.core.schema import Schema
from vedette.core.windows import Window
from vedette.engine.fitting import without_columns
from vedette.monitors.judging import Judging
from vedette.monitors.lasting import EXCUSED, UNLEARNT, Lasting
from vedette.monitors.metrics_state import MetricsState, nothing_known, of_names
from vedette.monitors.monitor import Terms
from vedette.monitors.series import Reading
from vedette.monitors.tail import Tail
from vedette.profiles.metering import Metering

START = 2_900 * 7 * DAY  # a Thursday
LEARNT = 26 * 24  # hours
NOISE = 0.065  # of the logarithm of a median of 50 rows


def monitor(services):
    names = tuple(f"{at}" for at in range(services))
    schema = Schema((Field("latency_s", "numeric", role="latency"),))
    asked = Metering(only=("latency_s.p50*",))
    baseline = replace(without_columns(), schema=schema, segments={"s": names}, metering=asked)
    streams = Tail.streams_of(baseline)
    return Tail.of(baseline, Terms(np.full(len(streams), 0.13), 216_000.0, MINUTE))


def alarms(shift, hours, services=6, seed=0):
    """Hours in which each service alarmed; `shift` of the logarithm by the hour after LEARNT."""
    tail, rng = monitor(services), np.random.default_rng(seed)
    state, found = tail.start().usual, []
    for at in range(LEARNT + hours):
        hour, end = at % 24, START + (at + 1) * HOUR
        value = 0.26 * np.cos(2 * np.pi * (hour - 14) / 24) - 2.5
        value += (shift(at - LEARNT) if at >= LEARNT else 0.0) + NOISE * rng.normal(size=services)
        value = np.where(hour < 5, np.nan, np.append(np.nan, value))  # first that of all rows
        n = len(value)
        none = np.full(n, np.nan)
        reading = Reading(value, np.full(n, NOISE**2), np.full(n, 50.0), none, none)
        window = Window(end - MINUTE, end)  # a block of an hour ends with its last minute
        state = tail.take(state, reading, window, end - HOUR)
        over = tail.look(state, window).evidence * 0.13 >= 216_000.0
        if over.any():
            state = tail.forget(state, over)
        found.append(over[1:])
    return np.array(found)


@pytest.mark.parametrize("onset", [3, 13])
def test_a_lasting_change_under_a_strong_season_of_few_rows_is_told(onset):
    found = alarms(lambda at: np.log(1.4) * (at >= onset), 60 + onset)
    assert not found[: LEARNT + onset].any()
    assert found[LEARNT + onset :].any(axis=0).all()


def test_two_holidays_that_are_over_are_no_lasting_change():
    found = alarms(lambda at: -0.25 if 24 <= at < 72 else 0.0, 24 * 6)
    assert not found.any()


def test_what_is_apart_for_long_is_excused_no_more_and_learnt_in_the_end():
    odd, p = SimpleNamespace(away=np.array([5.0])), np.array([1e-5])
    one, seen = Lasting.none(1), np.array([True])
    hours = 0
    while not one.ends_excuses(odd.away)[0]:
        one = one.after(p, odd, seen, HOUR, 3.0)
        assert one.holds(3.0)[0]
        hours += 1
    assert hours == EXCUSED // HOUR
    assert not one.ends_excuses(-odd.away)[0]  # on the other side nothing lasts
    for _ in range(UNLEARNT // HOUR - hours + 1):
        one = one.after(p, odd, seen, HOUR, 3.0)
    assert not one.holds(3.0)[0]
    for _ in range(20):  # ordinary values end it
        one = one.after(np.array([0.9]), odd, seen, HOUR, 3.0)
    assert (one.lasts == 0).all()


def test_a_single_far_value_teaches_the_tail_once_it_is_over():
    asked = Judging(Metering(), np.zeros(1), 3.0)
    rng, state = np.random.default_rng(4), nothing_known(("x",))
    beyond = []
    for at in range(20 * 24):
        value = np.array([rng.normal() + 30.0 * (at == 18 * 24)])
        reading = Reading(value, *(np.zeros(1),) * 4)
        end = START + (at + 1) * HOUR
        state, _ = asked.take(state, reading, Window(end - HOUR, end), end - HOUR)
        beyond.append((state.lasting.owed[0], state.season.tail.square[0]))
    owed = [far for far, _ in beyond]
    at = 18 * 24
    assert owed[at - 1] == 0
    assert owed[at] > 10
    over = next(i for i in range(at, len(owed)) if owed[i] == 0)
    assert over < at + 24
    assert beyond[over][1] > 2 * beyond[at - 1][1]


def test_a_state_written_before_this_was_known_goes_on():
    old = replace(nothing_known(("a", "b")), lasting=Lasting.none(3))
    new = of_names(old, ("b", "c", "d"))
    assert isinstance(new, MetricsState)
    assert new.lasting.lasts.shape == (3, 2)


def test_nothing_is_learnt_for_a_day_however_short_the_last_window_of_a_block():
    asked = Judging(Metering(), np.zeros(1), 3.0)
    rng, state = np.random.default_rng(3), nothing_known(("x",))
    for at in range(20 * 24):
        value = np.array([rng.normal() + 50.0 * (at >= 12 * 24)])
        end = START + (at + 1) * HOUR
        reading = Reading(value, *(np.zeros(1),) * 4)
        state, _ = asked.take(state, reading, Window(end - MINUTE, end), end - HOUR)
        if at == 13 * 24 - 2:
            assert abs(state.plain.level[0] + state.plain.carry[0]) < 10
    assert abs(state.season.level[0] + state.season.carry[0] + state.season.mean[0] - 50) < 10


def test_a_stream_is_quiet_without_a_quantile_that_its_rows_never_tell():
    tail, state = monitor(1), None
    rng = np.random.default_rng(5)
    whole = replace(tail, series=tuple(one._replace(q=0.99) for one in tail.series))
    asked = (tail, whole)
    for watched, quiet in zip(asked, (True, False), strict=True):
        state = watched.start().usual
        for at in range(60):
            end = START + (at + 1) * HOUR
            told = np.nan if watched is whole else -2.5 + 0.06 * rng.normal()
            value = np.array([np.nan, told])
            none = np.full(2, np.nan)
            reading = Reading(value, np.full(2, 0.0036), np.full(2, 50.0), none, none)
            state = watched.take(state, reading, Window(end - HOUR, end))
        assert watched.look(state, Window(end - HOUR, end)).quiet[1] is np.bool_(quiet)
