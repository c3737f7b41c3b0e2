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
from tests.service_story import CPU, END, FAILS, MODEL, SLOW, service_story
from tests.traffic import HOUR

from vedette.alerts.notify.sending import DeliveryError
from vedette.core.errors import SettingsError
from vedette.engine.live import make_live
from vedette.engine.push_settings import PushSettings
from vedette.export.push import datadog, dogstatsd, otlp
from vedette.export.push.fresh import fresh, portions
from vedette.export.push.pusher import Pusher, Receiver
from vedette.export.series.book import Book, Bounds
from vedette.export.series.series import everything

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
    body = msgspec.json.decode(datadog.body(found, {"env": "test"}, 15, v1=v1))
    series = {(one["metric"], tuple(sorted(one["tags"]))): one for one in body["series"]}
    events = series["vedette.events", ("env:test", f"model:{MODEL}")]
    grew = named(found, "vedette_events_total").increase
    point = [LAST // 10**9, grew] if v1 else {"timestamp": LAST // 10**9, "value": grew}
    assert events["points"] == [point]
    assert (events["type"], events["interval"]) == ("count" if v1 else 1, 15)
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


def test_the_thread_counts_what_fails_and_pushes_once_more_at_its_end(taken, book):
    url, heard, status = taken
    faults = []
    status[0] = 503
    settings = [PushSettings(otlp=url, every="1h", only=("vedette_events*",))]
    pusher = Pusher(settings, book, lambda place, error: faults.append((place, str(error))))
    pusher.start()
    pusher.stop()
    assert [path for path, *_ in heard] == ["/v1/metrics"]
    assert faults[0][0] == "push to otlp"
    assert "answered 503" in faults[0][1]


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
