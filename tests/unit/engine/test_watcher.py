"""The in-process watcher: windows in, findings out, one budget.

Owns: what `vd.Watcher` promises its users.  Does not own: the monitors.
"""

import numpy as np
import pyarrow as pa
import pytest
from tests.traffic import BEGIN, HOUR, rows

import vedette as vd
from vedette.core.errors import SettingsError, UsageError


def frame(start: int, n: int = 1000, **law: object) -> pa.Table:
    batch = rows(start, n, **law)  # type: ignore[arg-type]
    table = pa.Table.from_batches([batch]).drop_columns(["_id", "_version", "_weight"])
    return table.rename_columns(["ts", *table.column_names[1:]])


@pytest.fixture(scope="module")
def baseline() -> vd.Baseline:
    reference = pa.concat_tables([frame(BEGIN + h * HOUR, 400) for h in range(96)])
    return vd.Baseline.fit(reference, time="ts")


def test_a_baseline_with_times_learns_its_natural_variation(baseline: vd.Baseline):
    assert baseline.variation is not None
    assert baseline.variation.windows == 96


def test_windows_of_a_table_are_watched_one_by_one(baseline: vd.Baseline):
    watcher = vd.Watcher(baseline)
    day = pa.concat_tables([frame(BEGIN + (100 + h) * HOUR, seed=1) for h in range(24)])
    assert watcher.update(day) == []
    assert watcher.ok
    assert len({finding.window for finding in watcher.last}) == 24
    assert all(f.detectable is not None for f in watcher.last if f.verdict == "calm")
    moved = watcher.update(frame(BEGIN + 124 * HOUR, seed=1, shift=0.5))
    assert moved[0].column == "x2"
    assert moved[0].verdict == "alarming"
    assert "`x2` rose by" in moved[0].reason
    assert not watcher.ok
    assert watcher.incidents[0].causes[0].column == "x2"
    assert watcher.budget_spent == 1.0


def test_profiles_are_watched_like_tables(baseline: vd.Baseline):
    table = frame(BEGIN + 100 * HOUR, seed=2, missing=0.5)
    by_table = vd.Watcher(baseline).update(table)
    by_profile = vd.Watcher(baseline).update(vd.profile(table, baseline))
    assert [f.column for f in by_table] == [f.column for f in by_profile]
    assert by_profile[0].column == "x4"


def test_windows_come_in_order(baseline: vd.Baseline):
    watcher = vd.Watcher(baseline)
    watcher.update(frame(BEGIN + 101 * HOUR))
    with pytest.raises(UsageError, match="in order"):
        watcher.update(frame(BEGIN + 100 * HOUR))


def test_a_profile_of_another_baseline_is_refused(baseline: vd.Baseline):
    other = vd.Baseline.fit({"x": [1.0, 2.0, 3.0]})
    with pytest.raises(UsageError, match="another baseline"):
        vd.Watcher(baseline).update(other.profile)


def test_a_table_without_times_is_one_window():
    rng = np.random.default_rng(0)
    baseline = vd.Baseline.fit({"x": rng.normal(size=5000)})
    watcher = vd.Watcher(baseline)
    assert watcher.update({"x": rng.normal(size=1000)}) == []
    gone = watcher.update({"x": [None] * 1000})
    assert gone
    assert gone[0].verdict == "alarming"


def test_what_is_out_of_range_is_said():
    baseline = vd.Baseline.fit({"x": [1.0, 2.0, 3.0]})
    for wrong in ({"budget": 0}, {"min_effect": -1.0}, {"period": "soon"}, {"window": "7h"}):
        with pytest.raises(SettingsError):
            vd.Watcher(baseline, **wrong)
    with pytest.raises(UsageError, match="needs a baseline"):
        vd.Watcher("baseline")
