"""Means of groups: agreement with scipy, and what happens at the ends."""

import numpy as np
import pytest
from scipy.stats import ttest_ind

from vedette.stats.fairness.detectable import smallest_seen
from vedette.stats.fairness.means import Moments, welch
from vedette.stats.fairness.verdict import Limits, rows_needed


def moments(values, centre=0.0):
    less = np.asarray(values, float) - centre
    return Moments.of(len(less), less.sum(), (less**2).sum(), centre)


@pytest.mark.parametrize("centre", [0.0, 1e6])
def test_welch_is_that_of_scipy(centre):
    rng = np.random.default_rng(1)
    one, two = rng.gamma(2, 1, 40) + centre, rng.gamma(3, 2, 55) + centre
    found, told = (
        welch(moments(one, centre), moments(two, centre)),
        ttest_ind(one, two, equal_var=False),
    )
    ends = told.confidence_interval(0.95)
    assert float(found.difference) == pytest.approx(one.mean() - two.mean(), abs=1e-6)
    assert [float(found.low), float(found.high)] == pytest.approx([ends.low, ends.high], abs=1e-6)
    assert float(found.p) == pytest.approx(told.pvalue, rel=1e-6)


def test_fewer_than_two_rows_say_nothing():
    found = welch(moments([1.0]), moments([1.0, 2.0, 3.0]))
    assert all(np.isnan(part) for part in found)


@pytest.mark.parametrize(("other", "p"), [([2.0, 2.0], 1.0), ([3.0, 3.0], 0.0)])
def test_values_that_do_not_vary_leave_no_doubt(other, p):
    found = welch(moments([2.0, 2.0]), moments(other))
    assert float(found.low) == float(found.high) == float(found.difference)
    assert float(found.p) == p


def test_what_is_just_seen_takes_as_many_rows_as_it_needs():
    """The two ask the same question, one with the variance of the others on both sides."""
    limits = Limits(gap=0.05)
    n = float(rows_needed(0.3, limits, groups=6))
    seen = float(smallest_seen(n, 3e6, 1e7, limits, groups=6))
    assert seen == pytest.approx(0.05, rel=0.05)
    assert np.isnan(smallest_seen(0, 3, 10, limits))
