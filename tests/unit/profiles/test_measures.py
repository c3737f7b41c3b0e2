"""Numbers by group: bins and sums add up whatever the split, and hold what rows held."""

import numpy as np
import pytest

from vedette.profiles.measures import binned, fit_measure
from vedette.sketches.measured import Measured


@pytest.fixture
def rows():
    rng = np.random.default_rng(3)
    values = rng.gamma(2.0, 3.0, 5000)
    values[::50] = np.nan
    return rng.integers(0, 4, 5000), values


def sums(measure, groups, values):
    return Measured.of(groups, 4, [binned(measure, values)])


def test_the_sums_are_those_of_the_rows(rows):
    groups, values = rows
    measure = fit_measure("x", values)
    found = sums(measure, groups, values)
    for group in range(4):
        own = values[(groups == group) & np.isfinite(values)]
        n, total = found.counts[0][group].sum(), found.sums[0, group]
        assert n == len(own)
        assert total[0] + n * measure.centre == pytest.approx(own.sum())
        assert total[1] == pytest.approx(((own - measure.centre) ** 2).sum())


def test_parts_add_up_to_the_whole(rows):
    groups, values = rows
    measure = fit_measure("x", values)
    whole = sums(measure, groups, values)
    parts = sums(measure, groups[:1234], values[:1234]).merge(
        sums(measure, groups[1234:], values[1234:])
    )
    assert (parts.counts[0] == whole.counts[0]).all()
    assert parts.sums == pytest.approx(whole.sums)


def test_values_beyond_the_sample_are_kept_in_the_outermost_bins():
    measure = fit_measure("x", np.arange(1000.0))
    found = sums(measure, np.zeros(3, int), np.array([-5.0, 500.0, 5000.0]))
    inner = found.between(0)[0]
    assert inner.sum() == 3
    assert inner[0] == 1
    assert inner[-1] == 1
    assert inner.shape == (len(measure.edges) - 1,)


@pytest.mark.parametrize("values", [[1.0, 1.0], [0.0, 1.0, 2.0], [np.nan, 3.0]])
def test_every_one_of_few_values_is_alone_in_its_bin(values):
    array = np.array(values)
    found = sums(fit_measure("x", array), np.zeros(len(array), int), array)
    known = np.unique(array[np.isfinite(array)])
    assert np.count_nonzero(found.between(0)[0]) == len(known)


def test_a_value_that_many_rows_hold_is_alone_among_thousands():
    values = np.concatenate([np.linspace(0, 1, 3000), np.full(3000, 0.25)])
    measure = fit_measure("x", values)
    at = measure.edges.searchsorted(0.25, side="right")
    assert measure.edges[at - 1] == 0.25
    assert measure.edges[at] == np.nextafter(0.25, 1)


def test_no_value_at_all_has_no_bins():
    measure = fit_measure("x", np.array([np.nan]))
    assert sums(measure, np.zeros(1, int), np.array([np.nan])).between(0).shape == (4, 0)
