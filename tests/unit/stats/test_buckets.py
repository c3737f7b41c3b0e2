"""Quantiles of coarse buckets: what nothing, one bucket and the open end give, and agreement with
values drawn evenly."""

from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.stats.buckets import bucket_quantile

BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0]


def test_of_nothing_there_is_no_quantile():
    assert isnan(bucket_quantile(0.5, BOUNDS, [0] * 9))
    assert isnan(bucket_quantile(0.5, [], [3]))


def test_beyond_the_last_bound_only_that_is_known():
    assert bucket_quantile(0.5, [1.0, 2.0], [0, 0, 7]) == 2.0


def test_a_first_bucket_below_zero_has_no_start():
    assert bucket_quantile(0.5, [-1.0, 1.0], [4, 0, 0]) == -1.0


@pytest.mark.parametrize("q", [0.5, 0.95, 0.99])
def test_of_even_values_the_quantile_is_theirs(q):
    values = (np.arange(100_000) + 0.5) / 100_000
    counts = np.histogram(values, [0.0, *BOUNDS])[0].tolist()
    assert bucket_quantile(q, BOUNDS, [*counts, 0]) == pytest.approx(q, abs=1e-4)


@given(st.lists(st.integers(0, 1000), min_size=9, max_size=9), st.floats(0, 1), st.floats(0, 1))
def test_it_never_falls_as_q_rises(counts, one, two):
    low, high = sorted((one, two))
    if sum(counts):
        assert bucket_quantile(low, BOUNDS, counts) <= bucket_quantile(high, BOUNDS, counts) + 1e-12
