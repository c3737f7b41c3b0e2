"""Unrest of a mean: found where it is, not where it is not."""

import numpy as np
import pytest

from vedette.stats.unrest import MOST, fit_unrest
from vedette.stats.wobble import long_run

NOISE = 9e-4


def series(t2, phi, windows=672, count=60, seed=0):
    rng = np.random.default_rng(seed)
    w = np.zeros((windows, count))
    w[0] = rng.normal(0, np.sqrt(t2), count)
    for t in range(1, windows):
        w[t] = phi * w[t - 1] + rng.normal(0, np.sqrt(t2 * (1 - phi**2)), count)
    return w + rng.normal(0, np.sqrt(NOISE), w.shape), np.full(w.shape, NOISE)


def every(windows):
    return np.ones(windows, np.int64)


def test_no_unrest_is_taken_for_little():
    found = fit_unrest(*series(0.0, 0.0), every(672))
    assert np.median(found.t2) < 0.03 * NOISE
    assert found.t2.max() < 0.15 * NOISE


@pytest.mark.parametrize(("t2", "phi"), [(1e-4, 0.8), (4e-3, 0.5), (2e-2, 0.9)])
def test_unrest_is_found_on_average(t2, phi):
    found = fit_unrest(*series(t2, phi), every(672))
    assert np.median(found.t2) == pytest.approx(t2, rel=0.25)
    lasting = long_run(found.t2, found.phi)
    assert np.median(lasting) == pytest.approx(t2 * (1 + phi) / (1 - phi), rel=0.35)
    assert found.phi.max() <= MOST


def test_the_error_of_the_level_is_what_levels_scatter_by():
    x, noise = series(1e-4, 0.8, count=200)
    found = fit_unrest(x, noise, every(672))
    assert np.median(found.error) == pytest.approx(found.level.std(), rel=0.2)


def test_windows_without_rows_say_nothing_but_time_passes():
    x, noise = series(1e-3, 0.9)
    empty = np.arange(672) % 3 > 0
    gone = np.where(empty[:, None], np.inf, noise)
    held = fit_unrest(np.where(empty[:, None], 77.0, x), gone, every(672))
    left = fit_unrest(x[::3], noise[::3], np.full(224, 3))
    for one, two in zip(held, left, strict=True):
        assert np.allclose(one, two)


def test_no_window_gives_no_unrest_and_an_infinite_error():
    found = fit_unrest(np.zeros((3, 1)), np.full((3, 1), np.inf), every(3))
    assert found.t2.tolist() == [0.0]
    assert found.error.tolist() == [np.inf]
