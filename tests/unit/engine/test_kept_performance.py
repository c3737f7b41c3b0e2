"""How the predictions of a window did, kept by segment and put together again."""

from dataclasses import replace

import msgspec
import pyarrow as pa
from tests.traffic import BEGIN, HOUR, MINUTE, MODEL, Live, hours, live, tick
from tests.unit.profiles.test_codec_sums import window

from vedette.core.windows import Window
from vedette.engine.keeper import Keeper
from vedette.engine.kept_performance import KIND, LOSSES, Afresh, added, prefix_of, whole
from vedette.engine.runner import Runner
from vedette.profiles.codec import unpack
from vedette.profiles.profile import Profile
from vedette.stores.memory import MemoryState
from vedette.stores.store import OUTCOMES, Record

WINDOW = Window(0, 10)


def kept(*profiles: Profile) -> MemoryState:
    store = MemoryState()
    for one in profiles:
        store.commit(list(added(store, "m", WINDOW, one)))
    return store


def test_every_segment_has_its_own_entry():
    store = kept(window(1))
    prefixes = {entry.key.rpartition("/")[0] + "/" for entry in store.read(KIND, "m")}
    assert prefixes == {prefix_of(""), prefix_of("a=b"), LOSSES}
    assert len(store.read(KIND, "m", prefix=prefix_of("a=b"))) == 1


def test_what_came_at_different_times_is_added_up():
    first, second = window(1), window(2)
    found = whole(kept(first, second), "m", 0, ["a=b"])
    assert found is not None
    merged = first.merge(second)
    assert {key: one.rows for key, one in found.graded.items()} == {
        key: one.rows for key, one in merged.graded.items()
    }
    assert dict(found.losses) == dict(merged.losses)
    assert found.window == WINDOW


def test_without_a_segment_named_only_all_rows_are_read():
    found = whole(kept(window(1)), "m", 0)
    assert found is not None
    assert {segment for _, segment in found.graded} == {""}


def test_a_new_binning_takes_the_place_of_the_old():
    old, new = window(1, "before"), window(2, "after")
    found = whole(kept(old, new), "m", 0, ["a=b"])
    assert found is not None
    assert found.binning_id == "after"
    assert found.graded["realised", "a=b"] == new.graded["realised", "a=b"]


def test_a_model_stepped_again_from_the_log_counts_nothing_twice():
    first, second = window(1), window(2)
    store = kept(first, second)
    again = Afresh(store)
    for one in (first, second):
        store.commit(list(added(again, "m", WINDOW, one)))
    found = whole(store, "m", 0, ["a=b"])
    once = whole(kept(first, second), "m", 0, ["a=b"])
    assert found is not None
    assert found.graded == once.graded
    assert found.losses == once.losses


def test_a_window_of_which_nothing_is_known_has_no_entry():
    assert list(added(MemoryState(), "m", WINDOW, Profile("f", "b", 5))) == []
    assert whole(MemoryState(), "m", 0) is None


def test_rows_and_cells_are_not_kept_twice():
    [entry, *_] = kept(replace(window(1), rows=7)).read(KIND, "m")
    assert unpack(entry.body).rows == 0


def test_the_log_stepped_through_again_leaves_the_sums_as_they_were():
    def told(record):
        ids = record.rows["_id"].to_pylist()
        kinds = [bool(at % 3) for at in range(len(ids))]
        times = pa.array([record.received] * len(ids), pa.timestamp("ns", "UTC"))
        rows = pa.record_batch({"_id": ids, "_time": times, "label": kinds})
        return Record(OUTCOMES, MODEL, record.received + 1, rows)

    sent = hours(10, 200, 2)
    settings = live(baseline={"warm_up": 6})
    arrived = [one for record in sent for one in (record, told(record))]
    made = Live(settings).feed([*arrived, tick(BEGIN + 10 * HOUR + MINUTE)])
    made.runner.commit(BEGIN + 10 * HOUR + MINUTE, force=True)
    before = {entry.key: unpack(entry.body) for entry in made.store.read(KIND, MODEL)}
    assert before
    [snapshot] = made.store.read("snapshot", MODEL, prefix="live")
    position, first, _ = msgspec.msgpack.decode(snapshot.body)
    broken = msgspec.msgpack.encode([first, first, b"of another version"])
    assert position > first
    made.store.commit([snapshot._replace(body=broken)])
    again = Runner(made.log, Keeper(made.store, settings), settings)
    again.restore()
    again.catch_up()
    again.commit(BEGIN + 10 * HOUR + MINUTE, force=True)
    after = {entry.key: unpack(entry.body) for entry in made.store.read(KIND, MODEL)}
    assert {key: one.graded for key, one in after.items()} == {
        key: one.graded for key, one in before.items()
    }
