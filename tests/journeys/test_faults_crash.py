"""A server that is killed at any moment: nothing acknowledged is lost, nothing counts twice.

Owns: SIGKILL under load, the same incidents and numbers as without a crash.  Does not own: crash
states of the log alone (tests/laws/test_stores).
"""

import http.client
import random
import threading
import time

import msgspec
import pytest
from tests.journeys.live_server import (
    HOUR,
    MINUTE,
    SECOND,
    START,
    LiveServer,
    entries_of,
    event,
    hourly_rows,
    stored_ids,
)

from vedette.engine.live import LiveSettings
from vedette.engine.replay import replay
from vedette.stores.local.log import LocalLog
from vedette.stores.local.state import LocalState
from vedette.stores.memory import MemoryState

CYCLES, EACH = 8, 40


class Senders:
    """Threads that send batch after batch, each again until it is acknowledged."""

    def __init__(self, server, lines=4):
        self.server, self.lock = server, threading.Lock()
        self.next = self.acknowledged = self.repeats = 0
        self.stop = threading.Event()
        self.open = threading.Event()
        self.wrong = []
        self.threads = [threading.Thread(target=self.work, daemon=True) for _ in range(lines)]
        self.open.set()
        for thread in self.threads:
            thread.start()

    def work(self):
        """Take a number, send its batch."""
        while not self.stop.is_set():
            with self.lock:
                number, self.next = self.next, self.next + 1
            events = batch(number)
            while not self.once(events):
                self.repeats += 1
                self.open.wait(30)
                time.sleep(0.02)

    def once(self, events):
        """Send once; whether it was acknowledged."""
        try:
            status, said = self.server.send("m", events)
        except (OSError, ValueError, http.client.HTTPException):
            return False
        if status != 200:
            return False
        with self.lock:
            self.acknowledged += len(events)
            if said["accepted"] + said["duplicates"] != len(events) or said["rejected_count"]:
                self.wrong.append(said)
        return True

    def finish(self):
        """Let every batch be acknowledged."""
        self.stop.set()
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive()


def batch(number):
    """The events of a batch: twenty seconds of event time."""
    at = START + number * 20 * SECOND
    return [event(f"{number}-{n}", at + n * SECOND // 3, n % 7, "ab"[n % 2]) for n in range(EACH)]


def killed(server, cycles, seed, seconds=(0.15, 0.9)):
    """Load a server, kill and start it again and again; the senders, and the starts' seconds."""
    rng, senders, starts = random.Random(seed), Senders(server), []
    for _ in range(cycles):
        time.sleep(rng.uniform(*seconds))
        senders.open.clear()
        server.kill()
        starts.append(server.start())
        senders.open.set()
    time.sleep(0.3)
    senders.finish()
    return senders, starts


def closed_rows(server, model, batches):
    """End every window that holds rows of the load; rows counted in windows of an hour."""
    far = START + batches * 20 * SECOND + 3 * HOUR
    status, _ = server.send(model, [event("end", far)])
    assert status == 200
    server.settled(model, batches * EACH + 1)
    assert server.stop() == 0
    return hourly_rows(server.data, model, far // HOUR * HOUR)


def test_killed_under_load_everything_acknowledged_is_there_once(tmp_path):
    with LiveServer(tmp_path / "data") as server:
        senders, starts = killed(server, CYCLES, seed=5)
        assert not senders.wrong, senders.wrong[:3]
        batches = senders.next
        assert senders.acknowledged == batches * EACH
        view = server.settled("m", batches * EACH)
        assert view["rows"] == batches * EACH
        counted = closed_rows(server, "m", batches)
    found = stored_ids(server.data, "m")
    del found["end"]
    assert set(found.values()) == {1}
    assert len(found) == batches * EACH
    assert counted == batches * EACH
    assert max(starts) < 20  # seconds, on a loaded machine; the bench has the promise


def shifted(hour, part):
    """Events of five minutes; from the eighth hour on `amount` is missing."""
    rng = random.Random(f"{hour}:{part}")
    at = START + hour * HOUR + part * 5 * MINUTE
    found = []
    for n in range(100):
        one = event(f"{hour}-{part}-{n}", at + n * 3 * SECOND, rng.gauss(0, 1), rng.choice("abc"))
        if hour >= 8:
            del one["features"]["amount"]
        found.append(one)
    return found


CONFIG = """
models:
  m:
    baseline: {warm_up: 4}
"""


def story(server, killing):
    """Send ten hours; with `killing` the server is killed six times on the way."""
    rng = random.Random(3)
    sent, kills = 0, set(rng.sample(range(6, 118), 6)) if killing else set()
    for hour in range(10):
        for part in range(12):
            status, said = server.send("m", shifted(hour, part))
            assert status == 200, said
            sent += 100
            if hour * 12 + part in kills:
                server.kill()
                server.start()
    # What comes last ends every window before it, however long the machine takes from here.
    status, said = server.send("m", [event("end", START + 10 * HOUR + 2 * MINUTE)])
    assert status == 200, said
    server.settled("m", sent + 1)
    assert server.stop() == 0


def told(data):
    """What was concluded: incidents and looks without what depends on the server's clock."""
    incidents = [msgspec.json.decode(e.body) for e in entries_of(data, "incident", "m")]
    looks = {e.key: e.body for e in entries_of(data, "look", "m")}
    profiles = {e.key: e.body for e in entries_of(data, "profile", "m")}
    return incidents, looks, profiles


@pytest.fixture(scope="module")
def two_stories(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stories")
    for name, killing in (("whole", False), ("killed", True)):
        with LiveServer(folder / name, CONFIG) as server:
            story(server, killing)
    return folder


def test_a_crash_changes_no_conclusion(two_stories):
    whole, looks, profiles = told(two_stories / "whole")
    again, looks_again, profiles_again = told(two_stories / "killed")
    assert profiles_again == profiles
    assert looks_again == looks
    assert whole, "the missing column was not found"
    assert [i["id"] for i in again] == [i["id"] for i in whole]
    assert [(i["onset"], i["opened"], i["causes"]) for i in again] == [
        (i["onset"], i["opened"], i["causes"]) for i in whole
    ]


def test_a_replay_after_a_crash_gives_the_same_numbers(two_stories):
    data = two_stories / "killed"
    settings = msgspec.convert({"models": {"m": {"baseline": {"warm_up": 4}}}}, LiveSettings)
    log, state = LocalLog(data, readonly=True), LocalState(data / "state.sqlite", readonly=True)
    try:
        found = replay(log, state, MemoryState(), settings, "m", START, START + 9 * HOUR)
    finally:
        state.close()
        log.close()
    assert found.ok, (found.different[:5], found.missing[:5])
    assert found.same >= 10
    assert [i.id for i in found.incidents] == [i["id"] for i in told(data)[0]]
