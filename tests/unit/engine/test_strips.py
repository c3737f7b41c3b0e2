"""Profiles of wide models are kept in strips: put together they are what was kept.

Owns: cutting and joining.  Does not own: the bytes (`tests/laws/test_profiles.py`).
"""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from tests.traffic import BEGIN, HOUR, MODEL, Live, events, live, tick

import vedette as vd
from vedette.core.durations import MINUTE, SECOND
from vedette.core.windows import Window
from vedette.engine import strips
from vedette.engine.keeper import Keeper
from vedette.profiles.build import build
from vedette.profiles.codec import unpack
from vedette.stores.memory import MemoryState

WINDOW = Window(BEGIN, BEGIN + HOUR)


def table(columns: int, rows: int = 50, seed: int = 0) -> pa.Table:
    rng = np.random.default_rng(seed)
    made = {f"x{j:02}": rng.normal(size=rows) for j in range(columns)}
    return pa.table(made | {"region": rng.choice(["north", "south"], rows)})


def profiled(columns: int, seed: int = 1):
    baseline = vd.Baseline.fit(table(columns), segments=["region"])
    made = build(table(columns, seed=seed).to_batches(), baseline)
    return replace(made, window=WINDOW, model=MODEL, version="1", late_rows=3)


def kept(*profiles) -> MemoryState:
    store = MemoryState()
    keeper = Keeper(store, live())
    for profile in profiles:
        keeper.put_profile(MODEL, "drift", WINDOW, profile)
    keeper.write(1)
    return store


@pytest.mark.parametrize("columns", [5, 31, 32, 60])
def test_what_is_kept_comes_back_whole_or_in_part(columns):
    profile = profiled(columns)
    store = kept(profile)
    (entry,) = store.read("profile", MODEL)
    assert bool(store.read("strip", MODEL)) == (columns + 1 > strips.WIDE)
    again = strips.whole(store, entry)
    assert again.same_counts(replace(profile, joints=again.joints))
    assert (again.window, again.version, again.late_rows) == (WINDOW, "1", 3)
    for segment in (None, "", "region=north"):
        some = strips.some(store, entry, ["x01", "x04", "gone"], segment)
        wanted = {
            key for key in profile.cells if key[0] in ("x01", "x04") and segment in (None, key[1])
        }
        assert some.cells.keys() == wanted
        assert all(
            cell.integers() == profile.cells[key].integers() for key, cell in some.cells.items()
        )
    rows = strips.some(store, entry, ())
    assert (rows.rows, dict(rows.cells)) == (50, {})


def test_a_strip_of_another_baseline_is_not_mixed_in():
    wide = profiled(60)
    less = replace(
        wide,
        binning_id="another",
        cells={key: cell for key, cell in wide.cells.items() if key[0] < "x40"},
    )
    store = kept(wide, less)
    (entry,) = store.read("profile", MODEL)
    assert strips.whole(store, entry).cells.keys() == less.cells.keys()
    assert not strips.some(store, entry, ["x55"]).cells


def test_a_wide_model_is_stepped_and_takes_late_rows_in():
    def batch(start: int, rows: int, seed: int) -> pa.RecordBatch:
        rng = np.random.default_rng(seed)
        times = pa.array(
            np.sort(rng.integers(start, start + HOUR, rows)), pa.timestamp("ns", "UTC")
        )
        own = {"_id": [f"{seed}-{k}" for k in range(rows)], "_time": times,
               "_version": ["1"] * rows, "_weight": np.ones(rows)}  # fmt: skip
        return pa.record_batch(own | {f"x{j:02}": rng.normal(size=rows) for j in range(40)})

    model = Live(live(baseline={"warm_up": 2}))
    for hour in range(5):
        end = BEGIN + (hour + 1) * HOUR
        model.feed([events(batch(end - HOUR, 300, hour), end + SECOND), tick(end + MINUTE)])
    model.feed([events(batch(BEGIN + 3 * HOUR, 20, 99), BEGIN + 5 * HOUR + 2 * MINUTE)])
    model.runner.commit(BEGIN + 6 * HOUR, force=True)
    entry = model.store.get("profile", MODEL, f"drift/{BEGIN + 3 * HOUR}")
    assert not unpack(entry.body).cells
    profile = strips.whole(model.store, entry)
    assert (profile.rows, profile.late_rows) == (320, 20)
    assert {cell.rows for cell in profile.cells.values()} == {320}
    assert sum(not name.startswith("_") for name in profile.columns) == 40
