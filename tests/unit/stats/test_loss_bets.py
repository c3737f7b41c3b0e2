"""Bets on losses: fair while the risk is usual, sure when it is not."""

import numpy as np
import pytest
from scipy.stats import betabinom, binom

from vedette.stats.loss_bets import Batch, Usual, begin, believed, bet_losses, matters, wait
from vedette.stats.rate_bets import FEW, FEW_CAP


def usual(C, t2=0.0, phi=0.0, allow=0.0, unit=0.01):
    return Usual(np.full(C, t2), np.full(C, phi), np.full(C, allow), np.full(C, unit))


def batch(x, n, risk=0.1, variance=None):
    x = np.atleast_1d(np.asarray(x, float))
    each = risk * (1 - risk) if variance is None else variance
    return Batch(*(np.broadcast_to(one, x.shape) for one in (float(n), x, risk, each)))


def after(x, n, known, times=1, **how):
    run = begin(known.t2)
    for _ in range(times):
        run = bet_losses(run, batch(x, n, **how), known)
    return run


@pytest.mark.parametrize("n", [1, 7, 40, 300])
@pytest.mark.parametrize("risk", [0.003, 0.1, 0.45])
def test_the_mean_of_every_bet_is_at_most_one_at_the_usual_risk(n, risk):
    x = np.arange(n + 1)
    e = after(x, n, usual(n + 1), risk=risk).R
    chances = binom.pmf(x, n, risk)
    assert ((chances[:, None, None] * e).sum(0) <= 1 + 1e-9).all()
    less = binom.pmf(x, n, risk * 0.9)  # rises may be bet on at any lower risk, too
    assert ((less[:, None] * e[:, 0]).sum(0) <= 1 + 1e-9).all()


def test_the_mean_of_every_bet_is_about_one_where_hours_differ():
    n, risk, t2 = 100, 0.1, 4e-4
    size = risk * (1 - risk) / t2 - 1
    x = np.arange(n + 1)
    e = after(x, n, usual(n + 1, t2, 0.0), risk=risk).R
    chances = betabinom.pmf(x, n, risk * size, (1 - risk) * size)
    assert ((chances[:, None, None] * e).sum(0) <= 1.15).all()


def test_more_loss_is_more_evidence_of_a_rise_and_less_of_a_fall():
    x = np.arange(101)
    run = after(x, 100, usual(101, 1e-4, 0.8), times=3)
    up, down = believed(run.R).T
    assert (np.diff(up) >= 0).all()
    assert (np.diff(down) <= 0).all()
    assert up[30] > 1e6
    assert down[0] > 20


def test_a_change_below_the_smallest_that_matters_gives_ever_less():
    """At n rows a window, so many that chance is nothing."""
    known = usual(2, unit=0.01)
    x = np.array([0.108, 0.112]) * 10_000
    early, late = (after(x, 10_000, known, times).R[:, 0, 0] for times in (3, 30))
    assert late[0] < 2
    assert late[1] > 100 * early[1]


def test_what_is_forgiven_is_taken_off():
    low, high = (believed(after(14, 100, usual(1, allow=a), 4).R)[0] for a in (0.02, 0.0))
    assert low[0] < high[0]
    assert low[1] <= high[1] * (1 + 1e-9) or low[1] < 1


def test_losses_that_scatter_less_than_coins_tell_more():
    coin, sure = (believed(after(14, 100, usual(1), 4, variance=v).R)[0, 0] for v in (0.09, 0.03))
    assert sure > 10 * coin


def test_no_rows_change_nothing():
    run = after(20, 100, usual(1, 1e-4, 0.8))
    again = bet_losses(run, batch(0, 0), usual(1, 1e-4, 0.8))
    for one, two in zip(run, again, strict=True):
        assert np.array_equal(one, two)


def test_a_window_of_few_rows_is_not_enough_alone():
    n = FEW - 1
    few = after(n, n, usual(1), risk=0.003)
    assert few.R.max() <= np.exp(FEW_CAP) * (1 + 1e-9)
    assert (few.p == 1).all()
    assert after(FEW, FEW, usual(1), risk=0.003).p[0, 0] < 1e-20


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("risk", [0.0, 1e-9, 1.0, 1.2, -0.1])
def test_extreme_risks_are_survived(risk):
    for x in (0, 50, 100):
        run = after(x, 100, usual(1, 1e-4, 0.9), times=3, risk=risk, variance=1e-6)
        assert all(np.isfinite(part).all() for part in run)


def test_unrest_fades_while_nothing_is_seen():
    known = usual(1, 1e-4, 0.8)
    run = after(20, 100, known)
    later = wait(run, known, np.array([50.0]))
    assert abs(later.m[0]) < 1e-4 * abs(run.m[0]) + 1e-6
    assert later.P[0] == pytest.approx(1e-4)
    assert np.array_equal(later.R, run.R)


def test_what_matters_grows_with_the_risk_and_with_min_effect():
    assert matters(np.array([0.05]), np.array([0.05])) == pytest.approx(0.01)
    assert matters(np.array([0.4]), np.array([0.05])) == pytest.approx(0.04)
    assert matters(np.array([0.4]), np.array([0.10])) == pytest.approx(0.08)
