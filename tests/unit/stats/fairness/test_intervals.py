from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from vedette.stats import intervals as scalar
from vedette.stats.fairness.intervals import (
    FAR,
    clopper_pearson,
    difference_interval,
    jeffreys,
    rate_interval,
    ratio_interval,
    sidak,
    wilson,
)

CASES = [(0, 30), (1, 30), (7, 30), (30, 30), (81, 263)]


@pytest.mark.parametrize("level", [0.9, 0.95, 0.999])
@pytest.mark.parametrize(("ours", "theirs"), [(wilson, "wilson"), (clopper_pearson, "exact")])
def test_scipy_has_the_same_bounds(ours, theirs, level):
    k, n = np.array(CASES).T
    low, high = ours(k, n, level)
    for i, (hits, rows) in enumerate(CASES):
        bounds = binomtest(hits, rows).proportion_ci(level, theirs)
        assert (low[i], high[i]) == pytest.approx(bounds, abs=1e-12)


def test_newcombe_has_the_same_difference():
    found = difference_interval(56, 70, 48, 80)
    assert found == pytest.approx(scalar.newcombe(56, 70, 48, 80), abs=1e-4)


@pytest.mark.parametrize("of", [wilson, jeffreys, clopper_pearson, rate_interval])
@pytest.mark.parametrize("level", [0.95, 0.999])
def test_bounds_stay_in_order(of, level):
    n = np.array([0, 1, 1, 2, 30, 30, 30, 10**9, 10**9])
    k = np.array([0, 0, 1, 1, 0, 30, 4, 0, 10**9])
    low, high = of(k, n, level)
    some = n > 0
    assert (low[~some], high[~some]) == (0, 1)
    assert (low >= 0).all()
    assert (high <= 1).all()
    rate = k[some] / n[some]
    assert (low[some] <= rate).all()
    assert (rate <= high[some]).all()


def test_a_higher_level_is_never_narrower():
    k, n = np.arange(31), np.full(31, 30)
    near_ones, far_ones = np.linspace(0.8, FAR, 40), np.linspace(FAR + 0.001, 0.9999, 20)
    for level, higher in (*pairwise(near_ones), *pairwise(far_ones)):
        near, far = rate_interval(k, n, level), rate_interval(k, n, higher)
        assert (far[0] <= near[0] + 1e-12).all()
        assert (near[1] <= far[1] + 1e-12).all()


@pytest.mark.parametrize("level", [0.95, 0.999])
def test_a_ratio_turned_round_is_its_inverse(level):
    k, n, x, m = np.array([[3, 40, 9, 4], [4, 60, 30, 90], [1, 100, 30, 30]]).T
    low, high = ratio_interval(k, n, x, m, level)
    other_low, other_high = ratio_interval(x, m, k, n, level)
    assert low == pytest.approx(1 / other_high)
    assert high == pytest.approx(1 / other_low)
    assert (low < (k / n) / (x / m)).all()
    assert ((k / n) / (x / m) < high).all()


def test_empty_sides_say_nothing():
    assert [float(x) for x in difference_interval(0, 0, 5, 9)] == [-1, 1]
    assert [float(x) for x in difference_interval(5, 9, 0, 0)] == [-1, 1]
    assert [float(x) for x in ratio_interval(0, 0, 5, 9)] == [0, np.inf]
    assert [float(x) for x in ratio_interval(0, 9, 0, 9)] == [0, np.inf]
    low, high = ratio_interval(5, 9, 0, 9)
    assert low > 0
    assert high == np.inf
    low, high = ratio_interval(0, 90, 50, 90)
    assert low == 0
    assert high < 0.2


def test_tables_broadcast():
    k = np.arange(6).reshape(2, 3)
    low, high = difference_interval(k, 10, k.sum(axis=1, keepdims=True), 30)
    assert low.shape == high.shape == (2, 3)


def test_sidak_shares_the_level():
    assert sidak(0.95, 1) == sidak(0.95, 0) == 0.95
    assert sidak(0.95, 20) ** 20 == pytest.approx(0.95)


@pytest.mark.parametrize(("n", "low", "high"), [(30, 0.02, 0.05), (30, 0.1, 0.5), (100, 0.02, 0.5)])
def test_coverage_of_a_share_is_near_its_level(n, low, high):
    k = np.arange(n + 1)
    bounds = rate_interval(k, np.full(n + 1, n))
    covered = [
        binom.pmf(k, n, p)[(bounds[0] <= p) & (p <= bounds[1])].sum()
        for p in np.linspace(low, high, 60)
    ]
    assert 0.945 < np.mean(covered) < 0.965


@pytest.mark.parametrize(("level", "p"), [(0.95, 0.05), (0.95, 0.4), (0.9974, 0.03), (0.9974, 0.3)])
def test_coverage_of_difference_and_ratio_is_near_its_level(level, p):
    n, m = 60, 300
    k, x = np.arange(n + 1)[:, None], np.arange(m + 1)[None, :]
    chance = binom.pmf(k, n, 0.8 * p) * binom.pmf(x, m, p)
    for of, truth in ((difference_interval, -0.2 * p), (ratio_interval, 0.8)):
        low, high = of(k, n, x, m, level)
        missed = chance[(low > truth) | (truth > high)].sum()
        assert 0.4 * (1 - level) < missed < 1.25 * (1 - level), of.__name__
