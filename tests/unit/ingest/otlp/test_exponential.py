"""Histograms in powers of a base: coarser ones, differences, quantiles."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.ingest.otlp.exponential import Exponential, exponential

counts = st.dictionaries(st.integers(-40, 40), st.integers(1, 9), max_size=8)


def of(values, scale):
    """The histogram of some values."""
    sides = ({}, {})
    zero = 0
    for value in values:
        if value == 0:
            zero += 1
            continue
        side = sides[int(value < 0)]
        place = math.ceil(math.log2(abs(value)) * 2**scale) - 1
        side[place] = side.get(place, 0) + 1
    return Exponential(scale, zero, *sides)


@given(counts, counts, st.integers(0, 5), st.integers(0, 3))
def test_coarser_bins_hold_the_same_and_may_be_reached_in_steps(positive, negative, zero, steps):
    fine = Exponential(3, zero, positive, negative)
    assert fine.coarser(3 - steps).count == fine.count
    assert fine.coarser(2).coarser(3 - steps) == fine.coarser(min(2, 3 - steps))


@given(counts, counts)
def test_what_was_added_is_the_difference(before, added):
    then = Exponential(0, 1, before, {})
    both = {place: before.get(place, 0) + added.get(place, 0) for place in {*before, *added}}
    now = Exponential(0, 3, both, {})
    assert now.since(then) == Exponential(0, 2, added, {})
    if added:
        assert then.since(now) is None


@pytest.mark.parametrize("scale", [0, 3, 6])
@pytest.mark.parametrize("q", [0.01, 0.5, 0.9, 0.99])
def test_quantiles_are_off_by_one_bin_at_most(scale, q):
    values = np.random.default_rng(1).lognormal(-2, 1.5, 5_000)
    exact = np.quantile(values, q, method="inverted_cdf")
    found = of(values, scale).quantile(q)
    assert abs(math.log2(found / exact)) <= 2.0**-scale
    assert of(-values, scale).quantile(1 - q) == pytest.approx(-found, rel=2.0 ** (1 - scale))


def test_ends():
    assert math.isnan(Exponential(0, 0, {}, {}).quantile(0.5))
    assert Exponential(0, 4, {}, {}).quantile(0.99) == 0
    assert math.isfinite(Exponential(-10, 0, {10**9: 1}, {-(10**9): 1}).quantile(0.99))
    assert exponential(0, 0, (3, [0, 2]), (0, [])).positive == {4: 2}
    with pytest.raises(ValueError, match="buckets"):
        exponential(0, 0, (0, [0] * 20_000), (0, []))
