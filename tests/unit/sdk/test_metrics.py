"""Metrics from a client: on a route of their own, once, never raising."""

import zlib

import msgspec
import pytest

from vedette.core.events import Reading


class Readings:
    """What a sink was sent over the route of metrics."""

    def __init__(self, sink):
        self.sent, self.bodies = [], []
        take = sink.take

        def taken(headers, body, path):
            if not path.endswith("/metrics"):
                return take(headers, body, path)
            sink.requests.append({**headers, "path": path})
            if headers.get("Content-Encoding") == "gzip":
                body = zlib.decompress(body, 31)
            _, readings, _ = msgspec.msgpack.decode(body, type=tuple[int, list[Reading], list])
            self.sent += readings
            return 200, {}, b"{}"

        sink.take = taken


@pytest.fixture
def readings(sink):
    return Readings(sink)


def test_metrics_go_their_own_way(make, sink, readings):
    client = make(model="a/b", sample=0.001)
    client.log_metric("queue", 3, time=5)
    client.log_metrics({"bill": 0.5, "accuracy": 1}, time=6)
    assert client.flush()
    found = [(one.model, one.name, one.value, one.time) for one in readings.sent]
    assert found == [("a/b", "queue", 3.0, 5), ("a/b", "bill", 0.5, 6), ("a/b", "accuracy", 1.0, 6)]
    assert len({one.id for one in readings.sent}) == 3
    assert [one["path"] for one in sink.requests] == ["/v1/models/a%2Fb/metrics"]
    assert client.counters.acknowledged == 3


def test_events_and_metrics_lose_none(make, sink, readings):
    client = make()
    for at in range(3_000):
        client.log({"x": at}, id=f"e{at}")
        client.log_metric("queue", at)
    assert client.flush()
    assert len(sink.events) == 3_000
    assert sorted(one.value for one in readings.sent) == [float(at) for at in range(3_000)]
    assert client.counters.dropped == 0


def test_numbers_of_all_kinds(make, readings):
    np = pytest.importorskip("numpy")
    client = make()
    client.log_metrics({"a": np.float32(0.5), "b": np.int64(2), "c": np.array([3.0])[0]})
    assert client.flush()
    assert [one.value for one in readings.sent] == [0.5, 2.0, 3.0]


@pytest.mark.parametrize("value", [None, "3", True, float("nan"), float("inf"), object(), [1]])
def test_what_is_no_number_is_counted_and_not_sent(make, readings, value):
    client = make()
    client.log_metric("queue", value)
    assert client.flush()
    assert readings.sent == []
    assert client.counters.dropped_invalid == 1
    assert client.last_error


@pytest.mark.parametrize("values", [None, 3, object(), ["queue"]])
def test_nothing_is_raised(make, values):
    client = make()
    client.log_metrics(values)
    client.flush()
    assert client.last_error


def test_what_waits_on_disk_is_sent_as_metrics(make, sink, readings, tmp_path):
    sink.stop()
    client = make(spool=tmp_path / "spool")
    client.log_metric("queue", 1)
    client.log({"x": 3}, id="3")
    client.close(0.5)
    sink.start()
    again = make(spool=tmp_path / "spool")
    again.log_metric("queue", 2)
    assert again.flush(10)
    assert sorted(one.value for one in readings.sent) == [1.0, 2.0]
    assert set(sink.events) == {"3"}
