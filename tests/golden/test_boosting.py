"""Our learners agree with scikit-learn's.

Owns: agreement of `stats.boosting` with HistGradientBoosting and of `stats.isotonic` with
IsotonicRegression.
"""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.isotonic import IsotonicRegression

from vedette.stats.boosting import Columns, Growth, boost, mean
from vedette.stats.isotonic import calibrate, isotonic

ROWS, WIDTH, PLAIN = 4_000, 32, {"early_stopping": False, "min_samples_leaf": 40}


def drawn(seed):
    """Rows of five columns of codes, and what they say of a chance."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, WIDTH - 1, (5, ROWS)).astype(np.intp)
    margin = np.sin(codes[0] / 5) + (codes[1] > 10) * (codes[2] < 20) * 1.2 - 0.5
    return rng, codes, margin


def columns(codes, nominal=False):
    return Columns(list(codes), (WIDTH,) * len(codes), (nominal,) * len(codes))


def ours(codes, target, link, start):
    offset = np.full(ROWS, start)
    trees = boost(columns(codes), target, offset, link, Growth(trees=40))
    return mean(start + trees.sums(list(codes)), link)


@pytest.mark.parametrize("seed", [0, 1])
def test_chances_are_those_of_histogram_boosting(seed):
    rng, codes, margin = drawn(seed)
    label = (rng.random(ROWS) < mean(margin, "logit")).astype(float)
    theirs = HistGradientBoostingClassifier(
        max_iter=40, max_leaf_nodes=15, learning_rate=0.08, l2_regularization=5.0, **PLAIN
    ).fit(codes.T, label)
    start = np.log(label.mean() / (1 - label.mean()))
    # It sums gradients in 32 bits.
    np.testing.assert_allclose(
        ours(codes, label, "logit", start), theirs.predict_proba(codes.T)[:, 1], atol=1e-6
    )


def test_amounts_are_those_of_histogram_boosting():
    rng, codes, margin = drawn(2)
    amount = rng.exponential(np.exp(margin))
    theirs = HistGradientBoostingRegressor(
        loss="poisson", max_iter=40, max_leaf_nodes=15, learning_rate=0.08, l2_regularization=5.0,
        **PLAIN,
    ).fit(codes.T, amount)  # fmt: skip
    found = ours(codes, amount, "log", np.log(amount.mean()))
    np.testing.assert_allclose(found, theirs.predict(codes.T), rtol=1e-5)


def test_missing_values_go_where_histogram_boosting_sends_them():
    rng, codes, margin = drawn(3)
    lost = rng.random(codes.shape) < 0.2
    label = (rng.random(ROWS) < mean(margin + lost[0], "logit")).astype(float)
    theirs = HistGradientBoostingClassifier(
        max_iter=40, max_leaf_nodes=15, learning_rate=0.08, l2_regularization=5.0, **PLAIN
    ).fit(np.where(lost, np.nan, codes).T, label)
    start = np.log(label.mean() / (1 - label.mean()))
    found = ours(np.where(lost, WIDTH - 1, codes), label, "logit", start)
    expected = theirs.predict_proba(np.where(lost, np.nan, codes).T)[:, 1]
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("kind", ["normal", "ties", "one value"])
def test_the_rising_curve_is_that_of_scikit_learn(kind):
    rng = np.random.default_rng(4)
    x = {
        "normal": rng.normal(size=500),
        "ties": rng.integers(0, 20, 500),
        "one value": np.ones(500),
    }
    score = np.asarray(x[kind], float)
    label = (rng.random(500) < mean(score, "logit")).astype(float)
    theirs = IsotonicRegression(out_of_bounds="clip").fit(score, label)
    ends, height, rows = isotonic(score, label)
    np.testing.assert_allclose(
        np.interp(score, ends.T.ravel(), np.repeat(height, 2)), theirs.predict(score), atol=1e-9
    )
    assert rows.sum() == 500
    # Only the outermost blocks are moved, and by no more than half a row.
    moved = np.abs(calibrate(score, label).at(score) - theirs.predict(score))
    assert moved.max() <= 0.5 / min(rows[0], rows[-1])
