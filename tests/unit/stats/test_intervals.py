from math import pi

import pytest

from vedette.stats.intervals import cohen_h, newcombe, wilson


def test_wilson_is_the_textbook_interval():
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)  # Newcombe 1998, table I


@pytest.mark.parametrize(("k", "n"), [(0, 0), (0, 1), (1, 1), (0, 10**9), (10**9, 10**9)])
def test_wilson_stays_in_bounds(k, n):
    low, high = wilson(k, n)
    assert 0 <= low <= high <= 1
    assert n == 0 or low <= k / n <= high


def test_newcombe_is_the_textbook_interval():
    # Newcombe 1998, table II, row (a), method 10
    assert newcombe(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=1e-4)


@pytest.mark.parametrize("counts", [(0, 0, 1, 5), (1, 5, 0, 0)])
def test_newcombe_of_an_empty_side_says_nothing(counts):
    assert newcombe(*counts) == (-1.0, 1.0)


def test_cohen_h():
    assert cohen_h(1, 0) == pytest.approx(pi)
    assert cohen_h(0.3, 0.3) == 0
    assert cohen_h(1.0000001, -0.1) == pytest.approx(pi)
