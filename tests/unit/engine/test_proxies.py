import numpy as np
import pyarrow as pa
import pytest

from vedette.core.errors import UsageError
from vedette.engine.proxies import proxies, together
from vedette.profiles.binning import NumericBinning


def table(n, seed, groups=3):
    """30 columns of several kinds that say nothing of a row's group."""
    rng = np.random.default_rng(seed)
    columns = {f"n{i}": rng.normal(size=n) for i in range(12)}
    columns |= {f"i{i}": rng.poisson(3, n) for i in range(6)}
    columns |= {f"h{i}": np.where(rng.random(n) < 0.6, 0, rng.lognormal(size=n)) for i in range(6)}
    names = np.array([f"c{i}" for i in range(30)])
    columns |= {f"c{i}": names[rng.zipf(1.6, n).clip(0, 29)] for i in range(6)}
    return columns, rng.choice(groups, n, p=rng.dirichlet(np.full(groups, 5.0))), rng


def test_noise_reveals_nobody():
    wrong = 0
    for seed in range(40):
        columns, groups, _ = table(1_200, seed, 2 + seed % 4)
        found = proxies(pa.table(columns), groups, list("abcde"), list(columns))
        assert len(found) == 30
        wrong += any(one.reveals for one in found)
    assert wrong <= 4  # 5 % of 40 runs, and luck


def test_a_planted_proxy_stands_first():
    columns, groups, rng = table(5_000, 1)
    columns["post"] = np.char.add("p", (rng.integers(0, 20, 5_000) + 9 * (groups == 2)).astype(str))
    columns["income"] = rng.normal(size=5_000) + 0.3 * (groups == 0)
    found = proxies(pa.table(columns), groups, ["a", "b", "c"], list(columns))
    assert [one.features for one in found[:2]] == [("post",), ("income",)]
    assert [one.group for one in found[:2]] == ["c", "a"]
    assert [one.reveals for one in found[:3]] == [True, True, False]
    first = found[0]
    assert 0.5 < first.low < first.auc < first.high < 1
    assert 0 < first.share < 1
    assert first.bits_low < first.bits < first.bits_high
    assert first.p < 1e-9
    assert first.rows == 5_000


def test_all_features_together_tell_at_least_what_one_does():
    columns, groups, rng = table(6_000, 2)
    for name in "xyz":
        columns[name] = rng.normal(size=6_000) + 0.4 * (groups == 1)
    rows, names = pa.table(columns), ["a", "b", "c"]
    best = proxies(rows, groups, names, list(columns))[0]
    every = together(rows, groups, names, list(columns))
    assert every.group == best.group == "b"
    assert every.auc > best.high
    assert every.reveals
    assert len(every.features) == 33


def test_sorted_rows_and_rows_of_no_group():
    rng = np.random.default_rng(3)
    groups = np.sort(rng.integers(-1, 3, 4_000))  # two groups, rows outside at both ends
    told = pa.table({"x": rng.normal(size=4_000) + groups, "y": rng.normal(size=4_000)})
    found = proxies(told, groups, ["a", "b"], ["x", "y"])
    assert [(one.features[0], one.reveals) for one in found] == [("x", True), ("y", False)]
    assert found[0].rows == np.count_nonzero((groups >= 0) & (groups < 2))


def test_a_large_table_is_sampled():
    groups = np.arange(120_000) % 2
    found = proxies(pa.table({"x": groups * 1.0}), groups, ["a", "b"], ["x"])
    assert found[0].rows == 50_000
    assert found[0].auc == 1


def test_what_cannot_be_binned_is_left_out():
    groups = np.arange(300) % 2
    rows = pa.table(
        {
            "id": [f"k{i}" for i in range(300)],
            "vector": [[1.0, 2.0]] * 300,
            "empty": pa.nulls(300),
            "flag": (groups == 1).tolist(),
            "coded": pa.array(["m" if g else None for g in groups]).dictionary_encode(),
        }
    )
    found = proxies(rows, groups, ["a", "b"], rows.column_names)
    assert {one.features[0] for one in found} == {"flag", "coded", "empty"}
    assert [one.auc for one in found] == [1, 1, 0.5]


def test_bins_that_are_given_are_used():
    groups = np.arange(400) % 2
    rows = pa.table({"x": np.linspace(0, 1, 400) + groups})
    coarse = {"x": NumericBinning(np.array([-1.0, 3.0]))}
    (found,) = proxies(rows, groups, ["a", "b"], ["x"], binnings=coarse)
    assert found.auc == 0.5


@pytest.mark.parametrize("rows", [0, 1, 50])
def test_too_few_rows_say_nothing(rows):
    told = pa.table({"x": pa.array([1.0] * rows, pa.float64())})
    groups = np.zeros(rows, int)
    assert proxies(told, groups, ["a", "b"], ["x"]) == []
    assert together(told, groups, ["a", "b"], ["x"]) is None
    assert proxies(told, groups, ["a", "b"], []) == []
    assert proxies(told, groups, [], ["x"]) == []


def test_an_unknown_feature_is_refused():
    with pytest.raises(UsageError, match="income"):
        proxies(pa.table({"income": [1]}), np.zeros(1, int), ["a"], ["incom"])
