"""What a calm column says would be noticed within a day is told within a day, if it comes to pass.

Owns: planting exactly the stated size, for levels and for missing values.  The statement is four
times in five; of 30 days at least 70 % must be told, before chance alone would fail the test.
"""

import numpy as np
import pytest
from bench.counted import baseline_of, ordered_cell, profile_of, window_of
from bench.traffic import WORLDS, Model, Planted, monitor_of, reference_of

from vedette.alerts.budget import FAST, allot
from vedette.monitors.monitor import Terms
from vedette.monitors.rates import Rates

THURSDAY = 24 * 7 * 2_900
REFERENCE, CALM, DAY = 336, 12, 24
SEEDS, LEAST = 30, 0.7
QUARTER = 15 * 60 * 10**9
MONTH = 30 * 24 * 4 * QUARTER
IID, WOBBLE, _ = WORLDS


@pytest.fixture(scope="module", params=[IID, WOBBLE], ids=lambda world: world.name)
def level(request):
    model = Model(request.param, np.random.default_rng(5), numeric=4, nominal=0)
    baseline, _ = reference_of(model, THURSDAY, REFERENCE, 300)
    return model, monitor_of(baseline)


def test_a_level_that_would_be_noticed_is_told_within_a_day(level):
    model, monitor = level
    first = THURSDAY + REFERENCE
    told = []
    for seed in range(SEEDS):
        model.rng = np.random.default_rng([6, seed])
        state = monitor.start()
        for window, profile in model.hours(first, CALM, 1000):
            state, look = monitor.step(state, profile, window)
        (calm,) = monitor.tell(state, look, profile, [0])
        assert calm.detectable is not None
        planted = Planted("stated", shift=calm.detectable)
        told.append(False)
        for window, profile in model.hours(first + CALM, DAY, 1000, planted):
            state, look = monitor.step(state, profile, window)
            told[-1] |= bool(look.evidence @ monitor.terms.weights >= monitor.terms.threshold)
    assert np.mean(told) >= LEAST


def test_missing_values_that_would_be_noticed_are_told_within_a_day():
    rng = np.random.default_rng(7)
    even = np.full(30, 1 / 30)

    def cells(n, rate):
        gone = rng.binomial(n, rate, 4)
        return [ordered_cell(rng.multinomial(n - x, even), int(x)) for x in gone]

    baseline = baseline_of(cells(50_000, 0.01))
    streams = Rates.streams_of(baseline)
    weights, threshold = allot(streams, QUARTER, MONTH, FAST)
    monitor = Rates.of(baseline, Terms(weights, threshold, QUARTER))
    state, calm, t = monitor.start(), None, 0
    while calm is None or calm.component != "missing":  # another rate may lead by a hair
        now, t = profile_of(cells(250, 0.01)), t + 1
        state, look = monitor.step(state, now, window_of(t, QUARTER))
        (calm,) = monitor.tell(state, look, now, [0])
    stated = calm.expected + calm.detectable
    told = []
    for _ in range(SEEDS):
        state, alarmed = monitor.start(), False
        for t in range(CALM + 4 * DAY):
            # The first column alone is the one of which more is missing.
            rate = stated if t >= CALM else 0.01
            now = profile_of(cells(250, rate)[:1] + cells(250, 0.01)[1:])
            state, look = monitor.step(state, now, window_of(t, QUARTER))
            alarmed |= bool(look.evidence @ weights >= threshold)
        told.append(alarmed)
    assert np.mean(told) >= LEAST
