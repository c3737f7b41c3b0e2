from math import isnan

import numpy as np
import pytest

from vedette.stats import distances as d

NAMES = (
    "psi",
    "jensen_shannon",
    "hellinger",
    "total_variation",
    "w",
    "chi_square",
    "kolmogorov_smirnov",
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("r", "c"), [([], []), ([0, 0], [1, 2]), ([1, 2], [0, 0]), ([0], [0])])
def test_an_empty_side_is_not_a_number(name, r, c):
    got = getattr(d, name)(r, c)
    assert isnan(got.value)
    assert isnan(got.raw)
    assert isnan(d.wasserstein(r, c, np.arange(len(r))).value)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("r", "c"), [([5], [1]), ([1], [1]), ([0, 7, 0], [0, 1, 0])])
def test_all_equal_is_no_distance(name, r, c):
    got = getattr(d, name)(r, c)
    assert got.value == pytest.approx(
        0, abs=0.1
    )  # 7 rows against 1, with half a row in the other bins
    assert d.wasserstein(r, c, np.arange(len(r))).raw == 0
    if got.p is not None:
        assert got.p == 1.0


@pytest.mark.parametrize("name", NAMES[:5])
def test_value_lies_in_its_interval_and_in_bounds(name):
    rng, f = np.random.default_rng(0), getattr(d, name)
    for _ in range(300):
        K = rng.integers(1, 40)
        r, c = (rng.multinomial(rng.integers(1, 5000), rng.dirichlet(np.ones(K))) for _ in range(2))
        got = f(r, c)
        assert 0 <= got.low <= got.value <= got.high
        assert name == "psi" or got.raw <= 2


def test_thin_bins_never_claim_certainty():
    """50 rows in 100 categories know nothing: their interval must not be a point at 0."""
    rng, p = np.random.default_rng(1), np.full(100, 0.01)
    r, c = rng.multinomial(50, p), rng.multinomial(50, p)
    for name in NAMES[:5]:
        got = getattr(d, name)(r, c)
        assert got.high > 0.1, name


def test_separate_samples_are_as_far_as_can_be():
    r, c = [10**6, 0], [0, 10**6]
    assert d.total_variation(r, c).value == pytest.approx(1, abs=1e-5)
    assert d.jensen_shannon(r, c).value == pytest.approx(1, abs=1e-4)
    assert d.hellinger(r, c).value == pytest.approx(1, abs=1e-2)
    assert d.kolmogorov_smirnov(r, c).value == 1


def test_order_matters_only_to_ordered_distances():
    r, c = np.array([50, 30, 20, 5]), np.array([10, 40, 30, 25])
    back = [3, 1, 0, 2]
    for name in NAMES[:6]:
        f = getattr(d, name)
        assert f(r, c).value == pytest.approx(f(r[back], c[back]).value)


def test_wasserstein_binned_ignores_values_of_empty_bins():
    got = d.wasserstein_binned([10, 0], [0, 10], [1.0, np.nan], [np.nan, 4.0])
    assert got.raw == 3.0


def test_all_distances_by_kind():
    names = ["psi", "js", "hellinger", "total_variation", "w", "chi_square"]
    assert list(d.all_distances([5, 5], [4, 6])) == names
    assert list(d.all_distances([5, 5], [4, 6], [0.0, 1.0])) == [*names, "ks", "wasserstein"]
