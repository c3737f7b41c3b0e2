import numpy as np
import pytest

from vedette.stats.fairness.spread import spread, worst_gap


def test_spread_of_nothing_one_and_equal():
    assert np.isnan(spread([np.nan, np.nan]).difference)
    assert np.isnan(spread([0.0, 0.0]).ratio)
    one = spread([np.nan, 0.4])
    assert (one.difference, one.ratio, one.lowest, one.highest) == (0, 1, 1, 1)
    assert spread([[0.3, 0.3], [0.1, 0.4]]).difference == pytest.approx([0, 0.3])


@pytest.mark.parametrize("sizes", [[500] * 20, [90_000, 300, 200, 100], [400, 400]])
def test_chance_alone_makes_the_gap_that_is_expected(sizes):
    n = np.array(sizes)
    k = np.random.default_rng(1).binomial(n, 0.3, (4_000, len(n)))
    seen = spread(k / n).difference
    found = worst_gap(np.rint(0.3 * n), n)
    assert found.expected == pytest.approx(seen.mean(), rel=0.03)
    assert 0.935 < (seen <= found.bound).mean() < 0.965


def test_a_planted_gap_stays():
    found = worst_gap([300, 300, 100], [1_000] * 3)
    assert found.gap == pytest.approx(0.2)
    assert found.gap > found.bound
    assert 0.15 < found.corrected < 0.2


def test_worst_gap_of_next_to_nothing():
    for k, n in (([0, 0], [0, 0]), ([3, 0], [9, 0]), ([9, 5], [9, 5]), ([0, 0], [9, 5])):
        found = worst_gap(k, n)
        assert found.gap == found.expected == found.bound == found.corrected == 0
    both = worst_gap([[3, 5, 0], [0, 0, 0]], [[50, 50, 0], [0, 0, 0]])
    alone = worst_gap([3, 5], [50, 50])
    assert both.expected.tolist() == [alone.expected, 0]
    assert both.bound.tolist() == [alone.bound, 0]
