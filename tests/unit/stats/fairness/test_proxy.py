import numpy as np
import pytest
from scipy.stats import mannwhitneyu
from sklearn.metrics import mutual_info_score, roc_auc_score

from vedette.stats.boosting import Columns
from vedette.stats.fairness.proxy import information, told, told_together


def halves(chances, rows, seed=0):
    """Counts of two halves drawn from a table of chances.  Shapes: [B, G]."""
    rng = np.random.default_rng(seed)
    table = np.asarray(chances) / np.sum(chances)
    return tuple(rng.multinomial(rows // 2, table.ravel()).reshape(table.shape) for _ in "ab")


def expanded(counts):
    """A row per count: its bin and its group."""
    return np.repeat(np.indices(counts.shape).reshape(2, -1), counts.ravel(), axis=1)


def test_information_agrees_with_scikit_learn_but_for_its_bias():
    counts = sum(halves(np.random.default_rng(1).random((8, 3)), 4_000))
    plain = mutual_info_score(None, None, contingency=counts)
    found = information(counts)
    assert found.bits * np.log(2) == pytest.approx(plain - 7 * 2 / (2 * 4_000))
    assert found.low < found.bits < found.high


def test_information_of_nothing_and_of_everything():
    assert information(np.zeros((3, 2), int)) == (0, 0, 0, 0)
    assert information(np.array([[9, 0], [5, 0]])) == (0, 0, 0, 0)
    full = information(np.eye(4, dtype=int) * 1_000)
    assert full.share == pytest.approx(1, abs=0.002)
    assert full.bits == pytest.approx(2, abs=0.01)
    assert full.high <= 2 + 1e-9


@pytest.mark.parametrize("strength", [0.0, 0.5, 2.0])
def test_information_intervals_hold(strength):
    x = np.linspace(-1, 1, 20)
    own = 1 / (1 + np.exp(1 - strength * 2 * x))
    chances = np.stack([own, 1 - own], axis=1)
    truth = information((chances / chances.sum() * 1e13).astype(int)).bits
    got = [information(sum(halves(chances, 2_000, seed))) for seed in range(600)]
    held = np.mean([one.low - 1e-9 <= truth <= one.high for one in got])
    assert held > 0.92
    if strength:
        assert np.mean([one.bits for one in got]) == pytest.approx(truth, rel=0.05)


def test_auc_agrees_with_scikit_learn():
    first, second = halves([[5, 1], [3, 3], [1, 4], [0.1, 0.1]], 3_000)
    want = []
    for learned, judged in ((first, second), (second, first)):
        share = (learned[:, 0] + 10 * learned[:, 0].sum() / learned.sum()) / (learned.sum(1) + 10)
        bins, groups = expanded(judged)
        want.append(roc_auc_score(groups == 0, share[bins]))
    found = told(first, second)
    assert found.auc == pytest.approx([np.mean(want)] * 2)
    assert (found.low < found.auc).all()
    assert (found.auc < found.high).all()
    assert (found.p < 1e-12).all()


def test_p_is_that_of_the_rank_sum():
    first = np.array([[90, 60], [80, 70], [60, 90]])
    bins, groups = expanded(first)
    want = mannwhitneyu(
        -bins[groups == 0],
        -bins[groups == 1],
        alternative="greater",
        method="asymptotic",
        use_continuity=False,
    ).pvalue
    assert told(first, first).p == pytest.approx([want] * 2)


def test_many_bins_of_noise_flatter_nobody():
    rng = np.random.default_rng(3)
    mass = rng.dirichlet(np.full(60, 0.5))
    chances = mass[:, None] * np.array([0.1, 0.3, 0.6])
    for ordered in (False, True):
        found = [told(*halves(chances, 1_000, seed), ordered) for seed in range(200)]
        assert np.mean([one.auc for one in found], axis=0) == pytest.approx([0.5] * 3, abs=0.006)
        assert np.mean([one.p < 0.05 for one in found]) < 0.07
        assert np.mean([one.low > 0.5 for one in found]) < 0.06


def test_neighbours_help_where_bins_are_in_order():
    x = np.append(np.linspace(-1, 1, 30), 0.0)
    own = 1 / (1 + np.exp(-0.6 * x))
    chances = np.stack([own, 1 - own], axis=1)
    ways = [
        np.mean([told(*halves(chances, 1_000, seed), ordered).p[0] < 0.01 for seed in range(100)])
        for ordered in (False, True)
    ]
    assert ways[1] > ways[0] + 0.15


def test_small_groups_are_not_judged():
    first = np.array([[500, 300, 5], [200, 400, 10]])
    found = told(first, first)
    assert np.isnan(found.auc).tolist() == [False, False, True]
    assert found.p[2] == 1
    empty = told(np.zeros((3, 2), int), np.zeros((3, 2), int))
    assert np.isnan(empty.auc).all()
    assert (empty.p == 1).all()


def test_a_feature_with_one_value_tells_nothing():
    one = np.array([[300, 200]])
    found = told(one, one, ordered=True)
    assert found.auc.tolist() == [0.5, 0.5]
    assert found.p.tolist() == [0.5, 0.5]


def rows(n, seed):
    rng = np.random.default_rng(seed)
    columns = Columns([rng.integers(0, 10, n) for _ in range(6)], (10,) * 6, (False,) * 6)
    return columns, np.arange(n) % 2 == 1, rng


def test_trees_find_what_no_feature_tells_alone():
    columns, second, rng = rows(6_000, 0)
    crossed = (columns.codes[0] < 5) == (columns.codes[1] < 5)
    groups = (rng.random(6_000) < np.where(crossed, 0.8, 0.2)).astype(np.intp)
    alone = [
        told(
            *(
                np.bincount(c[h] * 2 + groups[h], minlength=20).reshape(10, 2)
                for h in (second, ~second)
            )
        )
        for c in columns.codes[:2]
    ]
    assert all(abs(one.auc[0] - 0.5) < 0.03 for one in alone)
    found = told_together(columns, groups, second, np.array([True, False]))
    assert found.auc[0] > 0.7
    assert found.low[0] > 0.65
    assert found.p[0] < 1e-12
    assert np.isnan(found.auc[1])


def test_trees_learn_no_noise():
    found = []
    for seed in range(12):
        columns, second, rng = rows(1_000, seed)
        groups = rng.integers(0, 2, 1_000)
        found.append(told_together(columns, groups, second, np.array([True, False])).auc[0])
    assert np.mean(found) == pytest.approx(0.5, abs=0.02)


def test_trees_say_nothing_of_few_rows():
    columns, second, _ = rows(200, 0)
    groups = (np.arange(200) < 25).astype(np.intp)
    assert np.isnan(told_together(columns, groups, second, np.array([True, True])).auc).all()
