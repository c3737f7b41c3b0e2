"""Traffic: what is learnt of a season, and bets that are fair under it."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import nbinom

from vedette.stats.traffic import (
    DAY,
    HOUR,
    MINUTE,
    Forecast,
    forecast,
    is_season_known,
    learn,
    no_traffic,
)
from vedette.stats.traffic_bets import (
    LEAST_EMPTY,
    empty_chance,
    fall_needed,
    level_bets,
    level_tails,
    silence_needed,
)

WIDTH = 5 * MINUTE
EXPECTED = Forecast(40.0, 40.0, 40.0, shape=100.0, scatter=2.0, empty=0.0)


def taught(rows, days, start=0):
    """What is known after some days of rows(minute of the day, weekday)."""
    traffic = no_traffic()
    for i in range(days * DAY // WIDTH):
        at = start + i * WIDTH
        n = rows(at // MINUTE % 1440, (at // DAY + 3) % 7)
        traffic = learn(traffic, forecast(traffic, at, WIDTH), n, at, WIDTH)
    return traffic, start + days * DAY


def test_the_season_of_the_day_is_learnt_in_two_days():
    traffic, now = taught(lambda minute, _: 80 if 480 <= minute < 1200 else 4, 2)
    assert is_season_known(traffic, now)
    assert forecast(traffic, now + 10 * HOUR, WIDTH).season == pytest.approx(80, rel=0.1)
    assert forecast(traffic, now + 2 * HOUR, WIDTH).season == pytest.approx(4, rel=0.3)


def test_a_weekday_is_learnt_from_one_of_it():
    traffic, now = taught(lambda _, weekday: 5 if weekday >= 5 else 50, 9)  # from a Thursday
    saturday = now - now % (7 * DAY) + 9 * DAY
    assert (saturday // DAY + 3) % 7 == 5
    assert forecast(traffic, saturday + 12 * HOUR, WIDTH).season < 15
    assert forecast(traffic, saturday + (2 * 24 + 12) * HOUR, WIDTH).season == pytest.approx(
        50, rel=0.25
    )


@pytest.mark.parametrize("width", [MINUTE, HOUR])
def test_the_weekday_on_which_data_begin_is_one_like_others(width):
    traffic = no_traffic()
    for start in range(7 * HOUR, 7 * DAY, width):
        traffic = learn(traffic, forecast(traffic, start, width), 5_000, start, width)
    for start in (7 * DAY, 7 * DAY + 3 * HOUR, 7 * DAY + 9 * HOUR):
        assert forecast(traffic, start, width).season == pytest.approx(5_000, rel=0.01)


def test_nights_without_traffic_are_usual():
    traffic, now = taught(lambda minute, _: 30 if 420 <= minute < 1056 else 0, 10)
    night = forecast(traffic, now + 3 * HOUR, WIDTH)
    assert night.season < 0.1
    assert empty_chance(night) > 0.9
    edge = forecast(traffic, now + 17 * HOUR + 40 * MINUTE, WIDTH)  # it ends within a quarter hour
    assert empty_chance(edge) > 0.2
    assert empty_chance(forecast(traffic, now + 12 * HOUR, WIDTH)) < 1e-3


def test_an_outlier_teaches_little_once_the_week_is_known():
    traffic, now = taught(lambda *_: 40, 9)
    before = forecast(traffic, now, WIDTH)
    after = learn(traffic, before, 100_000, now, WIDTH)
    assert forecast(after, now + 7 * DAY, WIDTH).season < 1.5 * before.season


def test_what_may_be_a_fault_is_not_learnt():
    traffic, now = taught(lambda *_: 40, 9)
    after = learn(traffic, forecast(traffic, now, WIDTH), 0, now, WIDTH, lasting=False)
    assert np.array_equal(after.day_rows, traffic.day_rows)
    assert after.gap == 1


def test_scatter_is_learnt():
    rng = np.random.default_rng(0)
    traffic, now = taught(lambda *_: int(rng.negative_binomial(20, 0.25)), 10)  # variance 4 x mean
    found = [forecast(traffic, now + hour * HOUR, WIDTH).scatter for hour in range(24)]
    assert np.mean(found) == pytest.approx(4, rel=0.3)


def test_empty_windows_before_the_first_event_are_no_traffic():
    traffic = no_traffic()
    assert learn(traffic, forecast(traffic, 0, WIDTH), 0, 0, WIDTH) is traffic


@pytest.mark.parametrize("mean", [0.3, 5.0, 200.0])
def test_the_mean_of_a_bet_is_at_most_one_at_every_usual_level(mean):
    expected = replace(EXPECTED, season=mean, mean=mean, least=mean)
    size = expected.size
    for level in (0.8, 1.0, 1.2):
        rows = np.arange(int(20 * mean + 200))
        chance = nbinom.pmf(rows, size, size / (size + level * mean))
        e = np.array([level_bets(int(n), expected, 0.8, 1.2) for n in rows])
        assert (chance @ e <= 1 + 1e-6).all()


def test_tails_agree_with_scipy():
    size = EXPECTED.size
    few, many = level_tails(25, EXPECTED, 0.8, 1.2)
    assert few == pytest.approx(nbinom.cdf(25, size, size / (size + 32)))
    assert many == pytest.approx(nbinom.sf(24, size, size / (size + 48)))


def test_two_empty_windows_are_needed_at_least():
    busy = replace(EXPECTED, season=1e6, mean=1e6, least=1e6)
    assert empty_chance(busy) == LEAST_EMPTY
    assert silence_needed(busy, 13.4) == 2


def test_where_windows_are_often_empty_another_one_says_little():
    often = replace(EXPECTED, empty=0.5)
    assert level_bets(0, often, 0.8, 1.2)[:3].max() <= 2 * (1 + 1e-12)
    assert level_tails(0, often, 0.8, 1.2)[0] >= 0.5


def test_a_fall_that_could_not_be_told_is_none():
    assert fall_needed(replace(EXPECTED, mean=0.1), 0.8, 16, 20) is None
    assert fall_needed(replace(EXPECTED, mean=0.0), 0.8, 16, 20) is None
    assert 0.2 < fall_needed(replace(EXPECTED, mean=1e6), 0.8, 16, 20) < 0.5
