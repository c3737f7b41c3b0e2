"""What is pushed: the new samples of all series, once each, in the words of every protocol.

Owns: picking samples, bodies, what happens when nobody takes them.  Does not own: real receivers
(`tests/journeys/test_push`).
"""

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import msgspec
import numpy as np
import pytest
from datadog.dogstatsd import DogStatsd
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from tests.service_story import CPU, END, FAILS, MODEL, ROWS, SLOW, service_story
from tests.traffic import BEGIN, HOUR, MINUTE
from tests.unit.export.series.test_book import pace

from vedette.alerts.notify.sending import DeliveryError
from vedette.core.errors import SettingsError
from vedette.engine.guard import Guard
from vedette.engine.live import make_live
from vedette.engine.push_settings import PushSettings
from vedette.export.push import datadog, dogstatsd, otlp
from vedette.export.push.fresh import fresh, portions
from vedette.export.push.marks import Marks
from vedette.export.push.pusher import Pusher
from vedette.export.push.receiver import Receiver
from vedette.export.series.book import Book, Bounds
from vedette.export.series.own import STEP
from vedette.export.series.series import everything
from vedette.stores.memory import MemoryState
from vedette.stores.store import Entry

LAST = END
AFTER = SLOW - HOUR


class Told(Book):
    """The series of the story."""

    def models(self):
        return [MODEL]


@pytest.fixture
def book():
    return Told(service_story().live.store)


@pytest.fixture
def found(book):
    bounds = Bounds(streams=5, before=1)
    return fresh(list(book.series(AFTER + 1, LAST, everything, None, bounds)), AFTER)


def named(found, name, **labels):
    return next(
        one for one in found
        if one.series.name == name and labels.items() <= dict(one.series.labels).items()
    )  # fmt: skip


def test_a_counter_grew_by_what_came(found):
    sent = service_story().rows
    times = sent["_time"].cast("int64").to_numpy()
    own = (times >= AFTER) & (times < LAST)
    assert named(found, "vedette_events_total").increase == own.sum()
    failed = np.array([kind == FAILS for kind in sent["error_type"].to_pylist()])
    assert named(found, "vedette_failed_events_total").increase == (own & failed).sum()


def test_only_what_is_later_is_new(book, found):
    assert all((one.series.times > AFTER).all() for one in found)
    assert fresh(list(book.series(AFTER, LAST, everything)), LAST) == []


def test_a_histogram_is_never_torn(found):
    cut = list(portions(found, 50))
    assert len(cut) > 5
    assert [one for part in cut for one in part] == found
    for part in cut:
        for one in part:
            if one.series.name == "vedette_latency_seconds_count":
                assert sum(other.about == one.about for other in part) == 21


def test_otlp_says_the_same_numbers(found):
    request = ExportMetricsServiceRequest.FromString(otlp.body(found, {"env": "test"}, AFTER))
    [resource] = request.resource_metrics
    about = {pair.key: pair.value.string_value for pair in resource.resource.attributes}
    assert about == {"service.name": "vedette", "env": "test"}
    metrics = {metric.name: metric for metric in resource.scope_metrics[0].metrics}
    events = metrics["vedette.events"].sum
    assert events.is_monotonic
    counter = named(found, "vedette_events_total").series
    assert [p.as_double for p in events.data_points] == counter.values.tolist()
    assert [p.time_unix_nano for p in events.data_points] == counter.times.tolist()
    took = metrics["vedette.latency"]
    assert took.unit == "s"
    whole = named(found, "vedette_latency_seconds_count", column="latency_s").series.values
    points = [p for p in took.histogram.data_points
              if {a.key for a in p.attributes} == {"model", "column"}]  # fmt: skip
    assert [p.count for p in points] == whole.tolist()
    for point in points:
        assert sum(point.bucket_counts) == point.count
        assert len(point.bucket_counts) == len(point.explicit_bounds) + 1
    cpu = [p.as_double for p in metrics["vedette.reading"].gauge.data_points
           if any(a.value.string_value == CPU for a in p.attributes)]  # fmt: skip
    assert cpu[-1] == 0.5


@pytest.mark.parametrize("v1", [True, False])
def test_datadog_gets_increases_and_values(found, v1):
    body = msgspec.json.decode(datadog.body(found, {"env": "test"}, v1=v1))
    series = {(one["metric"], tuple(sorted(one["tags"]))): one for one in body["series"]}
    events = series["vedette.events", ("env:test", f"model:{MODEL}")]
    counter = named(found, "vedette_events_total")
    points = [tuple(one) if v1 else (one["timestamp"], one["value"]) for one in events["points"]]
    assert points == list(
        zip((counter.series.times // 10**9).tolist(), counter.increases.tolist(), strict=True)
    )
    assert sum(value for _, value in points) == counter.increase == 7 * ROWS
    assert (events["type"], events["interval"]) == ("count" if v1 else 1, 300)
    assert not any(one["metric"].endswith("_bucket") for one in body["series"])


@pytest.fixture
def agent():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind(("127.0.0.1", 0))
        wire.settimeout(5)
        yield wire


def test_lines_are_those_of_datadogs_own_client(agent, found):
    port = agent.getsockname()[1]
    theirs = DogStatsd(host="127.0.0.1", port=port, disable_telemetry=True, disable_buffering=True)
    grew = named(found, "vedette_events_total").increase
    theirs.increment("vedette.events", int(grew), tags=[f"model:{MODEL}"])
    count = agent.recv(9_999).decode().strip()
    theirs.distribution("vedette.latency", 0.25, tags=["model:a_b", "column:x_y"])
    took = agent.recv(9_999).decode().strip()
    assert count in list(dogstatsd.lines(found, {}))
    theirs.close_socket()
    assert took == "vedette.latency:0.25|d|#model:a_b,column:x_y"
    told = Told(service_story().live.store).windows(MODEL, LAST - HOUR, LAST)
    lines = list(dogstatsd.distributions("a|b", told, {"env": "x#y"}))
    assert all(line.startswith("vedette.latency:0.") for line in lines)
    assert lines[0].partition("#")[2].startswith("env:x_y,model:a_b,column:latency_s")


def test_an_agent_counts_every_row_of_a_window(agent, book):
    to = f"127.0.0.1:{agent.getsockname()[1]}"
    receiver = Receiver(PushSettings(dogstatsd=to, only=("vedette_latency*",)), book)
    receiver.push()
    rows = 0
    for _ in range(receiver.pushed.sent):
        for line in agent.recv(9_999).decode().splitlines():
            if "|d" in line and "segment" not in line:
                rate = line.partition("|@")[2].partition("|")[0]
                rows += round(1 / float(rate or 1))
    sent = service_story().rows["_time"].cast("int64").to_numpy()
    [start] = book.windows(MODEL, LAST - 1, LAST).starts
    assert rows == ((sent >= start) & (sent < LAST)).sum() > 10


@pytest.fixture
def taken():
    """A receiver over HTTP that answers with the status it is told to."""
    heard, status = [], [200]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            heard.append((self.path, dict(self.headers), self.rfile.read(
                int(self.headers["content-length"]))))  # fmt: skip
            self.send_response(status[0])
            self.end_headers()

        def log_message(self, *_):
            """Be silent."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", heard, status
    server.shutdown()
    server.server_close()


def test_what_was_not_taken_is_told_again_and_what_was_is_not(taken, book, monkeypatch):
    url, heard, status = taken
    monkeypatch.setenv("DD_KEY", "s3cret")
    settings = make_live(
        {"push": [{"datadog": url, "headers": {"DD-API-KEY": {"env": "DD_KEY"}}}]}
    ).push[0]
    receiver = Receiver(settings, book)
    status[0] = 503
    with pytest.raises(DeliveryError, match="answered 503"):
        receiver.push()
    status[0] = 202
    receiver.push()
    assert heard[0][2] == heard[1][2]
    path, headers, _ = heard[1]
    assert path == "/api/v2/series"
    assert headers["DD-API-KEY"] == "s3cret"
    receiver.push()
    assert len(heard) == 2
    assert receiver.pushed.sent > 20


def test_what_is_refused_for_good_does_not_hold_up_the_rest(taken, book):
    url, heard, status = taken
    receiver = Receiver(PushSettings(remote_write=f"{url}/write"), book)
    status[0] = 400
    with pytest.raises(DeliveryError):
        receiver.push()
    assert receiver.pushed.refused > 20
    receiver.push()
    assert len(heard) == 1


def warned(caplog):
    return [record for record in caplog.records if record.name == "vedette"]


def test_an_address_that_cannot_be_used_costs_no_sample(taken, book):
    url, *_ = taken
    settings = PushSettings(otlp=url.replace("//", "//user:s3cret@"))
    receiver = Receiver(settings, book)
    for _ in range(2):
        with pytest.raises(DeliveryError, match="holds a user name") as caught:
            receiver.push()
        assert not caught.value.is_final
    assert receiver.pushed == (0, 0)
    assert settings.place == url.partition("//")[2]


def test_the_thread_counts_what_fails_and_pushes_once_more_at_its_end(taken, book, caplog):
    url, heard, status = taken
    guard = Guard()
    status[0] = 503
    settings = [PushSettings(otlp=url, every="1h", only=("vedette_events*",))]
    pusher = Pusher(settings, book, guard)
    pusher.start()
    pusher.stop()
    assert [path for path, *_ in heard] == ["/v1/metrics"]
    assert guard.faults == {"push to otlp": 1}
    [record] = warned(caplog)
    assert "answered 503 (tried again every 1h)" in record.getMessage()
    assert record.exc_info is None


def test_a_receiver_that_is_away_is_one_sentence_an_hour_and_one_when_it_is_back(
    taken, book, caplog
):
    url, _, status = taken
    now, guard = [0.0], Guard()
    settings = [PushSettings(otlp=f"{url}/x?key=s3cret", only=("vedette_events*",))]
    pusher = Pusher(settings, book, guard, steady=lambda: now[0])
    status[0] = 503
    for _ in range(500):  # a little over two hours
        pusher.push(0)
        now[0] += 15
    said = [record.getMessage() for record in warned(caplog)]
    assert len(said) == 3
    assert "240 times before in 1.0 h" in said[1]
    assert guard.faults == {"push to otlp": 500}
    status[0] = 200
    pusher.push(0)
    assert warned(caplog)[-1].getMessage().endswith("works again")
    pusher.push(0)
    assert len(warned(caplog)) == 4
    assert "s3cret" not in caplog.text


def test_what_nobody_foresaw_ends_no_thread(taken, book, caplog, monkeypatch):
    monkeypatch.setattr(Receiver, "push", lambda *_: 1 / 0)
    guard = Guard()
    pusher = Pusher([PushSettings(otlp=taken[0], every="1h")], book, guard)
    pusher.start()
    pusher.stop()
    assert guard.faults == {"push to otlp": 1}
    assert "ZeroDivisionError" in caplog.text


def test_a_receiver_may_ask_to_be_left_alone(taken, book, monkeypatch):
    def busy(*_):
        raise DeliveryError("it is busy", retry_after_s=1e6)

    monkeypatch.setattr(Receiver, "push", busy)
    assert Pusher([PushSettings(otlp=taken[0])], book, Guard()).push(0) == 600


# What a receiver missed while it was away.


def minutes_of(model, first, count):
    entries = [pace(BEGIN + k * MINUTE, [0.1] * (k % 3 + 1)) for k in range(first, first + count)]
    return [one._replace(model=model) for one in entries]


def away(models=("a", "b")):
    """Two models of some windows, of which a receiver knows the first ten."""
    store = MemoryState()
    for model in models:
        store.commit([Entry("model", model, "counts", 0, b"{}"), *minutes_of(model, 0, 10)])
    return store


def told_of(heard):
    """The samples of counters of events as OTLP told them, in the order of requests."""
    found = []
    for _, _, body in heard:
        request = ExportMetricsServiceRequest.FromString(body)
        for metric in request.resource_metrics[0].scope_metrics[0].metrics:
            for point in metric.sum.data_points:
                model = point.attributes[0].value.string_value
                found.append((model, point.time_unix_nano, point.as_double))
    return found


def test_hours_that_were_missed_are_told_in_the_order_of_time(taken):
    url, heard, status = taken
    store = away()
    receiver = Receiver(PushSettings(otlp=url, only=("vedette_events*",)), Book(store))
    receiver.push()
    heard.clear()
    store.commit([*minutes_of("a", 10, 300), *minutes_of("b", 10, 300)])
    status[0] = 503
    with pytest.raises(DeliveryError):
        receiver.push()
    status[0] = 200
    heard.clear()
    receiver.push()
    found = told_of(heard)
    for model in "ab":
        assert [at for own, at, _ in found if own == model] == [
            BEGIN + k * MINUTE for k in range(11, 311)
        ]
    newest = np.maximum.accumulate([at for _, at, _ in found])
    assert max(newest - [at for _, at, _ in found]) < 15 * MINUTE
    assert max(len(body) for *_, body in heard) < 3_000


def test_a_restart_of_vedette_makes_no_hole_and_tells_nothing_twice(taken):
    url, heard, _ = taken
    store, settings = away(), PushSettings(datadog=url, only=("vedette_events*",))
    Receiver(settings, Book(store), Marks(store, settings)).push()
    store.commit([*minutes_of("a", 10, 90), *minutes_of("b", 10, 90)])
    heard.clear()
    Receiver(settings, Book(store), Marks(store, settings)).push()
    points = [point for _, _, body in heard for one in msgspec.json.decode(body)["series"]
              for point in one["points"]]  # fmt: skip
    assert sum(point["value"] for point in points) == 2 * sum(k % 3 + 1 for k in range(10, 100))
    assert len(points) == 2 * 90
    heard.clear()
    Receiver(settings, Book(store), Marks(store, settings)).push()
    assert heard == []
    other = PushSettings(datadog=f"{url}/other", only=("vedette_events*",))
    Receiver(other, Book(store), Marks(store, other)).push()
    assert len(heard) == 2  # the newest window of each: its past is not for others


def test_a_stop_leaves_the_rest_for_later(taken):
    url, heard, _ = taken
    store, settings = away(), PushSettings(otlp=url, only=("vedette_events*",))
    receiver = Receiver(settings, Book(store), Marks(store, settings))
    receiver.push()
    store.commit([*minutes_of("a", 10, 300), *minutes_of("b", 10, 300)])
    heard.clear()
    receiver.push(lambda: False)
    assert len(heard) == 2
    again = Receiver(settings, Book(store), Marks(store, settings))
    again.push()
    assert len(told_of(heard)) == 600


def test_the_numbers_of_the_server_are_told_as_they_were_taken(taken):
    url, heard, status = taken
    store = away("a")
    book = Book(store)
    receiver = Receiver(PushSettings(datadog=url, only=("vedette_queue*", "vedette_rej*")), book)

    def take(first, count):
        for k in range(first, first + count):
            refused = ("vedette_rejected_events_total", (("model", "a"),), float(k))
            book.own.add(BEGIN + k * STEP, [("vedette_queue_requests", (), float(k)), refused])

    take(0, 3)
    receiver.push()
    take(3, 400)
    status[0] = 503
    with pytest.raises(DeliveryError):
        receiver.push()
    status[0] = 202
    heard.clear()
    receiver.push()
    found = {}
    for _, _, body in heard:
        for one in msgspec.json.decode(body)["series"]:
            found.setdefault(one["metric"], []).extend(p["value"] for p in one["points"])
    assert found["vedette.queue_requests"] == list(range(3, 403))
    assert found["vedette.rejected_events"] == [1.0] * 400


def test_long_silence_is_passed_over(taken):
    url, heard, _ = taken
    store, year = away("a"), 365 * 24 * 60
    receiver = Receiver(PushSettings(otlp=url, only=("vedette_events*",)), Book(store))
    receiver.push()
    heard.clear()
    store.commit(minutes_of("a", year, 5))
    receiver.push()
    assert len(heard) <= 3
    assert told_of(heard)[-1][1] == BEGIN + (year + 5) * MINUTE


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "exactly one kind"),
        ({"otlp": "http://x", "datadog": "http://y"}, "exactly one kind"),
        ({"otlp": "x:4318"}, "otlp has no address"),
        ({"dogstatsd": "localhost"}, "want.*HOST:PORT|dogstatsd has no address"),
        ({"dogstatsd": "localhost:99999"}, "dogstatsd has no address"),
        ({"otlp": "http://x", "every": "1ms"}, "every is below a second"),
        ({"otpl": "http://x"}, "otlp"),
    ],
)
def test_settings_that_make_no_sense_are_refused(given, said):
    with pytest.raises(SettingsError, match=said):
        make_live({"push": [given]})
