"""How far gaps lie apart in ordinary windows: learnt from counts, by metric and group."""

import numpy as np
import pytest
from bench.counted import window_of
from bench.grouped import DAY, Model, cube_of, grouping_of

from vedette.profiles.gap_variation import GAPS, fit_gaps, gap_name, gap_sums
from vedette.profiles.loss_variation import BEYOND, ENOUGH


def windows(count, wobble=0.0, seed=0, ratio=()):
    days = Model(np.random.default_rng(seed), wobble=wobble).days(count, ratio)
    return [(window_of(t, DAY), {"race": cube_of(day)}) for t, day in enumerate(days)]


def level(found, metric, group):
    return found.mean[found.at(gap_name(metric, group)), BEYOND]


def unrest(found):
    return np.median(found.t2[: len(found.segments) // len(GAPS), BEYOND])


def test_every_metric_of_every_named_group_is_fitted():
    found = fit_gaps(grouping_of(6), windows(ENOUGH), DAY)
    assert len(found.segments) == 6 * len(GAPS)
    assert found.at("selection_rate: race=g0") >= 0
    assert found.at("selection_rate: other") < 0
    assert np.isfinite(found.mean[:, BEYOND]).all()


def test_the_level_is_the_gap():
    found = fit_gaps(grouping_of(6), windows(200, ratio=(0.7,)), DAY)
    assert level(found, "selection_rate", "race=g0") == pytest.approx(-0.09, abs=0.008)
    assert level(found, "selection_rate", "race=g1") == pytest.approx(0.018, abs=0.008)
    assert level(found, "true_positive_rate", "race=g0") == pytest.approx(-0.18, abs=0.02)


def test_groups_tell_together_whether_gaps_are_restless():
    calm = [unrest(fit_gaps(grouping_of(6), windows(28, seed=s), DAY)) for s in range(8)]
    restless = [unrest(fit_gaps(grouping_of(6), windows(28, 0.2, s), DAY)) for s in range(8)]
    assert np.sqrt(np.median(calm)) < 0.008  # of noise of 0.035 a day
    assert 0.03 < np.sqrt(np.median(restless)) < 0.07  # in truth 0.046


def test_too_few_windows_give_nothing_to_go_by():
    found = fit_gaps(grouping_of(6), windows(ENOUGH - 1), DAY)
    assert np.isnan(found.mean).all()
    assert not fit_gaps(grouping_of(6), [], DAY).segments


def test_a_window_without_a_rest_says_nothing():
    days = Model(np.random.default_rng(0)).days(1)
    days[0, 1:] = 0
    assert gap_sums(grouping_of(6), {"race": cube_of(days[0])}, "selection_rate") == {}
    assert gap_sums(grouping_of(6), {}, "selection_rate") == {}
