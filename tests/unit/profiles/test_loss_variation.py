"""Learning how losses of ordinary windows differ."""

import numpy as np
import pytest
from bench.counted import HOUR, window_of

from vedette.profiles.grading import LABELLED, REALISED, TERMS
from vedette.profiles.loss_variation import (
    BEYOND,
    ENOUGH,
    REALISED_LOSS,
    LossSums,
    fit_loss_variation,
    loss_sums,
)
from vedette.sketches.graded import Graded

START = 24 * 700


def lived(windows, risk=lambda t: 0.1, n=100, seed=0, estimated=True):
    rng = np.random.default_rng(seed)
    found = []
    for t in range(windows):
        lost = rng.binomial(n, risk(t))
        extra = (0.09 * n, 0.08 * n) if estimated else ()
        found.append((window_of(START + t), {"": LossSums(n, lost, lost, *extra)}))
    return found


def moments(rows, loss, variance=0.0):
    terms = TERMS["binary"]
    found = np.zeros((len(terms),) * 2)
    found[0, :2], found[1, 1] = (rows, loss), loss
    found[0, terms.index("variance")] = variance
    return Graded(rows, np.zeros((0, 0)), np.zeros((0, 0, 2)), np.zeros((0, 0, 2)), found)


def test_level_and_error_of_both_series():
    found = fit_loss_variation(lived(672), HOUR)
    level, error = found.mean[0], found.error[0]
    assert level[REALISED_LOSS] == pytest.approx(0.1, abs=4 * error[REALISED_LOSS])
    assert level[BEYOND] == pytest.approx(0.01, abs=4 * error[BEYOND])
    assert 0.001 < error[REALISED_LOSS] < 0.003
    assert found.used.tolist() == [672]
    assert found.rows.tolist() == [67_200]


def test_a_day_and_a_week_are_learnt_and_not_taken_for_unrest():
    def risk(t):
        return 0.1 + 0.03 * np.sin(2 * np.pi * t / 24) + 0.03 * ((START + t) // 24 % 7 >= 5)

    found = fit_loss_variation(lived(672, risk), HOUR)
    plain = fit_loss_variation(lived(48, risk), HOUR)  # too short for a day to be told from unrest
    assert found.t2[0, 0] < 1e-4 < plain.t2[0, 0]
    X = found.season.design(np.array([window_of(START + t).start for t in range(168)]))[:, 1:]
    usual = found.mean[0, 0] + X @ found.beta[0, 0]
    off = usual - [risk(t) for t in range(168)]
    assert np.sqrt((off**2).mean()) < 0.008  # the cycles themselves: 0.025


def test_a_constant_risk_has_next_to_no_cycles():
    found = fit_loss_variation(lived(672), HOUR)
    X = found.season.design(np.array([window_of(START + t).start for t in range(168)]))[:, 1:]
    assert np.abs(X @ found.beta[0, 0]).max() < 0.006


def test_order_does_not_matter_and_gaps_count():
    given = lived(100)
    one, two = (fit_loss_variation(some, HOUR) for some in (given, given[::-1]))
    for name in ("mean", "error", "t2", "phi", "beta"):
        assert np.array_equal(getattr(one, name), getattr(two, name))


def test_few_windows_and_no_estimates_are_nan():
    few = fit_loss_variation(lived(ENOUGH - 1), HOUR)
    assert np.isnan(few.mean).all()
    bare = fit_loss_variation(lived(ENOUGH, estimated=False), HOUR)
    assert np.isfinite(bare.mean[0, REALISED_LOSS])
    assert np.isnan(bare.mean[0, BEYOND])
    none = fit_loss_variation([], HOUR)
    assert none.segments == ()
    assert none.at("") == -1


def test_a_segment_may_be_missing_from_windows():
    given = lived(60)
    for window, sums in given[::2]:
        sums["region=a"] = LossSums(10, 1, 1, 1.0, 0.9)
        assert window.end > window.start
    found = fit_loss_variation(given, HOUR)
    assert found.used[found.at("region=a")] == 30
    assert np.isfinite(found.mean).all()


def test_sums_are_read_of_the_rows_that_were_estimated():
    whole = {(REALISED, ""): moments(100, 12)}
    assert loss_sums(whole, "binary", "")[:3] == (100, 12, 12)
    assert np.isnan(loss_sums(whole, "binary", "").expected)
    most = {**whole, (LABELLED, ""): moments(95, 9.5, 8.0)}
    assert loss_sums(most, "binary", "").expected == pytest.approx(10.0)
    few = {**whole, (LABELLED, ""): moments(50, 5.0, 4.0)}
    assert np.isnan(loss_sums(few, "binary", "").expected)
    assert loss_sums(whole, "binary", "region=a") == LossSums(0.0, 0.0, 0.0)


def test_losses_that_never_differ_are_not_believed():
    never = LossSums(300, 0, 0)
    assert 0 < never.mean < 0.01
    assert never.spread > 0
    always_the_same = LossSums(100, 30, 9)
    assert always_the_same.spread == pytest.approx(
        0.02 * always_the_same.mean * (1 - always_the_same.mean), rel=0.5
    )
