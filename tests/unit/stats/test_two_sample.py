import numpy as np
import pytest

from vedette.stats.two_sample import NOMINAL_WEIGHTS, ORDERED_WEIGHTS, nominal, ordered

LEVELS = ["level", "spread", "skew", "shape", "range"]


def names(components):
    return [c.name for c in components]


def test_weights_of_a_column_sum_to_one():
    assert sum(ORDERED_WEIGHTS.values()) == pytest.approx(1)
    assert sum(NOMINAL_WEIGHTS.values()) == pytest.approx(1)
    specials = {"missing": (1, 2), "not_finite": (0, 1), "broken": (3, 0)}
    for components in (
        ordered([50] * 9, [50] * 9, specials=specials),
        nominal([50] * 9, [50] * 9, specials=specials),
    ):
        assert sum(c.weight for c in components) == pytest.approx(1)


@pytest.mark.parametrize(
    ("r", "c"),
    [([], []), ([0], [0]), ([0, 0], [5, 5]), ([5, 5], [0, 0]), ([1], [1]), ([0, 1], [3, 0])],
)
def test_a_side_too_small_says_nothing_about_values(r, c):
    assert ordered(r, c) == []
    assert nominal(r, c) == []


def test_rows_without_values_still_have_special_rates():
    got = ordered([50, 50], [0, 0], specials={"missing": (0, 100), "broken": (0, 0)})
    assert names(got) == ["missing"]
    assert got[0].weight == 1
    assert got[0].p < 1e-20
    assert ordered([0, 0], [0, 0], specials={"missing": (0, 9)}) == []


def test_special_rates_are_over_all_rows():
    got = {
        c.name: c for c in ordered([90], [80], specials={"missing": (10, 15), "not_finite": (0, 5)})
    }
    assert (got["missing"].expected, got["missing"].observed) == (0.1, 0.15)
    assert got["not_finite"].observed == 0.05
    assert got["missing"].weight / got["not_finite"].weight == pytest.approx(2)


@pytest.mark.parametrize("n", [1, 2, 50])
def test_one_value_has_no_scores(n):
    assert names(ordered([100], [n])) == ["range"]
    assert names(ordered([0, 100, 0], [0, n, 0])) == ["range"]


@pytest.mark.parametrize(("K", "want"), [(2, 1), (3, 2), (4, 3), (5, 4), (30, 4)])
def test_bins_limit_scores(K, want):
    got = ordered([100] * K, [90] * K)
    assert names(got) == [*LEVELS[:want], "range"]
    assert all(c.p > 0.9 for c in got)


def test_one_current_row_is_bearable():
    for components in (ordered([50] * 10, [0] * 9 + [1]), nominal([50] * 4, [0, 0, 0, 1])):
        assert components
        assert all(0.01 < c.p <= 1 for c in components)


def test_values_beyond_reach_the_scores_and_the_range():
    got = {c.name: c for c in ordered([100] * 10, [100] * 10, above=200)}
    assert got["level"].effect > 0.2
    assert got["range"].observed == pytest.approx(200 / 1200)
    assert got["range"].p < 1e-20


def test_categories_are_named_by_index():
    got = nominal([5, 900, 40, 300, 70, 60, 50], [5, 900, 40, 300, 70, 60, 50])
    assert [c.category for c in got if c.name == "category"] == [1, 3, 4, 5, 6]


def test_a_new_category_is_found():
    got = {c.name: c for c in nominal([5000, 5000], [4950, 4950], unseen=100)}
    assert got["unseen"].p < 1e-20
    assert got["unseen"].p_margin < 1e-6


def test_eps_moves_the_margin_only():
    r, c = np.full(30, 1000), np.round(1000 * np.linspace(0.9, 1.1, 30))
    small, large = (ordered(r, c, eps=eps)[0] for eps in (0.01, 0.05))
    assert small.p == large.p
    assert small.p_margin < large.p_margin


def test_larger_changes_are_never_less_evidence():
    r = np.full(20, 500)
    p = [
        ordered(r, np.round(500 * np.linspace(1 - t, 1 + t, 20)))[0].p
        for t in np.linspace(0, 0.9, 15)
    ]
    assert (np.diff(p) <= 0).all()
