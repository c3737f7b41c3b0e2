"""The caller's side: what is logged arrives, nothing blocks, nothing raises, losses are counted."""

import asyncio
import logging
import threading
import time
from datetime import UTC, datetime

import numpy as np
import pytest

from vedette.core.errors import UsageError
from vedette.sdk import Client, Usage


@pytest.mark.parametrize(
    ("score", "scores"),
    [
        ([0.75, 1, 0], {"score": [0.75, 1.0, 0.0]}),
        (np.array([0.75, 0.25]), {"score": [0.75, 0.25]}),
        ({"first": (0.5,), "second": 0.25, "third": None}, {"first": [0.5], "second": 0.25}),
        ([], {"score": []}),
        (np.float64(0.5), {"score": 0.5}),
        (["high"], {}),
    ],
)
def test_scores_are_numbers_or_lists_of_them(make, sink, score, scores):
    client = make()
    key = client.log({"amount": 9.5}, score=score)
    client.log_label(key, [1, 0.5])
    assert client.flush()
    assert sink.events[key].scores == scores
    assert sink.outcomes[key].label == [1.0, 0.5]


def test_what_is_logged_arrives(make, sink):
    client = make(version="7")
    key = client.log({"amount": 9.5, "plan": "a"}, prediction=True, score=0.25, latency_s=0.5)
    other = client.log(
        {"amount": 1},
        id="mine",
        time=1_700_000_000.5,
        version="8",
        score={"churn": 0.5},
        attributes={"region": "eu"},
        text="hello",
        usage={"input_tokens": 3},
        trace_id="t",
    )
    client.log_label(key, True, time=5)
    client.log_labels({"mine": "no"})
    client.log_labels([("third", 1.5)])
    assert client.flush()
    first, second = sink.events[key], sink.events["mine"]
    assert (first.features, first.prediction) == ({"amount": 9.5, "plan": "a"}, True)
    assert (first.scores, first.version, first.latency_s) == ({"score": 0.25}, "7", 0.5)
    assert abs(first.time - time.time_ns()) < 60e9
    assert other == "mine"
    assert (second.time, second.version) == (1_700_000_000_500_000_000, "8")
    assert (second.scores, second.attributes) == ({"churn": 0.5}, {"region": "eu"})
    assert (second.text, second.trace_id) == ({"text": "hello"}, "t")
    assert second.usage == Usage(input_tokens=3)
    assert sink.outcomes[key].label is True
    assert sink.outcomes[key].time == 5
    assert (sink.outcomes["mine"].label, sink.outcomes["third"].label) == ("no", 1.5)
    assert client.counters.acknowledged == client.counters.logged == 5
    assert client.counters.waiting == client.counters.dropped == 0


def test_requests_say_who_sends_and_what_was_lost(make, sink):
    client = make(api_key="secret")
    client.log({"a": 1})
    assert client.flush()
    client.log({"a": Hostile()})
    client.log({"a": 2})
    assert client.flush()
    client.log({"a": 3})
    assert client.flush()
    first, second, third = sink.requests
    process, sequence = first["Vedette-Client"].split("/")
    assert (second["Vedette-Client"], sequence) == (f"{process}/2", "1")
    assert [one["Vedette-Client-Dropped"] for one in (first, second, third)] == ["0", "1", "0"]
    assert first["Authorization"] == "Bearer secret"
    assert first["path"] == "/v1/models/fraud/events"
    assert "secret" not in repr(client)
    assert client.counters.dropped_invalid == 1


def test_a_model_and_an_address_may_be_odd(make, sink):
    client = make(model="a/b c?", url=f"{sink.url}/behind/a/proxy/")
    client.log({"a": 1})
    assert client.flush()
    assert sink.requests[0]["path"] == "/behind/a/proxy/v1/models/a%2Fb%20c%3F/events"


def test_ids_are_unique_and_features_are_copied(make, sink):
    client = make()
    features = {"n": 0}
    keys = []
    for n in range(3000):
        features["n"] = n
        keys.append(client.log(features))
    assert client.flush()
    assert [sink.events[key].features["n"] for key in keys] == list(range(3000))
    assert len({event.id for event in sink.events.values()}) == 3000


@pytest.mark.parametrize(
    "moment",
    [5_000_000_000, 5.0, "1970-01-01T00:00:05Z", datetime(1970, 1, 1, 0, 0, 5)],
)
def test_a_moment_may_be_written_in_many_ways(make, sink, moment):
    client = make()
    key = client.log({"a": 1}, time=moment)
    assert client.flush()
    assert sink.events[key].time == 5_000_000_000
    assert datetime.fromtimestamp(5, UTC)


class Hostile:
    """A value that does all it can to break its host."""

    def __getattr__(self, name):
        raise RuntimeError(name)

    def __str__(self):
        raise ValueError("no text")

    __repr__ = __str__

    def __eq__(self, other):
        raise RuntimeError

    __hash__ = None


@pytest.mark.parametrize(
    "arguments",
    [
        {"features": Hostile()},
        {"features": {"a": Hostile()}},
        {"features": None, "prediction": Hostile()},
        {"features": 5},
        {"features": {}, "id": Hostile()},
        {"features": {}, "id": ""},
        {"features": {}, "time": "yesterday"},
        {"features": {}, "time": -1},
        {"features": {}, "time": True},
        {"features": {}, "score": Hostile()},
        {"features": {}, "attributes": 3},
        {"features": {}, "usage": 3},
        {"features": {"long": "x" * 50_000, **{f"t{i}": "y" * 60_000 for i in range(30)}}},
    ],
    ids="-".join,  # of the names: the values refuse even to be printed
)
def test_an_impossible_event_is_counted_and_harms_no_other(make, sink, arguments):
    client = make()
    client.log({"a": 1}, id="before")
    client.log(**arguments)
    client.log({"a": 2}, id="after")
    assert client.flush()
    assert {"before", "after"} <= set(sink.events)
    counts = client.counters
    assert counts.logged == 3
    assert counts.acknowledged + counts.dropped_invalid == 3
    if len(sink.events) == 2:
        assert counts.dropped_invalid == 1
        assert client.last_error


def test_a_misspelt_argument_is_told_at_once(make):
    with pytest.raises(TypeError):
        make().log({}, predictoin=1)


@pytest.mark.parametrize(
    "options",
    [
        {"url": "localhost:8642"},
        {"url": "http://"},
        {"url": "ftp://host"},
        {"url": "http://a b"},
        {"model": ""},
        {"sample": 0},
        {"sample": 1.5},
        {"queue_events": 0},
        {"timeout": float("nan")},
        {"on_error": 3},
    ],
    ids=str,
)
def test_an_option_that_cannot_be_meant_is_refused(options):
    with pytest.raises(UsageError):
        Client(**({"url": "http://127.0.0.1:1", "model": "m", "spool": False} | options))


def test_the_environment_says_where_the_server_is(sink, monkeypatch):
    monkeypatch.setenv("VEDETTE_URL", sink.url)
    monkeypatch.setenv("VEDETTE_API_KEY", "k")
    with Client(model="fraud", spool=False) as client:
        client.log({"a": 1})
    assert sink.requests[0]["Authorization"] == "Bearer k"
    assert len(sink.events) == 1


def test_a_server_that_hangs_blocks_nobody(make, sink):
    client = make(queue_events=2000, queue_bytes=100_000)
    sink.gate.clear()
    slowest = 0.0
    for n in range(20_000):
        start = time.perf_counter()
        client.log({"n": n})
        slowest = max(slowest, time.perf_counter() - start)
    assert slowest < 1.0  # the server would have taken 20 s
    assert not client.flush(0.1)
    counts = client.counters
    assert counts.logged == 20_000
    assert counts.dropped_queue + counts.waiting == 20_000
    assert counts.dropped_queue > 0
    assert "dropped" in client.last_error
    sink.gate.set()
    assert client.flush()
    counts = client.counters
    assert counts.acknowledged + counts.dropped_queue == 20_000
    assert sink.order[-1] in sink.events
    assert max(event.features["n"] for event in sink.events.values()) == 19_999  # oldest go first


def test_256_threads_lose_nothing(make, sink):
    client = make()
    keys: list[str] = []

    def work(thread: int) -> None:
        keys.extend(client.log({"thread": thread, "n": n}) for n in range(50))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(256)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.flush(20)
    assert len(set(keys)) == 256 * 50
    assert set(sink.events) == set(keys)
    assert client.counters.logged == client.counters.acknowledged == 256 * 50


def test_async_code_uses_the_same_client(sink):
    async def work() -> list[str]:
        async with Client(sink.url, "fraud", spool=False) as client:
            keys = [client.log({"n": n}) for n in range(10)]
            await asyncio.sleep(0)
            assert await client.aflush()
            return keys

    assert set(asyncio.run(work())) == set(sink.events)


def test_a_sample_is_the_same_for_events_and_labels_and_carries_its_weight(make, sink):
    client = make(sample=0.25)
    keys = [client.log({"n": n}, prediction=1) for n in range(4000)]
    client.log_labels((key, True) for key in keys)
    assert client.flush()
    assert 850 < len(sink.events) < 1150  # 1000 in the mean, a standard deviation of 27
    assert set(sink.outcomes) == set(sink.events)
    assert {event.weight for event in sink.events.values()} == {4.0}
    kept = [key in sink.events for key in keys]
    for step in (2, 3, 7):  # no rhythm in consecutive ids
        assert 0.15 < sum(kept[::step]) / len(kept[::step]) < 0.35
    assert client.counters.sampled_out == 2 * (4000 - len(sink.events))
    assert client.counters.dropped == 0


def test_a_closed_client_counts_what_comes_late(make, sink):
    client = make()
    client.log({"a": 1})
    assert client.close()
    assert client.log({"a": 2}) != ""
    client.log_label("x", 1)
    assert client.counters.dropped_queue == 2
    assert client.counters.logged == 3
    assert "closed" in client.last_error
    assert client.close()
    assert client.flush()
    assert len(sink.events) == 1


def test_a_client_that_was_never_used_starts_no_thread(make):
    before = threading.active_count()
    client = make()
    assert client.flush()
    assert client.close()
    assert threading.active_count() == before


def test_a_client_that_is_forgotten_still_sends_and_then_ends(make, sink, until):
    client = Client(sink.url, "fraud", spool=False, flush_interval=0.02)
    client.log({"a": 1})
    threads = client._line.workers._threads
    del client
    assert until(lambda: len(sink.events) == 1)
    assert until(lambda: not threads[0].is_alive())


def test_errors_go_to_the_callback_and_it_may_raise(make, sink):
    said = []

    def told(message: str) -> None:
        said.append(message)
        raise RuntimeError

    sink.answers.append((503, {}, b'{"error": {"message": "busy"}}'))
    client = make(on_error=told)
    client.log({"a": 1})
    assert client.flush()
    assert said == ["the server takes no events, they wait: status 503; busy"]


def test_errors_go_to_the_log_once_in_a_while_and_hold_no_values(make, sink, caplog):
    client = make()
    with caplog.at_level(logging.WARNING, "vedette.sdk"):
        for _ in range(5):
            client.log({"secret": object()}, time="topsecret")
        assert client.flush()
    assert len(caplog.records) == 1
    assert "secret" not in caplog.text
    assert client.counters.dropped_invalid == 5


def test_a_block_is_timed_and_its_error_told(make, sink):
    client = make()
    with client.prediction({"a": 1}, id="good", version="3") as p:
        time.sleep(0.01)
        p.prediction, p.score = True, 0.75
    assert p.id == "good"
    with pytest.raises(KeyError), client.prediction({"a": 2}, id="bad"):
        raise KeyError("x")
    assert client.flush()
    good, bad = sink.events["good"], sink.events["bad"]
    assert (good.prediction, good.scores, good.version) == (True, {"score": 0.75}, "3")
    assert good.latency_s >= 0.01
    assert bad.attributes == {"error": "KeyError"}


def test_without_threads_events_wait(make, sink, monkeypatch):
    client = make(queue_events=5)

    def no_more(_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", no_more)
    for n in range(1500):
        client.log({"n": n})
    assert client.counters.logged == 1500
    assert client.counters.waiting == 5
    assert "thread" in client.last_error
    monkeypatch.undo()
    client.log({"n": 1500})
    assert client.flush()
    counts = client.counters
    assert counts.acknowledged + counts.dropped_queue == counts.logged == 1501


def test_a_user_without_a_home_has_no_spool(monkeypatch, sink):
    from pathlib import Path

    def nowhere(_: object) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.delenv("VEDETTE_SPOOL", raising=False)
    monkeypatch.setattr(Path, "expanduser", nowhere)
    with Client(sink.url, "fraud") as client:
        client.log({"a": 1})
    assert len(sink.events) == 1
