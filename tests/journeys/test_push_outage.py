"""Receivers that are down for hours of series are told all that they missed: real ones, which take
nothing that is out of order, and are really stopped.

Owns: a receiver's own word on what it holds.  Does not own: what is told in which order
(`tests/unit/export/test_push`).
"""

import shutil
import time

import pytest
from tests.journeys.test_push import free_port, number, running, wait_for
from tests.unit.export.series.test_book import pace

from vedette.alerts.notify.sending import DeliveryError
from vedette.engine.push_settings import PushSettings
from vedette.export.push.marks import Marks
from vedette.export.push.receiver import Receiver
from vedette.export.series.book import Book
from vedette.stores.memory import MemoryState
from vedette.stores.store import Entry

MINUTE = 60 * 10**9
KNOWN, MISSED = 10, 240  # windows: four hours are missed
MODELS = ("fraud", "spam")
PROMETHEUS = shutil.which("prometheus")
VICTORIA = shutil.which("victoria-metrics") or shutil.which("victoria-metrics-prod")

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(PROMETHEUS is None, reason="Debian's package prometheus is not here"),
    pytest.mark.skipif(VICTORIA is None, reason="Debian's package victoria-metrics is not here"),
]


ALONE = "global: {scrape_interval: 1h}\n"
# Its newest sample is always one of its own, so what was missed is out of bounds but for this.
BUSY = """
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs: [{job_name: self, static_configs: [{targets: ["127.0.0.1:PORT"]}]}]
storage: {tsdb: {out_of_order_time_window: 12h}}
"""


def commands(folder, text):
    """What starts each receiver, with where it listens and what says that it is there."""
    config, ports = folder / "prometheus.yml", (free_port(), free_port())
    config.write_text(text.replace("PORT", str(ports[0])))
    first, second = (f"http://127.0.0.1:{port}" for port in ports)
    return {
        "prometheus": (first, f"{first}/-/ready", [
            PROMETHEUS, f"--config.file={config}", f"--storage.tsdb.path={folder / 'tsdb'}",
            f"--web.listen-address=127.0.0.1:{ports[0]}", "--web.enable-remote-write-receiver",
        ]),
        "victoria": (second, f"{second}/health", [
            VICTORIA, f"-storageDataPath={folder / 'vm'}", "-search.latencyOffset=0s",
            f"-httpListenAddr=127.0.0.1:{ports[1]}",
        ]),
    }  # fmt: skip


@pytest.fixture(params=[ALONE, BUSY], ids=["alone", "busy"])
def missed(tmp_path, request):
    """Receivers after an outage of four hours of series."""
    begin = int(time.time()) * 10**9 // MINUTE * MINUTE - (KNOWN + MISSED) * MINUTE
    store, kept = MemoryState(), commands(tmp_path, request.param)
    (prometheus, *_), (victoria, *_) = kept["prometheus"], kept["victoria"]

    def windows(first, count):
        for model in MODELS:
            store.commit([Entry("model", model, "counts", 0, b"{}")])
            for k in range(first, first + count):
                own = pace(begin + k * MINUTE, [0.1] * (k % 3 + 1))
                store.commit([own._replace(model=model)])

    def receiver(settings):
        return Receiver(settings, Book(store), Marks(store, settings))

    settings = [
        PushSettings(remote_write=f"{prometheus}/api/v1/write"),
        PushSettings(datadog=f"{victoria}/datadog/api/v1/series"),
    ]
    windows(0, KNOWN)
    receivers = [receiver(own) for own in settings]
    with (
        running(kept["prometheus"][2], kept["prometheus"][1]),
        running(kept["victoria"][2], kept["victoria"][1]),
    ):
        for one in receivers:
            one.push()
    for k in range(4):
        windows(KNOWN + k * MISSED // 4, MISSED // 4)
        for one in receivers:
            with pytest.raises(DeliveryError, match="does not take the connection"):
                one.push()
    receivers[0] = receiver(settings[0])  # vedette itself begins anew meanwhile
    with (
        running(kept["prometheus"][2], kept["prometheus"][1]),
        running(kept["victoria"][2], kept["victoria"][1]),
    ):
        if request.param == BUSY:
            wait_for(lambda: number(prometheus, "up"), "Prometheus to scrape itself")
        for one in receivers:
            one.push()
        yield {"prometheus": prometheus, "victoria": victoria, "receivers": receivers}


def test_they_hold_every_window_that_they_missed(missed):
    told, (first, second) = missed["prometheus"], missed["receivers"]
    assert (first.pushed.refused, second.pushed.refused) == (0, 0)
    for model in MODELS:
        query = f'count_over_time(vedette_events_total{{model="{model}"}}[6h])'
        assert number(told, query) == MISSED + 1
        query = f'count_over_time(vedette_latency_seconds_bucket{{model="{model}",le="0.25"}}[6h])'
        assert number(told, query) == MISSED + 1
        query = f'increase(vedette_events_total{{model="{model}"}}[1h] offset 2h)'
        assert number(told, query) == pytest.approx(120, rel=0.03)
    grew = sum(k % 3 + 1 for k in range(KNOWN - 1, KNOWN + MISSED))
    told = missed["victoria"]
    for model in MODELS:
        query = f'sum_over_time({{__name__="vedette.events",model="{model}"}}[6h])'
        wait_for(lambda query=query: number(told, query) == grew, f"{grew} events of {model}")
        query = f'count_over_time({{__name__="vedette.events",model="{model}"}}[6h])'
        assert number(told, query) == MISSED + 1
