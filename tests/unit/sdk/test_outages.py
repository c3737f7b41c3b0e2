"""A server that is away, full, out of order or picky; and a disk that says no."""

import time
from email.utils import formatdate

import pytest

from vedette.sdk import Client, encode
from vedette.sdk.batch import MESSAGES, Batch
from vedette.sdk.transport import Transport


@pytest.mark.parametrize("spool", [False, True])
def test_after_an_outage_everything_arrives_once_and_in_order(make, sink, until, tmp_path, spool):
    client = make(spool=tmp_path / "spool" if spool else False)
    keys = [client.log({"n": n}) for n in range(10)]
    assert client.flush()
    sink.stop()
    for n in range(10, 3000):
        keys.append(client.log({"n": n}))
        if n % 500 == 0:
            client.flush(0.1)
    assert not client.flush(0.3)
    counts = client.counters
    assert counts.waiting + counts.spooled == 2990
    assert (counts.spooled > 0) is spool
    assert (client.counters.spooled_bytes > 0) is spool
    assert "no answer" in client.last_error
    sink.start()
    assert client.flush(20)
    assert sink.order == keys
    counts = client.counters
    assert (counts.acknowledged, counts.dropped, counts.waiting) == (3000, 0, 0)
    assert counts.retries > 0


def is_whole(counts):
    """Whether everything is somewhere, once."""
    gone = counts.acknowledged + counts.rejected_by_server + counts.dropped
    return counts.waiting + counts.spooled + gone == counts.handed


def test_after_the_end_what_is_on_disk_is_counted_there_and_taken_over(make, sink, tmp_path):
    sink.stop()
    client = make(spool=tmp_path)
    for n in range(5_000):
        client.log({"n": n})
        if n % 1_000 == 0:
            client.flush(0.05)
    assert client.close(2) is False
    counts = client.counters
    assert (counts.logged, counts.spooled, counts.waiting, counts.dropped) == (5_000, 5_000, 0, 0)
    assert is_whole(counts)
    sink.start()
    other = make(spool=tmp_path)
    other.log({"n": 5_000})
    assert other.flush(20)
    counts = other.counters
    assert (counts.adopted, counts.logged, counts.acknowledged) == (5_000, 1, 5_001)
    assert (counts.waiting, counts.spooled) == (0, 0)
    assert is_whole(counts)


@pytest.mark.parametrize("spool", [False, True])
def test_at_every_moment_everything_is_somewhere(make, sink, tmp_path, spool):
    client = make(spool=tmp_path if spool else False)
    seen = []
    for n in range(6_000):
        client.log({"n": n})
        if n % 50 == 0:
            seen.append(client.counters)
        if n in (1_500, 4_500):
            client.flush(0.2)
            sink.stop() if n == 1_500 else sink.start()
    assert client.flush(20)
    seen.append(client.counters)
    assert all(is_whole(counts) for counts in seen)
    assert seen[-1].acknowledged == seen[-1].logged == 6_000
    assert any(counts.spooled for counts in seen) is spool


def test_a_full_spool_drops_the_oldest_counts_it_and_tells_the_server(make, sink, tmp_path):
    sink.stop()
    client = make(spool=tmp_path, spool_bytes=60_000)
    for n in range(6000):
        client.log({"n": n, "noise": f"{n * 2654435761 % 2**32:x}" * 4})
        if n % 250 == 0:
            client.flush(0.02)
    client.flush(0.1)
    counts = client.counters
    assert counts.dropped_spool > 0
    assert counts.dropped_spool + counts.waiting + counts.spooled == counts.logged == 6000
    sink.start()
    assert client.flush(20)
    counts = client.counters
    assert counts.acknowledged + counts.dropped_spool == 6000
    assert max(event.features["n"] for event in sink.events.values()) == 5999
    told = sum(int(one["Vedette-Client-Dropped"]) for one in sink.requests)
    assert told == counts.dropped_spool


def test_another_process_finishes_what_one_could_not_send(sink, tmp_path):
    sink.stop()
    first = Client(sink.url, "fraud", spool=tmp_path, flush_interval=0.02)
    keys = [first.log({"n": n}) for n in range(100)]
    start = time.monotonic()
    assert not first.close(5)
    assert time.monotonic() - start < 3  # safe on disk: no reason to wait
    assert first.counters.dropped == 0
    sink.start()
    with Client(sink.url, "fraud", spool=tmp_path, flush_interval=0.02) as second:
        keys.append(second.log({"n": 100}))
        assert second.flush()
        assert second.counters.acknowledged == 101
    assert sink.order == keys
    assert list(tmp_path.rglob("*.seg")) == []


def test_models_and_servers_do_not_mix_their_spools(make, sink, tmp_path, until):
    sink.stop()
    first = make(model="one", spool=tmp_path)
    first.log({"a": 1})
    first.close(1)
    sink.start()
    second = make(model="two", spool=tmp_path)
    second.log({"a": 2})
    assert second.flush()
    assert [event.model for event in sink.events.values()] == ["two"]


def test_without_a_disk_memory_does(make, sink, no_folder):
    said = []
    sink.stop()
    client = make(spool=no_folder, on_error=said.append)
    for n in range(100):
        client.log({"n": n})
    assert not client.flush(0.2)
    assert any("spool" in message for message in said)
    sink.start()
    assert client.flush()
    assert len(sink.events) == 100
    assert client.counters.dropped == 0


def test_a_disk_that_fills_up_later_is_no_harm(make, sink, tmp_path, monkeypatch):
    from vedette.sdk import spool

    client = make(spool=tmp_path)
    client.log({"n": 0})
    assert client.flush()

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    sink.stop()
    monkeypatch.setattr(spool.os, "write", full)
    for n in range(1, 100):
        client.log({"n": n})
    client.flush(0.2)
    monkeypatch.undo()
    assert "No space" in client.last_error or "no answer" in client.last_error
    sink.start()
    assert client.flush()
    assert len(sink.events) == 100
    assert client.counters.dropped == 0


def test_a_message_that_is_too_large_is_cut_until_it_fits(make, sink):
    sink.verdict = lambda events: 413 if len(events) > 7 else 200
    client = make(flush_interval=5)
    keys = [client.log({"n": n}) for n in range(100)]
    client.log_label(keys[0], 1)
    assert client.flush()
    assert sink.order == keys
    assert set(sink.outcomes) == {keys[0]}
    assert client.counters.acknowledged == 101


def test_an_event_that_breaks_the_server_is_found_and_set_aside(make, sink, monkeypatch):
    from vedette.sdk import sender

    monkeypatch.setattr(sender, "FIRST_S", 0.001)
    poison = "poison"
    sink.verdict = lambda events: 500 if any(event.id == poison for event in events) else 200
    client = make(flush_interval=5)
    for n in range(20):
        client.log({"n": n})
    client.log({"n": 20}, id=poison)
    assert client.flush(30)
    assert len(sink.events) == 20
    assert client.counters.rejected_by_server == 1
    assert client.counters.acknowledged == 20


@pytest.mark.parametrize("status", [400, 415, 422])
def test_what_is_refused_for_good_is_counted_with_its_reason(make, sink, status):
    sink.answers.append((status, {}, b'{"error": {"message": "not like this"}}'))
    client = make()
    client.log({"a": 1})
    assert client.flush()
    client.log({"a": 2}, id="next")
    assert client.flush()
    assert client.counters.rejected_by_server == 1
    assert client.counters.acknowledged == 1
    assert "not like this" in client.last_error
    assert set(sink.events) == {"next"}


def test_single_events_that_are_refused_are_counted(make, sink):
    said = b'{"accepted": 1, "rejected": [{"row": 0, "id": "x", "reason": "odd"}]}'
    sink.answers.append((200, {}, said))
    client = make(flush_interval=5)
    client.log({"a": 1})
    client.log({"a": 2})
    assert client.flush()
    assert client.counters.rejected_by_server == 1
    assert client.counters.acknowledged == 1
    assert "odd" in client.last_error


@pytest.mark.parametrize("status", [401, 403, 404, 408, 429, 500, 502, 503, 507, 301])
def test_what_may_pass_is_tried_again(make, sink, status):
    sink.answers.extend([(status, {}, b"")] * 2)
    client = make()
    client.log({"a": 1}, id="x")
    assert client.flush(20)
    assert set(sink.events) == {"x"}
    assert client.counters.retries == 2


def test_nobody_comes_back_sooner_than_the_server_asks(make, sink):
    times = []
    sink.verdict = lambda _: times.append(time.monotonic()) or 200
    sink.answers.append((503, {"Retry-After": "1"}, b""))
    client = make()
    start = time.monotonic()
    client.log({"a": 1})
    assert client.flush(20)  # being in a hurry does not help
    assert times[0] - start > 0.99


def test_a_retry_after_may_be_a_date_or_nonsense(sink):
    transport = Transport(sink.url, "fraud", None, 2.0)
    batch = Batch("p", 1, 1, 1, MESSAGES, encode())
    now = 1_700_000_000 * 10**9
    asked = {"2.5": 2.5, formatdate(1_700_000_060, usegmt=True): 60.0, "-1": 0.0, "soon": None}
    for header, wanted in asked.items():
        sink.answers.append((503, {"Retry-After": header}, b""))
        assert transport.post(batch, 0, now).retry_after == wanted
    transport.close()


@pytest.mark.parametrize("said", [b"", b"[]", b"nonsense", b'{"rejected": 7, "accepted": "x"}'])
def test_an_answer_may_say_anything(make, sink, said):
    sink.answers.append((200, {}, said))
    client = make()
    client.log({"a": 1})
    assert client.flush()
    counts = client.counters
    assert counts.acknowledged + counts.rejected_by_server == 1


def test_a_connection_that_the_server_closes_is_opened_again(make, sink):
    client = make()
    client.log({"a": 1})
    assert client.flush()
    sink.answers.append((200, {"Connection": "close"}, b"{}"))
    client.log({"a": 2})
    assert client.flush()
    client.log({"a": 3})
    assert client.flush()
    assert client.counters.retries == 0
