"""A real Prometheus scrapes the running server, with a key, and stores what it serves."""

import runpy
import shutil
import socket
import subprocess
import time
from pathlib import Path

import httpx
import pytest
from tests.journeys.test_notify_alertmanager import PROGRAM, TEMPLATE, Alertmanager

from vedette.export.prometheus import MOST_SERIES
from vedette.export.rules import rule_file


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def served(tmp_path):
    """A server with a few events and a key to read them."""
    kit = runpy.run_path(str(Path(__file__).with_name("test_http.py")))
    data = tmp_path / "data"
    data.mkdir()
    made = subprocess.run(
        [*kit["COMMAND"], "keys", "create", "--scope", "read", "--scope", "ingest",
         "--data", str(data)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    key = made.stdout.strip()
    with kit["running"](data) as (url, _):
        bearer = {"authorization": f"Bearer {key}"}
        events = [{"id": str(i), "features": {"x": i}} for i in range(7)]
        answer = httpx.post(
            f"{url}/v1/models/fraud/events", json=events, headers=bearer, timeout=20
        )
        assert answer.json()["accepted"] == 7
        yield url, key


def test_prometheus_scrapes_it(served, tmp_path):
    if shutil.which("prometheus") is None:
        pytest.skip("no Prometheus here: Debian's package is prometheus")
    url, key = served
    port = free_port()
    config = tmp_path / "prometheus.yml"
    config.write_text(
        "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
        "scrape_configs:\n"
        "  - job_name: vedette\n"
        f"    authorization: {{credentials: {key}}}\n"
        f"    sample_limit: {MOST_SERIES}\n"
        f"    static_configs: [{{targets: ['{url.removeprefix('http://')}']}}]\n"
    )
    command = [
        "prometheus", f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
    ]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as prometheus:
        try:
            found = wait_for(port, 'vedette_events_total{model="fraud"}')
            targets = ask(port, "targets", {})["activeTargets"]
        finally:
            prometheus.terminate()
            said = prometheus.stderr.read()
    assert found == "7", said
    assert [(target["health"], target["lastError"]) for target in targets] == [("up", "")]


def taken(url):
    """The samples that a server has of how long it is up, once there are some."""
    deadline, query = time.monotonic() + 20, {"query": "vedette_uptime_seconds[10m]"}
    while time.monotonic() < deadline:
        found = httpx.get(f"{url}/prometheus/api/v1/query", params=query, timeout=20).json()
        if found["data"]["result"]:
            return found["data"]["result"][0]["values"]
        time.sleep(0.2)
    pytest.fail("waited 20 s for a sample")


def test_its_own_numbers_have_a_past_that_outlives_it(tmp_path):
    kit = runpy.run_path(str(Path(__file__).with_name("test_http.py")))
    (tmp_path / "data").mkdir()
    with kit["running"](tmp_path / "data") as (url, _):
        first = taken(url)
    with kit["running"](tmp_path / "data") as (url, _):
        both = taken(url)
        while len(both) == len(first):
            time.sleep(0.2)
            both = taken(url)
    assert both[: len(first)] == first
    assert float(both[-1][1]) < 10  # seconds: it began anew


def test_its_rules_tell_alertmanager(served, tmp_path):
    """A model that is silent for two hours is an alert in a real Alertmanager."""
    if shutil.which("prometheus") is None:
        pytest.skip("no Prometheus here: Debian's package is prometheus")
    if PROGRAM is None or not TEMPLATE.is_file():
        pytest.skip("no Alertmanager here: Debian's package is prometheus-alertmanager")
    url, key = served
    quiet = [{"id": "1", "time": int(time.time()) - 7200, "features": {"x": 1}}]
    bearer = {"authorization": f"Bearer {key}"}
    httpx.post(f"{url}/v1/models/quiet/events", json=quiet, headers=bearer, timeout=20)
    port, config = free_port(), tmp_path / "prometheus.yml"
    (tmp_path / "rules.yml").write_text(rule_file("1h"))
    manager = Alertmanager(tmp_path, "http://127.0.0.1:9/")
    config.write_text(
        "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\n"
        f"rule_files: ['{tmp_path / 'rules.yml'}']\n"
        "alerting: {alertmanagers: [{static_configs: [{targets: "
        f"['{manager.url.removeprefix('http://')}']}}]}}]}}\n"
        "scrape_configs:\n"
        "  - job_name: vedette\n"
        f"    authorization: {{credentials: {key}}}\n"
        f"    static_configs: [{{targets: ['{url.removeprefix('http://')}']}}]\n"
    )
    command = [
        "prometheus", f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
    ]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as prometheus:
        try:
            deadline, found = time.monotonic() + 30, []
            while not found and time.monotonic() < deadline:
                time.sleep(0.3)
                found = manager.alerts()
        finally:
            prometheus.terminate()
            said = prometheus.stderr.read()
            manager.close()
    assert [one["labels"]["alertname"] for one in found] == ["VedetteModelSilent"], said
    assert found[0]["labels"]["model"] == "quiet"
    assert found[0]["annotations"]["summary"].startswith("quiet: no event for 2h")


def wait_for(port, query):
    """The value of a query once there is one; None after half a minute."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        result = ask(port, "query", {"query": query}).get("result")
        if result:
            return result[0]["value"][1]
        time.sleep(0.3)
    return None


def ask(port, what, parameters):
    """An answer of Prometheus's own API; nothing while it starts."""
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/api/v1/{what}", params=parameters, timeout=5)
        return answer.json()["data"]
    except (httpx.HTTPError, ValueError, KeyError):
        return {}
