"""The past of the server's own numbers: over restarts, bounded, told to those who may."""

import time

import pytest
from tests.unit.export.test_prometheus import model, server

from vedette.core.durations import DAY, SECOND
from vedette.engine.guard import Guard
from vedette.engine.live import StorageSettings
from vedette.engine.upkeep import forget
from vedette.export.prometheus import told
from vedette.export.recorder import MOST, SAVE, Recorder
from vedette.export.series.book import SERVER, Book, Bounds
from vedette.export.series.families import FAMILIES, FAMILY_OF, OWN
from vedette.export.series.own import BLOCK, KIND, NAMES, STEP, Own, read_block
from vedette.stores.memory import MemoryLog, MemoryState
from vedette.stores.store import Entry

T = 1_793_520_000 * SECOND


def taken(own, first, count, queue=None):
    """Samples of a queue, one every step."""
    for k in range(first, first + count):
        own.add(
            T + k * STEP, [("vedette_queue_requests", (), float(k if queue is None else queue))]
        )


def queue(store, start=T, end=T + DAY):
    (one,) = Own(store).series(start, end, lambda name: name == "vedette_queue_requests")
    return one


def test_what_was_taken_is_there_after_a_restart_and_what_comes_is_added():
    store = MemoryState()
    own = Own(store)
    taken(own, 0, 100)
    assert [one.values.tolist() for one in own.series(T, T + DAY)] == [list(range(100))]
    own.save()
    assert queue(store).values.tolist() == list(range(100))
    taken(Own(store), 200, 50)  # which is not written: its process is killed
    again = Own(store)
    taken(again, 300, 5)
    again.save()
    found = queue(store)
    assert found.values.tolist() == [*range(100), *range(200, 240), *range(300, 305)]
    assert ((found.times - T) // STEP).tolist() == found.values.tolist()
    assert found.every == STEP
    assert len(store.read(KIND)) == 3 + 1 + 1


def test_blocks_are_small_where_nothing_changes():
    store = MemoryState()
    own, gauges = Own(store), server([model(f"m{k}") for k in range(100)])
    for k in range(41):
        own.add(T + k * STEP, [one for _, some in told(gauges) for one in some])
    (entry,) = store.read(KIND)
    assert len(read_block(entry.body).times) == BLOCK // STEP
    assert len(entry.body) < 20_000


@pytest.mark.parametrize("wide", [1, 10, 40, 41, 300])
def test_any_stretch_gives_the_samples_in_it(wide):
    store = MemoryState()
    own = Own(store)
    taken(own, 0, 300)
    for first in range(0, 300, 37):
        start, end = T + first * STEP, T + (first + wide - 1) * STEP
        expected = list(range(first, min(first + wide, 300)))
        assert [one.values.tolist() for one in own.series(start, end)] == [expected]


def test_a_clock_that_stands_or_goes_back_adds_nothing():
    own = Own(MemoryState())
    for k in (0, 0, 1):
        taken(own, k, 1)
    taken(own, 0, 1, queue=9)
    (one,) = own.series(T, T + DAY)
    assert one.values.tolist() == [0, 1]


def test_numbers_that_come_and_go_have_no_sample_between():
    own = Own(MemoryState())
    for k in range(4):
        samples = [("vedette_errors_total", (("place", "step"),), 1.0)] if k in (1, 3) else []
        own.add(T + k * STEP, samples)
    (one,) = own.series(T, T + DAY)
    assert ((one.times - T) // STEP).tolist() == [1, 3]


def test_old_blocks_are_forgotten_with_the_minutes():
    store = MemoryState()
    own = Own(store)
    taken(own, 0, 81)
    own.save()
    now, kept = T + 2 * DAY + BLOCK, StorageSettings()
    gone = forget(MemoryLog(), store, kept, now, dry_run=True)
    assert [one.rows for one in gone if one.where == KIND] == [1]
    forget(MemoryLog(), store, kept, now)
    assert queue(store).values.tolist() == list(range(40, 81))


def test_every_number_of_the_metrics_page_is_of_a_family():
    names = {name for _, some in told(server([model("fraud")])) for name, *_ in some}
    assert names <= set(FAMILY_OF)
    assert {name for own in OWN for name in own.names} == NAMES
    assert names >= NAMES
    assert len(FAMILIES) == len({own.name for own in FAMILIES.values()})


def test_the_thread_takes_them_and_writes_them_at_its_end():
    store, guard = MemoryState(), Guard()
    book, gauges = Book(store), server([model("fraud"), model("spam")])
    recorder = Recorder(book.own, lambda: gauges, time.time_ns, guard)
    recorder.start()
    recorder.stop()
    assert not guard.faults
    found = {one.name: one.values.tolist() for one in Own(store).series(0, 2 * time.time_ns())}
    assert set(found) == NAMES
    assert found["vedette_queue_requests"] == [1]
    assert "vedette_events_total" not in found  # which the state tells


def test_a_crash_loses_a_minute_and_a_thousand_models_are_bounded():
    store = MemoryState()
    gauges = server([model(f"m{k}", critical=k == 777) for k in range(1_000)])
    recorder = Recorder(Own(store), lambda: gauges, iter(range(T, T + DAY, STEP)).__next__, Guard())
    for _ in range(SAVE):
        recorder.record()
    found = list(Own(store).series(T, T + DAY))
    assert {len(one.times) for one in found} == {SAVE}
    models = {dict(one.labels).get("model", "") for one in found}
    assert "m777" in models
    assert len(found) <= MOST + 20
    (dropped,) = [one for one in found if one.name == "vedette_series_dropped"]
    assert dropped.values[0] > 10_000


def test_a_book_tells_them_to_those_who_may():
    store = MemoryState()
    own = Own(store)
    for name in ("fraud", "spam"):
        store.commit([Entry("model", name, "counts", 0, b"{}")])
    gauges = server([model("fraud"), model("spam")])
    own.add(T, [one for _, some in told(gauges) for one in some if one[0] in NAMES])
    own.save()
    book = Book(store)

    def whose(models, server):
        found = book.series(T, T, models=models, bounds=Bounds(server=server))
        return {dict(one.labels).get("model", SERVER) for one in found}

    assert whose(None, True) == {SERVER, "fraud", "spam"}
    assert whose(["fraud"], False) == {"fraud"}
    assert whose(["fraud"], True) == {SERVER, "fraud"}
    assert book.extent() == (T, T)
    assert (book.next_end(SERVER, T - 1), book.next_end(SERVER, T)) == (T, None)
    kept = list(book.kept(T, T, lambda name: True, [SERVER], Bounds()))
    assert len(kept) == sum(name in NAMES for _, some in told(gauges) for name, *_ in some)
