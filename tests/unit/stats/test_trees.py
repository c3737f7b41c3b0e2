"""Trees kept as tables say what trees say."""

import numpy as np
import pytest

from vedette.stats.boosting import Columns, Growth, boost
from vedette.stats.trees import BLOCK, Trees

RNG = np.random.default_rng(0)
ROWS = BLOCK + 500
CODES = [RNG.integers(0, width, ROWS).astype(np.intp) for width in (5, 40, 100)]
COLUMNS = Columns(CODES, (5, 40, 100), (True, False, False))
TARGET = ((CODES[0] == 2) * 0.5 + (CODES[1] > 20) * 0.4 > RNG.random(ROWS)).astype(float)


SIX = Growth(trees=6)


def grown(growth=SIX):
    return boost(COLUMNS, TARGET, np.zeros(ROWS), growth=growth)


def slowly(trees, row):
    """Follow the masks one tree, one row at a time; every tree must leave exactly one leaf."""
    total = 0.0
    for t, values in enumerate(trees.values):
        reach = (1 << 16) - 1
        for f, column in enumerate(CODES):
            mask = int(trees.masks[t // 4, trees.starts[f] + column[row]])
            reach &= mask >> (16 * (t % 4)) & 0xFFFF
        assert reach.bit_count() == 1
        total += values[reach.bit_length() - 1]
    return total


def test_every_row_reaches_one_leaf_of_every_tree():
    trees = grown()
    found = trees.sums(CODES)
    assert len(trees.values) == 8  # whole words of four trees
    for row in range(0, ROWS, 97):
        assert found[row] == pytest.approx(slowly(trees, row), abs=1e-12)


def test_a_row_alone_is_told_the_same_to_the_last_bit():
    trees = grown()
    found = trees.sums(CODES)
    for row in (0, 1, BLOCK - 1, BLOCK, ROWS - 1):
        assert trees.sums([column[row : row + 1] for column in CODES])[0] == found[row]


def test_training_lowers_the_loss_and_stages_are_prefixes():
    trees = grown(Growth(trees=40))
    chance = 1 / (1 + np.exp(-trees.sums(CODES)))
    before, after = np.log(2), -np.log(np.where(TARGET > 0, chance, 1 - chance)).mean()
    assert after < before - 0.1
    np.testing.assert_array_equal(trees.first(8).sums(CODES), grown(Growth(trees=8)).sums(CODES))


def test_no_leaf_is_smaller_than_asked():
    trees = grown(Growth(trees=4, least=300))
    for t in range(4):
        reach = np.full(ROWS, 0xFFFF, np.uint64)
        for f, column in enumerate(CODES):
            reach &= trees.masks[0, trees.starts[f] + column] >> np.uint64(16 * t)
        _, rows = np.unique(reach & np.uint64(0xFFFF), return_counts=True)
        assert rows.min() >= 300


@pytest.mark.parametrize(
    "columns",
    [
        Columns([np.zeros(200, np.intp)], (1,), (False,)),
        Columns([np.zeros(200, np.intp)], (3,), (True,)),
        Columns([np.arange(200) % 3], (3,), (False,)),
    ],
    ids=["only missing", "constant", "too few rows"],
)
def test_where_nothing_can_be_learned_every_row_is_told_the_mean(columns):
    few = Growth(trees=4, least=150)
    trees = boost(columns, np.full(200, 0.7), np.zeros(200), growth=few)
    assert len(np.unique(trees.sums(columns.codes))) == 1
    assert not trees.used().any()


def test_no_tree_adds_nothing():
    assert Trees.none(COLUMNS.starts).sums(CODES).tolist() == [0.0] * ROWS
