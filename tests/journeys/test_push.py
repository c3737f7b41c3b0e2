"""A running server pushes to real receivers: Prometheus, VictoriaMetrics, an agent, a collector.

Owns: the way from an event to a number that the receiver tells.  Does not own: bodies
(`tests/unit/export/test_push`).
"""

import json
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from contextlib import closing, contextmanager

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.journeys.live_server import LiveServer

from vedette.sdk import Client

MODEL, FIRST, EVENTS = "fraud", 20, 400  # what came before a receiver was told first is not told
ALL = FIRST + 1 + EVENTS
PROMETHEUS = shutil.which("prometheus")
VICTORIA = shutil.which("victoria-metrics") or shutil.which("victoria-metrics-prod")

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(PROMETHEUS is None, reason="Debian's package prometheus is not here"),
    pytest.mark.skipif(VICTORIA is None, reason="Debian's package victoria-metrics is not here"),
]


def free_port():
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def running(command, ready):
    """A program of another project, once it answers."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(lambda: ask(ready) is not None, f"{command[0]} to start")
            yield
        finally:
            process.terminate()
            process.wait(20)


def ask(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read()
    except OSError:
        return None


def wait_for(happened, what, seconds=40):
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if happened():
            return
        time.sleep(0.2)
    pytest.fail(f"waited {seconds} s for {what}")


def number(url, query):
    """What a receiver says to a query, added up; None where it knows nothing."""
    found = ask(f"{url}/api/v1/query?{urllib.parse.urlencode({'query': query})}")
    result = json.loads(found)["data"]["result"] if found else []
    return sum(float(one["value"][1]) for one in result) if result else None


@pytest.fixture(scope="module")
def reached(tmp_path_factory):
    """The receivers, and what they were told of some hundred events."""
    folder = tmp_path_factory.mktemp("push")
    rng = np.random.default_rng(5)
    took = rng.lognormal(-4, 0.4, FIRST + 1 + EVENTS)
    reference = pa.table({"x": rng.normal(size=2_000), "latency_s": rng.lognormal(-4, 0.4, 2_000)})
    pq.write_table(reference, folder / "reference.parquet")
    ports = {name: free_port() for name in ("prometheus", "victoria")}
    prometheus, victoria = (f"http://127.0.0.1:{ports[name]}" for name in ports)
    config = folder / "prometheus.yml"
    config.write_text("global: {scrape_interval: 1h}\n")
    with (
        closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as agent,
        running(
            [PROMETHEUS, f"--config.file={config}", f"--storage.tsdb.path={folder / 'tsdb'}",
             f"--web.listen-address=127.0.0.1:{ports['prometheus']}",
             "--web.enable-remote-write-receiver"], f"{prometheus}/-/ready",
        ),
        running(
            [VICTORIA, f"-storageDataPath={folder / 'vm'}", "-search.latencyOffset=0s",
             f"-httpListenAddr=127.0.0.1:{ports['victoria']}"], f"{victoria}/health",
        ),
    ):  # fmt: skip
        agent.bind(("127.0.0.1", 0))
        agent.settimeout(0.2)
        collector = LiveServer(folder / "collector")
        pushed = [
            {"remote_write": f"{prometheus}/api/v1/write", "every": "1s"},
            {"datadog": f"{victoria}/datadog/api/v1/series", "every": "1s", "tags": {"env": "t"}},
            {"dogstatsd": f"127.0.0.1:{agent.getsockname()[1]}", "every": "1s"},
            {"otlp": f"http://127.0.0.1:{collector.port}", "every": "1s"},
        ]
        clocks = {"base": "1s", "fast": "1s", "drift": "1min"}
        model = {"clocks": clocks, "lateness": "1s", "baseline": {"file": "reference.parquet"}}
        server = LiveServer(folder / "data", json.dumps({"models": {MODEL: model}, "push": pushed}))
        try:
            url = f"http://127.0.0.1:{server.port}"
            with Client(url, MODEL, spool=False, flush_interval=0.1) as client:
                for at, seconds in enumerate(took.tolist()):
                    client.log({"x": 0.1 * at % 1}, latency_s=seconds)
                    time.sleep(6 / EVENTS)
                    if at == FIRST:
                        client.flush()
                        told = (prometheus, "vedette_events_total")
                        wait_for(lambda told=told: number(*told) == FIRST + 1, "the first events")
                client.flush()
            yield {"prometheus": prometheus, "victoria": victoria, "agent": agent,
                   "collector": collector, "server": server, "took": took}  # fmt: skip
        finally:
            server.stop()
            collector.stop()


def test_prometheus_is_written_to(reached):
    told = reached["prometheus"]
    wait_for(lambda: number(told, "vedette_events_total") == ALL, "all events")
    assert number(told, f'vedette_events_total{{model="{MODEL}"}}') == ALL
    query = f'vedette_latency_seconds_bucket{{model="{MODEL}",le="+Inf"}}'
    assert number(told, query) == ALL
    p90 = number(told, "histogram_quantile(0.9, vedette_latency_seconds_bucket)")
    assert p90 == pytest.approx(np.quantile(reached["took"], 0.9), rel=0.4)


def test_victoriametrics_takes_what_datadog_would(reached):
    told = reached["victoria"]
    query = f'sum(sum_over_time({{__name__="vedette.events",model="{MODEL}",env="t"}}[5m]))'
    wait_for(lambda: (number(told, query) or 0) >= EVENTS, "all events")
    assert EVENTS <= number(told, query) <= ALL


def test_an_agent_hears_every_event(reached):
    counted = took = 0

    def heard():
        nonlocal counted, took
        try:
            lines = reached["agent"].recv(65_535).decode().splitlines()
        except TimeoutError:
            return counted >= EVENTS
        for line in lines:
            if line.startswith("vedette.events:"):
                counted += int(line.partition(":")[2].partition("|")[0])
            if line.startswith("vedette.latency:"):
                took += round(1 / float(line.partition("|@")[2].partition("|")[0] or 1))
        return False

    wait_for(heard, "all datagrams")
    assert EVENTS <= counted <= ALL
    assert took == counted  # nothing came late


def test_a_collector_takes_it_over_otlp(reached):
    """Ours is one: it makes readings of what it is sent."""
    url = f"http://127.0.0.1:{reached['collector'].port}"
    wait_for(lambda: b"vedette" in (ask(f"{url}/api/v1/models") or b""), "a model that is told of")
    found = json.loads(ask(f"{url}/api/v1/models"))["models"]
    assert [one["name"] for one in found] == ["vedette"]


def test_nothing_failed_on_the_way(reached):
    text = ask(f"http://127.0.0.1:{reached['server'].port}/metrics").decode()
    assert "vedette_events_total" in text
    assert 'place="push' not in text
