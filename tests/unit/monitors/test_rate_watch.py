"""When a rate that rose is quiet again, where windows hold few rows."""

import numpy as np

from vedette.core.windows import Window
from vedette.monitors.monitor import Terms
from vedette.monitors.rate_watch import RateWatch

MINUTE = 60_000_000_000
FEW_ROWS = 12
ONE = np.ones((1, 1))


def watch(rate):
    terms = Terms(np.ones(1), 216_000.0, MINUTE)
    return RateWatch.of(terms, rate * ONE, 1.25 * rate * ONE, 0.25 * rate * ONE, ONE, ONE, ONE)


def quiet_windows(rate, hits, rows=FEW_ROWS):
    """Whether each window was quiet."""
    monitor, found = watch(rate), []
    state = monitor.start()
    for at, x in enumerate(hits):
        window = Window(at * MINUTE, (at + 1) * MINUTE)
        state, look = monitor.step(state, x * ONE, rows * ONE, window)
        found.append(bool(look.quiet[0]))
    return found


def longest(quiet):
    """The longest run of quiet windows."""
    runs = "".join("q" if one else " " for one in quiet).split()
    return max(map(len, runs), default=0)


def drawn(rate, windows, seed):
    return np.random.default_rng(seed).binomial(FEW_ROWS, rate, windows).astype(float)


def test_a_rise_that_lasts_is_not_over_because_a_few_rows_show_nothing_of_it():
    hits = drawn(0.05, 600, 1)
    hits[0] = 3.0  # the window that begins it
    assert longest(hits == 0) > 6  # many windows in a row show nothing
    assert longest(quiet_windows(0.01, hits)) < 6


def test_it_is_over_when_enough_rows_speak_for_the_usual_rate():
    hits = np.concatenate([[3.0], drawn(0.05, 300, 2), drawn(0.01, 600, 3)])
    quiet = quiet_windows(0.01, hits)
    assert longest(quiet[:300]) < 6
    assert longest(quiet[300:]) > 100


def test_a_rate_that_was_high_is_soon_over():
    hits = np.concatenate([np.full(30, 8.0), np.zeros(30)])
    quiet = quiet_windows(0.01, hits)
    assert not any(quiet[1:30])
    assert all(quiet[45:])


def test_a_rise_by_little_more_than_is_tolerated_is_not_over_while_it_lasts():
    hits = np.random.default_rng(5).binomial(3_000, 0.015, 600).astype(float)  # 0.0125 is tolerated
    quiet = quiet_windows(0.01, hits, 3_000)
    assert longest(quiet[30:]) < 6


def test_a_rate_that_is_tolerated_is_quiet():
    hits = np.random.default_rng(6).binomial(3_000, 0.012, 600).astype(float)
    assert np.mean(quiet_windows(0.01, hits, 3_000)) > 0.8


def test_ordinary_windows_are_quiet_mostly():
    assert np.mean(quiet_windows(0.01, drawn(0.01, 3_000, 4))) > 0.75
