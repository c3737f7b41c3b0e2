import numpy as np
import pytest

from vedette.stats.fairness.compare import compare
from vedette.stats.fairness.verdict import BLIND, Limits, judge, rows_needed

LIMITS = Limits()


def verdict(k, n, x, m, groups=6, ratio=True, limits=LIMITS):
    return judge(compare([k], [n], [x], [m]), limits, groups, ratio)


@pytest.mark.parametrize(
    ("counts", "expected", "side"),
    [
        ((2_000, 10_000, 20_000, 100_000), "calm", 0),
        ((1_700, 10_000, 20_000, 100_000), "calm", -1),  # lower, but within the limit
        ((1_000, 10_000, 20_000, 100_000), "alarming", -1),
        ((3_000, 10_000, 20_000, 100_000), "alarming", 1),
        ((250, 2_000, 20_000, 100_000), "alarming", -1),
        ((300, 2_000, 20_000, 100_000), "notable", -1),
        ((15, 100, 200, 1_000), "unknown", -1),  # beyond 0.8, as chance alone has it
        ((0, 29, 20_000, 100_000), "unknown", -1),
        ((20_000, 100_000, 0, 29), "unknown", 1),
        ((0, 0, 20_000, 100_000), "unknown", 0),
        ((0, 1, 1, 1), "unknown", -1),
        ((0, 1_000, 0, 10_000), "unknown", 0),  # rates of 0: a ratio cannot be told
    ],
)
def test_by_ratio(counts, expected, side):
    found = verdict(*counts)
    assert found.verdict.tolist() == [expected]
    assert found.side.tolist() == [side]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((2_000, 10_000, 20_000, 100_000), "calm"),
        ((1_600, 10_000, 20_000, 100_000), "calm"),
        ((1_300, 10_000, 20_000, 100_000), "alarming"),
        ((2_700, 10_000, 20_000, 100_000), "alarming"),
        ((145, 1_000, 20_000, 100_000), "notable"),
        ((10, 100, 200, 1_000), "unknown"),
        ((0, 1_000, 0, 10_000), "calm"),
        ((30, 60, 300, 600), "unknown"),
        ((1_000, 1_000, 10_000, 10_000), "calm"),
    ],
)
def test_by_difference(counts, expected):
    assert verdict(*counts, ratio=False).verdict.tolist() == [expected]


def test_a_family_of_groups_asks_for_more():
    one, many = (verdict(150, 1_000, 20_000, 100_000, groups=g) for g in (1, 1_000))
    assert one.verdict.tolist() == ["notable"]
    assert many.verdict.tolist() == ["unknown"]
    assert many.adjusted[0] > one.adjusted[0]
    assert many.needed[0] > one.needed[0]
    assert many.ratio_high[0] > one.ratio_high[0]


def test_metrics_share_the_level():
    p_small = compare([[150]], [[1_000]], [[2_000]], [[10_000]])
    alone = judge(p_small, LIMITS, 1, True).adjusted[0, 0]
    k, n = np.array([[150], [200], [200]]), np.full((3, 1), 1_000)
    beside = judge(compare(k, n, [[2_000]], [[10_000]]), LIMITS, 1, True).adjusted
    assert beside[0, 0] == pytest.approx(3 * alone)
    unseen = judge(compare(k, n * [[1], [0], [0]], [[2_000]], [[10_000]]), LIMITS, 1, True).adjusted
    assert unseen[0, 0] == pytest.approx(alone)  # what has no rows costs nothing


def test_rows_needed_reach_the_power_they_are_for():
    for ratio in (True, False):
        for rate in (0.05, 0.3, 0.8):
            n = float(rows_needed(rate, LIMITS, 6, ratio, others=5))
            found = verdict(rate * n, n, rate * 5 * n, 5 * n, ratio=ratio)
            assert found.power[0] == pytest.approx(LIMITS.power, abs=0.01)
            assert found.lacking[0] <= 0.03 * n
            fewer = verdict(rate * n / 4, n / 4, rate * 5 * n / 4, 5 * n / 4, ratio=ratio)
            assert fewer.power[0] < BLIND
            assert fewer.verdict.tolist() == ["unknown"]
            assert fewer.lacking[0] == pytest.approx(0.75 * n, rel=0.05)


def test_nobody_else_needs_rows_without_end():
    assert np.isinf(rows_needed([0.0, 0.2], LIMITS, ratio=True, others=[1.0, 0.0])).all()
    assert np.isinf(verdict(5, 100, 0, 0).needed).all()


def test_identical_groups_are_seldom_flagged():
    k = np.random.default_rng(3).binomial(100, 0.2, (400, 6))
    flagged = 0
    for one in k:
        said = judge(compare(one, 100, one.sum() - one, 500), LIMITS, 6, True).verdict
        flagged += bool(np.isin(said, ["notable", "alarming"]).any())
    assert flagged <= 30  # 5 % of 400 and what chance adds to it in one of a hundred tries
    assert (k.min(1) < 0.8 * k.max(1)).mean() > 0.7  # what the points alone would say


def test_what_asks_the_same_counts_once_and_what_asks_nothing_not_at_all():
    """Base rates that surely differ, and a rate beside one less it, would else make every other
    metric pass more easily than is said."""
    k = np.array([[150], [100], [900], [900]])
    found = compare(k, np.full((4, 1), 1_000), [[2_000], [2_000], [8_000], [2_000]], [[10_000]])
    alone = judge(found, LIMITS, 1).adjusted[:, 0]
    asked = judge(found, LIMITS, 1, questions=[0, 1, 1, -1]).adjusted[:, 0]
    two = compare(k[:2], np.full((2, 1), 1_000), [[2_000], [2_000]], [[10_000]])
    assert asked[:2] == pytest.approx(judge(two, LIMITS, 1).adjusted[:, 0])
    assert asked[3] == pytest.approx(found.p[3, 0])
    weak = compare([[178], [100], [900]], np.full((3, 1), 1_000), [[2_000]] * 3, [[10_000]])
    lax = judge(weak, LIMITS, 1).adjusted[0, 0]
    strict = judge(weak, LIMITS, 1, questions=[0, 1, -1]).adjusted[0, 0]
    assert strict > lax
    assert alone.shape == asked.shape
