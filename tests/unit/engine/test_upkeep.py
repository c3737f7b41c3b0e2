"""Keeping house: what is forgotten, and whose turn it is.

Owns: retention of the state over turns.  Does not own: how stores forget (`tests/laws`).
"""

from vedette.core.durations import DAY
from vedette.engine import upkeep
from vedette.engine.live import StorageSettings
from vedette.stores.memory import MemoryLog, MemoryState
from vedette.stores.store import Entry

NEWEST = 10 * DAY
MODELS = [f"model-{number}" for number in range(7)]


def filled() -> MemoryState:
    """Models with a window of a minute in each of ten days."""
    store = MemoryState()
    for name in MODELS:
        store.commit([Entry("model", name, "counts", 0, b"{}")])
        for at in range(0, NEWEST + 1, DAY):
            store.commit([Entry("profile", name, f"base/{at}", at, b"")])
    return store


def kept(store: MemoryState, model: str) -> int:
    return len(store.read("profile", model))


def test_minutes_are_kept_for_two_days_back_from_the_newest():
    store = filled()
    gone = upkeep.forget(MemoryLog(), store, StorageSettings(), NEWEST)
    assert {one.model for one in gone} == set(MODELS)
    assert [kept(store, name) for name in MODELS] == [3] * 7


def test_in_its_turns_every_model_is_looked_after_once():
    store = filled()
    for turn in range(3):
        gone = upkeep.forget(MemoryLog(), store, StorageSettings(), NEWEST, turn=(turn, 3))
        assert {one.model for one in gone} == set(MODELS[turn::3])
    assert [kept(store, name) for name in MODELS] == [3] * 7


def test_a_dry_run_removes_nothing():
    store = filled()
    gone = upkeep.forget(MemoryLog(), store, StorageSettings(), NEWEST, dry_run=True)
    assert len(gone) == 7
    assert [kept(store, name) for name in MODELS] == [11] * 7
