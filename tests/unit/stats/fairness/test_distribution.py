import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from vedette.stats.fairness.distribution import (
    quantile_gap,
    standardised,
    transport,
)
from vedette.stats.fairness.means import Moments

EDGES = np.linspace(0, 1, 101)


def binned(values):
    return np.apply_along_axis(lambda row: np.histogram(row, EDGES)[0], -1, values)


def betas(a, b, rows, groups=600, seed=0):
    return np.random.default_rng(seed).beta(a, b, (groups, rows))


def moments(values):
    return Moments.of(values.shape[-1], values.sum(-1), (values**2).sum(-1))


@pytest.mark.parametrize("seed", range(4))
def test_transport_is_the_distance_of_the_rows(seed):
    one, two = betas(2, 3, 20_000, 1, seed), betas(2, 2, 30_000, 1, seed + 10)
    gap = transport(binned(one), binned(two), EDGES)
    assert gap.value[0] == pytest.approx(wasserstein_distance(one[0], two[0]), rel=0.01)


def test_transport_covers_the_truth_and_is_near_0_without_any():
    truth = transport(binned(betas(2, 3, 10**6, 1)), binned(betas(2, 2, 10**6, 1, 9)), EDGES).value
    gap = transport(binned(betas(2, 3, 300)), binned(betas(2, 2, 1_500, seed=1)), EDGES)
    assert 0.92 < ((gap.low <= truth) & (truth <= gap.high)).mean() < 0.975
    same = transport(binned(betas(2, 2, 300)), binned(betas(2, 2, 1_500, seed=1)), EDGES)
    assert (same.low == 0).mean() > 0.94
    assert np.median(same.value) < 0.5 * np.median(gap.value)


def test_transport_where_the_distributions_cross_inside_a_bin():
    crossed = transport([[1, 2, 1]], [[2, 0, 2]], [0.0, 1.0, 2.0, 3.0])
    x = np.linspace(0, 3, 30_001)
    one, two = np.interp(x, range(4), [0, 1, 3, 4]) / 4, np.interp(x, range(4), [0, 2, 2, 4]) / 4
    raw = np.trapezoid(np.abs(one - two), x)
    many = transport([[10**8, 2 * 10**8, 10**8]], [[2 * 10**8, 0, 2 * 10**8]], [0.0, 1, 2, 3])
    assert many.value[0] == pytest.approx(raw, rel=1e-4)
    assert crossed.low[0] == 0


def test_quantile_gaps_cover_the_truth():
    true = np.quantile(betas(2, 3, 10**6, 1), [0.25, 0.5, 0.9]) - np.quantile(
        betas(2, 2, 10**6, 1, 9), [0.25, 0.5, 0.9]
    )
    gap = quantile_gap(
        binned(betas(2, 3, 300)), binned(betas(2, 2, 1_500, seed=1)), EDGES, [0.25, 0.5, 0.9]
    )
    covered = ((gap.low <= true) & (true <= gap.high)).mean(axis=0)
    assert (covered > 0.93).all()
    assert (covered < 0.975).all()


def test_quantiles_skip_empty_bins():
    gap = quantile_gap([[0, 0, 10]], [[10, 0, 0]], [0.0, 1.0, 2.0, 3.0], [0.5])
    assert gap.value.tolist() == [[2.0]]
    assert 1.5 < gap.low[0, 0] < gap.high[0, 0] < 2.5


def test_standardised_gaps_cover_the_truth():
    rng = np.random.default_rng(2)
    for truth in (0.0, 0.3):
        one, two = rng.normal(3 + truth, 1, (3_000, 200)), rng.normal(3, 1, (3_000, 900))
        gap = standardised(moments(one), moments(two))
        assert np.median(gap.value) == pytest.approx(truth, abs=0.01)
        assert 0.94 < ((gap.low <= truth) & (truth <= gap.high)).mean() < 0.96


def test_nothing_one_and_all_alike():
    none, some = [[0, 0, 0]], [[1, 2, 1]]
    edges = [0.0, 1.0, 2.0, 3.0]
    for gap in (transport(none, some, edges), transport(some, none, edges)):
        assert np.isnan(gap.value[0])
        assert (gap.low[0], gap.high[0]) == (0, np.inf)
    gap = quantile_gap(none, some, edges)
    assert np.isnan(gap.value).all()
    assert (gap.high == np.inf).all()
    assert transport(some, some, edges).value.tolist() == [0]
    for n in (0, 1):
        few = standardised(Moments.of(n, n * 2.0, n * 4.0), Moments.of(10, 20.0, 50.0))
        assert np.isnan(few.value)
        assert few.high == np.inf
    two = Moments.of(10, 20.0, 40.0)
    alike, apart = Moments.of(30, 60.0, 120.0), Moments.of(30, 90.0, 270.0)
    assert standardised(two, alike).value == 0
    assert np.isnan(standardised(two, apart).value)
