"""The server on a real socket, as its own process: slow, broken, hostile senders; keys; probes."""

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

COMMAND = (sys.executable, "-m", "vedette.cli.main")
URL = "/v1/models/fraud/events"


@contextmanager
def running(folder, *words):
    """A server; the address it listens on and its process."""
    command = [*COMMAND, "serve", "--data", str(folder), "--port", "0", *words]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=folder) as process:
        try:
            heard = []
            for line in process.stderr:
                heard.append(line)
                if line.startswith("listening on "):
                    break
            else:
                pytest.fail("".join(heard))
            yield line.split()[-1], process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.stderr.read()
            process.wait(20)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("server")) as (url, process):
        yield url, process


@pytest.fixture
def client(server):
    with httpx.Client(base_url=server[0], timeout=20) as client:
        yield client


def raw(url):
    host, port = url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def resident(process):
    return int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * os.sysconf(
        "SC_PAGESIZE"
    )


def test_events_come_back(client):
    events = [{"id": f"back-{i}", "features": {"amount": i}} for i in range(50)]
    assert client.post(URL, json=events).json()["accepted"] == 50
    assert client.post(URL, json=events).json()["duplicates"] == 50
    time.sleep(0.6)
    found = client.get("/api/v1/models/fraud/events?limit=1000").json()["events"]
    assert {event["id"] for event in events} <= {row["_id"] for row in found}
    assert client.get("/api/v1/models/fraud").json()["duplicates"] >= 50


def test_refused_events_are_seen(client):
    assert client.post(URL, json={"id": "refused-1", "weight": 0}).status_code == 400
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = client.get("/api/v1/quarantine").json()["quarantine"]
        if any(entry["id"] == "refused-1" for entry in found):
            break
        time.sleep(0.1)
    assert "weight is 0" in client.get("/quarantine").text


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-encoding": "gzip"}, gzip.compress(bytes(100 << 20), 9)),
        ({}, b"[" * 100_000),
        ({}, b'{"features":{' + b",".join(b'"k%d":1' % i for i in range(300_000)) + b"}}"),
        ({"content-type": "application/vnd.apache.arrow.stream"}, os.urandom(200_000)),
        ({"content-type": "application/msgpack"}, b"\x91" * 1_000_000),
        ({"content-type": "application/x-ndjson"}, b"\xff\n" * 40_000),
    ],
)
def test_bombs_are_told_off_quickly_and_cheaply(server, client, headers, body):
    client.get("/livez")
    before, began = resident(server[1]), time.monotonic()
    answer = client.post(URL, content=body, headers={"content-type": "application/json"} | headers)
    assert 400 <= answer.status_code < 500
    assert time.monotonic() - began < 5  # seconds; 1 on a machine of its own
    assert resident(server[1]) - before < 128 << 20
    assert client.get("/readyz").status_code == 200


def test_a_body_that_is_announced_too_large_is_not_waited_for(server):
    with raw(server[0]) as sender:
        sender.sendall(b"POST %s HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99999999\r\n\r\n"
                       % URL.encode())  # fmt: skip
        assert b"413" in sender.recv(4096).split(b"\r\n")[0]


def test_a_sender_that_goes_away_in_the_middle_stores_nothing(server, client):
    for _ in range(20):
        with raw(server[0]) as sender:
            sender.sendall(b"POST %s HTTP/1.1\r\nhost: localhost\r\ncontent-length: 500\r\n\r\n{"
                           % URL.encode())  # fmt: skip
    body = json.dumps({"id": "after-the-cut"})
    assert client.post(URL, content=body).json()["accepted"] == 1


def test_slow_headers_are_waited_for_no_longer_than_15_seconds(server, client):
    with raw(server[0]) as silent, raw(server[0]) as slow:
        slow.sendall(b"GET /livez HTTP/1.1\r\nhost: lo")
        began = time.monotonic()
        assert client.get("/livez").status_code == 200
        assert silent.recv(100) == slow.recv(100) == b""
        assert 10 < time.monotonic() - began < 25


def test_headers_without_end(server):
    with raw(server[0]) as sender:
        sender.sendall(b"GET /livez HTTP/1.1\r\n")
        with pytest.raises((ConnectionError, BrokenPipeError)):  # noqa: PT012 - whenever it closes
            for _ in range(200):
                sender.sendall(b"x-more: " + b"y" * 1000 + b"\r\n")
                time.sleep(0.002)
            if sender.recv(100) == b"":
                raise ConnectionError


def test_another_site_gets_nothing_through_a_browser(client):
    assert client.get("/api/v1/models", headers={"host": "evil.example"}).status_code == 421
    answer = client.post(URL, json={}, headers={"origin": "http://evil.example"})
    assert answer.status_code == 403


def test_a_key_made_while_it_runs_is_needed_from_then_on(tmp_path):
    with running(tmp_path) as (url, _), httpx.Client(base_url=url, timeout=20) as client:
        assert client.get("/api/v1/models").status_code == 200
        made = subprocess.run(
            [*COMMAND, "keys", "create", "--scope", "ingest", "--data", str(tmp_path)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        time.sleep(1.1)
        assert client.get("/api/v1/models").status_code == 401
        assert client.post(URL, json={"id": "a"}).status_code == 401
        bearer = {"authorization": f"Bearer {made.stdout.strip()}"}
        assert client.post(URL, json={"id": "a"}, headers=bearer).json()["accepted"] == 1
        assert client.get("/api/v1/models", headers=bearer).status_code == 403
        assert client.get("/livez").status_code == 200


def test_nobody_listens_to_other_machines_without_a_key(tmp_path):
    command = [*COMMAND, "serve", "--data", str(tmp_path), "--port", "0", "--host", "0.0.0.0"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 2
    assert "nothing says who may" in run.stderr


def test_an_end_in_order_keeps_everything(tmp_path):
    with running(tmp_path) as (url, process):
        events = [{"id": str(i)} for i in range(500)]
        assert httpx.post(url + URL, json=events, timeout=20).json()["accepted"] == 500
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    with running(tmp_path) as (url, _):
        assert httpx.post(url + URL, json=events, timeout=20).json()["duplicates"] == 500
        assert httpx.get(url + "/api/v1/models/fraud", timeout=20).json()["rows"] == 500
