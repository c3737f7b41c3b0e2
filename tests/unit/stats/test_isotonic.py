"""Calibration curves, by hand.  Agreement with scikit-learn: `tests/golden/test_boosting.py`."""

import numpy as np
import pytest
from scipy.special import expit, logit

from vedette.stats.isotonic import beta, calibrate, isotonic

RNG = np.random.default_rng(0)


def test_pooled_blocks_by_hand():
    ends, height, rows = isotonic([4, 1, 2, 3, 2], [1, 0, 1, 0, 1])
    assert ends.tolist() == [[1, 2, 4], [1, 3, 4]]
    assert height.tolist() == [0, pytest.approx(2 / 3), 1]
    assert rows.tolist() == [1, 3, 1]


def test_no_chance_is_quite_0_or_1_and_the_curve_rises():
    x = RNG.random(400)
    curve = calibrate(x, (x > 0.5).astype(float))
    found = curve.at(np.linspace(-1, 2, 50))
    assert 0 < found[0] < 0.01 < 0.99 < found[-1] < 1
    assert (np.diff(found) >= 0).all()


def test_rows_without_a_score_are_told_their_own_mean_once_they_are_many():
    y = np.concatenate([np.zeros(1_000), np.ones(1_000)])
    some, many = np.linspace(0, 1, 2_000), np.linspace(0, 1, 2_000)
    some[-2:], many[-500:] = np.nan, np.nan
    assert calibrate(some, y).at([np.nan])[0] == pytest.approx(0.5, abs=0.05)
    assert calibrate(many, y).at([np.nan])[0] > 0.95
    nothing = calibrate(np.full(2_000, np.nan), y)
    assert nothing.at([0.3, np.nan]) == pytest.approx(0.5, abs=0.01)
    assert calibrate([], []).at([0.3])[0] == pytest.approx(0.5)


@pytest.mark.parametrize(("level", "spread"), [(0.0, 1.0), (0.7, 1.0), (-0.5, 0.4), (0.0, 2.5)])
def test_the_smooth_curve_undoes_a_wrong_scale(level, spread):
    true = expit(RNG.normal(size=40_000))
    y = (RNG.random(40_000) < true).astype(float)
    said = expit((logit(true) - level) / spread)
    found = beta(said, y, 0.5).at(said)
    assert np.abs(found - true).mean() < 0.01
    assert beta(said, y, 0.25).at([np.nan]) == [0.25]


@pytest.mark.parametrize("y", [np.zeros(50), np.ones(50)])
def test_the_smooth_curve_stands_labels_of_one_class_and_scores_of_0_and_1(y):
    score = np.repeat([0.0, 1.0], 25)
    found = beta(score, y, 0.5).at(score)
    assert np.isfinite(found).all()
    assert np.abs(found - y).mean() < 0.2
