"""Metrics of a model with their intervals, what an estimate may be wrong by, and when it is not to
be trusted."""

import numpy as np
import pyarrow as pa
import pytest

from vedette.engine.performance import Judge, judge_of
from vedette.engine.performance_settings import PerformanceSettings
from vedette.profiles.appraisal import Appraisal
from vedette.profiles.auditor import Auditor
from vedette.profiles.graded_rows import expected, read_labels, read_predictions, realised
from vedette.profiles.grading import Grading
from vedette.sketches.graded import Graded
from vedette.stats.trust import NEAR, Distance

EDGES = np.arange(1, 10) / 10
BINARY = Grading("binary", None, ("p",), "y", ("no", "yes"), (EDGES,))
REGRESSION = Grading("regression", "p", scale=3.0)


def judge(grading: Grading = BINARY, noise: float = 0.0, **settings: object) -> Judge:
    auditor = Auditor("score", ("p",), {}, noise={"accuracy": noise, "mae": noise})
    found = judge_of(Appraisal(grading, auditor), PerformanceSettings(**settings))
    assert found is not None
    return found


def sums(n: int, truth: float = 1.0) -> tuple[Graded, Graded]:
    """Realised and expected sums of n rows whose score is right with a chance of `truth`."""
    rng = np.random.default_rng(n)
    score = rng.random(n)
    chance = truth * score + (1 - truth) * (1 - score)
    said = read_predictions(pa.record_batch({"p": score}), BINARY)
    labels = read_labels(pa.array(np.where(rng.random(n) < chance, "yes", "no")), BINARY)
    real = realised(said, labels, BINARY, {})[""]
    return real, expected(said, np.column_stack([1 - score, score]), BINARY, {})[""]


def test_without_labels_in_the_reference_nothing_is_told():
    assert judge_of(None, PerformanceSettings()) is None


def test_a_metric_stands_with_its_interval_and_rows():
    one = judge()
    real, _ = sums(2000)
    told = one.tell(real, one.metric("accuracy"))
    wrong = real.moments[0, 1] / real.rows
    assert told.value == pytest.approx(1 - wrong)
    assert told.low < told.value < told.high
    assert told.n == 2000


def test_metrics_are_those_of_the_task_and_cost_only_where_it_is_set():
    assert "cost" not in [metric.name for metric in judge().metrics]
    costs = {"yes": {"no": 3.0}, "no": {"yes": 5.0}}
    one = judge(costs=costs)
    assert one.cost.tolist() == [[0.0, 5.0], [3.0, 0.0]]
    real, _ = sums(500)
    confusion = real.confusion
    wanted = (5 * confusion[0, 1] + 3 * confusion[1, 0]) / 500
    assert one.tell(real, one.metric("cost")).value == pytest.approx(wanted)
    assert judge().metric("rmse") is None


def test_what_the_auditor_may_be_wrong_by_widens_an_estimate():
    _, guess = sums(2000)
    plain, noisy = judge(), judge(noise=0.05)
    metric = plain.metric("accuracy")
    narrow, wide = plain.estimate(guess, metric), noisy.estimate(guess, metric)
    assert wide.value == narrow.value
    assert wide.high - wide.low > 0.15 > narrow.high - narrow.low
    assert 0 <= wide.low <= wide.high <= 1


def test_an_interval_widens_with_the_distance_from_the_reference():
    _, guess = sums(2000)
    one = judge(noise=0.02)
    metric = one.metric("accuracy")
    widths = [
        told.high - told.low
        for far in (NEAR, Distance(0.2, 0.0), Distance(0.2, 0.1))
        if (told := one.estimate(guess, metric, far)) is not None
    ]
    assert widths[0] < widths[1] < widths[2]
    assert widths[2] - widths[1] == pytest.approx(0.1)


def test_rows_beyond_the_reference_count_in_the_unit_of_the_metric():
    said = read_predictions(pa.record_batch({"p": [1.0, 2.0, 5.0] * 50}), REGRESSION)
    guess = expected(said, np.array([[1.0, 2.0, 0.3]] * 150), REGRESSION, {})[""]
    one = judge(REGRESSION)
    metric = one.metric("mae")
    near, far = (one.estimate(guess, metric, at) for at in (NEAR, Distance(0.0, 0.5)))
    assert 0.7 < far.high - near.high <= 0.25 * REGRESSION.scale


def test_an_estimate_that_labels_bear_out_is_trusted_and_another_is_not():
    one = judge()
    metric = one.metric("accuracy")
    assert one.trusts(*sums(3000), metric) is True
    assert one.trusts(*sums(3000, truth=0.6), metric) is False
    assert judge(noise=0.3).trusts(*sums(3000, truth=0.6), metric) is True
    assert one.trusts(None, sums(10)[1], metric) is None


def test_a_difference_of_sums_tells_nothing():
    real, _ = sums(50)
    one = judge()
    assert one.tell(real.negated(), one.metric("accuracy")) is None
    assert one.tell(None, one.metric("accuracy")) is None
    assert one.estimate(None, one.metric("accuracy")) is None


def test_what_cannot_be_expected_is_not_estimated():
    said = read_predictions(pa.record_batch({"p": [1.0, 2.0, 5.0]}), REGRESSION)
    outlook = np.array([[1.0, 2.0, 0.3]] * 3)
    guess = expected(said, outlook, REGRESSION, {})[""]
    one = judge(REGRESSION)
    assert one.estimate(guess, one.metric("mape")) is None
    assert one.estimate(guess, one.metric("mae")).value == pytest.approx(1.0)
