"""From a real node exporter, and a process that watches itself, to series, an alarm and a page of
what became of each look.

Owns: the way of a reading that is fetched.  Does not own: what other servers say (`tests/golden`).
"""

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import time

import psutil
import pytest
from tests.journeys.live_server import LiveServer

from vedette.sdk import Client

CONFIG = """
models:
  "*":
    clocks: {{base: 1s, fast: 1s, drift: 1h}}
    lateness: 1s
    metrics: {{limits: {{scrape_up: {{min: 0.5}}}}}}
scrape:
  - {{url: "http://127.0.0.1:{node}/metrics", model: fraud, every: 1s}}
  - {{url: "http://127.0.0.1:{own}/metrics", model: watch, every: 1s, keep: [vedette_*]}}
"""


def free_port():
    with contextlib.closing(socket.socket()) as made:
        made.bind(("127.0.0.1", 0))
        return made.getsockname()[1]


def until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return found


@pytest.fixture
def exporter():
    command = shutil.which("prometheus-node-exporter")
    if command is None:
        pytest.skip("no node exporter here: Debian's prometheus-node-exporter brings it")
    port = free_port()
    process = subprocess.Popen(
        [command, f"--web.listen-address=127.0.0.1:{port}"], stderr=subprocess.DEVNULL
    )
    until(lambda: _answers(port))
    yield port, process
    process.kill()
    process.wait()


def _answers(port):
    with contextlib.closing(socket.socket()) as made:
        return made.connect_ex(("127.0.0.1", port)) == 0


def values(server, model, name):
    """The values of a series that have come so far."""
    if server.model(model) is None:
        return []
    for one in server.get(f"/api/v1/models/{model}/series?series={name}")["series"]:
        return [point["value"] for point in one["points"] if point["value"] is not None]
    return []


@pytest.mark.peer
def test_a_node_is_watched_and_missed(exporter, tmp_path):
    node, process = exporter
    own = free_port()
    with LiveServer(tmp_path / "data", CONFIG.format(node=node, own=own), at=own) as server:
        used = until(lambda: values(server, "fraud", "resource.memory.utilization"))[-1]
        machine = psutil.virtual_memory()
        assert used == pytest.approx(1 - machine.available / machine.total, abs=0.1)
        full = until(lambda: values(server, "fraud", "resource.disk.utilization"))[-1]
        assert full >= psutil.disk_usage("/").percent / 100 - 0.05  # of several disks the fullest
        busy = until(lambda: values(server, "fraud", "resource.cpu.utilization"))
        assert all(0 <= one <= 1 for one in busy)
        assert set(values(server, "fraud", "scrape_up")) == {1.0}

        url = f"http://127.0.0.1:{own}"
        with Client(url, model="app", spool=False, flush_interval=0.05) as client:
            client.watch_resources(every=0.5, gpu=False)
            theirs = until(lambda: values(server, "app", "resource.memory.utilization"))[-1]
            cores = until(lambda: values(server, "app", "process.cpu.utilization"))
        assert theirs == pytest.approx(used, abs=0.1)  # unless this is a container with a limit
        assert all(0 <= one <= 1 for one in cores)

        # Its own metrics, as it shows them to Prometheus.
        until(lambda: values(server, "watch", "vedette_uptime_seconds"))

        process.kill()
        incident = until(lambda: server.get("/api/v1/models/fraud/incidents")["incidents"])[0]
        assert incident["title"] == "`scrape_up` is 0, below its limit of 0.5"
        told = {one["models"][0]: one for one in server.get("/api/v1/scrapes")["scrapes"]}
        assert told["fraud"]["up"] is False
        assert "does not take the connection" in told["fraud"]["error"]
        assert told["fraud"]["engines"] == ["node"]
        assert told["watch"]["up"] is True
        said = [line for line in server.said if "vedette scrape" in line]
        assert len([line for line in said if str(node) in line]) == 1
        assert server.stop() == 0


@pytest.mark.peer
def test_the_command_shows_what_would_be_read(exporter):
    node, process = exporter
    command = [sys.executable, "-m", "vedette.cli.main", "scrape",
               f"http://127.0.0.1:{node}/metrics", "--wait", "0.5", "--json"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert told["engines"] == ["node"]
    assert "resource.cpu.utilization" in {one["name"] for one in told["readings"]}
    process.kill()
    process.wait()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "shows no metrics" in done.stderr
