"""Gaps between groups as bets: fair while groups are alike, however small a side is."""

import numpy as np
import pytest

from vedette.stats.fairness.verdict import Limits
from vedette.stats.gap_bets import Sides, beyond, gap_batch, matters, shadows, surely
from vedette.stats.loss_bets import MAIN, Usual, begin, bet_losses

RUNS = 40_000


def drawn(n: int, other_n: int, rate: float, gap: float = 0.0) -> Sides:
    rng = np.random.default_rng([n, other_n, int(1000 * rate)])
    k, other_k = rng.binomial(n, rate + gap, RUNS), rng.binomial(other_n, rate, RUNS)
    full = np.ones(RUNS)
    return Sides(k * 1.0, n * full, other_k * 1.0, other_n * full)


@pytest.mark.parametrize(
    ("n", "other_n", "rate"),
    [(200, 1000, 0.3), (30, 300, 0.3), (8, 40, 0.3), (40, 8, 0.3), (1000, 20, 0.02),
     (20, 1000, 0.02), (300, 300, 0.95), (5, 5, 0.5)],
)  # fmt: skip
def test_a_bet_on_no_gap_wins_nothing_on_average(n, other_n, rate):
    """The mean of e^log_e is at most 1, but for the few runs that make it: most of all where the
    rest is a handful of rows, whose own rate would be a bad one to bet about."""
    batch = gap_batch(drawn(n, other_n, rate), np.zeros(RUNS))
    flat = np.zeros(RUNS)
    unit = np.full(RUNS, max(0.05, 0.2 * rate) / 4)
    run = bet_losses(begin(flat), batch, Usual(flat, flat, flat, unit))
    some = batch.n > 0
    mean = run.R[some, :, MAIN].mean(axis=0)
    assert (mean <= 1.06).all()


def test_the_gap_that_was_expected_is_none():
    sides = drawn(200, 1000, 0.3, gap=-0.1)
    batch = gap_batch(sides, np.full(RUNS, -0.1))
    off = batch.loss / batch.n - batch.expected
    assert abs(off.mean()) < 0.002
    assert off.std() == pytest.approx(np.sqrt(batch.variance.mean() / 200), rel=0.02)


def test_a_window_that_cannot_show_a_gap_has_no_rows():
    sides = Sides(*np.array([[0, 10, 0, 3], [0, 10, 10, 9], [9, 20, 0, 0], [30, 20, 50, 0]]) * 1.0)
    batch = gap_batch(sides, np.zeros(4))
    assert batch.n.tolist() == [0, 0, 0, 0]
    assert all(np.isfinite(part).all() for part in batch)


def test_a_gap_never_leaves_what_a_rate_can_be():
    sides = Sides(*np.array([[1, 99], [100, 100], [9, 891], [900, 900]]) * 1.0)
    batch = gap_batch(sides, np.array([-0.4, 0.4]))
    assert ((batch.centre > 0) & (batch.centre < 1)).all()
    assert (batch.variance > 0).all()


def test_limits_count_as_they_are_compared():
    ratio, none = np.array([True]), np.array([False])
    up, down = matters(np.array([0.2]), Limits(ratio=0.5, gap=0.1), ratio)
    assert (up[0], down[0]) == pytest.approx((0.2, 0.1))
    one = np.ones((1, 2))
    assert beyond(0.06 * one, 0 * one, 0.3 * one, Limits(), none).tolist() == [[True, False]]
    assert beyond(0.06 * one, 0 * one, 0.3 * one, Limits(), ratio).tolist() == [[False, False]]
    assert beyond(0.06 * one, 0.02 * one, 0.3 * one, Limits(), ratio).tolist() == [[True, False]]


def test_only_what_stands_apart_throws_a_shadow():
    n = np.full(6, 1000.0)
    k = np.array([210.0, 300, 300, 300, 300, 300])
    apart = np.arange(6) == 0
    assert shadows(k, n, apart)[1:] == pytest.approx(0.3 - (4 * 300 + 210) / 5000)
    assert not shadows(k, n, np.zeros(6, bool)).any()
    assert not shadows(k, n, np.ones(6, bool)).any()
    assert surely(-0.09, 0.007, 6)
    assert not surely(0.018, 0.007, 6)
