"""Neighbourhoods of a reference, found on halves and held against one another."""

import numpy as np
import pytest

from vedette.derive.bearings import Bearings, learn_bearings
from vedette.derive.directions import halves, units
from vedette.derive.neighbourhoods import neighbourhoods

RNG = np.random.default_rng(0)
CENTRES = RNG.normal(size=(6, 40))


def drawn(rows, shares=(0.4, 0.2, 0.2, 0.1, 0.05, 0.05), noise=0.4, seed=1):
    rng = np.random.default_rng(seed)
    topic = rng.choice(6, rows, p=shares)
    return topic, CENTRES[topic] + noise * rng.normal(size=(rows, 40))


def places(matrix, learnt):
    made = Bearings.zero(len(matrix), learnt)
    made.fill("v", slice(0, len(matrix)), matrix, np.ones(len(matrix), bool))
    return made.columns("v")["v.neighbourhood"].to_pylist()


def test_rows_of_one_topic_lie_together_in_both_halves():
    _, reference = drawn(4_000)
    topic, new = drawn(2_000, seed=2)
    found = np.array([int(p) for p in places(new, learn_bearings(reference))])
    both = np.zeros((17, 6))
    np.add.at(both, (found, topic), 1)
    assert both.max(axis=1).sum() > 0.98 * len(new), "a neighbourhood holds one topic"
    for half in (0, 1):
        inside = halves(new) == half
        for k in range(6):  # the same numbers mean the same in both halves
            own = found[inside & (topic == k)]
            theirs = found[~inside & (topic == k)]
            assert set(own[np.isin(own, theirs)].tolist())


def test_the_shares_of_an_unchanged_table_stay():
    """In noise without structure rows lie nearer to the centres that they made themselves."""
    rng = np.random.default_rng(4)
    known, new = rng.normal(size=(2, 3_000, 200))
    learnt = learn_bearings(known)
    one, two = (np.bincount([int(p) for p in places(m, learnt)], minlength=17)[1:]
                for m in (known, new))  # fmt: skip
    z = (one - two) / np.sqrt(np.maximum(one + two, 1))
    assert np.abs(z).max() < 4
    assert (z**2).sum() < 40, "16 degrees of freedom"


def test_few_rows_and_few_directions_have_no_neighbourhoods():
    for matrix in (drawn(80)[1], np.tile(CENTRES[:1], (3_000, 1)), np.zeros((3_000, 4))):
        learnt = learn_bearings(matrix)
        assert learnt is not None
        assert learnt.shape[1] == 1
        assert set(places(matrix, learnt)) == {None}


def test_a_vector_without_direction_is_in_none():
    _, reference = drawn(2_000)
    assert places(np.zeros((2, 40)), learn_bearings(reference)) == [None, None]


def test_the_same_rows_give_the_same_functions_and_the_largest_comes_first():
    _, reference = drawn(3_000)
    _, directions = units(reference)
    one, two = (neighbourhoods(directions, halves(reference)) for _ in range(2))
    assert np.array_equal(one, two)
    share = places(reference, learn_bearings(reference)).count("1") / 3_000
    assert share == pytest.approx(max(places(reference, learn_bearings(reference)).count(str(k))
                                      for k in range(1, 17)) / 3_000, abs=0.05)  # fmt: skip
