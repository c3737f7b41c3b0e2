"""Bets on rates: fair while the rate is tolerated, and what a day of rows can show."""

import numpy as np
import pytest
from scipy.stats import binom

from vedette.stats.rate_bets import (
    FEW,
    FEW_CAP,
    bets_against,
    dispersion_at,
    tolerated_rate,
    upper_tail,
    window_bets,
)


@pytest.mark.parametrize("n", [1, 7, 30, 400])
@pytest.mark.parametrize("r0", [0.0025, 0.05, 0.4, 0.85])
def test_the_mean_of_a_bet_is_at_most_one_up_to_the_tolerated_rate(n, r0):
    x = np.arange(n + 1.0)
    e = window_bets(x, np.full(n + 1, float(n)), bets_against(np.full(n + 1, r0)), np.ones(n + 1))
    for rate in (r0, r0 / 2):
        mean = binom.pmf(x, n, rate) @ e
        assert (mean <= 1 + 1e-9).all()


def test_a_window_of_few_rows_is_not_enough_alone():
    x = np.array([FEW - 1.0, FEW])
    e = window_bets(x, x, bets_against(np.full(2, 0.0025)), np.ones(2))
    assert e[0].max() <= np.exp(FEW_CAP) * (1 + 1e-12)
    assert e[1].max() > np.exp(FEW_CAP)


def test_no_rows_say_nothing():
    zero = np.zeros(1)
    assert (window_bets(zero, zero, bets_against(np.array([0.1])), np.ones(1)) == 1).all()
    assert upper_tail(zero, zero, np.array([0.1]), np.ones(1)) == 1


def test_the_tail_agrees_with_scipy():
    x, n, rate = np.array([4.0, 9.0, 30.0]), np.array([20.0, 40.0, 30.0]), np.array([0.1, 0.1, 0.5])
    assert np.allclose(upper_tail(x, n, rate, np.ones(3)), binom.sf(x - 1, n, rate))


def test_what_rows_share_does_not_matter_in_small_windows():
    d = dispersion_at(np.full(3, 51.0), np.full(3, 1001.0), np.array([1.0, 21.0, 5000.0]))
    assert d.tolist() == [1.0, 2.0, 51.0]


def test_a_rate_of_nothing_known_tolerates_all():
    assert tolerated_rate(0.0, 0.0, 1.0, 0.05) == 1.0
