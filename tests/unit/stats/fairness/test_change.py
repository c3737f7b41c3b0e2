import numpy as np
import pytest

from vedette.stats.fairness.change import change
from vedette.stats.fairness.compare import compare


def drawn(rates, n=300, m=3_000, runs=4_000, seed=0):
    rng = np.random.default_rng(seed)
    a, b, c, d = rates
    now = compare(rng.binomial(n, a, runs), n, rng.binomial(m, b, runs), m)
    then = compare(rng.binomial(n, c, runs), n, rng.binomial(m, d, runs), m)
    return change(now, then)


@pytest.mark.parametrize(
    "rates", [(0.2, 0.2, 0.2, 0.2), (0.05, 0.1, 0.15, 0.2), (0.9, 0.7, 0.8, 0.6)]
)
def test_intervals_and_p_hold_what_they_promise(rates):
    a, b, c, d = rates
    found = drawn(rates)
    true, ratio = a - b - c + d, a / b / (c / d)
    assert 0.94 < ((found.low <= true) & (true <= found.high)).mean() < 0.965
    assert 0.94 < ((found.ratio_low <= ratio) & (ratio <= found.ratio_high)).mean() < 0.965
    if abs(true) < 1e-9:
        assert 0.03 < (found.p < 0.05).mean() < 0.06


def test_a_gap_that_opened_is_found():
    found = drawn((0.15, 0.3, 0.3, 0.3))
    assert (found.high < 0).mean() > 0.95
    assert (found.z < 0).mean() > 0.99


def test_an_old_gap_is_no_change():
    found = drawn((0.2, 0.3, 0.2, 0.3))
    assert ((found.high < 0) | (found.low > 0)).mean() < 0.06


def test_sides_without_rows_say_nothing():
    full, empty = compare([5], [10], [5], [10]), compare([0], [0], [5], [10])
    for now, then in ((full, empty), (empty, full)):
        found = change(now, then)
        assert np.isnan([found.change[0], found.z[0], found.p[0]]).all()
        assert (found.low[0], found.high[0]) == (-2, 2)
        assert (found.ratio_low[0], found.ratio_high[0]) == (0, np.inf)
    none = compare([0], [10], [0], [10])
    same = change(none, none)
    assert (same.change[0], same.z[0], same.p[0]) == (0, 0, 1)
    assert (same.ratio_low[0], same.ratio_high[0]) == (0, np.inf)
    assert change(full, full).ratio.tolist() == [1]
