"""What must hold for every series, whatever its numbers.

Owns: laws of a step.  Does not own: how well faults are found (bench/bench_metric_detector.py).
"""

from dataclasses import fields

import numpy as np
import pytest

from vedette.core.errors import UsageError
from vedette.stats.metrics.arithmetic import FLOATS
from vedette.stats.metrics.judge import KINDS
from vedette.stats.metrics.marks import celebrated, deployed, quieted
from vedette.stats.metrics.state import DAY, State, chosen, single, start
from vedette.stats.metrics.step import advance, step

HOUR = DAY // 24


def series(count: int, steps: int, seed: int = 0) -> np.ndarray:
    """Hourly values with a daily cycle and normal noise."""
    rng = np.random.default_rng(seed)
    day = 3 * np.sin(2 * np.pi * np.arange(steps) / 24)
    return 20 + day[:, None] + rng.normal(size=(steps, count))


def run(values: np.ndarray, *, every: int = HOUR, noise: np.ndarray | None = None):
    """All steps of a table of values."""
    state, found = start(values.shape[1]), []
    for k, row in enumerate(values):
        state, judged = step(state, k * every, row, None if noise is None else noise[k])
        found.append(judged)
    return state, found


def rows_of(value: object) -> list[np.ndarray]:
    """Every row of a state, in order."""
    if isinstance(value, tuple):
        return [row for part in value for row in rows_of(part)]
    if isinstance(value, np.ndarray | float):
        return [np.atleast_1d(value)]
    if hasattr(value, "__dataclass_fields__"):
        return [row for field in fields(value) for row in rows_of(getattr(value, field.name))]
    return []


def test_one_series_gives_the_bits_of_many():
    values = series(3, 24 * 16)
    values[50:53, 1] = np.nan
    values[200, 0], values[300, 2], values[301, 2] = np.inf, 90.0, -np.inf
    noise = np.random.default_rng(1).uniform(0, 2, values.shape)
    times = np.cumsum(np.random.default_rng(2).choice([1, 1, 1, 4], len(values))) * (HOUR // 4)
    many, ones = start(3), [single(start(1)) for _ in range(3)]
    for k, time in enumerate(times.tolist()):
        if k in (100, 250):
            many, ones = deployed(many), [deployed(one) for one in ones]
        if k == 320:
            quiet = time + 2 * HOUR, time + 9 * HOUR
            many, ones = quieted(many, *quiet), [quieted(one, *quiet) for one in ones]
            day = (time // DAY + 1,)
            many, ones = celebrated(many, day), [celebrated(one, day) for one in ones]
        many, judged = step(many, time, values[k], noise[k])
        for column in range(3):
            ones[column], alone = advance(
                FLOATS, ones[column], time, float(values[k, column]), float(noise[k, column])
            )
            np.testing.assert_array_equal(
                [float(part) for part in alone], [float(part[column]) for part in judged]
            )
    for column in range(3):
        for left, right in zip(rows_of(ones[column]), rows_of(many), strict=True):
            assert left[0] == right[column % len(right)]


def test_a_state_has_all_its_parts():
    state, _ = run(series(2, 30))
    assert set(vars(state)) == {field.name for field in fields(State)}


@pytest.mark.parametrize(("scale", "shift"), [(1e-6, 0.0), (1e5, 3e6), (-2.0, 50.0)])
def test_scale_and_shift_of_the_values_do_not_matter(scale, shift):
    values = series(2, 24 * 14)
    values[-1, 0] += 8
    _, plain = run(values)
    _, moved = run(scale * values + shift)
    for one, other in zip(plain, moved, strict=True):
        np.testing.assert_allclose(one.p, other.p, rtol=1e-5)
        np.testing.assert_allclose(one.score, other.score, atol=1e-6)
        np.testing.assert_allclose(scale * one.expected + shift, other.expected, rtol=1e-6)


def test_scores_and_chances_stay_in_their_bounds_whatever_comes():
    rng = np.random.default_rng(3)
    values = rng.choice([0.0, 1.0, 1e300, -1e300, 1e-300, np.nan, np.inf, -np.inf], (400, 20))
    values[:, 0], values[:, 1], values[:, 2] = np.nan, 5.0, rng.standard_cauchy(400)
    _, found = run(values[:, :3])
    _, wild = run(values[:, 3:])
    for judged in [*found, *wild]:
        for part in (judged.score, judged.p, judged.tail):
            assert np.all((part >= 0) & (part <= 1))
        assert set(judged.kind.tolist()) <= set(range(len(KINDS)))
    assert np.all(np.isnan(found[0].expected))  # nothing is expected of the first
    for judged in found[40:]:
        known = ~np.isnan(judged.expected)
        assert np.all((judged.low <= judged.expected)[known])
        assert np.all((judged.expected <= judged.high)[known])


def test_a_missing_value_teaches_nothing_of_level_and_scale():
    values = series(1, 24 * 12)
    state, _ = run(values)
    after, judged = step(state, len(values) * HOUR, np.array([np.nan]))
    assert after.variance == state.variance
    assert after.slots == state.slots
    assert judged.p[0] == 1.0


def test_time_must_go_on():
    state, _ = step(start(1), HOUR, np.array([1.0]))
    for time in (HOUR, 0):
        with pytest.raises(UsageError, match="not later than the last"):
            step(state, time, np.array([1.0]))


def test_a_step_changes_nothing_that_was_there():
    state, _ = run(series(2, 24 * 9))
    before = [row.copy() for row in rows_of(state)]
    step(state, 24 * 9 * HOUR, np.array([1.0, 99.0]))
    for left, right in zip(before, rows_of(state), strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("name", ["white", "autocorrelated", "heavy", "counts", "trend"])
def test_p_can_be_bet_on(name):
    rng = np.random.default_rng(5)
    steps, count = 24 * 35, 60
    values = series(count, steps, 5)
    noise = values - 20 - 3 * np.sin(2 * np.pi * np.arange(steps) / 24)[:, None]
    if name == "autocorrelated":
        for t in range(1, steps):
            values[t] += 0.8 * (values[t - 1] - (values[t - 1] - noise[t - 1]))
            noise[t] = 0.8 * noise[t - 1] + noise[t]
        values = values - values + 20 + noise
    elif name == "heavy":
        values = values - noise + rng.standard_t(3, noise.shape)
    elif name == "counts":
        values = rng.poisson(np.maximum(values - noise, 1.0)).astype(float)
    elif name == "trend":
        values = values + np.arange(steps)[:, None] / 200
    _, found = run(values)
    p = np.concatenate([judged.p for judged in found[24 * 14 :]])
    for level, times in ((0.1, 1.1), (0.01, 1.6), (0.001, 2.5)):
        assert (p <= level).mean() <= times * level


def test_series_come_and_go():
    values = series(3, 24 * 9)
    state, _ = run(values)
    some = chosen(state, [2, -1])
    row = np.array([20.0, 3.0])
    some, judged = step(some, 24 * 9 * HOUR, row)
    _, alone = step(state, 24 * 9 * HOUR, np.array([0.0, 0.0, 20.0]))
    assert judged.p[0] == alone.p[2]
    assert some.seen.tolist() == [24 * 9 + 1, 1]
    assert judged.known.tolist() == [1.0, 0.0]


def test_known_sampling_noise_widens_what_is_usual():
    rng = np.random.default_rng(6)
    steps = 24 * 14
    events = np.where(np.arange(steps) % 24 < 8, 20, 20_000)
    share = 0.3 + 0.005 * rng.normal(size=steps)
    values = rng.binomial(events, share) / events
    noise = 0.3 * 0.7 / events
    state, found = run(values[:, None], noise=noise[:, None])
    late = found[24 * 10 :]
    few = np.concatenate([one.p for one, n in zip(late, events[24 * 10 :], strict=True) if n == 20])
    assert (few < 0.01).mean() < 0.05
    night, _ = step(state, steps * HOUR, np.array([0.55]), np.array([0.21 / 20]))
    _, few_events = step(state, steps * HOUR, np.array([0.55]), np.array([0.21 / 20]))
    _, many_events = step(state, steps * HOUR, np.array([0.55]), np.array([0.21 / 20_000]))
    assert few_events.p[0] > 0.001
    assert many_events.p[0] < 1e-5
    assert night.seen[0] == steps + 1


def test_holidays_are_sundays():
    rng = np.random.default_rng(7)
    hours = np.arange(24 * 7 * 5)
    weekday = (hours // 24 + 3) % 7
    values = 100 - 40.0 * (weekday == 6) + rng.normal(size=len(hours))
    state, _ = run(values[:, None])
    day = len(hours) // 24
    assert (day + 3) % 7 != 6
    _, ordinary = step(state, len(hours) * HOUR, np.array([60.0]))
    _, holiday = step(celebrated(state, (day,)), len(hours) * HOUR, np.array([60.0]))
    assert ordinary.p[0] < 1e-5
    assert holiday.p[0] > 0.02


def test_irregular_moments_are_no_gap():
    rng = np.random.default_rng(8)
    times = np.cumsum(rng.integers(HOUR // 8, HOUR // 2, 24 * 40))
    state = start(1)
    least = 1.0
    for k, time in enumerate(times.tolist()):
        state, judged = step(state, time, np.array([10 + rng.normal()]))
        if k > 650:
            least = min(least, float(judged.tail[0]))
    assert least > 1e-4
