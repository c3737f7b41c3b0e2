"""Correlations from sums, raked tables, what scatters in them, and two samples of them.

Owns: agreement with plain formulas and simulations.  Does not own: which pairs are counted.
"""

import numpy as np
import pytest

from vedette.stats.association import (
    associated,
    expected,
    left_over,
    pair_signs,
    raked,
    row_variance,
    skewness,
)
from vedette.stats.association_change import Counts, correlation_changes, pattern_changes

RNG = np.random.default_rng(0)
GRADES = np.array([-1.15, -0.32, 0.32, 1.15])
SCORES = np.outer(GRADES, GRADES)[None]


def normal(rows: int, rho: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(rows, 2))
    z[:, 1] = rho * z[:, 0] + np.sqrt(1 - rho**2) * z[:, 1]
    return np.rint(16 * np.clip(z, -4, 4)).astype(np.int64)


def tables(values: np.ndarray) -> np.ndarray:
    places = np.searchsorted([-10.8, 0.0, 10.8], values)
    return np.bincount(4 * places[:, 0] + places[:, 1], minlength=16).reshape(1, 4, 4)


def side(values: np.ndarray) -> Counts:
    known = np.ones(values.shape, np.bool_)
    unit = row_variance(values, known, np.zeros((0, 2), np.int64))
    rows = np.full(2, len(values))
    return Counts(
        tables(values), rows, values.sum(0), values.T @ values, unit, skewness(values, known)
    )


def test_a_correlation_is_that_of_the_values():
    values = normal(5_000, 0.4)
    found = associated(tables(values), np.full(2, 5_000), values.sum(0), values.T @ values)
    assert found.r[0] == pytest.approx(np.corrcoef(values.T)[0, 1])
    assert found.y[0] == pytest.approx(np.arctanh(found.r[0]))


def test_a_column_that_does_not_vary_has_none():
    values = np.column_stack([np.ones(100, int), np.arange(100)])
    found = associated(tables(values), np.full(2, 100), values.sum(0), values.T @ values)
    assert np.isnan(found.r[0])


def test_raking_keeps_odds_and_takes_margins():
    p = RNG.dirichlet(np.ones(16)).reshape(1, 4, 4) + 0.02
    rows, columns = 100 * RNG.dirichlet(np.ones(4))[None], 100 * RNG.dirichlet(np.ones(4))[None]
    made = raked(p, rows, columns, 200)
    assert np.allclose(made.sum(2), rows)
    assert np.allclose(made.sum(1), columns)
    odds = [x[0, 0, 0] * x[0, 1, 1] / x[0, 0, 1] / x[0, 1, 0] for x in (p, made)]
    assert odds[0] == pytest.approx(odds[1])


def test_what_is_expected_has_the_windows_margins_and_association():
    p = tables(normal(50_000, 0.5)) / 50_000
    counts = tables(normal(2_000, 0.1, seed=1)).astype(float)
    made = expected(p, counts, SCORES)
    assert np.allclose(made.sum(2), counts.sum(2), rtol=0.01)
    assert (made * SCORES).sum() == pytest.approx((counts * SCORES).sum(), abs=5)


def test_what_is_left_over_is_chance_alone_where_margins_and_correlation_move():
    p = (tables(normal(400_000, 0.5)) + 0.5) / 400_000
    found = [
        left_over(p, tables(normal(1_000, rho, seed)).astype(float), SCORES)
        for rho in (0.5, 0.3)
        for seed in range(100)
    ]
    excess = [float(one.Q[0] / one.mean[0]) for one in found]
    assert np.mean(excess) == pytest.approx(1, abs=0.12)


def test_what_is_left_over_sees_a_ring():
    p = (tables(normal(50_000, 0.0)) + 0.5) / 50_000
    angle = RNG.uniform(0, 2 * np.pi, 1_000)
    ring = np.rint(16 * 1.4 * np.column_stack([np.cos(angle), np.sin(angle)])).astype(int)
    found = left_over(p, tables(ring).astype(float), SCORES)
    assert found.Q[0] > 10 * found.mean[0]


@pytest.mark.parametrize("rho", [0.0, 0.6])
def test_a_row_of_a_normal_law_scatters_by_one(rho):
    values = normal(40_000, rho)
    known = np.ones(values.shape, np.bool_)
    found = row_variance(values, known, np.array([[1, -1]]))
    assert found == pytest.approx([1, 1], abs=0.05)


def test_directions_weigh_all_pairs_to_one():
    signs = pair_signs(RNG.choice([-1, 1], (3, 6)))
    assert np.allclose((signs**2).sum(1), 1)


def test_two_samples_alike_differ_by_chance():
    p, q = [], []
    for seed in range(300):
        one, two = side(normal(800, 0.5, seed)), side(normal(600, 0.5, 10_000 + seed))
        p.append(float(correlation_changes(one, two, 0.05).p[0]))
        q.append(float(pattern_changes(one.tables, two.tables, 0.05).p[0]))
    for found in (p, q):
        assert np.mean(np.array(found) < 0.05) == pytest.approx(0.05, abs=0.035)


def test_a_correlation_that_turns_is_told_beyond_doubt():
    one, two = side(normal(2_000, 0.5)), side(normal(2_000, -0.5, 1))
    found = correlation_changes(one, two, 0.05)
    assert found.p[0] < 1e-30
    assert found.margin[0] < 1e-20
    assert pattern_changes(one.tables, two.tables, 0.05).p[0] < 1e-20


def test_a_margin_that_moves_is_no_change_of_the_pattern():
    one, two = normal(20_000, 0.3), normal(20_000, 0.3, 1)
    two = two + np.array([6, 0])
    assert pattern_changes(tables(one), tables(two), 0.05).margin[0] > 0.5


def test_few_rows_and_skewed_products_say_nothing():
    assert np.isnan(correlation_changes(side(normal(40, 0.5)), side(normal(500, 0.5)), 0.05).p[0])
    rare = (np.arange(600)[:, None] % np.array([97, 89]) == 0).astype(int)
    assert np.isnan(correlation_changes(side(rare), side(rare), 0.05).p[0])
