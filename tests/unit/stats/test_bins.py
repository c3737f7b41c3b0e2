import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.stats.bins import FLOOR, grouped, largest, merge_ordered


@settings(deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 100), max_size=40), st.integers(0, 500))
def test_groups_are_neighbours_and_large_enough(counts, n):
    labels = merge_ordered(counts, n)
    assert len(labels) == len(counts)
    assert set(np.diff(labels).tolist()) <= {0, 1}
    if counts and labels[-1] > 0:
        held = grouped(labels, counts)
        assert held.min() >= FLOOR
        assert n * held.min() / sum(counts) >= FLOOR - 1e-9


@pytest.mark.parametrize("counts", [[], [0], [0, 0, 0], [3, 2, 1]])
def test_too_little_is_one_group(counts):
    assert merge_ordered(counts, 100).tolist() == [0] * len(counts)


def test_largest_keeps_the_order_of_ties():
    assert largest([9, 9, 9], top=2, need=8) == [0, 1]
    assert largest([], top=5, need=8) == []
    assert largest([7, 3], top=5, need=8) == []
