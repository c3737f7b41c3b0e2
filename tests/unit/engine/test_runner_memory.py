"""Rows that wait to be counted are bounded over all models.

Owns: that bound.  Does not own: what is counted (test_step).
"""

import numpy as np
import pyarrow as pa

from vedette.engine import runner as module
from vedette.engine.keeper import Keeper
from vedette.engine.live import make_live
from vedette.engine.runner import Runner
from vedette.stores.memory import MemoryLog, MemoryState
from vedette.stores.store import EVENTS, Record

START, HOUR = 1_700_006_400 * 10**9, 3600 * 10**9


def rows(at, count=100):
    """Events from an instant on, within a second."""
    times = at + np.arange(count)
    return pa.record_batch(
        {
            "_id": pa.array([str(time) for time in times]),
            "_time": pa.array(times, pa.timestamp("ns", "UTC")),
            "_version": pa.array([""] * count),
            "_weight": pa.array(np.ones(count)),
            "x": pa.array(np.arange(count) % 7.0),
        }
    )


def test_many_busy_models_do_not_hold_more_rows_than_allowed(monkeypatch):
    monkeypatch.setattr(module, "WAITING_ROWS", 1_000)
    log, settings = MemoryLog(), make_live({})
    runner = Runner(log, Keeper(MemoryState(), settings), settings)

    def give(name, at, count=100):
        record = Record(EVENTS, name, at, rows(at, count))
        for position, stored in log.append([record]).records:
            runner.take(position, stored)

    for number in range(10):
        give(f"model-{number}", START, 300)
        give(f"model-{number}", START + HOUR + HOUR // 2)  # comes to a baseline
    most = 0
    for turn in range(1, 20):
        for number in range(10):
            give(f"model-{number}", START + HOUR + HOUR // 2 + turn * 1000)
            most = max(most, sum(state.pending_rows for state in runner.models.values()))
    assert 500 < most <= 1_100
    runner.commit(START + 3 * HOUR, force=True)
    for state in runner.models.values():
        counted = sum(profile.rows for profile in state.base.values()) + state.pending_rows
        assert counted == 2_000
