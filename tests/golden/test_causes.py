"""Taking a change of loss apart is exact: nothing is lost between the parts and the whole."""

from itertools import permutations

import numpy as np
import pytest

from vedette.sketches.losses import Losses
from vedette.stats.attribution import attribute, decompose
from vedette.stats.shapley import rake, shapley


def sums(rng, rows, width, shares=None, risk=0.1):
    codes = rng.choice(width, rows, p=shares)
    loss = np.where(rng.random(rows) < risk * (1 + codes / width), rng.random(rows), 0.0)
    return Losses.of(codes, loss, width)


@pytest.mark.parametrize("width", [1, 2, 33, 120])
@pytest.mark.parametrize("seed", range(5))
def test_mix_and_rate_add_up_to_the_change(seed, width):
    rng = np.random.default_rng(seed)
    before = sums(rng, 3000, width, rng.dirichlet(np.ones(width)))
    after = sums(rng, 700, width, rng.dirichlet(np.ones(width)), risk=0.2)
    part = decompose(before, after)
    change = after.loss.sum() / 700 - before.loss.sum() / 3000
    assert part.change == pytest.approx(change, abs=1e-12)
    assert part.mix.value + part.rate.value + part.new.value == pytest.approx(change, abs=1e-12)
    assert part.mixes.sum() == pytest.approx(part.mix.value, abs=1e-12)
    assert part.rates.sum() == pytest.approx(part.rate.value, abs=1e-12)


def test_the_terms_are_those_of_the_formula():
    before = Losses(np.array([60, 40, 0]), np.array([6.0, 20.0, 0.0]), np.array([6.0, 20.0, 0.0]))
    after = Losses(np.array([20, 70, 10]), np.array([2.0, 42.0, 9.0]), np.array([2.0, 42.0, 9.0]))
    part = decompose(before, after)
    assert part.mixes == pytest.approx([-0.4 * (0.1 - 0.26), 0.3 * (0.5 - 0.26), 0.0])
    assert part.rates == pytest.approx([0.0, 0.7 * 0.1, 0.0])
    assert part.new.value == pytest.approx(0.1 * (0.9 - 0.26))
    assert part.fresh.tolist() == [False, False, True]


def test_standard_errors_are_the_spread_over_repetitions():
    shares, later, risk = np.array([0.5, 0.3, 0.2]), np.array([0.3, 0.3, 0.4]), [0.05, 0.1, 0.3]
    rng = np.random.default_rng(1)
    parts = []
    for _ in range(400):
        sides = []
        for p, rows in ((shares, 2000), (later, 900)):
            codes = rng.choice(3, rows, p=p)
            sides.append(
                Losses.of(codes, (rng.random(rows) < np.take(risk, codes)).astype(float), 3)
            )
        parts.append(decompose(*sides))
    for name in ("mix", "rate"):
        got = [getattr(part, name) for part in parts]
        assert np.mean([g.se for g in got]) == pytest.approx(
            np.std([g.value for g in got]), rel=0.1
        )


def slow_shapley(codes, loss, targets):
    """The mean over all orders in which the columns can move."""

    def worth(chosen):
        chosen = sorted(chosen)
        w = rake(codes[:, chosen], [targets[j] for j in chosen])
        return w @ loss / w.sum()

    J = len(targets)
    value = np.zeros(J)
    orders = list(permutations(range(J)))
    for order in orders:
        for i, j in enumerate(order):
            value[j] += (worth(order[: i + 1]) - worth(order[:i])) / len(orders)
    return value


def sample(seed, rows=1500):
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 4, rows)
    b = np.where(rng.random(rows) < 0.5, a, rng.integers(0, 4, rows))
    c = rng.integers(0, 3, rows)
    loss = (rng.random(rows) < 0.05 + 0.08 * a + 0.05 * b).astype(float)
    return (
        np.stack([a, b, c], 1),
        loss,
        [np.array([1, 2, 3, 4]) / 10, np.ones(4) / 4, np.ones(3) / 3],
    )


@pytest.mark.parametrize("seed", range(3))
def test_shapley_values_are_the_means_over_all_orders(seed):
    codes, loss, targets = sample(seed)
    got = shapley(codes, loss, dict(zip("abc", targets, strict=True)))
    want = slow_shapley(codes, loss, targets)
    assert [share.value for share in got.shares.values()] == pytest.approx(want, abs=1e-12)


@pytest.mark.parametrize("realised", [None, (0.4, 0.01)])
def test_shapley_values_add_up_to_the_total(realised):
    codes, loss, targets = sample(9)
    got = shapley(codes, loss, dict(zip("abc", targets, strict=True)), realised)
    every = sum(share.value for share in got.shares.values())
    assert every + (got.outcomes.value if got.outcomes else 0.0) == pytest.approx(
        got.total, abs=1e-12
    )
    assert got.before == pytest.approx(loss.mean())


def test_a_column_that_is_there_twice_shares_evenly():
    codes, loss, targets = sample(4)
    double = np.stack([codes[:, 0], codes[:, 0], codes[:, 2]], 1)
    got = shapley(double, loss, {"one": targets[0], "two": targets[0], "three": targets[2]})
    one = shapley(codes[:, [0, 2]], loss, {"one": targets[0], "three": targets[2]})
    assert got.shares["one"].value == pytest.approx(got.shares["two"].value, abs=1e-12)
    assert 2 * got.shares["one"].value == pytest.approx(one.shares["one"].value, abs=1e-6)


def test_columns_that_are_alike_share_alike_in_any_order():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 3, 4000), rng.integers(0, 3, 4000)
    codes = np.concatenate([np.stack([a, b], 1), np.stack([b, a], 1)])
    risk = 0.1 + 0.1 * codes.sum(1)
    target = np.array([0.2, 0.3, 0.5])
    got = shapley(codes, risk, {"a": target, "b": target})
    assert got.shares["a"].value == pytest.approx(got.shares["b"].value, abs=1e-9)


def test_raked_weights_meet_every_column():
    codes, _, targets = sample(5, rows=4000)
    weights = rake(codes, targets)
    for j, target in enumerate(targets):
        assert np.bincount(codes[:, j], weights) / weights.sum() == pytest.approx(target, abs=1e-3)


def test_a_mix_beyond_chance_ranks_first_and_a_rate_is_named():
    rng = np.random.default_rng(2)
    before = {}
    after = {}
    risk = np.array([0.02, 0.3])
    for name, (p, q) in {"moves": (0.2, 0.5), "stays": (0.2, 0.2)}.items():
        for side, share, rows in ((before, p, 8000), (after, q, 4000)):
            codes = (rng.random(rows) < share).astype(int)
            side[name] = Losses.of(codes, (rng.random(rows) < risk[codes]).astype(float), 2)
    got = attribute({name: (before[name], after[name]) for name in before})
    assert got.ranked[0] == "moves"
    assert not got.rate_dominates


def test_rate_dominates_when_the_same_rows_end_differently():
    rng = np.random.default_rng(3)
    sides = []
    for risk in ([0.05, 0.1], [0.15, 0.25]):
        codes = rng.integers(0, 2, 5000)
        sides.append(Losses.of(codes, (rng.random(5000) < np.take(risk, codes)).astype(float), 2))
    got = attribute({"one": tuple(sides)})
    assert got.rate_dominates
    assert "concept drift" in got.statement
    assert {(term.column, term.code) for term in got.rates} == {("one", 0), ("one", 1)}
