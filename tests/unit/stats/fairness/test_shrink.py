import numpy as np
import pytest

from vedette.stats.fairness.shrink import shrink


def test_shrunk_rates_are_nearer_to_the_truth():
    rng = np.random.default_rng(0)
    n = rng.integers(20, 400, (200, 20))
    true = rng.beta(30, 70, n.shape)
    k = rng.binomial(n, true)
    found = shrink(k, n)
    assert ((found.rate - true) ** 2).mean() < 0.55 * ((k / n - true) ** 2).mean()
    assert np.median(found.strength) == pytest.approx(100, rel=0.25)
    assert found.common == pytest.approx(np.full(200, 0.3), abs=0.05)


def test_a_small_group_does_not_lead_the_ranking():
    found = shrink([3, 480, 300, 310], [3, 1_000, 1_000, 1_000])
    assert found.rate.argmax() == 1
    assert found.weight[0] < 0.15
    assert found.weight[1] > 0.9


def test_rates_no_further_apart_than_chance_are_one():
    found = shrink([30, 31, 29], [100, 100, 100])
    assert found.rate == pytest.approx(np.full(3, 0.3))


def test_nothing_one_and_all_alike():
    assert np.isnan(shrink([0, 0], [0, 0]).rate).all()
    assert shrink([3], [10]).rate == pytest.approx([0.3])
    assert shrink([0, 0], [10, 20]).rate.tolist() == [0, 0]
    assert shrink([10, 20], [10, 20]).rate.tolist() == [1, 1]
    missing = shrink([[10, 0, 50], [1, 2, 3]], [[100, 0, 100], [9, 9, 9]])
    assert missing.rate[0, 1] == missing.common[0] == pytest.approx(0.3)
    assert missing.weight[0, 1] == 0
    apart = shrink([0, 100], [100, 100])
    assert apart.rate == pytest.approx([0, 1])
