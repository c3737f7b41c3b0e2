import numpy as np
import pytest

from vedette.core.errors import UsageError
from vedette.stats.shapley import match_quantiles, rake, shapley, with_model


def test_no_rows_and_no_columns():
    assert rake(np.zeros((0, 1), int), [np.array([1.0])]).tolist() == []
    got = shapley(np.zeros((0, 1), int), np.zeros(0), {"a": np.array([1.0])})
    assert got.shares["a"].value == 0
    assert shapley(np.zeros((3, 0), int), np.ones(3), {}).total == 0


def test_more_than_six_columns_are_refused():
    with pytest.raises(UsageError, match="at most 6"):
        shapley(np.zeros((3, 7), int), np.ones(3), {str(i): np.ones(1) for i in range(7)})


def test_rows_that_nothing_stands_for_are_told():
    codes = np.array([[0], [0], [1]])
    got = shapley(codes, np.array([0.0, 0.0, 1.0]), {"a": np.array([1.0, 1.0, 2.0])})
    assert got.unreached["a"] == pytest.approx(0.5)
    assert got.shares["a"].value == pytest.approx(1 / 2 - 1 / 3)


def test_no_weight_beyond_the_clip():
    codes = np.zeros((10_000, 1), int)
    codes[:3] = 1
    weights = rake(codes, [np.array([0.5, 0.5])])
    assert weights.max() / weights.mean() < 25


def test_intervals_cover_an_unmoved_column():
    inside = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        codes = rng.integers(0, 5, (1500, 2))
        loss = (rng.random(1500) < 0.05 + 0.06 * codes[:, 0]).astype(float)
        now = {name: np.bincount(rng.integers(0, 5, 1000), minlength=5) for name in "ab"}
        share = shapley(codes, loss, now, rows=1000).shares["a"]
        inside += share.low <= 0 <= share.high
    assert inside >= 182  # 95 % of 200 is 190; fewer come once in 200


def test_values_are_moved_by_rank():
    values = np.array([5.0, np.nan, 1.0, 1.0, 9.0])
    moved = match_quantiles(values, np.array([10.0, 20.0, 30.0, 40.0]))
    assert moved[[2, 3]].tolist() == [20.0, 20.0]
    assert moved[4] == 40.0
    assert np.isnan(moved[1])
    assert match_quantiles(values, np.array([np.nan])) is values


def test_a_model_is_asked_twice_a_column_and_twice():
    rng = np.random.default_rng(0)
    columns = {"a": rng.normal(size=500), "b": rng.normal(size=500)}
    now = {"a": rng.normal(1.0, 1.0, 500), "b": rng.normal(size=500)}
    calls = []

    def loss(table):
        calls.append(1)
        return 0.1 * table["a"] + 0.02 * table["b"]

    effects = with_model(columns, now, loss)
    assert len(calls) == 6
    assert effects["a"] == pytest.approx(0.1 * (now["a"].mean() - columns["a"].mean()), abs=1e-9)
