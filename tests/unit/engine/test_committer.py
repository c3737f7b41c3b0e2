"""Group commit: what each sender is told.

Owns: receipts, failures, order.  Does not own: durability (`stores`).
"""

import threading

import pyarrow as pa
import pytest
from tests.traffic import BEGIN, HOUR, rows

from vedette.core.errors import StoreError
from vedette.engine.committer import Committer, Submission
from vedette.ingest.decoded import Decoded, Rejected
from vedette.ingest.receipt import Busy, Receipt
from vedette.stores.memory import MemoryLog
from vedette.stores.store import NOTE, Record


def committed(submissions, log=None):
    """Commit all submissions in one group; the log's records and the committer."""
    taken, got = [], threading.Event()

    def take(records, group):
        taken.extend(records)
        got.set()

    committer = Committer(log or MemoryLog(), lambda: BEGIN, take)
    for submission in submissions:
        committer.put(submission)
    committer.start()
    committer.stop()
    assert got.wait(5)
    return taken, committer


def of(batch, model="m", rejected=0):
    bad = tuple(Rejected(i, "wrong") for i in range(rejected))
    return Submission(model, Decoded(rows=batch, rejected=bad))


def test_small_bodies_of_one_model_become_one_record():
    parts = [of(rows(BEGIN + i * HOUR, 1, seed=i)) for i in range(20)]
    taken, _ = committed(parts)
    assert [record.rows.num_rows for _, record in taken] == [20]
    assert {part.receipt for part in parts} == {Receipt(1, 0, 0)}


def test_each_sender_is_told_of_its_own_duplicates():
    first, second = rows(BEGIN, 5), rows(BEGIN + HOUR, 4)
    parts = [of(first), of(second), of(first), of(pa.concat_batches([second, rows(0, 2, seed=9)]))]
    committed(parts)
    assert [part.receipt for part in parts] == [
        Receipt(5, 0, 0), Receipt(4, 0, 0), Receipt(0, 5, 0), Receipt(2, 4, 0)
    ]  # fmt: skip


def test_models_and_columns_that_differ_stay_apart():
    other = rows(BEGIN, 3, seed=1).append_column("more", pa.array([1, 2, 3]))
    taken, _ = committed([of(rows(BEGIN, 2)), of(other), of(rows(BEGIN, 2), model="n")])
    assert sorted((r.model, r.rows.num_rows) for _, r in taken) == [("m", 2), ("m", 3), ("n", 2)]


def test_an_act_keeps_its_place_between_events():
    act = Submission("m", record=Record(NOTE, "m", 0, note=b"{}"))
    taken, _ = committed([of(rows(BEGIN, 1)), act, of(rows(BEGIN, 1, seed=2))])
    assert [record.kind for _, record in taken] == ["events", "note", "events"]
    assert all(record.received == BEGIN for _, record in taken)


def test_a_log_that_fails_acknowledges_nothing_and_is_tried_again():
    class Broken(MemoryLog):
        broken = True

        def append(self, records):
            if self.broken:
                self.broken = False
                raise StoreError("log", "no space left")
            return super().append(records)

    log = Broken()
    bad = of(rows(BEGIN, 1))
    _, committer = committed([bad], log)
    assert isinstance(bad.error, StoreError)
    assert "no space" in committer.fault
    good = of(rows(BEGIN, 1))
    _, committer = committed([good], log)
    assert good.receipt == Receipt(1, 0, 0)
    assert committer.fault == ""


def test_refused_rows_are_counted_even_without_good_ones():
    part = of(None, rejected=3)
    taken, _ = committed([part])
    assert taken == []
    assert part.receipt == Receipt(0, 0, 3)


def test_the_same_rows_twice_in_one_group_are_accepted_once():
    batch = rows(BEGIN, 600)
    parts = [of(batch), of(batch)]
    committed(parts)
    assert [part.receipt for part in parts] == [Receipt(600, 0, 0), Receipt(0, 600, 0)]


def test_nothing_waits_for_a_committer_that_has_stopped():
    _, committer = committed([of(rows(BEGIN, 1))])
    with pytest.raises(Busy):
        committer.put(of(rows(BEGIN, 1, seed=1)))


def test_a_body_that_cannot_be_stored_is_refused_alone():
    class Picky(MemoryLog):
        def append(self, records):
            if any("bad" in record.rows.schema.names for record in records):
                raise TypeError("planted")
            return super().append(records)

    bad = of(rows(BEGIN, 1, seed=5).append_column("bad", pa.array([1])))
    good = of(rows(BEGIN, 2))
    committed([bad, good], Picky())
    assert isinstance(bad.error, StoreError)
    assert good.receipt == Receipt(2, 0, 0)
