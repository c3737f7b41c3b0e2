"""Distances agree with scikit-learn's; outliers of its tables stand out more than by its forest."""

import numpy as np
import pyarrow as pa
import pytest
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors

from vedette.core.schema import Field, Schema
from vedette.derive.outliers import Scorer, fit_outliers
from vedette.derive.outliers.conformal import Calibration


def batch(values: np.ndarray) -> pa.RecordBatch:
    return pa.record_batch({f"x{j}": values[:, j] for j in range(values.shape[1])})


def scorer_of(values: np.ndarray) -> Scorer:
    names = (f"x{j}" for j in range(values.shape[1]))
    fitted = fit_outliers(batch(values), Schema(tuple(Field(name, "numeric") for name in names)))
    assert fitted is not None
    return Scorer.of(fitted)


def test_the_distance_is_the_mean_of_the_five_nearest():
    rng = np.random.default_rng(0)
    scorer = scorer_of(rng.normal(size=(5000, 6)) * [1, 10, 100, 1, 1, 1e-6] + 3)
    rows = rng.normal(size=(500, 6)) * [2, 20, 100, 1, 1, 1e-6] + 3
    encoding, held = scorer.encoding, scorer.neighbours.across.T / scorer.encoding.step
    standard = encoding.standard(rows.T).T
    theirs = NearestNeighbors(n_neighbors=5).fit(held).kneighbors(standard)[0].mean(axis=1)
    ours = scorer.score(batch(rows)).score
    # Coordinates are whole steps; half of one in each of six columns is the most they can be off.
    assert np.abs(ours - theirs).max() < np.sqrt(6) / 2 / float(encoding.step[0])


def areas(values: np.ndarray, odd: np.ndarray) -> tuple[float, float]:
    """Ours and the forest's, half of the other rows being the reference."""
    normal = np.random.default_rng(0).permutation(np.flatnonzero(~odd))
    reference, rest = np.array_split(normal, 2)
    rows = np.concatenate([rest, np.flatnonzero(odd)])
    forest = IsolationForest(random_state=0).fit(values[reference])
    found = scorer_of(values[reference]).score(batch(values[rows]))
    theirs = -forest.score_samples(values[rows])
    return roc_auc_score(odd[rows], found.score), roc_auc_score(odd[rows], theirs)


def test_outliers_stand_out_more_than_by_an_isolation_forest_on_average():
    """Every digit in turn, and malignant samples; on single tables (these samples) the forest may
    be ahead by a hundredth."""
    digits, label = load_digits(return_X_y=True)
    samples, benign = load_breast_cancer(return_X_y=True)
    found = [areas(digits, label == digit) for digit in range(10)]
    found.append(areas(samples, benign == 0))
    ours, theirs = np.mean(found, axis=0)
    assert ours > theirs + 0.04


def test_chances_of_a_large_calibration_agree_with_counting():
    rng = np.random.default_rng(1)
    held, rows = rng.gamma(2.0, size=20_000), rng.gamma(2.2, size=5_000)
    exact = (1 + (held >= rows[:, None]).sum(axis=1)) / (len(held) + 1)
    kept = Calibration.fit(held)
    assert len(kept.levels) < 500
    assert np.abs(np.log(kept.p(rows) / exact)).max() < 0.02
    tied = np.rint(held * 2)
    exact = (1 + (tied >= np.arange(30)[:, None]).sum(axis=1)) / (len(tied) + 1)
    assert Calibration.fit(tied).p(np.arange(30.0)) == pytest.approx(exact)
