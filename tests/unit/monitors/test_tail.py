"""Quantiles: how exactly counts give them, how windows are put together, limits, deploys."""

from dataclasses import replace

import numpy as np
import pytest

from vedette.core.durations import DAY, MINUTE
from vedette.core.field import Field
from vedette.core.schema import Schema
from vedette.core.windows import Window
from vedette.engine.fitting import without_columns
from vedette.monitors.monitor import Terms
from vedette.monitors.quantiles import log_quantile, sure_range
from vedette.monitors.tail import ENOUGH, Tail
from vedette.profiles.metering import Limit, Metering
from vedette.profiles.profile import Profile
from vedette.sketches.loglinear import LogLinear

START = 2_900 * 7 * DAY
TIMED = Schema((Field("latency_s", "numeric", role="latency"),))


def monitor(**asked):
    baseline = replace(
        without_columns(), schema=TIMED, segments={"shop": ("north",)}, metering=Metering(**asked)
    )
    streams = Tail.streams_of(baseline)
    weights = np.full(len(streams), 1 / len(streams))
    return Tail.of(baseline, Terms(weights, 30 * DAY / MINUTE, MINUTE))


def profile(values):
    tails = {("latency_s", ""): LogLinear.of(np.asarray(values, float))}
    return replace(Profile.zero("", ""), rows=len(values), tails=tails)


def window(minute):
    return Window(START + minute * MINUTE, START + (minute + 1) * MINUTE)


@pytest.mark.parametrize("q", [0.5, 0.95, 0.99])
@pytest.mark.parametrize("rows", [400, 5_000])
def test_the_sampling_variance_is_what_quantiles_vary_by(q, rows):
    rng = np.random.default_rng(0)
    drawn = [log_quantile(LogLinear.of(rng.lognormal(0, 0.7, rows)), q) for _ in range(400)]
    values, variances = np.array(drawn).T
    assert 0.9 < np.sqrt(np.median(variances)) / values.std() < 1.3


def test_too_few_rows_tell_no_quantile():
    few = LogLinear.of(np.arange(1.0, 101.0))
    assert log_quantile(few, 0.99) is None
    assert log_quantile(few, 0.95) is not None
    assert log_quantile(LogLinear.zero(), 0.5) is None
    assert log_quantile(LogLinear.of(np.zeros(100)), 0.5) is None


def test_a_sure_range_leaves_the_true_quantile_out_as_seldom_as_it_says():
    rng = np.random.default_rng(1)
    for rows in (10, 100, 2_000):
        ranges = [sure_range(LogLinear.of(rng.lognormal(0, 1, rows)), 0.95) for _ in range(1_000)]
        true = np.exp(1.6449)
        assert sum(below > true * 1.008 or above < true / 1.008 for above, below in ranges) <= 8


def test_windows_of_few_rows_are_put_together_for_an_hour():
    tail = monitor()
    state = tail.start()
    seen = []
    for minute in range(120):
        state, look = tail.step(state, profile([0.1] * 10), window(minute))
        seen.append(np.isfinite(look.course.value[0]))
    assert np.flatnonzero(seen).tolist() == [59, 119]
    assert state.usual.season.seen[0] == 2


def test_windows_of_enough_rows_are_judged_one_by_one():
    tail = monitor()
    state = tail.start()
    for minute in range(5):
        state, look = tail.step(state, profile([0.1] * ENOUGH), window(minute))
        assert look.course.names[:3] == ("latency_s.p50", "latency_s.p95", "latency_s.p99")
        assert look.course.value[0] == pytest.approx(0.1, rel=0.01)
    assert state.held == {}


def test_a_window_that_comes_again_teaches_nothing():
    tail = monitor()
    state, _ = tail.step(tail.start(), profile([0.1] * 50), window(0))
    again, look = tail.step(state, profile([9.0] * 50), window(0))
    assert again.held == state.held
    assert look.course is None


def test_a_limit_is_broken_at_once_and_only_where_rows_say_so_for_sure():
    tail = monitor(limits={"latency_s.p95": Limit(high=0.5)})
    state, look = tail.step(tail.start(), profile([0.1] * 19 + [2.0]), window(0))
    assert look.evidence[0] < tail.terms.threshold
    state, look = tail.step(state, profile([0.1] * 14 + [2.0] * 6), window(1))
    assert look.evidence[0] * tail.terms.weights[0] >= tail.terms.threshold
    (said,) = tail.tell(state, look, profile([]), [0])
    assert (said.category, said.component, said.unit) == ("p95", "limit", "s")
    assert said.reason.startswith("p95 of `latency_s` is at least ")
    assert said.reason.endswith("above its limit of 0.5 s")
    state, look = tail.step(state, profile([0.1] * 20), window(2))
    assert look.evidence[0] < tail.terms.threshold


def test_a_reset_forgets_the_rows_of_the_block_of_its_streams():
    tail = monitor()
    state, _ = tail.step(tail.start(), profile([0.1] * 50), window(0))
    assert state.held["latency_s", ""].count == 50
    kept = tail.reset(state, np.array([False, True]))
    assert kept.held == state.held
    gone = tail.reset(state, np.array([True, True]))
    assert (gone.held, gone.began) == ({}, -1)


def test_a_part_of_the_rows_has_a_stream_of_its_own():
    tail = monitor()
    assert [(s.column, s.segment, s.share) for s in tail.streams] == [
        ("latency_s", "", "service"), ("latency_s", "shop=north", "service"),
    ]  # fmt: skip
    assert tail.series[-1].name == "latency_s.p99{shop=north}"
