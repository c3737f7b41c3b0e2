"""How far an estimate may be wrong, by hand."""

import numpy as np
import pytest

from vedette.stats.trust import (
    NEAR,
    Distance,
    beyond_sampling,
    distance,
    interval,
    trusted,
    widened,
)

NONE = np.zeros(4, np.bool_)


def column(was, now, beyond=NONE):
    return np.array(was), np.array(now), np.asarray(beyond)


def test_noise_is_what_sampling_leaves():
    rng = np.random.default_rng(0)
    gaps = rng.normal(0, np.hypot(0.03, 0.02), 20_000)
    assert beyond_sampling(gaps, np.full(20_000, 0.02)) == pytest.approx(0.03, rel=0.05)
    assert beyond_sampling([0.01, -0.01], [0.02, 0.02]) == 0.0
    assert beyond_sampling([], []) == 0.0
    assert beyond_sampling([0.1], [np.nan]) == pytest.approx(0.1)


def test_distance_is_the_area_of_the_best_order():
    # Rows moved from the first code to the last: P(now above was) = 0.5 + 0.25.
    far = distance([column([5_000, 0, 0, 5_000], [0, 0, 0, 10_000])])
    assert far.apart == pytest.approx(0.25, abs=0.01)
    swapped = distance([column([10_000, 0, 0, 0], [0, 0, 0, 10_000])])
    assert swapped.apart == pytest.approx(0.5, abs=0.01)
    both = [column([10, 10, 10, 10], [11, 9, 10, 10]), column([9_000, 0, 0, 0], [0, 0, 0, 900])]
    assert distance(both).apart > 0.45  # the column that tells best


def test_unchanged_rows_are_near():
    rng = np.random.default_rng(1)
    share = np.full(40, 1 / 40)
    drawn = [
        distance(
            [(rng.multinomial(20_000, share), rng.multinomial(500, share), np.zeros(40, bool))]
        )
        for _ in range(200)
    ]
    assert np.mean([far.apart for far in drawn]) == pytest.approx(0.0, abs=0.03)
    assert distance([]) == NEAR
    assert distance([column([0] * 4, [1] * 4), column([1] * 4, [0] * 4)]) == NEAR


def test_rows_beyond_the_reference_are_counted_less_its_own():
    last = [False, False, False, True]
    far = distance([column([90, 0, 0, 10], [50, 0, 0, 50], last), column([1] * 4, [1] * 4, last)])
    assert far.outside == pytest.approx(0.4)
    assert distance([column([50, 0, 0, 50], [90, 0, 0, 10], last)]).outside == 0.0


def test_intervals_grow_with_noise_and_distance():
    assert interval(0.8, 0.01, 0.0) == pytest.approx((0.8 - 0.0196, 0.8 + 0.0196))
    assert widened(0.0, 0.02, Distance(0.5, 0.0)) == pytest.approx(0.02 * 3**0.5)
    low, high = interval(0.8, 0.0, 0.0, Distance(0.0, 0.1))
    assert (low, high) == pytest.approx((0.75, 0.85))


def test_an_estimate_is_trusted_until_labels_leave_its_room():
    assert trusted(0.80, 0.83, 0.01, 0.0)
    assert not trusted(0.80, 0.84, 0.01, 0.0)
    assert trusted(0.80, 0.84, 0.01, 0.01)
    assert trusted(0.80, 0.84, 0.01, 0.0, Distance(0.0, 0.1))  # of those rows nothing is known
    assert trusted(0.5, 0.5, 0.0, 0.0)
