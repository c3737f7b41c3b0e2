import numpy as np
import pytest

from vedette.stats.fairness.sequence import factor, gap_band, rate_band

DAYS, RUNS = 90, 250


def test_looking_every_day_seldom_leaves_the_band():
    rng = np.random.default_rng(0)
    for rate in (0.02, 0.3):
        k = rng.binomial(200, rate, (DAYS, RUNS))
        band = rate_band(k, np.full_like(k, 200))
        missed = ((band.low > rate) | (rate > band.high)).any(axis=0)
        assert missed.mean() <= 0.05
        for m in (200, 4_000):
            other = rng.binomial(m, rate, (DAYS, RUNS))
            gap = gap_band(k, 200, other, m)
            assert ((gap.low > 0) | (gap.high < 0)).any(axis=0).mean() <= 0.05
            se = np.sqrt(rate * (1 - rate) * (1 / 200 + 1 / m))
            single = np.abs(k / 200 - other / m) > 1.96 * se
            assert single.any(axis=0).mean() > 0.8  # what one day's test does, every day


def test_a_lower_rate_is_found_within_days():
    rng = np.random.default_rng(1)
    k, other = rng.binomial(200, 0.24, (DAYS, RUNS)), rng.binomial(200, 0.3, (DAYS, RUNS))
    gap = gap_band(k, 200, other, 200)
    found = gap.high < 0
    assert found.any(axis=0).mean() > 0.99
    assert np.median(found.argmax(axis=0)) + 1 <= 7


def test_the_band_is_narrowest_near_its_best():
    n = np.array([100, 1_000, 10_000, 100_000])
    widths = [factor(n, best=best) for best in n]
    assert [int(np.argmin([w[i] for w in widths])) for i in range(4)] == [0, 1, 2, 3]
    assert factor(0) == np.inf
    assert 1.5 < factor(1_000) / 1.96 < 1.6


def test_empty_windows_change_nothing():
    k, n = np.array([0, 20, 0, 20]), np.array([0, 100, 0, 100])
    band = rate_band(k, n)
    assert np.isnan(band.value[0])
    assert (band.low[0], band.high[0]) == (0, 1)
    assert (band.low[1], band.high[1]) == (band.low[2], band.high[2])
    gap = gap_band(k, n, k, n)
    assert np.isnan(gap.value[0])
    assert gap.value[1:].tolist() == [0, 0, 0]
    assert (gap.low[0], gap.high[0]) == (-1, 1)


def test_few_rows_say_little_and_all_alike_closes_in():
    n = np.full(200, 10)
    band = rate_band(n * 0, n)
    assert band.high[0] > 0.3
    assert band.high[-1] < 0.01
    assert (band.low == 0).all()
    one = rate_band([1], [1])
    assert (one.value[0], one.high[0]) == (1, 1)
    assert one.low[0] < 0.1


def test_a_band_of_many_rows_is_that_of_the_normal_mixture():
    band = rate_band([300_000], [1_000_000], best=1e5)
    half = factor(1_000_000, best=1e5) * np.sqrt(0.3 * 0.7 / 1_000_000)
    assert band.high[0] - 0.3 == pytest.approx(half, rel=0.01)
    assert 0.3 - band.low[0] == pytest.approx(half, rel=0.01)
