"""Values the reference never showed are judged by their labels, less what befell every row."""

import numpy as np
import pytest

from vedette.sketches.losses import Losses
from vedette.stats.attribution import decompose
from vedette.stats.unseen import LEAST, unseen

BEFORE = (0.1, 0.3)  # loss of the two values that the reference knows


def part(season, harm, rows=40_000, share=0.2, seed=1):
    """A column of two values of which `share` of the rows lose theirs; all rows get worse by a
    season, those without a value by `harm` more."""
    rng = np.random.default_rng(seed)
    known, now = rng.integers(0, 2, rows), rng.integers(0, 2, rows)
    gone = rng.random(rows) < share
    risk = np.take(BEFORE, now) + season + harm * gone
    before = Losses.of(known, (rng.random(rows) < np.take(BEFORE, known)).astype(float), 3)
    after = Losses.of(np.where(gone, 2, now), (rng.random(rows) < risk).astype(float), 3)
    return decompose(before, after)


@pytest.mark.parametrize(("season", "harm"), [(0.0, 0.3), (0.1, 0.3), (-0.05, 0.2), (0.1, 0.0)])
def test_a_season_is_not_blamed_on_the_column(season, harm):
    found = unseen(part(season, harm))
    assert found.compared
    assert found.share == pytest.approx(0.2, abs=0.01)
    assert abs(found.effect.value - 0.2 * harm) < 4 * found.effect.se


def test_its_error_is_the_spread_over_repetitions():
    found = [unseen(part(0.05, 0.2, rows=3000, seed=seed)).effect for seed in range(200)]
    spread = np.std([one.value for one in found])
    assert np.mean([one.se for one in found]) == pytest.approx(spread, rel=0.15)


def test_without_other_rows_everything_that_happened_is_in_it():
    codes, loss = np.zeros(500, int), np.zeros(500)
    before = Losses.of(codes, loss, 2)
    others = Losses.of(np.where(np.arange(500) < LEAST - 1, 0, 1), np.full(500, 0.4), 2)
    found = unseen(decompose(before, others))
    assert not found.compared
    assert found.effect.value == pytest.approx(0.4 * (500 - LEAST + 1) / 500)


def test_a_column_without_such_values_has_no_effect():
    before = Losses.of(np.zeros(100, int), np.zeros(100), 2)
    found = unseen(decompose(before, Losses.of(np.zeros(100, int), np.ones(100), 2)))
    assert found.share == 0.0
    assert found.effect.value == 0.0
