"""Learning natural variation: what counts as a window, which cycles are looked for."""

from dataclasses import replace

import numpy as np
import pytest
from bench.counted import HOUR, baseline_of, nominal_cell, ordered_cell, profile_of, window_of

from vedette.core.windows import Window
from vedette.profiles.variation import fit_variation

MINUTE, DAY = HOUR // 60, 24 * HOUR
P = np.full(30, 1 / 30)
Q = np.array([0.5, 0.3, 0.2])


def cells(rng, n=100, level=0.0):
    p = P * np.exp(level * np.linspace(-1.7, 1.7, 30))
    return [ordered_cell(rng.multinomial(n, p / p.sum())), nominal_cell(rng.multinomial(n, Q))]


def windows(count, width=HOUR, **how):
    rng = np.random.default_rng(3)
    return [(window_of(1000 + t, width), profile_of(cells(rng, **how))) for t in range(count)]


BASELINE = baseline_of(cells(np.random.default_rng(1), 20_000))


def test_windows_without_rows_are_skipped_and_order_does_not_matter():
    given = windows(80)
    empty = (window_of(500), replace(profile_of([]), rows=0))
    one = fit_variation(BASELINE, given, HOUR)
    two = fit_variation(BASELINE, [empty, *reversed(given)], HOUR)
    assert (one.windows, two.windows) == (80, 80)
    for name in ("beta", "t2", "phi", "nu", "excess", "hits", "dispersion", "mix"):
        assert np.array_equal(getattr(one, name), getattr(two, name))


@pytest.mark.parametrize(
    ("width", "count", "harmonics", "weekly"),
    [
        (HOUR, 71, 0, False),
        (HOUR, 72, 3, False),
        (HOUR, 336, 3, True),
        (DAY, 80, 0, True),
        (6 * HOUR, 80, 1, True),
        (MINUTE, 100, 0, False),
        (2 * DAY, 80, 0, False),
    ],
)
def test_only_cycles_that_windows_can_show_are_looked_for(width, count, harmonics, weekly):
    found = fit_variation(BASELINE, windows(count, width), width)
    assert (found.harmonics, found.weekly) == (harmonics, weekly)
    assert found.beta.shape == (2, 1 + 2 * harmonics + 6 * weekly, 6)
    assert found.enough is (count >= 72)
    assert np.isfinite(found.t2).all()


def test_no_window_at_all_learns_nothing():
    found = fit_variation(BASELINE, [], HOUR)
    assert (found.windows, found.enough) == (0, False)
    assert not found.used.any()


def test_the_season_follows_the_hour_of_the_day_in_utc():
    rng = np.random.default_rng(4)
    given = [
        (window_of(t), profile_of(cells(rng, 1000, 0.3 * np.sin(2 * np.pi * t / 24))))
        for t in range(24 * 20_000, 24 * 20_000 + 480)
    ]
    found = fit_variation(BASELINE, given, HOUR)
    sine, cosine = found.beta[0, 1, 0], found.beta[0, 2, 0]
    assert sine == pytest.approx(0.29, abs=0.03)
    assert cosine == pytest.approx(0, abs=0.02)
    # the column of categories has no season, and pays for none
    assert np.abs(found.beta[1, 1:, 0]).max() < 0.02


def test_a_gap_of_years_costs_no_memory():
    given = windows(80)
    far = [(Window(w.start + 10**18, w.end + 10**18), p) for w, p in given]
    found = fit_variation(BASELINE, [*given, *far], HOUR)
    assert found.windows == 160
    assert np.isfinite(found.phi).all()


def test_the_distance_of_a_sample_without_times_is_kept():
    near = fit_variation(BASELINE, windows(100), HOUR, flat=True)
    away = fit_variation(BASELINE, windows(100, level=0.4), HOUR, flat=True)
    assert near.distance[0] < 0.05
    assert away.distance[0] == pytest.approx(0.4, abs=0.1)
    # level is that of the windows: the difference is told once, and is no drift
    assert away.beta[0, 0, 0] > 0.3


def test_a_stream_that_windows_do_not_show_has_no_window():
    given = [
        (w, replace(p, cells={k: c for k, c in p.cells.items() if k[0] == "c000"}))
        for w, p in windows(80)
    ]
    found = fit_variation(BASELINE, given, HOUR)
    assert found.used.tolist() == [80, 0]
    assert found.at([("c001", ""), ("c009", "")]).tolist() == [1, -1]
