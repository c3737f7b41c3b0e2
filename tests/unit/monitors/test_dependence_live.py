"""What a window says of two columns that go together otherwise.

Owns: words and figures of findings.  Does not own: evidence and its budget
(`tests/laws/test_monitors.py`), the counts (`tests/unit/profiles/test_dependence.py`).
"""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

import vedette as vd
from vedette.core.windows import Window
from vedette.monitors.dependence import DependenceMonitor
from vedette.monitors.finding import WAITING
from vedette.monitors.monitor import Terms
from vedette.profiles.together import counted

HOUR = 3_600_000_000_000


def rows(seed: int, rho: float, n: int = 3_000) -> pa.Table:
    x, y, z = np.random.default_rng(seed).normal(size=(3, n))
    return pa.table({"x": x, "y": rho * x + np.sqrt(1 - rho**2) * y, "z": z})


@pytest.fixture(scope="module")
def baseline() -> vd.Baseline:
    return vd.Baseline.fit(rows(0, 0.5, 6_000))


def seen(baseline, rho):
    streams = DependenceMonitor.streams_of(baseline)
    terms = Terms(np.full(len(streams), 1 / len(streams)), 720.0, HOUR)
    monitor = DependenceMonitor.of(baseline, terms)
    batches = rows(1, rho).to_batches()
    profile = replace(baseline.profile, rows=3_000, pairwise=counted(batches, baseline))
    state, look = monitor.step(monitor.start(), profile, Window(0, HOUR))
    return monitor.tell(state, look, profile, range(len(streams)))


def test_a_correlation_that_turned_names_the_neighbourhood_that_moved(baseline):
    one, two, _, _ = seen(baseline, -0.5)
    for found, names in ((one, ("x", "y")), (two, ("y", "x"))):
        assert (found.column, found.category) == names
        assert found.verdict != "calm"
        assert (found.component, found.unit) == ("association", "correlation")
        assert found.low < found.effect < found.high < -0.8
        said, _, where = found.reason.removesuffix(WAITING).partition("; ")
        assert said.startswith(f"`{names[0]}` and `{names[1]}` go together the other way: ")
        assert where.startswith(("`x` > ", "`x` <= "))
        before, now = (float(part.split(" %")[0]) for part in where.rpartition(": ")[2].split(", "))
        assert abs(now - before) > 5


def test_an_ordinary_window_names_none(baseline):
    for found in seen(baseline, 0.5):
        assert found.verdict == "calm"
        assert "; `" not in found.reason
