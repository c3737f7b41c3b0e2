"""A real `vedette serve` as a child process, and what a sender and an onlooker need to talk to it.

Owns: starting, killing and asking a server, bodies of events, counting what a folder holds.  Does
not own: what is tested.
"""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import msgspec
import psutil

from vedette.profiles.codec import unpack
from vedette.stores.local.log import LocalLog
from vedette.stores.local.state import LocalState

START = 1_700_006_400 * 10**9  # 2023-11-15T00:00:00Z, long ago: windows close by event time alone
SECOND, MINUTE, HOUR = 10**9, 60 * 10**9, 3600 * 10**9
READY_S = 30.0


class LiveServer:
    """A server on a folder; `stop`, `kill` and `start` may follow one another."""

    def __init__(self, data, config="", at=0, **popen):
        self.data, self.popen, self.at = Path(data), popen, at
        self.process = self.port = None
        self.said = []
        self.config = None
        if config:
            self.config = self.data.parent / f"{self.data.name}.yaml"
            self.config.write_text(config)
        self.start()

    def start(self):
        """Start, and wait until it listens; seconds that took."""
        began = time.monotonic()
        command = [sys.executable, "-m", "vedette.cli.main", "serve", "--data", str(self.data)]
        command += ["--port", str(self.at)]
        if self.config is not None:
            command += ["--config", str(self.config)]
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
            cwd=self.data.parent, **self.popen,
        )  # fmt: skip
        listening = threading.Event()
        self.said = []
        reader = threading.Thread(
            target=self._read, args=(self.process.stderr, listening), daemon=True
        )
        reader.start()
        while not listening.wait(0.02):
            if self.process.poll() is not None:
                reader.join(2)
                self.process.stderr.close()
                raise RuntimeError("".join(self.said))
            if time.monotonic() > began + READY_S:
                self.kill()
                raise RuntimeError("no server in time: " + "".join(self.said))
        return time.monotonic() - began

    def _read(self, stream, listening):
        with contextlib.suppress(ValueError):
            for line in stream:
                self.said.append(line)
                if line.startswith("listening on "):
                    self.port = int(line.rsplit(":", 1)[1])
                    listening.set()

    def kill(self):
        """End it at once, wherever it is."""
        self._end(signal.SIGKILL)

    def stop(self):
        """Let it finish; its exit code."""
        self._end(signal.SIGTERM)
        return self.process.returncode

    def _end(self, sign):
        if self.process.poll() is None:
            self.process.send_signal(sign)
            self.process.wait(60)
        if self.process.stderr is not None:
            self.process.stderr.close()

    def ask(self, method, path, body=None, headers=None, timeout=60):
        """One request on a connection of its own; status, headers, body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def get(self, path):
        """The JSON behind a path."""
        status, _, body = self.ask("GET", path)
        assert status == 200, (status, body)
        return json.loads(body)

    def send(self, model, events, kind="events"):
        """Send events as JSON; status and what was said."""
        body = msgspec.json.encode(events)
        status, _, said = self.ask(
            "POST", f"/v1/models/{model}/{kind}", body, {"content-type": "application/json"}
        )
        return status, json.loads(said)

    def model(self, name):
        """The view of a model, None when it is not known."""
        status, _, body = self.ask("GET", f"/api/v1/models/{name}")
        return json.loads(body) if status == 200 else None

    def settled(self, name, rows, seconds=60):
        """Wait until the engine has stepped so many rows of a model."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            view = self.model(name)
            if view is not None and view["rows"] >= rows:
                return view
            time.sleep(0.05)
        raise AssertionError(f"{rows} rows were not stepped in {seconds} s: {self.model(name)}")

    @property
    def rss(self):
        """Resident memory.  Units: MiB."""
        return psutil.Process(self.process.pid).memory_info().rss / 2**20

    @property
    def cpu(self):
        """CPU seconds used so far."""
        times = psutil.Process(self.process.pid).cpu_times()
        return times.user + times.system

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()


def event(key, at, amount=1.0, kind="a"):
    """One event as a sender writes it."""
    return {"id": str(key), "time": at, "features": {"amount": amount, "kind": kind},
            "score": 0.5}  # fmt: skip


def stored_ids(data, model):
    """How often every id of a model lies in the log of a folder."""
    log = LocalLog(Path(data), readonly=True)
    try:
        found = Counter()
        for _, record in log.read():
            if record.kind == "events" and record.model == model:
                found.update(record.rows["_id"].to_pylist())
        return found
    finally:
        log.close()


def kept_profiles(data, model, clock="base"):
    """The profiles of a model's windows by their start."""
    state = LocalState(Path(data) / "state.sqlite", readonly=True)
    try:
        entries = state.read("profile", model, prefix=f"{clock}/")
        return {entry.time: unpack(entry.body) for entry in entries}
    finally:
        state.close()


def hourly_rows(data, model, before):
    """Rows in the windows of the drift clock, those that the first baseline was learnt from
    included."""
    found = (kept_profiles(data, model, clock) for clock in ("learnt", "drift"))
    return sum(p.rows for profiles in found for at, p in profiles.items() if at < before)


def entries_of(data, kind, model=None, prefix=""):
    """Entries of a folder's state."""
    state = LocalState(Path(data) / "state.sqlite", readonly=True)
    try:
        return state.read(kind, model, prefix=prefix)
    finally:
        state.close()


def is_root():
    """Whether tests may mount."""
    return os.geteuid() == 0
