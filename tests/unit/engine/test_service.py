"""The live service without HTTP: what is shown after a restart, acts, ticks that come to nothing.

Owns: the threads' promises that need no disk.  Does not own: durability and load, which are
journeys.
"""

import asyncio
import time
from dataclasses import replace

import pytest
from tests.traffic import BEGIN, HOUR, MODEL, SECOND, hours, live

from vedette.core.errors import StoreError, UsageError
from vedette.engine.live import make_live
from vedette.engine.service import Service
from vedette.ingest.decoded import Decoded, Rejected
from vedette.ingest.otlp.streams import Counts
from vedette.ingest.receipt import Busy, Receipt
from vedette.stores.memory import MemoryLog, MemoryState

NOW = BEGIN + 12 * HOUR + 10 * SECOND


def served(log=None, store=None, settings=None) -> Service:
    service = Service(
        MemoryLog() if log is None else log,
        MemoryState() if store is None else store,
        settings or live(baseline={"warm_up": 4}),
        lambda: NOW,
    )
    service.start()
    return service


def filled(count: int = 6) -> Service:
    service = served()
    receipts = [service.offer(MODEL, Decoded(rows=record.rows)) for record in hours(count)]
    assert [r.result(10) for r in receipts] == [Receipt(250, 0, 0)] * len(receipts)
    return service


def test_everything_accepted_is_stepped_before_the_end():
    service = filled()
    service.stop()
    assert service.model(MODEL).rows == 6000
    assert service.store.position == service.log.position
    with pytest.raises(Busy):
        service.offer(MODEL, Decoded())


def test_a_model_that_only_the_log_knows_is_shown_after_a_restart():
    service = filled()
    service.stop()
    again = served(log=service.log)  # nothing that was learnt was written
    assert [view.name for view in again.models()] == [MODEL]
    assert again.model(MODEL).rows == 6000
    again.stop()
    assert again.store.get("model", MODEL, "counts") is not None


def test_a_body_that_comes_again_counts_once_whatever_restarts():
    """Its sender did not hear the answer: neither what was refused nor what was lost is more."""
    bad = tuple(Rejected(at, "has no amount", id=f"bad-{at}") for at in range(3))
    body = Decoded(rows=hours(1)[0].rows, rejected=bad, dropped_by_client=5)
    service = served()
    for _ in range(2):
        service.offer(MODEL, body).result(10)
    service.stop()
    again = served(log=service.log, store=service.store)
    again.offer(MODEL, body).result(10)
    again.offer(MODEL, Decoded(rejected=(Rejected(0, "is no event"),))).result(10)
    again.offer(MODEL, Decoded(rejected=(Rejected(0, "is no event"),))).result(10)
    again.stop()
    count = again.counts[MODEL]
    assert (count.rejected, count.dropped_by_clients) == (
        3 + 2,
        5,
    )  # two have no id to know them by
    logged = [v for rows in again.log.scan(MODEL, 0, 2**62, None, "metrics") for v in
              rows["value"].to_pylist()]  # fmt: skip
    assert sorted(logged) == [1.0, 1.0, 3.0, 5.0]


def test_what_is_refused_is_kept_though_no_further_model_may_be():
    service = served(settings=make_live({"server": {"max_models": 1}}))
    service.offer(MODEL, Decoded(rows=hours(1)[0].rows)).result(10)
    until = time.monotonic() + 10
    while not service.names() and time.monotonic() < until:  # known once it is stepped
        time.sleep(0.01)
    with pytest.raises(UsageError):
        service.offer("other", Decoded(rows=hours(1)[0].rows))
    bad = Decoded(rejected=(Rejected(0, "is no event"),))
    assert service.offer("", bad).result(10) == Receipt(0, 0, 1)
    service.stop()
    assert [entry.model for entry in service.store.read("quarantine")] == [""]
    assert service.names() == [MODEL]


def test_a_name_under_which_nothing_was_stored_is_no_model():
    service = served()
    bad = Decoded(rejected=(Rejected(0, "wrong", {"a": 1}),))
    assert service.offer("typo", bad).result(10) == Receipt(0, 0, 1)
    service.stop()
    assert service.models() == []
    assert len(service.store.read("quarantine", "typo")) == 1


def test_acts_are_answered_and_refused():
    service = filled()

    async def act(**what):
        return await service.act(MODEL, what)

    said = asyncio.run(act(act="deploy", version="8", time=BEGIN, text="canary"))
    assert said["version"] == "8"
    assert service.store.read("note", MODEL)
    said = asyncio.run(act(act="baseline", start=BEGIN, end=BEGIN + 4 * HOUR))
    assert said["act"] == "baseline"
    assert service.baseline_of(MODEL).profile.rows == 4000
    with pytest.raises(UsageError, match="no rows"):
        asyncio.run(act(act="baseline", start=0, end=10))
    with pytest.raises(UsageError, match="not under watch"):
        asyncio.run(act(act="resolve", incident="none"))
    service.stop()


def test_ticks_rest_while_nothing_comes_of_them():
    class Stuck(MemoryLog):
        stuck, tries = False, 0

        def append(self, records):
            if self.stuck:
                self.tries += 1
                raise StoreError("log", "no space left")
            return super().append(records)

    log = Stuck()
    service = served(log=log)
    for record in hours(6):
        service.offer(MODEL, Decoded(rows=record.rows)).result(10)
    log.stuck = True
    service.clock = lambda: NOW + 10 * HOUR + time.monotonic_ns()  # windows are due by time alone
    until = time.monotonic() + 60
    while not log.tries:
        assert time.monotonic() < until
        time.sleep(0.02)
    time.sleep(1.6)
    assert log.tries <= 4
    assert any("no space" in reason for reason in service.unready())
    log.stuck = False
    service.stop()


def test_what_is_to_be_seen_of_a_model_is_made_anew_only_when_it_changed():
    service = filled()
    service.stop()
    view = service.model(MODEL)
    assert service.model(MODEL) is view
    service.counts[MODEL].duplicates += 1
    assert service.model(MODEL).duplicates == view.duplicates + 1
    service.runner.problems[MODEL] = "its file is gone"
    assert service.model(MODEL).why == "its file is gone"
    del service.runner.problems[MODEL]
    service.runner.models[MODEL] = replace(service.runner.models[MODEL], version="9")
    assert service.model(MODEL).version == "9"
    assert [known.version for known in service.models()] == ["9"]


def test_what_series_said_last_is_known_after_a_restart():
    service = served()
    service.telemetry.streams.grown(b"a", 0, BEGIN, Counts((5.0,)), b"s")
    service.telemetry.streams.grown(b"b", 0, BEGIN, Counts((5.0,)), b"t")
    service.stop()
    [_, two] = service.store.read("stream")
    service.store.commit([two._replace(body=b"torn")])
    again = served(store=service.store)
    found = again.telemetry.streams.grown(b"a", 0, BEGIN + 2 * SECOND, Counts((8.0,)), b"s")
    assert (found.amount, found.seconds) == ((3.0,), 2.0)
    assert again.telemetry.streams.grown(b"b", 0, BEGIN + 2 * SECOND, Counts((8.0,)), b"t") is None
    again.stop()
    assert len(service.store.read("stream")) == 2


def test_what_cannot_be_written_beside_ends_no_thread():
    service = served()
    service.telemetry.streams.grown(b"a", 0, BEGIN, Counts((1 << 70,)), b"s")
    until = time.monotonic() + 10
    while not service.guard.faults and time.monotonic() < until:
        time.sleep(0.02)
    service.offer(MODEL, Decoded(rows=hours(1)[0].rows)).result(10)
    assert service.unready() == []
    service.stop()
    assert service.guard.faults == {"write": 1}
    assert service.counts[MODEL]
