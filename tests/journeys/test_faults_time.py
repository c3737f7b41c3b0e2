"""Time that misbehaves: clocks that jump, events late, twice or from the future, a server away.

Owns: what comes of them in the numbers.  Does not own: the clock alone (tests/unit/engine).
"""

import random
import shutil
import socket
import time
from dataclasses import replace

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.journeys.live_server import (
    HOUR,
    MINUTE,
    SECOND,
    START,
    LiveServer,
    event,
    hourly_rows,
    stored_ids,
)

from vedette.engine.keeper import Keeper
from vedette.engine.live import make_live
from vedette.engine.runner import Runner
from vedette.engine.wall import Wall
from vedette.ingest.body import decode
from vedette.profiles.codec import pack, unpack
from vedette.profiles.sight import AHEAD, LATE, sight_key
from vedette.sdk import Client
from vedette.stores.memory import MemoryLog, MemoryState
from vedette.stores.store import EVENTS, TICK, Record

DAY = 24 * HOUR


class Inside:
    """The engine in this process, under clocks that the test moves.  Units: nanoseconds."""

    def __init__(self, **model):
        self.steady, self.jumped = START, 0
        self.wall = Wall(lambda: self.steady + self.jumped, lambda: self.steady)
        self.log, self.state = MemoryLog(), MemoryState()
        settings = make_live({"models": {"m": model}})
        self.runner = Runner(self.log, Keeper(self.state, settings), settings)

    def send(self, events):
        """Send events, evaluate them, let a moment pass; what became of them."""
        body = msgspec.json.encode(events)
        now = self.wall()
        decoded = decode(body, model="m", content_type="application/json", received=now)
        self.take(Record(EVENTS, "m", now, decoded.rows))
        self.take(Record(TICK, "", self.wall()))
        self.runner.commit(now, force=True)
        return decoded

    def take(self, record):
        """Log a record, and step through it."""
        for position, stored in self.log.append([record]).records:
            self.runner.take(position, stored)

    @property
    def late(self):
        """Rows that came after their window."""
        return self.runner.models["m"].tally.late

    def looks(self):
        """What was looked at, with its bytes."""
        return {entry.key: entry.body for entry in self.state.read("look", "m")}

    def profiles(self, clock="base"):
        """Bytes of the profiles, by window, without what they say of when rows came."""
        entries = self.state.read("profile", "m", prefix=f"{clock}/")
        return {e.time: pack(whenever(unpack(e.body))) for e in entries}

    def incidents(self):
        """Their ids, onsets and times of opening."""
        found = [msgspec.json.decode(e.body) for e in self.state.read("incident", "m")]
        return [(one["id"], one["onset"], one["opened"]) for one in found]


def whenever(profile):
    """A profile without the counts of late rows, and of events that came too late or too early."""
    arrived = {sight_key(what) for what in (LATE, AHEAD)}
    kept = {name: own for name, own in profile.metrics.items() if name not in arrived}
    return replace(profile, late_rows=0, metrics=kept)


def quarter(number, seed=0):
    """The events of fifteen minutes; from the tenth hour on `amount` is missing.

    Amounts are whole numbers: their sums are exact in any order.
    """
    rng = random.Random(1000 * seed + number)
    found = []
    for n in range(60):
        at = START + number * 15 * MINUTE + n * 15 * SECOND
        one = event(f"{number}-{n}", at, rng.randrange(-9, 10), rng.choice("abc"))
        if number >= 40:
            del one["features"]["amount"]
        found.append(one)
    return found


JUMPS = {10: HOUR, 18: -DAY, 26: 3650 * DAY, 34: -3650 * DAY, 41: -HOUR, 43: HOUR}


def lived(jumps):
    """Twelve hours under a clock that jumps, in hours of traffic."""
    inside = Inside(baseline={"warm_up": 4})
    for number in range(48):
        inside.jumped += jumps.get(number, 0)
        inside.steady += 15 * MINUTE
        inside.send(quarter(number))
    return inside.incidents(), inside.looks(), inside.profiles()


def test_clock_jumps_lose_and_double_nothing():
    incidents, looks, profiles = lived({})
    again, looks_again, profiles_again = lived(JUMPS)
    assert incidents, "the missing column was not found"
    assert again == incidents
    assert looks_again == looks
    assert profiles_again == profiles


def test_an_event_from_the_future_makes_no_other_late():
    inside = Inside(baseline={"warm_up": 4})
    for number in range(12):
        inside.steady += 15 * MINUTE
        events = quarter(number)
        if number == 8:
            events.append(event("ahead", inside.steady + 20 * HOUR))
        inside.send(events)
    assert inside.late == 0
    limited = inside.send([event("too far", inside.steady + 40 * HOUR), event("ok", START)])
    assert (limited.rows.num_rows, len(limited.rejected)) == (1, 1)


def reference(folder):
    """A baseline's file, so that rows in any order meet the same bins."""
    rng = np.random.default_rng(3)
    place = folder / "reference.parquet"
    pq.write_table(
        pa.table(
            {
                "amount": rng.integers(-9, 10, 5000).astype(float),
                "kind": rng.choice(["a", "b", "c"], 5000),
                "score": np.full(5000, 0.5),
            }
        ),
        place,
    )
    return str(place)


def test_three_days_shuffled_give_the_same_profiles_to_the_bit(tmp_path):
    settings = {"baseline": {"file": reference(tmp_path)}, "score": "score"}
    events = [one for number in range(4 * 72) for one in quarter(number, seed=1)[::30]]
    shuffled = random.Random(8).sample(events, len(events))
    found = []
    for order in (events, shuffled):
        inside = Inside(**settings)
        inside.steady += 4 * DAY
        for at in range(0, len(order), 200):
            inside.send(order[at : at + 200])
        inside.send([event("end", START + 75 * HOUR)])  # ends every window
        found.append((inside.profiles(), inside.profiles("drift"), inside.late))
    (base, drift, none), (base_again, drift_again, late) = found
    assert none == 0
    assert late > 300
    assert len(base) > 500
    assert base_again == base
    assert drift_again == drift


def test_a_third_sent_again_counts_once(tmp_path):
    rng, sent = random.Random(4), []
    with LiveServer(tmp_path / "data") as server:
        accepted = duplicates = 0
        for number in range(30):
            events = [event(f"{number}-{n}", START + number * MINUTE + n) for n in range(100)]
            repeated = rng.sample(sent, min(len(sent), 43))
            for one in repeated[:20]:
                one["features"] = {"amount": -1.0}  # the same id with another body: the first holds
            batch = rng.sample(events + repeated, len(events) + len(repeated))
            status, said = server.send("m", batch)
            assert status == 200
            accepted, duplicates = accepted + said["accepted"], duplicates + said["duplicates"]
            sent += [dict(one) for one in events]
        assert accepted == 3000
        assert duplicates == 29 * 43
        view = server.settled("m", 3000)
        end = time.monotonic() + 60
        while view["duplicates"] < duplicates and time.monotonic() < end:
            view = server.model("m")
        assert (view["rows"], view["duplicates"]) == (3000, duplicates)
        server.kill()
        server.start()
        assert server.send("m", [event("3-4", START)])[1]["duplicates"] == 1  # known after a crash
        assert server.stop() == 0
    assert set(stored_ids(server.data, "m").values()) == {1}


def test_a_day_without_the_server_comes_after(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    client = Client(f"http://127.0.0.1:{port}", model="m", spool=tmp_path / "spool", timeout=2.0)
    rows, slowest = 24 * 60 * 10, 0.0
    try:
        for n in range(rows):  # a day, ten events a minute
            at = START + n * 6 * SECOND
            began = time.perf_counter()
            client.log({"amount": n % 7, "kind": "ab"[n % 2]}, score=0.5, time=at, id=f"day-{n}")
            slowest = max(slowest, time.perf_counter() - began)
        with LiveServer(tmp_path / "data", at=port) as server:
            assert client.flush(60)
            counters = client.counters
            assert (counters.dropped, counters.acknowledged) == (0, rows)
            assert server.settled("m", rows)["rows"] == rows
            server.send("m", [event("end", START + 30 * HOUR)])
            assert server.settled("m", rows + 1)["late_rows"] == 0
            assert server.stop() == 0
    finally:
        client.close()
    found = stored_ids(server.data, "m")
    del found["end"]
    assert set(found.values()) == {1}
    assert len(found) == rows
    assert hourly_rows(server.data, "m", START + DAY) == rows


def test_the_command_line_tools_read_beside_a_running_server(tmp_path):
    """A copy of a folder taken under load opens as a prefix of the log."""
    with LiveServer(tmp_path / "data") as server:
        for number in range(20):
            events = [event(f"{number}-{n}", START + number * MINUTE) for n in range(50)]
            assert server.send("m", events)[0] == 200
            if number == 10:
                shutil.copytree(server.data, tmp_path / "copy")
        assert server.stop() == 0
    with LiveServer(tmp_path / "copy") as server:
        view = server.settled("m", 500)
        assert view["rows"] >= 550
        assert server.stop() == 0
    assert set(stored_ids(tmp_path / "copy", "m").values()) == {1}


@pytest.fixture(autouse=True)
def _own_spool(tmp_path, monkeypatch):
    monkeypatch.setenv("VEDETTE_SPOOL", str(tmp_path / "usual"))
