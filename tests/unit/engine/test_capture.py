"""Sides of calls become events: in any order, after a restart, when the log fails for a while."""

import json
import time

import pytest
from tests.traffic import live

from vedette.core.errors import StoreError
from vedette.core.rows import REFUSED
from vedette.engine import capture
from vedette.engine.service import Service
from vedette.ingest.cloudevents.kept import table
from vedette.ingest.cloudevents.parts import Part
from vedette.ingest.decoded import Decoded
from vedette.stores.local.log import LocalLog
from vedette.stores.memory import MemoryLog, MemoryState

NOW = 1_793_527_200 * 10**9
SECOND = 10**9
ASKED, SAID = {"instances": [{"x": 1}]}, {"predictions": [0.5]}


class Clock:
    """A clock that is set."""

    now = NOW

    def __call__(self):
        return self.now


def served(log=None, store=None, clock=None, **settings):
    service = Service(
        log or MemoryLog(), store or MemoryState(), live(**settings), clock or Clock()
    )
    service.start()
    return service


def part(call, side, data, at=None, **given):
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    return Part("m", side, call, at, data, **given)


def send(service, *parts, at=NOW):
    return service.offer("m", Decoded(parts=table(parts, at))).result(10)


def rows(service, count, columns=None):
    """The events of the model, once there are so many."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = [
            row for batch in service.log.scan("m", 0, 2**62, columns) for row in batch.to_pylist()
        ]
        if len(found) >= count:
            return sorted(found, key=lambda row: row["_id"])
        time.sleep(0.01)
    raise AssertionError(f"only {len(found)} of {count} events came")


def test_a_call_is_an_event_with_its_latency():
    service = served()
    send(service, part("a", "response", SAID, NOW - SECOND))
    send(service, part("a", "request", ASKED, NOW - 3 * SECOND, version="canary", trace="t" * 32,
                       about={"source": "s"}))  # fmt: skip
    [row] = rows(service, 1)
    service.stop()
    assert (row["_id"], row["x"], row["prediction"], row["latency_s"]) == ("a", 1.0, 0.5, 2.0)
    assert (row["_version"], row["_trace_id"]) == ("canary", "t" * 32)
    assert row["_time"].value == NOW - 3 * SECOND
    assert json.loads(row["_rest"]) == {"source": "s"}
    assert service.capture_of("m") == {
        "open": 0, "paired": 1, "requests_alone": 0, "responses_alone": 0, "late": 0,
    }  # fmt: skip
    assert service.capture_of("other") is None


def test_a_trace_is_the_calls_only_where_both_sides_name_the_same():
    """Seldon's logger starts a trace for each event that it sends."""
    service = served()
    for call, other in (("a", "s"), ("b", "t")):
        send(service, part(call, "request", ASKED, NOW - 3 * SECOND, trace="t" * 32),
             part(call, "response", SAID, NOW - SECOND, trace=other * 32))  # fmt: skip
    assert [row.get("_trace_id") for row in rows(service, 2)] == [None, "t" * 32]
    service.stop()


def test_times_of_files_tell_no_latency_and_weights_are_kept():
    service = served()
    about = {"time_quality": "file"}
    send(service, part("a", "request", ASKED, NOW, about=about, weight=4.0),
         part("a", "response", SAID, NOW + SECOND, about=about, weight=4.0))  # fmt: skip
    [row] = rows(service, 1)
    service.stop()
    assert "latency_s" not in row
    assert row["_weight"] == 4.0
    assert json.loads(row["_rest"]) == about


def test_sides_that_came_twice_are_one_event():
    service = served()
    for _ in range(2):
        send(service, part("a", "request", ASKED), part("a", "response", SAID))
    assert send(service, part("a", "request", ASKED)).duplicates == 1
    rows(service, 1)
    service.stop()
    assert service.counts["m"].duplicates == 3
    assert service.model("m").rows == 1


def test_a_call_without_an_answer_is_told_after_the_time():
    clock = Clock()
    service = served(clock=clock)
    send(service, part("a", "request", ASKED), part("a", "response", SAID))
    send(service, part("b", "request", {"instances": [{"x": 2}, {"x": 3}]}))
    rows(service, 1)
    clock.now += 300 * SECOND
    got = rows(service, 3, ["_id", "x", "error_type", "prediction"])
    service.stop()
    assert [(row["_id"], row["x"], row["error_type"]) for row in got] == [
        ("a", 1.0, None), ("b#0", 2.0, "no_response"), ("b#1", 3.0, "no_response"),
    ]  # fmt: skip


def test_the_share_of_pairs_is_a_reading():
    clock = Clock()
    service = served(clock=clock)
    send(service, part("a", "request", ASKED), part("a", "response", SAID))
    rows(service, 1)
    clock.now += 60 * SECOND
    until = time.monotonic() + 60
    while not (found := list(service.log.scan("m", 0, 2**62, None, "metrics"))):
        assert time.monotonic() < until
        time.sleep(0.01)
    service.stop()
    [row] = found[0].to_pylist()
    assert (row["metric"], row["value"]) == (capture.PAIRED, 1.0)


def test_what_was_open_is_taken_up_after_a_stop():
    log, store, clock = MemoryLog(), MemoryState(), Clock()
    service = served(log, store, clock)
    send(service, part("a", "request", ASKED, NOW), part("b", "request", ASKED, NOW),
         part("b", "response", SAID, NOW))  # fmt: skip
    rows(service, 1)
    service.stop()
    clock.now += 3600 * SECOND  # far longer than a side waits: it is still not forgotten
    again = served(log, store, clock)
    got = rows(again, 2)
    again.stop()
    assert [row["_id"] for row in got] == ["a", "b"]
    assert again.counts["m"].duplicates == 0


@pytest.mark.parametrize("more", [0, 3600], ids=["read again", "forgotten"])
def test_a_side_that_is_late_after_a_start_is_late_and_no_call_of_its_own(more):
    log, store, clock = MemoryLog(), MemoryState(), Clock()
    service = served(log, store, clock)
    send(service, part("a", "request", ASKED), part("b", "request", ASKED),
         part("b", "response", SAID))  # fmt: skip
    rows(service, 1)
    clock.now += 400 * SECOND
    rows(service, 2)  # the answer to `a` was given up
    clock.now += more * SECOND
    send(service, part("d", "request", ASKED), part("d", "response", SAID), at=clock.now)
    rows(service, 3)
    service.stop()
    again = served(log, store, clock)
    send(again, part("c", "request", ASKED), part("c", "response", SAID),
         part("a", "response", SAID), at=clock.now)  # fmt: skip
    rows(again, 4)
    clock.now += 400 * SECOND
    until = time.monotonic() + 10
    while not again.capture_of("m")["late"] and time.monotonic() < until:
        time.sleep(0.01)
    again.stop()
    assert again.capture_of("m") == {
        "open": 0, "paired": 1, "requests_alone": 0, "responses_alone": 0, "late": 1,
    }  # fmt: skip
    assert again.counts["m"].duplicates == 0
    assert len(rows(again, 4)) == 4


@pytest.mark.parametrize("kept", [False, True])
def test_what_was_open_is_taken_up_after_a_crash(kept):
    """The log has both sides, the state nothing, or what it was before the second came."""
    log, store = MemoryLog(), MemoryState()
    service = served(log, store)
    send(service, part("a", "request", ASKED))
    service.stop()
    if not kept:
        store = MemoryState()
    log.append([capture.Record("parts", "m", NOW, table([part("a", "response", SAID)], NOW))])
    again = served(log, store)
    [row] = rows(again, 1)
    again.stop()
    assert (row["x"], row["prediction"]) == (1.0, 0.5)


def test_bodies_beyond_the_memory_come_from_the_log(monkeypatch):
    monkeypatch.setattr(capture, "ROOM", 0)
    service = served()
    send(service, part("a", "request", ASKED))
    send(service, part("a", "response", SAID))
    [row] = rows(service, 1)
    service.stop()
    assert (row["x"], row["prediction"]) == (1.0, 0.5)


def test_sides_come_back_from_files_too(tmp_path, monkeypatch):
    """Out of Parquet, after a start, with the body of one side nowhere else."""
    monkeypatch.setattr(capture, "ROOM", 0)
    log, store = LocalLog(tmp_path / "data"), MemoryState()
    service = served(log, store)
    send(service, part("a", "request", ASKED, NOW, about={"source": "s"}),
         part("b", "request", ASKED), part("b", "response", SAID))  # fmt: skip
    rows(service, 1)
    service.stop()
    log.compact(log.position, whole=True)
    again = served(log, store)
    send(again, part("a", "response", SAID, NOW + SECOND))
    row, _ = rows(again, 2)
    again.stop()
    log.close()
    assert (row["_id"], row["x"], row["prediction"], row["latency_s"]) == ("a", 1.0, 0.5, 1.0)
    assert json.loads(row["_rest"]) == {"source": "s"}
    assert again.counts["m"].duplicates == 0


def test_events_wait_while_the_log_cannot_be_written(monkeypatch):
    monkeypatch.setattr(capture, "AGAIN_S", 0.02)

    class Failing(MemoryLog):
        failures = 0

        def append(self, records):
            if self.failures and any(record.kind == "events" for record in records):
                self.failures -= 1
                raise StoreError("log", "no space left")
            return super().append(records)

    log = Failing()
    service = served(log)
    log.failures = 3
    send(service, part("a", "request", ASKED), part("a", "response", SAID))
    assert len(rows(service, 1)) == 1
    service.stop()
    assert log.failures == 0


def test_what_cannot_be_read_is_kept_to_be_looked_at():
    service = served()
    send(service, part("a", "request", b"\x80\x81"), part("a", "response", b"\x82"),
         part("b", "request", b"\x80\x81"), part("b", "response", SAID))  # fmt: skip
    [row] = rows(service, 1)
    service.stop()
    assert (row["_id"], row["prediction"]) == ("b", 0.5)
    assert "neither JSON nor text" in json.loads(row["_rest"])["unread_request"]
    [entry] = service.store.read("quarantine", "m")
    said = json.loads(entry.body)
    assert said["id"] == "a"
    assert "the request's body: is neither JSON nor text" in said["reason"]


BAD = b"\x80\x81"
GOOD_AND_BAD = {"instances": [{"x": 1, "t": "!" * 70_000}, {"x": 2}]}  # a value too long to keep


@pytest.mark.parametrize("asked", [BAD, GOOD_AND_BAD], ids=["whole", "the first instance"])
def test_what_cannot_be_read_is_counted_once_whatever_restarts(tmp_path, asked):
    log, store = LocalLog(tmp_path), MemoryState()
    service = served(log, store)
    send(service, part("a", "request", asked), part("a", "response", asked),
         part("b", "request", ASKED), part("b", "response", SAID))  # fmt: skip
    kept = len(rows(service, 2 if asked is GOOD_AND_BAD else 1))
    service.stop()
    for at in range(1, 3):
        again = served(log, store)
        send(again, part(f"c{at}", "request", ASKED), part(f"c{at}", "response", SAID))
        rows(again, kept + at)
        again.stop()
        assert (again.counts["m"].rejected, again.counts["m"].duplicates) == (1, 0)
        told = [name for batch in log.scan("m", 0, 2**62, ["metric"], "metrics")
                for name in batch["metric"].to_pylist()]  # fmt: skip
        assert told == [REFUSED]
    log.close()


def test_a_fault_in_one_call_costs_the_others_nothing(monkeypatch):
    whole = capture.events_of

    def broken(model, calls, *args):
        if any(call.id == "bad" for call in calls):
            raise RuntimeError("nobody foresaw this")
        return whole(model, calls, *args)

    monkeypatch.setattr(capture, "events_of", broken)
    service = served()
    names = ("bad", "good")
    send(service, *(part(name, "request", ASKED) for name in names))
    send(service, *(part(name, "response", SAID) for name in names))
    assert [row["_id"] for row in rows(service, 1)] == ["good"]
    service.stop()
    assert service.guard.faults["capture"] == 2
    assert len(service.store.read("quarantine", "m")) == 1


def test_the_raw_sides_are_forgotten_once_they_are_events():
    log, clock = MemoryLog(), Clock()
    service = served(log, clock=clock)
    send(service, part("a", "request", ASKED), part("a", "response", SAID))
    rows(service, 1)
    clock.now += 7200 * SECOND
    send(service, part("b", "request", ASKED), at=clock.now)
    log.compact(log.position)
    until = time.monotonic() + 60
    while len(list(log.scan("m", 0, 2**62, None, "parts"))) > 1 and time.monotonic() < until:
        service._tidy(0)
    service.stop()
    left = [row for batch in log.scan("m", 0, 2**62, None, "parts") for row in batch.to_pylist()]
    assert [row["call"] for row in left] == ["b"]
    assert len(rows(service, 1)) == 1
