"""A model in which nothing changes stays silent, one in which something does is told: short forms.

Owns: seeded weeks of what `bench/bench_null_streams.py` and `bench/bench_delay.py` do for months.
"""

from dataclasses import replace

import numpy as np
import pytest
from bench.traffic import WORLDS, Model, Planted, reference_of, watch

THURSDAY = 24 * 7 * 2_900
HOURS, WEEKS = 336, 336  # of the reference, watched
IID, WOBBLE, SEASON = WORLDS


def model(world, seed):
    return Model(world, np.random.default_rng(seed), numeric=16, nominal=4)


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_two_weeks_without_a_change_raise_at_most_one_alarm(world):
    drawing = model(world, 1)
    baseline, _ = reference_of(drawing, THURSDAY, HOURS, 300)
    alarms = watch(baseline, drawing.hours(THURSDAY + HOURS, WEEKS, 1000))
    assert len(alarms) <= 1, alarms


def test_a_sample_without_times_learns_in_two_weeks_with_at_most_one_alarm():
    drawing = model(SEASON, 2)
    baseline, _ = reference_of(drawing, THURSDAY, 100, 300)
    alarms = watch(
        replace(baseline, variation=None),
        drawing.hours(THURSDAY + HOURS, WEEKS, 1000),
        learnt=[],
        flat=True,
    )
    assert len(alarms) <= 1, alarms


@pytest.mark.parametrize(
    ("world", "planted", "within"),
    [
        (IID, Planted("+0.2 sd", shift=0.2), 3),
        (SEASON, Planted("+0.5 sd", shift=0.5), 2),
        (WOBBLE, Planted("5 % missing", missing=0.05), 1),
        (WOBBLE, Planted("2 % of rows at +6 sd", outliers=0.02), 3),
        (WOBBLE, Planted("new category in 2 %", column=17, fresh=0.02), 2),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_a_planted_change_is_told_within_hours(world, planted, within):
    drawing = model(world, 3)
    baseline, _ = reference_of(drawing, THURSDAY, HOURS, 300)
    first = THURSDAY + HOURS
    ordinary = list(drawing.hours(first, 30, 1000))
    changed = list(drawing.hours(first + 30, within, 1000, planted))
    alarms = watch(baseline, [*ordinary, *changed])
    assert [alarm.at for alarm in alarms if alarm.at < 30] == []
    assert alarms
    assert f"c{planted.column:03d}" in alarms[0].columns
