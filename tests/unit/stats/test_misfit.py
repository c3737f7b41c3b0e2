import numpy as np
import pytest
from scipy.special import expit, logit

from vedette.stats.misfit import learn
from vedette.stats.surprise import Surprise, stands_out


def reference(seed, n=20_000, off=0.8):
    """Rows whose expectation misses in the third place of a column."""
    rng = np.random.default_rng(seed)
    place, expected = rng.integers(0, 3, n), rng.beta(1, 7, n)
    chance = expit(logit(expected) + off * (place == 2))
    return place, expected, chance, (rng.random(n) < chance).astype(float)


def test_what_an_expectation_misses_by_place_is_learned():
    place, expected, _, loss = reference(0)
    misfit = learn(loss, expected, [place], [3])
    place, expected, chance, _ = reference(1)
    better = misfit.adjusted(expected, [place])
    for k in range(3):
        assert better[place == k].mean() == pytest.approx(chance[place == k].mean(), abs=0.012)
    assert expected[place == 2].mean() < chance[place == 2].mean() - 0.05


def test_rows_at_no_place_and_losses_that_are_numbers():
    place, expected, _, _ = reference(2)
    rng = np.random.default_rng(0)
    place[:500] = -1
    loss = rng.beta(2, 2, len(place)) * expected
    misfit = learn(loss, expected, [place], [3])
    better = misfit.adjusted(expected, [place])
    assert better.mean() == pytest.approx(loss.mean(), rel=0.02)
    assert np.isfinite(better).all()


def test_cells_that_do_not_miss_are_drawn_to_nothing_and_one_that_does_is_not():
    rng = np.random.default_rng(3)
    place, expected, _, _ = reference(3, off=0.0)
    cell = rng.integers(0, 30, len(place))
    chance = expit(logit(expected) + 1.2 * (cell == 7))
    loss = (rng.random(len(place)) < chance).astype(float)
    known = learn(loss, expected, [place], [3]).of_cells(cell, 30)
    assert known.mean[7] == pytest.approx(1.2, abs=0.3)
    assert np.abs(np.delete(known.mean, 7)).mean() < 0.15


def test_sums_of_losses_stand_out_as_often_as_chance_says():
    rng = np.random.default_rng(4)
    small = 0
    for _ in range(40):
        expected = rng.beta(0.5, 4.5, 10_000)
        table = Surprise.of((rng.random(10_000) < expected).astype(float), expected)
        cell = rng.integers(0, 40, 10_000)
        parts = (table.surprise, table.second, table.third, table.reach)
        sums = [np.bincount(cell, part, 40) for part in parts]
        _, p = stands_out(*sums, np.zeros(40), np.zeros(40))
        small += (p < 0.01).sum()
    assert 4 <= small <= 30  # of 1,600 sums; 16 on average


def test_no_rows():
    table = Surprise.of(np.zeros(0), np.zeros(0))
    assert len(table.surprise) == 0
    z, p = stands_out(*(np.zeros(1) for _ in range(6)))
    assert (z[0], p[0]) == (0.0, 1.0)
