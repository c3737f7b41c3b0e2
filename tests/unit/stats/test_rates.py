import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.stats.rates import beyond_prior, good_turing, rate_change, rate_tail, rate_tolerance


@settings(deadline=None, derandomize=True)
@given(st.integers(1, 500), st.integers(1, 500), st.data())
def test_every_count_gives_probabilities(n, m, data):
    x, k = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    for prior in (None, beyond_prior(m), good_turing(k, min(k, 3), m)):
        change = rate_change(x, n, k, m, 0.05, prior)
        assert 0 <= change.p <= 1
        assert 0 <= change.p_margin <= 1
        assert change.low <= change.effect <= change.high
        assert change.effect == pytest.approx(x / n - k / m)


@pytest.mark.parametrize(("x", "k"), [(0, 0), (50, 50)])
def test_no_change_at_the_ends_is_certain(x, k):
    change = rate_change(x, 50, k, 50, 0.05)
    assert (change.p, change.p_margin, change.effect) == (1.0, 1.0, 0.0)


def test_more_rows_beyond_are_never_less_evidence():
    p = [rate_change(x, 1000, 0, 1000, 0.05, beyond_prior(1000)).p for x in range(60)]
    assert (np.diff(p) <= 0).all()
    assert p[2] == 1.0  # two beyond each extreme are what 1,000 rows expect
    assert p[-1] < 1e-9


def test_a_prior_looks_upwards_only():
    assert rate_change(0, 10**6, 0, 10, 0.05, (2, 9)).p == 1.0


def test_margin_is_harder_than_change():
    change = rate_change(300, 10_000, 200, 10_000, 0.05)
    assert change.p < 1e-4 < 0.01 < change.p_margin


def test_rate_tail_of_certain_counts_is_one():
    assert rate_tail(0, 10, 1, 1) == pytest.approx(1)
    assert rate_tail(10, 10, 1, 1, up=False) == pytest.approx(1)


def test_tolerance_of_rare_and_common_rates():
    assert rate_tolerance(0.5, 0.1) == 0.05
    assert rate_tolerance(1e-9, 0.1) == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("once", "twice", "m"), [(0, 0, 0), (0, 0, 1), (1, 0, 1), (500, 0, 500), (9, 5, 10**6)]
)
def test_good_turing_is_a_beta(once, twice, m):
    a, b = good_turing(once, twice, m)
    assert a > 0
    assert b > 0
    if 0 < once < m:
        assert a / (a + b) == pytest.approx((once + 1) / (m + 1))
