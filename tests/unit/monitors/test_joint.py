"""The domain classifier keeps its level: unchanged tables are rarely told apart."""

import numpy as np

from vedette.monitors.joint import joint_drift

RUNS = 20
MOST = 4  # of 20 at 5 %: the binomial 99 % bound


def test_unchanged_tables_are_told_apart_in_about_five_percent():
    rng = np.random.default_rng(0)
    nominal = np.zeros(3, np.bool_)
    drawn = (joint_drift(*rng.normal(size=(2, 400, 3)), "abc", nominal) for _ in range(RUNS))
    assert sum(drift.finding.p < 0.05 for drift in drawn) <= MOST
