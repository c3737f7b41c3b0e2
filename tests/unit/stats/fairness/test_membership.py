import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.core.errors import UsageError
from vedette.stats.fairness.compare import compare
from vedette.stats.fairness.membership import Weighted, bracket
from vedette.stats.fairness.metrics import GROUP_METRICS, shares
from vedette.stats.fairness.tally import Tally

RATE = GROUP_METRICS[:1]


def rows(n: int, groups: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    chances = rng.dirichlet(np.full(groups + 1, 0.4), n)[:, :groups]
    return chances, rng.integers(0, 2, n), rng.integers(-1, 2, n)


def test_known_groups_give_what_counts_give():
    rng = np.random.default_rng(1)
    group, decided, labelled = (
        rng.integers(0, 3, 900),
        rng.integers(0, 2, 900),
        rng.integers(0, 3, 900),
    )
    sums = Weighted.of(np.eye(3)[group][:, :2], decided, labelled, 2, 2)
    counts = np.zeros((3, 2, 3, 1), int)
    np.add.at(counts, (group, decided, labelled, 0), 1)
    tally = Tally.of(counts, np.zeros((3, 3, 2)), 1)
    want = compare(*shares(tally), *shares(tally.rest()))
    found = bracket(sums, 1)
    for name in ("rate", "low", "high", "difference", "difference_low", "difference_high", "n"):
        assert getattr(found.thresholded, name) == pytest.approx(getattr(want, name))
        assert getattr(found.weighted, name) == pytest.approx(getattr(want, name)), name
    assert found.weighted.ratio == pytest.approx(want.ratio)
    assert found.difference[0] == pytest.approx(found.difference[1])


def test_weights_are_plain_sums():
    chances, decided, labelled = rows(200, 2)
    found = bracket(Weighted.of(chances, decided, labelled, 2, 2), 1, metrics=RATE)
    p = chances[:, 0]
    assert found.weighted.rate[0, 0] == pytest.approx((p * decided).sum() / p.sum())
    assert found.weighted.other[0, 0] == pytest.approx(((1 - p) * decided).sum() / (1 - p).sum())
    sure, others = p >= 0.8, (chances[:, 1] >= 0.8) | (1 - chances.sum(axis=1) >= 0.8)
    assert found.thresholded.rate[0, 0] == pytest.approx(decided[sure].mean())
    assert found.thresholded.other[0, 0] == pytest.approx(decided[others].mean())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 3), st.integers(0, 9))
def test_sums_of_parts_are_the_sum_of_all(n, m, groups, seed):
    chances, decided, labelled = rows(n + m, groups, seed)
    whole, first, second = (
        Weighted.of(chances[part], decided[part], labelled[part], 2, 2)
        for part in (slice(None), slice(0, n), slice(n, None))
    )
    nothing = Weighted.zero(groups, 2, 2)
    for merged in (first.merge(second), second.merge(first), nothing.merge(whole)):
        assert merged.chances == pytest.approx(whole.chances)
        assert merged.squares == pytest.approx(whole.squares)
        assert (merged.sure == whole.sure).all()
    assert whole.chances.sum() == pytest.approx(n + m)


def test_rows_that_hold_no_chances_are_in_no_sum():
    bad = np.array([[0.9, 0.3], [np.nan, 0.5], [-0.1, 0.5], [0.4, 0.6 + 1e-9]])
    sums = Weighted.of(bad, np.ones(4, int), np.zeros(4, int), 2, 0)
    assert sums.broken == 3
    assert sums.chances.sum(axis=(1, 2)) == pytest.approx([0.4, 0.6, 0.0])
    assert sums.sure.sum(axis=(1, 2)).tolist() == [0, 0, 0]


def test_no_rows_and_no_members_say_nothing():
    for chances in (np.zeros((0, 1)), np.zeros((9, 1))):
        zero = np.zeros(len(chances), int)
        found = bracket(Weighted.of(chances, zero, zero, 2, 0), 1)
        for one in found:
            assert np.isnan(one.rate[:, 0]).all()
            assert (one.low[:, 0] == 0).all()
            assert (one.high[:, 0] == 1).all()
            assert (one.difference_low[:, 0] == -1).all()
            assert np.isnan(one.p[:, 0]).all()


def test_bars_must_agree_and_be_more_than_half():
    with pytest.raises(UsageError, match="no share"):
        Weighted.of(np.zeros((1, 1)), np.zeros(1, int), np.zeros(1, int), 2, 0, bar=0.5)
    with pytest.raises(UsageError, match="bars differ"):
        Weighted.zero(1, 2, 1).merge(Weighted.zero(1, 2, 1, bar=0.9))


@pytest.mark.parametrize("seed", range(3))
def test_the_truth_lies_between_where_place_and_group_both_matter(seed):
    # Members are selected less often, and so is everybody in the places where most members live.
    rng = np.random.default_rng(seed)
    n = 40_000
    chance = rng.beta(0.5, 0.5, n)
    member = rng.random(n) < chance
    selected = (rng.random(n) < 0.6 - 0.15 * member - 0.2 * chance).astype(int)
    truth = selected[member].mean() - selected[~member].mean()
    found = bracket(Weighted.of(chance[:, None], selected, np.zeros(n, int), 2, 0), 1, metrics=RATE)
    low, high = (float(end[0, 0]) for end in found.difference)
    assert low < truth < high
    assert found.thresholded.difference[0, 0] < truth < found.weighted.difference[0, 0] < 0
    outer = [float(end[0, 0]) for end in found.difference_bounds]
    assert outer[0] < low < high < outer[1]
    assert found.ratio[0][0, 0] < found.ratio[1][0, 0] < 1
    assert found.ratio_bounds[0][0, 0] < found.ratio[0][0, 0]


@pytest.mark.parametrize("spread", [0.5, 5.0])
def test_weighted_intervals_hold_as_often_as_they_say(spread):
    rng = np.random.default_rng(4)
    many = rng.beta(spread, 2 * spread, 400_000)
    rate = 0.1 + 0.3 * many
    truth = (many * rate).sum() / many.sum()
    gap = truth - ((1 - many) * rate).sum() / (1 - many).sum()
    held = np.zeros(2)
    for _ in range(400):
        chance = rng.beta(spread, 2 * spread, 300)
        selected = (rng.random(300) < 0.1 + 0.3 * chance).astype(int)
        sums = Weighted.of(chance[:, None], selected, np.zeros(300, int), 2, 0)
        found = bracket(sums, 1, metrics=RATE).weighted
        held += [
            found.low[0, 0] <= truth <= found.high[0, 0],
            found.difference_low[0, 0] <= gap <= found.difference_high[0, 0],
        ]
    assert (held / 400 > 0.92).all()
    assert (held / 400 < 0.985).all()


def test_a_chance_that_says_nothing_finds_no_gap_for_certain():
    rng = np.random.default_rng(5)
    selected = rng.integers(0, 2, 500)
    chance = np.full((500, 1), 0.3)
    found = bracket(Weighted.of(chance, selected, np.zeros(500, int), 2, 0), 1, metrics=RATE)
    assert found.weighted.difference[0, 0] == pytest.approx(0)
    assert np.isnan(found.thresholded.difference[0, 0])
    assert found.difference[0][0, 0] == pytest.approx(0)


def test_rows_that_hold_no_chances_are_nobodys_others():
    p = np.array([[0.95, 0.05], [0.05, 0.95]] * 300 + [[np.nan, np.nan]] * 400)
    selected = np.r_[np.arange(600) % 20 < 6, np.ones(400)].astype(int)
    none = np.full(1000, -1)
    found = bracket(Weighted.of(p, selected, none, 2, 1), 1, metrics=GROUP_METRICS[:1])
    alone = bracket(Weighted.of(p[:600], selected[:600], none[:600], 2, 1), 1,
                    metrics=GROUP_METRICS[:1])  # fmt: skip
    for one, two in zip(found, alone, strict=True):
        np.testing.assert_allclose(one.other[0, :2], two.other[0, :2])
        np.testing.assert_allclose(one.difference_low[0, :2], two.difference_low[0, :2])
        np.testing.assert_allclose(one.ratio_high[0, :2], two.ratio_high[0, :2])
