"""Every metric from sums equals scikit-learn's and fairlearn's from rows, whole and by segment.

Windows are summed apart and merged in another order, as they are in life.
"""

from functools import reduce

import numpy as np
import pyarrow as pa
import pytest
from fairlearn.metrics import MetricFrame
from scipy.special import expit
from sklearn import metrics as sk

from vedette.core.schema import Field, Schema
from vedette.profiles.graded_rows import read_labels, read_predictions, realised
from vedette.profiles.grading import facts_of
from vedette.profiles.grading_fit import fit_grading
from vedette.sketches.graded import Graded
from vedette.stats.auc import auc
from vedette.stats.performance.calibration import calibration_curve, ece
from vedette.stats.performance.metrics import bins_of, measure, measure_classes, sweep_of
from vedette.stats.performance.ranked import roc_auc
from vedette.stats.performance.sums import Sums

ROWS = 6_000
EXACT = 1e-9
BINNED = 1e-4
SEGMENTS = ("north", "south", "east")


def schema(**roles):
    return Schema(tuple(Field(name, kind, role) for name, (kind, role) in roles.items()))


def summed(table, grading, label, segments, parts=7):
    """Sums of a table by segment, in parts merged backwards."""
    found = {}
    for start in range(0, table.num_rows, -(-table.num_rows // parts)):
        batch = table.slice(start, -(-table.num_rows // parts)).combine_chunks().to_batches()[0]
        where = segments[start : start + batch.num_rows]
        rows = {name: np.flatnonzero(where == name) for name in SEGMENTS}
        said, truth = read_predictions(batch, grading), read_labels(batch.column(label), grading)
        for name, graded in realised(said, truth, grading, rows).items():
            found.setdefault(name, []).append(graded)
    return {name: reduce(Graded.merge, reversed(pieces)) for name, pieces in found.items()}


def measured(sums, grading, **options):
    return {name: measure(one, facts_of(grading), **options) for name, one in sums.items()}


def agree(ours, theirs, metric, within=EXACT):
    """`theirs` is a function of a mask of rows."""
    for segment, found in ours.items():
        assert found[metric].value == pytest.approx(theirs(segment), abs=within), (metric, segment)


@pytest.fixture(scope="module")
def segments():
    return np.random.default_rng(9).choice(SEGMENTS, ROWS, p=[0.6, 0.3, 0.1])


@pytest.fixture(scope="module")
def binary():
    rng = np.random.default_rng(1)
    score = expit(rng.normal(-1, 2, ROWS))
    label = (rng.random(ROWS) < score).astype(int)
    return score, label, (score >= 0.4).astype(int)


BINARY = {
    "accuracy": sk.accuracy_score,
    "balanced_accuracy": sk.balanced_accuracy_score,
    "precision": sk.precision_score,
    "recall": sk.recall_score,
    "specificity": lambda y, said: sk.recall_score(y, said, pos_label=0),
    "f1": sk.f1_score,
}
SCORED = {
    "log_loss": (sk.log_loss, EXACT),
    "brier": (sk.brier_score_loss, EXACT),
    "roc_auc": (sk.roc_auc_score, BINNED),
    "average_precision": (sk.average_precision_score, BINNED * 5),  # 200 positives in a segment
}


def test_two_classes_by_segment(binary, segments):
    score, label, said = binary
    table = pa.table({"p": score, "said": said, "y": label})
    known = schema(p=("numeric", "score"), said=("integer", "prediction"), y=("integer", "label"))
    grading = fit_grading(table, known)
    ours = measured(summed(table, grading, "y", segments), grading)

    for name, metric in BINARY.items():
        frame = MetricFrame(metrics=metric, y_true=label, y_pred=said, sensitive_features=segments)
        agree(ours, lambda s, f=frame: f.overall if s == "" else f.by_group[s], name)
    for name, (metric, within) in SCORED.items():
        frame = MetricFrame(metrics=metric, y_true=label, y_pred=score, sensitive_features=segments)
        agree(ours, lambda s, f=frame: f.overall if s == "" else f.by_group[s], name, within)


def test_confusion_cost_and_every_threshold(binary, segments):
    score, label, said = binary
    table = pa.table({"p": score, "said": said, "y": label})
    known = schema(p=("numeric", "score"), said=("integer", "prediction"), y=("integer", "label"))
    grading = fit_grading(table, known)
    sums = summed(table, grading, "y", segments)
    assert (sums[""].confusion == sk.confusion_matrix(label, said).T).all()
    cost = np.array([[0.0, 10.0], [1.0, -2.0]])  # predicted x label
    paid = cost[said, label]
    agree(
        measured(sums, grading, cost=cost),
        lambda s: paid[(segments == s) | (s == "")].mean(),
        "cost",
    )
    swept = sweep_of(sums[""], facts_of(grading))
    for k in range(0, len(swept.threshold), 25):
        cut = (score >= swept.threshold[k]).astype(int)
        expected = sk.confusion_matrix(label, cut)
        found = [[swept.true_negative[k], swept.false_positive[k]],
                 [swept.false_negative[k], swept.true_positive[k]]]  # fmt: skip
        assert (expected == found).all()
    for at in (0.01, 0.07, 0.29, 0.5, 0.99):  # the grid: 0.29 is one that 29 * 0.01 misses
        cut = (score >= at).astype(int)
        found = measure(sums[""], facts_of(grading), threshold=at)
        for name, metric in BINARY.items():
            assert found[name].value == pytest.approx(metric(label, cut), abs=EXACT), (name, at)


def test_calibration_curve_and_error(binary):
    score, label, _ = binary
    table = pa.table({"p": np.round(score, 2), "y": label})
    grading = fit_grading(table, schema(p=("numeric", "score"), y=("integer", "label")))
    sums = summed(table, grading, "y", np.full(ROWS, "north"))[""]
    curve = calibration_curve(sums.ranked[0], sums.inside[0])
    ends = np.cumsum(curve.n).astype(int)
    order = np.argsort(np.round(score, 2), kind="stable")
    groups = np.split(order, ends[:-1])  # groups end between two scores, so ties never part
    rates = [label[rows].mean() for rows in groups]
    means = [np.round(score, 2)[rows].mean() for rows in groups]
    assert curve.rate == pytest.approx(rates, abs=EXACT)
    assert curve.score == pytest.approx(means, abs=EXACT)
    raw = sum(len(r) * abs(a - b) for r, a, b in zip(groups, rates, means, strict=True)) / ROWS
    chance = (
        sum(np.sqrt(2 / np.pi * m * (1 - m) * len(r)) for r, m in zip(groups, means, strict=True))
        / ROWS
    )
    assert ece(curve).value == pytest.approx(max(raw - chance, 0), abs=EXACT)


def test_auc_variance_is_delongs(binary):
    score, label, _ = binary
    table = pa.table({"p": score, "y": label})
    grading = fit_grading(table, schema(p=("numeric", "score"), y=("integer", "label")))
    sums = summed(table, grading, "y", np.full(ROWS, "north"))[""]
    binned = roc_auc(bins_of(Sums(sums, facts_of(grading))))
    assert binned.se == pytest.approx(auc(score, label).se, rel=1e-3)


def scores_of(law, rng, n, drift):
    """Scores and labels of one law; `drift` moves the scores away from the reference's bins."""
    if law == "rounded":
        score = np.round(rng.beta(1, 4 + 3 * drift, n), 2)
    elif law == "few values":
        score = rng.choice((np.arange(20) + 0.37) / 21, n)
    elif law == "rare":
        score = expit(rng.normal(-6.5 + 1.5 * drift, 2, n))
    elif law == "margin":
        margin = rng.normal(2 * drift - 1, 2, n)
        return margin, (rng.random(n) < expit(margin)).astype(int)
    else:
        score = expit(rng.normal(drift, 3, n))
    return score, (rng.random(n) < score).astype(int)


@pytest.mark.parametrize("drift", [0, 1])
@pytest.mark.parametrize("law", ["smooth", "rounded", "few values", "rare", "margin"])
def test_auc_and_average_precision_from_bins(law, drift):
    rng = np.random.default_rng(3)
    score, label = scores_of(law, rng, 100_000, 0)
    known = schema(p=("numeric", "score"), y=("integer", "label"))
    grading = fit_grading(pa.table({"p": score, "y": label}), known)
    score, label = scores_of(law, rng, 200_000, drift)
    table = pa.table({"p": score, "y": label})
    found = measure(
        summed(table, grading, "y", np.full(len(score), "north"), 3)[""], facts_of(grading)
    )
    assert found["roc_auc"].value == pytest.approx(sk.roc_auc_score(label, score), abs=BINNED)
    assert found["average_precision"].value == pytest.approx(
        sk.average_precision_score(label, score), abs=BINNED
    )


def test_many_classes_by_segment(segments):
    rng = np.random.default_rng(5)
    names = np.array(["bird", "cat", "dog", "eel"])
    chances = rng.dirichlet([2, 1, 1, 0.5], ROWS)
    label = (rng.random(ROWS)[:, None] > chances.cumsum(axis=1)).sum(axis=1)
    said = np.where(rng.random(ROWS) < 0.1, 0, chances.argmax(axis=1))
    columns = {f"score.{name}": chances[:, c] for c, name in enumerate(names)}
    table = pa.table({**columns, "said": names[said], "y": names[label]})
    known = schema(
        **dict.fromkeys(columns, ("numeric", "attribute")),
        said=("category", "prediction"), y=("category", "label"),
    )  # fmt: skip
    grading = fit_grading(table, known)
    assert grading.classes == (*names, "other")
    sums = summed(table, grading, "y", segments)
    ours = measured(sums, grading)

    def rows(segment):
        return (segments == segment) | (segment == "")

    for average in ("macro", "micro", "weighted"):
        for name, metric in (
            ("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score),
        ):  # fmt: skip
            agree(
                ours,
                lambda s, m=metric, a=average: m(label[rows(s)], said[rows(s)], average=a),
                f"{name}_{average}",
            )
    agree(ours, lambda s: sk.accuracy_score(label[rows(s)], said[rows(s)]), "accuracy")
    agree(
        ours,
        lambda s: sk.balanced_accuracy_score(label[rows(s)], said[rows(s)]),
        "balanced_accuracy",
    )
    agree(ours, lambda s: sk.log_loss(label[rows(s)], chances[rows(s)]), "log_loss")
    one = np.eye(4)[label]
    agree(ours, lambda s: ((chances - one)[rows(s)] ** 2).sum(axis=1).mean(), "brier")
    for name, average in (("roc_auc", "macro"), ("roc_auc_weighted", "weighted")):
        agree(
            ours,
            lambda s, a=average: sk.roc_auc_score(
                label[rows(s)], chances[rows(s)], multi_class="ovr", average=a
            ),
            name,
            BINNED,
        )
    agree(
        {"": ours[""]},
        lambda s: sk.average_precision_score(one[rows(s)], chances[rows(s)], average="macro"),
        "average_precision",
        BINNED * 5,
    )
    each = measure_classes(sums[""], facts_of(grading))
    report = sk.classification_report(names[label], names[said], output_dict=True)
    for name in names:
        for ours_, theirs in (("precision", "precision"), ("recall", "recall"), ("f1", "f1-score")):
            assert each[name][ours_].value == pytest.approx(report[name][theirs], abs=EXACT)


REGRESSION = {
    "mae": sk.mean_absolute_error,
    "rmse": sk.root_mean_squared_error,
    "mape": sk.mean_absolute_percentage_error,
    "r2": sk.r2_score,
    "pinball@0.1": lambda y, p: sk.mean_pinball_loss(y, p, alpha=0.1),
    "pinball@0.9": lambda y, p: sk.mean_pinball_loss(y, p, alpha=0.9),
    "bias": lambda y, p: float(np.mean(p - y)),
}


@pytest.mark.parametrize("shift", [0.0, 1e6])  # far from 0, squares alone would lose R2
def test_numbers_by_segment(segments, shift):
    rng = np.random.default_rng(6)
    label = rng.lognormal(0, 1, ROWS) + shift
    said = label + rng.normal(0.1, 0.5, ROWS)
    table = pa.table({"said": said, "y": label})
    known = schema(said=("numeric", "prediction"), y=("numeric", "label"))
    grading = fit_grading(table, known, quantiles=(0.1, 0.9))
    ours = measured(summed(table, grading, "y", segments), grading)
    for name, metric in REGRESSION.items():
        frame = MetricFrame(metrics=metric, y_true=label, y_pred=said, sensitive_features=segments)
        agree(ours, lambda s, f=frame: f.overall if s == "" else f.by_group[s], name)


def hit(relevance, score, k):
    best = np.argsort(-score, kind="stable")[:k]
    return float((relevance[best] > 0).any())


def test_rankings_by_segment():
    rng = np.random.default_rng(7)
    n = 600
    where = rng.choice(SEGMENTS, n)
    sizes = rng.integers(2, 12, n)
    score = [np.round(rng.random(k), 1) for k in sizes]  # with ties
    relevance = [np.maximum(rng.poisson(0.8, k), np.arange(k) == 0) for k in sizes]
    table = pa.table({"p": [s.tolist() for s in score], "y": [r.tolist() for r in relevance]})
    known = schema(p=("vector", "score"), y=("vector", "label"))
    grading = fit_grading(table, known, top=(1, 3))
    ours = measured(summed(table, grading, "y", where), grading)
    pairs = list(zip(relevance, score, strict=True))
    theirs = {
        "ndcg": [sk.ndcg_score([r], [s]) for r, s in pairs],
        "ndcg@1": [sk.ndcg_score([r], [s], k=1) for r, s in pairs],
        "ndcg@3": [sk.ndcg_score([r], [s], k=3) for r, s in pairs],
        "map": [sk.average_precision_score(r > 0, s) for r, s in pairs],
        "hit_rate@1": [hit(r, s, 1) for r, s in pairs],
        "hit_rate@3": [hit(r, s, 3) for r, s in pairs],
    }
    for name, values in theirs.items():
        lists = np.array(values)
        agree(ours, lambda s, v=lists: v[(where == s) | (s == "")].mean(), name)
