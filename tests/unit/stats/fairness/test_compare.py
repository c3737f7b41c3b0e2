import numpy as np
import pytest
from scipy.stats import chi2_contingency, fisher_exact

from vedette.stats.fairness.compare import compare


def drawn(seed, most, rates):
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, most, 200), rng.integers(1, 10 * most, 200)
    p = rng.choice(rates, 200)
    return rng.binomial(n, p), n, rng.binomial(m, p), m


@pytest.mark.parametrize("rates", [[0.02, 0.1], [0.9, 0.99], [0.5, 0.0, 1.0]])
@pytest.mark.parametrize("most", [12, 300])
def test_p_is_that_of_scipy(most, rates):
    k, n, x, m = drawn(1, most, rates)
    found = compare(k, n, x, m)
    for i in range(len(k)):
        table = [[k[i], n[i] - k[i]], [x[i], m[i] - x[i]]]
        total = np.array(table).sum(0)
        if min(n[i], m[i]) * min(total) < 5 * total.sum():
            assert found.p[i] == pytest.approx(fisher_exact(table).pvalue, rel=1e-9)
        else:
            chi2 = chi2_contingency(table, correction=False)
            assert found.p[i] == pytest.approx(chi2.pvalue, rel=1e-9)
            assert found.z[i] ** 2 == pytest.approx(chi2.statistic)
    assert (np.sign(found.z) == np.sign(k * m - x * n)).all()


def test_a_cell_far_beyond_what_it_expects_has_no_chance():
    assert compare([500], [1000], [0], [10**6]).p[0] < 1e-100


def test_nothing_is_said_without_rows():
    found = compare([0, 0], [0, 10], [5, 0], [10, 0])
    for name in ("difference", "ratio", "z", "p"):
        assert np.isnan(getattr(found, name)).all(), name
    assert found.rate[1] == 0
    assert np.isnan(found.rate[0])
    assert found.ratio_high.tolist() == [np.inf, np.inf]


def test_all_alike_is_no_difference():
    found = compare([0, 50, 1], [10, 50, 1], [0, 90, 1], [80, 90, 1])
    assert found.z.tolist() == [0, 0, 0]
    assert found.p.tolist() == [1, 1, 1]
    assert found.difference.tolist() == [0, 0, 0]
    assert np.isnan(found.ratio[0])
    assert found.ratio[1:].tolist() == [1, 1]


def test_one_named_group_or_the_rest():
    k, n = np.array([[20, 30, 50]]), np.array([[100, 100, 100]])
    named = compare(k, n, k[:, [2]], n[:, [2]])
    assert named.difference.round(2).tolist() == [[-0.3, -0.2, 0.0]]
    assert named.ratio[0, 2] == 1
    rest = compare(k, n, k.sum(1, keepdims=True) - k, n.sum(1, keepdims=True) - n)
    assert rest.difference.round(2).tolist() == [[-0.2, -0.05, 0.25]]
    for part in rest[:-1]:
        assert part.shape == (1, 3)


def test_intervals_hold_the_point():
    k, n, x, m = drawn(2, 300, [0.1, 0.5])
    found = compare(k, n, x, m, 0.99)
    assert found.level == 0.99
    assert (
        (found.difference_low <= found.difference) & (found.difference <= found.difference_high)
    ).all()
    told = np.isfinite(found.ratio)
    assert (found.ratio_low <= found.ratio + 1e-12)[told].all()
    assert (found.ratio <= found.ratio_high + 1e-12)[told].all()
