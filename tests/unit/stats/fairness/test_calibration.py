import numpy as np
import pytest
from scipy.special import expit, logit

from vedette.stats.fairness.calibration import calibration
from vedette.stats.fairness.tally import Tally


def tallied(score, label):
    """One group per row of scores."""
    zero = np.zeros(len(score))
    sums = score.sum(1), (score**2).sum(1)
    return Tally(*[zero] * 8, zero + score.shape[1], label.sum(1).astype(float), *sums)


def drawn(truth, rows=400, groups=4_000, seed=0):
    rng = np.random.default_rng(seed)
    score = rng.beta(0.8, 2.0, (groups, rows))
    return tallied(score, rng.random((groups, rows)) < truth(score)), truth(score), score


@pytest.mark.parametrize(
    "truth", [lambda s: s, lambda s: np.minimum(1.2 * s, 1), lambda s: expit(logit(s) - 0.4)]
)
def test_the_interval_covers_what_is_true(truth):
    tally, chance, score = drawn(truth)
    found = calibration(tally)
    true = chance.sum(1) / score.sum(1)
    assert 0.93 < ((found.low <= true) & (true <= found.high)).mean() < 0.975


def test_scores_that_are_right_are_seldom_called_wrong():
    found = calibration(drawn(lambda s: s)[0])
    assert 0.03 < (found.p < 0.05).mean() < 0.06


def test_a_fifth_more_than_expected_is_found_among_2000_rows():
    found = calibration(drawn(lambda s: np.minimum(1.2 * s, 1), rows=2_000, groups=500)[0])
    assert (found.low > 1).mean() > 0.9
    assert found.excess.mean() == pytest.approx(0.2 * 0.8 / 2.8, rel=0.1)


def test_nothing_one_and_all_alike():
    score = np.array([[0.5, 0.5], [1.0, 1.0], [1.0, 0.0], [0.0, 0.0]])
    label = np.array([[1, 0], [1, 1], [0, 0], [0, 0]])
    found = calibration(tallied(score, label))
    assert found.ratio[:3].tolist() == [1, 1, 0]
    assert np.isnan(found.ratio[3])
    assert found.p[:3].tolist() == [1, 1, 0]
    none = calibration(tallied(np.zeros((1, 0)), np.zeros((1, 0))))
    assert np.isnan(none.ratio[0])
    assert (none.low[0], none.high[0]) == (0, np.inf)
    one = calibration(tallied(np.array([[0.3]]), np.array([[1]])))
    assert one.low[0] < 1 / 0.3 < one.high[0]


def test_all_rows_positive_has_an_interval():
    score = np.array([[0.9] * 50 + [0.1] * 50])
    found = calibration(tallied(score, np.ones((1, 100))))
    assert found.low[0] < found.ratio[0] < found.high[0]
    assert found.low[0] > 1
