"""Where the bins of an ordered column are cut."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.profiles.binning import HEAVY, NominalBinning, close_edges, fit_edges, hash_text
from vedette.stats.quantiles import CUT_QUANTILES


def counted(values, edges):
    return np.bincount(np.searchsorted(edges, values), minlength=len(edges) + 1)


def test_a_continuous_column_is_cut_at_its_own_order_statistics():
    values = np.random.default_rng(0).normal(size=5_000)
    edges = fit_edges(values)
    assert len(edges) == len(CUT_QUANTILES) + 2
    assert (edges[0], edges[-1]) == (-np.inf, np.inf)
    assert np.isin(edges[1:-1], values).all()
    below = [(values <= edge).sum() for edge in edges[1:-1]]
    assert below == [int(np.ceil(q * 5_000)) for q in CUT_QUANTILES]


@pytest.mark.parametrize("heavy", [0.0, -1.0, 1.0])
def test_a_heavy_value_gets_a_bin_of_its_own(heavy):
    values = np.random.default_rng(1).normal(size=2_000)
    values[: int(2_000 * HEAVY) + 1] = heavy
    edges = fit_edges(values)
    assert heavy in edges
    assert np.nextafter(heavy, -np.inf) in edges
    place = int(np.searchsorted(edges, heavy))
    assert counted(values, edges)[place] == int(2_000 * HEAVY) + 1


def test_a_value_of_just_that_share_is_not_heavy():
    values = np.random.default_rng(1).normal(size=2_000)
    values[: int(2_000 * HEAVY)] = 0.0
    assert np.nextafter(0.0, -np.inf) not in fit_edges(values)


def test_whole_numbers_are_counted_one_by_one_where_they_are_heavy():
    values = np.random.default_rng(2).poisson(2, 3_000).astype(float)
    edges = fit_edges(values)
    whole = [k for k in range(5) if np.mean(values == k) > HEAVY]
    counts = counted(values, edges)
    for k in whole:
        assert counts[np.searchsorted(edges, k)] == np.sum(values == k)


def test_the_extremes_get_their_own_bin_when_they_are_heavy():
    values = np.array([0.0] * 50 + list(np.linspace(1, 2, 100)) + [9.0] * 50)
    edges = close_edges(fit_edges(values), 0.0, 9.0)
    counts = counted(values, edges)
    assert counts[0] == counts[-1] == 0
    assert counts[np.searchsorted(edges, 0.0)] == 50
    assert counts[np.searchsorted(edges, 9.0)] == 50


@pytest.mark.parametrize("value", [0.0, -3.5, 1e300, 5e-324])
def test_a_constant_column_has_one_bin(value):
    edges = fit_edges(np.full(10, value))
    assert edges.tolist() == [-np.inf, np.inf]
    closed = close_edges(edges, value, value)
    assert counted(np.full(10, value), closed).tolist() == [0, 10, 0]
    assert counted([np.nextafter(value, np.inf), np.nextafter(value, -np.inf)], closed)[1] == 0


def test_an_empty_column_stays_open():
    edges = fit_edges(np.empty(0))
    assert edges.tolist() == [-np.inf, np.inf]
    assert close_edges(edges, np.inf, -np.inf).tolist() == [-np.inf, np.inf]


values = st.lists(
    st.floats(allow_nan=False, allow_infinity=False) | st.integers(-3, 3).map(float),
    min_size=1,
    max_size=80,
)


@given(values, st.randoms(use_true_random=False))
def test_edges_ascend_hold_every_value_and_do_not_depend_on_order(rows, random):
    sample = np.array(rows)
    edges = close_edges(fit_edges(sample), sample.min(), sample.max())
    assert (np.diff(edges) > 0).all()
    counts = counted(sample, edges)
    assert counts[0] == counts[-1] == 0
    assert counts.sum() == len(rows)
    shuffled = random.sample(rows, len(rows))
    again = close_edges(fit_edges(np.array(shuffled)), min(shuffled), max(shuffled))
    assert again.tobytes() == edges.tobytes()
    inner = edges[1:-1]
    points = np.isin(inner, sample) | np.isin(np.nextafter(inner, np.inf), sample)
    assert points.all()


@given(values, st.integers(-60, 60))
def test_edges_scale_with_the_unit(rows, power):
    sample = np.array(rows)
    sample = sample[(np.abs(sample) < 1e200) & ((np.abs(sample) > 1e-200) | (sample == 0))]
    if len(sample):
        places = [counted(x, fit_edges(x)) for x in (sample, sample * 2.0**power)]
        assert places[0].tolist() == places[1].tolist()


def test_a_category_is_named_other_or_unseen():
    known = np.sort(np.array([hash_text(name) for name in "abc"], np.uint64))
    binning = NominalBinning(("b", "a"), known)
    places = [binning.place(name, hash_text(name)) for name in ("b", "a", "c", "d", "")]
    assert places == [0, 1, 2, 3, 3]


def test_hashes_are_the_same_on_every_machine():
    assert hash_text("JFK") == 0x2B592A2B105FCBC
    assert hash_text("") == 0xB4B2797457A0A6E4
