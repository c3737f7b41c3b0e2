"""Metrics from sums: what they say of little or nothing, and whether errors are their spread."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.core.errors import UsageError
from vedette.sketches.graded import Graded
from vedette.stats.performance import averages, confusion
from vedette.stats.performance.calibration import calibration_curve, ece
from vedette.stats.performance.confusion import Table
from vedette.stats.performance.measured import certain, number, positive, share
from vedette.stats.performance.metrics import (
    METRICS,
    curve_of,
    measure,
    measure_classes,
    metrics_of,
    sweep_of,
)
from vedette.stats.performance.ranked import Bins, average_precision, roc_auc
from vedette.stats.performance.sums import Facts
from vedette.stats.performance.thresholds import table_at

EDGES = np.arange(1, 40) / 40
BINARY = Facts(
    "binary",
    ("one", "loss", "scored", "log_loss", "brier", "variance", "positive_variance",
     "log_loss_variance", "brier_variance"),
    ("no", "yes"), (EDGES,),
)  # fmt: skip
MANY = Facts("multiclass", BINARY.terms, ("a", "b", "other"), (EDGES,) * 3)
NUMBERS = Facts(
    "regression",
    ("one", "loss", "error", "absolute", "squared", "percentage", "measurable", "label",
     "label_squared", "pinball@0.5"),
)  # fmt: skip
LISTS = Facts("ranking", ("one", "loss", "ndcg", "average_precision", "hit_rate@1"))
EVERY = [BINARY, MANY, NUMBERS, LISTS]
every_task = pytest.mark.parametrize("facts", EVERY, ids=lambda facts: facts.task)


def binary(label, score, cut=0.5):
    """Sums of rows with labels 0 and 1 and chances."""
    label, score = np.asarray(label, np.intp), np.asarray(score, float)
    said = (score >= cut).astype(np.intp)
    of_label = np.where(label == 1, score, 1 - score)
    one, logs = np.ones(len(label)), -np.log(np.maximum(of_label, 1e-16))
    terms = [one, (said != label) * one, one, logs, (1 - of_label) ** 2, None, None, None, None]
    places = EDGES.searchsorted(score, side="right")[None]
    return Graded.of(label, said, places, score[None], terms, 2, 40)


def zero(facts, expected=False):
    L, C = len(facts.classes), len(facts.edges)
    return Graded.zero(L, C, 40 if C else 0, len(facts.terms), expected=expected)


@every_task
@pytest.mark.parametrize("expected", [False, True])
def test_no_rows_say_nothing(facts, expected):
    found = measure(zero(facts, expected), facts)
    assert found
    for metric in found.values():
        assert np.isnan([metric.value, metric.low, metric.high, metric.se]).all()
        assert metric.n == 0


@every_task
def test_a_difference_that_is_no_rows_says_nothing(facts):
    rows = binary([0, 1, 1], [0.2, 0.7, 0.4]) if facts is BINARY else None
    if rows is None:
        one = zero(facts)
        rows = Graded(1, one.confusion, one.ranked, one.inside, one.moments)
    found = measure(rows.negated(), facts)
    assert all(np.isnan(metric.value) and metric.n == 0 for metric in found.values())
    mixed = binary([0], [0.1]).merge(binary([1], [0.9]).negated()).merge(binary([0], [0.2]))
    assert np.isnan(measure(mixed, BINARY)["accuracy"].value)


def test_the_table_names_each_metric_once():
    for facts in EVERY:
        names = [metric.name for metric in metrics_of(facts)]
        assert len(names) == len(set(names))
    assert set(METRICS) == {facts.task for facts in EVERY}
    better = {metric.better for metrics in METRICS.values() for metric in metrics}
    assert better == {"higher", "lower", "zero"}


@pytest.mark.parametrize("label", [0, 1])
def test_one_class(label):
    found = measure(binary([label] * 4, [0.1, 0.4, 0.6, 0.9]), BINARY)
    assert np.isnan(found["roc_auc"].value)
    assert found["accuracy"].value == 0.5
    assert found["log_loss"].n == 4
    if label:
        assert (found["average_precision"].value, found["recall"].value) == (1.0, 0.5)
        assert np.isnan(found["specificity"].value)
    else:
        assert np.isnan([found["average_precision"].value, found["recall"].value]).all()
        assert found["precision"].value == 0.0


def test_one_row():
    found = measure(binary([1], [0.9]), BINARY)
    assert found["accuracy"][:4] == (1.0, pytest.approx(0.2065, abs=1e-4), 1.0, 1)
    assert np.isnan(found["roc_auc"].value)
    assert found["log_loss"].value == pytest.approx(-np.log(0.9))


def test_a_score_that_is_always_the_same_does_not_rank():
    found = measure(binary([0, 1, 1, 0, 1], [0.3] * 5), BINARY)
    assert found["roc_auc"].value == 0.5
    assert found["average_precision"].value == pytest.approx(0.6)


def test_slim_sums_keep_accuracy_and_losses():
    rows = binary([0, 1, 1, 0], [0.2, 0.7, 0.4, 0.1])
    whole, slim = measure(rows, BINARY), measure(rows.slim(), BINARY)
    for name in ("accuracy", "log_loss", "brier"):
        assert slim[name] == pytest.approx(whole[name])
    assert np.isnan(slim["f1"].value)


rows_of_two = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 80).map(lambda k: k / 80)), min_size=1, max_size=60
)


@settings(max_examples=100, deadline=None)
@given(rows_of_two)
def test_intervals_hold_their_metric_and_shares_stay_shares(drawn):
    label, score = zip(*drawn, strict=True)
    rows = binary(label, score)
    for name, metric in measure(rows, BINARY, cost=[[0, 3], [1, 0]]).items():
        if np.isfinite(metric.value):
            assert metric.low <= metric.value <= metric.high, name
            assert metric.se >= 0
            assert 0 < metric.n <= len(drawn)
        if name not in ("log_loss", "cost") and np.isfinite(metric.value):
            assert metric.low >= 0
            assert metric.high <= 1 or name == "brier"
    for metric in measure_classes(rows, BINARY)["yes"].values():
        assert np.isnan(metric.value) or metric.low <= metric.value <= metric.high


@settings(max_examples=60, deadline=None)
@given(rows_of_two)
def test_areas_from_bins_are_near_those_of_rows(drawn):
    label, score = (np.array(part) for part in zip(*drawn, strict=True))
    if label.min() == label.max():
        return
    found = measure(binary(label, score), BINARY)
    beats = (score[label == 1][:, None] - score[label == 0]) / 2
    exact = np.mean(np.sign(beats) / 2 + 0.5)
    shared = np.bincount(EDGES.searchsorted(score, side="right"))  # rows that share a bin
    close = (shared * (shared - 1)).sum() / 2 / ((label == 1).sum() * (label == 0).sum())
    assert found["roc_auc"].value == pytest.approx(exact, abs=min(close, 1) + 1e-9)


def test_a_threshold_between_two_edges_lies_between_theirs():
    ranked = np.array([[8, 2], [3, 3], [1, 9]])
    edges = np.array([0.25, 0.5])
    low, middle, high = (table_at(ranked, edges, t, False).counts for t in (0.25, 0.375, 0.5))
    assert (middle == (low + high) / 2).all()
    beyond = table_at(ranked, edges, 0.9, False)  # the last bin has no end to lie between
    assert beyond.counts.tolist() == [[12, 14], [0, 0]]


def test_the_sweep_holds_every_edge():
    swept = sweep_of(binary([0, 1, 1, 0], [0.2, 0.7, 0.4, 0.1]), BINARY)
    assert len(swept.threshold) == len(EDGES)
    k = int(np.flatnonzero(EDGES == 0.25)[0])
    assert (swept.precision[k], swept.recall[k], swept.f1[k], swept.accuracy[k]) == (1, 1, 1, 1)
    assert swept.cost(np.array([[0, 4], [1, 0]]))[0] == pytest.approx(0.5)  # all are positive
    assert np.isnan(swept.precision[-1])


def test_a_cost_of_another_shape_is_refused():
    with pytest.raises(UsageError, match="predicted x label"):
        measure(binary([0], [0.1]), BINARY, cost=[1, 2])


def test_a_calibrated_score_shows_no_error_and_a_wrong_one_all_of_it():
    rng = np.random.default_rng(0)
    score = rng.random(50_000)
    right = binary(rng.random(50_000) < score, score)
    wrong = binary(rng.random(50_000) < np.clip(score + 0.1, 0, 1), score)
    raw = calibration_curve(right.ranked[0], right.inside[0])
    seen = raw.n @ np.abs(raw.score - raw.rate) / raw.n.sum()
    assert 2 * measure(right, BINARY)["ece"].value < seen
    assert measure(wrong, BINARY)["ece"].value == pytest.approx(0.095, abs=0.005)
    assert len(curve_of(right, BINARY).n) == 20


def test_no_rows_have_no_curve():
    none = calibration_curve(np.zeros((3, 2)), np.zeros((3, 2)))
    assert len(none.n) == 0
    assert np.isnan(ece(none).value)


# --- standard errors ------------------------------------------------------------------------------


def spread(of, tables):
    """Mean claimed standard error beside the deviation that is seen."""
    found = [of(table) for table in tables]
    values = np.array([metric.value for metric in found])
    return np.mean([metric.se for metric in found]), values.std()


@pytest.mark.parametrize("average", [averages.macro, averages.weighted])
@pytest.mark.parametrize("kind", averages.KINDS)
def test_errors_of_averages_are_their_spread(average, kind):
    rng = np.random.default_rng(1)
    p = np.array([[30, 5, 2], [6, 20, 5], [1, 4, 12]]) / 85
    tables = [
        Table(rng.multinomial(800, p.ravel()).reshape(3, 3).astype(float)) for _ in range(600)
    ]
    claimed, seen = spread(lambda table: average(table, kind), tables)
    assert claimed == pytest.approx(seen, rel=0.12)


@pytest.mark.parametrize(
    "of", [confusion.balanced_accuracy, confusion.f1, confusion.precision, confusion.accuracy,
           lambda table: confusion.mean_cost(table, np.array([[0.0, 9], [1, -1]]))]
)  # fmt: skip
def test_errors_of_two_classes_are_their_spread(of):
    rng = np.random.default_rng(2)
    drawn = rng.multinomial(600, [0.6, 0.08, 0.12, 0.2], 400).reshape(-1, 2, 2)
    tables = [Table(counts) for counts in drawn.astype(float)]
    claimed, seen = spread(of, tables)
    assert claimed == pytest.approx(seen, rel=0.12)


@pytest.mark.parametrize("of", [roc_auc, average_precision])
@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_errors_of_rankings_are_their_spread(of, rate):
    rng = np.random.default_rng(3)
    found = []
    for _ in range(200):
        label = rng.random(500) < rate
        score = 1 / (1 + np.exp(-rng.normal(1.5 * label - 0.7, 1)))
        rows = binary(label, score)
        found.append(of(Bins.of(rows.ranked[0], rows.inside[0], EDGES)))
    seen = np.std([metric.value for metric in found])
    assert np.mean([metric.se for metric in found]) == pytest.approx(seen, rel=0.15)


@pytest.mark.parametrize("name", ["accuracy", "precision", "recall", "f1", "balanced_accuracy",
                                  "roc_auc", "average_precision", "log_loss", "brier"])  # fmt: skip
def test_errors_of_expected_metrics_are_those_of_labels_given_their_chances(name):
    rng = np.random.default_rng(4)
    n = 800
    score = rng.beta(1, 2, n)
    chance = np.clip(score + rng.normal(0, 0.02, n), 0.01, 0.99)
    said = (score >= 0.5).astype(np.intp)
    places = EDGES.searchsorted(score, side="right")[None]
    logs, squares = -np.log(np.stack([1 - score, score])), np.stack([score, 1 - score]) ** 2
    q = np.stack([1 - chance, chance])
    spreads = [(q * loss**2).sum(axis=0) - (q * loss).sum(axis=0) ** 2 for loss in (logs, squares)]
    both = chance * (1 - chance)
    wrong = np.where(said == 1, 1 - chance, chance)
    terms = [np.ones(n), wrong, np.ones(n), (q * logs).sum(axis=0), (q * squares).sum(axis=0),
             both, both * said, *spreads]  # fmt: skip
    told = measure(Graded.expected(q, said, places, score[None], terms, 40), BINARY)[name]
    seen = [measure(binary(rng.random(n) < chance, score), BINARY)[name].value for _ in range(200)]
    assert told.value == pytest.approx(np.mean(seen), abs=0.2 * np.std(seen))
    assert told.se == pytest.approx(np.std(seen), rel=0.15)


# --- intervals ------------------------------------------------------------------------------------


def test_intervals_by_hand():
    assert share(0.5, 100)[1:3] == pytest.approx((0.4038, 0.5962), abs=1e-4)
    assert share(0.5, 100, 0.0025)[1:3] == pytest.approx((0.4038, 0.5962), abs=1e-4)
    assert share(1.0, 10, 0.0).low == pytest.approx(0.7225, abs=1e-4)
    assert certain(0.5, 10, 0.0)[1:3] == (0.5, 0.5)
    assert positive(0.0, 10, 0.0)[:3] == (0.0, 0.0, 0.0)
    for of in (share, certain, number, positive):
        assert np.isnan(of(0.5, 0, 1.0).value)
        assert np.isnan(of(float("nan"), 5, 1.0).low)


def test_an_area_of_one_is_not_certain():
    few, many = (
        roc_auc(Bins.of(np.array([[n, 0], [0, n]]), np.zeros((2, 2)), np.array([0.5])))
        for n in (5, 500)
    )
    assert few.value == many.value == 1.0
    assert 0.4 < few.low < 0.8 < 0.98 < many.low < 1
