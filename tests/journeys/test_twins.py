"""From logged events and twins to an open incident with its cause, the server killed in between.

A model of flights is served for eleven hours.  A batch job logs what training reckons for the same
flights an hour later; some twins come before their event, some twice, some never.  From the seventh
hour on serving has `distance` in kilometres for one carrier, training has miles.
"""

import json
import random

import msgspec
import numpy as np
import pytest
from tests.journeys.live_server import HOUR, MINUTE, SECOND, START, LiveServer, entries_of

from vedette.engine.live import load_live
from vedette.engine.replay import replay
from vedette.profiles.codec import unpack
from vedette.sdk.client import Client
from vedette.stores.local.log import LocalLog
from vedette.stores.local.state import LocalState
from vedette.stores.memory import MemoryState

CONFIG = """
models:
  flights:
    baseline: {warm_up: 3}
    skew: {columns: {delay: {absolute: 0.06}}}
"""
HOURS, PARTS, EACH = 11, 6, 60
BROKEN, FACTOR = 7, 1.609
NEVER, EARLY = 9, 7  # every so-many-th event has no twin, or one that comes before it


def offline(hour, part):
    """What training knows of ten minutes of flights."""
    rng = np.random.default_rng([hour, part])
    return [
        {
            "id": f"{hour}-{part}-{n}",
            "features": {
                "distance": float(rng.integers(200, 2500)),
                "carrier": str(rng.choice(["UA", "AA", "DL", "WN"])),
                "delay": round(float(rng.normal(10, 20)), 3),
            },
            "prediction": bool(rng.random() < 0.3),
        }
        for n in range(EACH)
    ]


def served(hour, part):
    """The same flights as they were served: delays to a tenth of a minute, which is tolerated."""
    found = offline(hour, part)
    at = START + hour * HOUR + part * 10 * MINUTE
    for n, one in enumerate(found):
        own = one["features"]
        one["time"] = at + n * 10 * SECOND
        own["delay"] = round(own["delay"], 1)
        if hour >= BROKEN and own["carrier"] == "UA":
            own["distance"] *= FACTOR
    return found


def twins(hour, part, *, early):
    """The twins of ten minutes that come before their events, or after."""
    return [
        one for n, one in enumerate(offline(hour, part)) if n % NEVER and (n % EARLY == 0) == early
    ]


def story(server, killing):
    """Send everything in order; with `killing` the server is killed five times on the way."""
    kills = set(random.Random(5).sample(range(6, HOURS * PARTS - 2), 5)) if killing else set()
    sent = 0
    for hour in range(HOURS):
        for part in range(PARTS):
            ahead = twins(hour, part, early=True)
            assert server.send("flights", ahead, "twins")[0] == 200
            status, said = server.send("flights", served(hour, part))
            assert status == 200, said
            sent += EACH
            if hour:
                late = twins(hour - 1, part, early=False)
                status, said = server.send("flights", late, "twins")
                assert (status, said["accepted"]) == (200, len(late))
            if hour * PARTS + part in kills:
                server.kill()
                server.start()
                again = server.send("flights", ahead + late, "twins")[1]
                assert (again["accepted"], again["duplicates"]) == (0, len(ahead + late))
    server.settled("flights", sent)
    assert server.stop() == 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("twins")
    for name, killing in (("whole", False), ("killed", True)):
        with LiveServer(folder / name, CONFIG) as server:
            story(server, killing)
    return folder


def told(data):
    """What was concluded, without what depends on the server's clock."""
    incidents = [msgspec.json.decode(e.body) for e in entries_of(data, "incident", "flights")]
    kept = {
        kind: {e.key: e.body for e in entries_of(data, kind, "flights")}
        for kind in ("look", "profile", "sample", "finding")
    }
    known = [(i["id"], i["title"], i["onset"], i["opened"], i["causes"]) for i in incidents]
    return known, kept


def test_a_crash_changes_no_number_and_no_cause(folder):
    incidents, kept = told(folder / "whole")
    assert told(folder / "killed") == (incidents, kept)
    assert any(key.startswith("pairs/") for key in kept["look"])


def test_every_pair_counts_once(folder):
    pairs = entries_of(folder / "killed", "profile", "flights", "pairs/")
    whole = [unpack(entry.body) for entry in pairs]
    # The last window that was looked at ended with the first events of the last hour: by then came
    # the twins ahead of them, and the late ones of all hours but the last two.
    last = HOURS - 1
    parts = [(hour, part) for hour in range(last) for part in range(PARTS)]
    came = sum(len(twins(*at, early=True)) for at in [*parts, (last, 0)])
    came += sum(len(twins(*at, early=False)) for at in parts if at[0] < last - 1)
    assert sum(profile.rows for profile in whole) == came
    for profile in whole:
        assert sorted(profile.twins) == ["carrier", "delay", "distance", "prediction"]
        for column in ("carrier", "delay", "prediction"):  # delays lie within what is tolerated
            assert profile.twins[column].counts.tolist() == [profile.rows, 0, 0, 0]


def test_the_incident_says_what_serving_does(folder):
    incidents, _ = told(folder / "killed")
    said = "because serving `distance` = training × 1.609 (miles to kilometres) for carrier UA"
    assert [said in title for _, title, *_ in incidents] == [True]


def test_a_replay_gives_the_same_numbers(folder):
    data = folder / "killed"
    settings = load_live(CONFIG, "settings")
    log, state = LocalLog(data, readonly=True), LocalState(data / "state.sqlite", readonly=True)
    try:
        end = START + (HOURS - 1) * HOUR
        found = replay(log, state, MemoryState(), settings, "flights", START, end)
    finally:
        log.close()
        state.close()
    assert found.ok, (found.different, found.missing)
    assert found.same
    assert any("serving `distance`" in incident.title for incident in found.incidents)


def test_the_server_tells_it_to_programs_and_people(folder):
    with LiveServer(folder / "killed", CONFIG) as server:
        span = f"start={START // SECOND}&end={(START + HOURS * HOUR) // SECOND}"
        found = server.get(f"/api/v1/models/flights/skew?column=distance&{span}")
        worst = found["columns"][0]
        assert (worst["column"], worst["verdict"]) == ("distance", "alarming")
        assert worst["incident"]
        assert worst["missing_online"] == worst["missing_offline"] == 0
        assert worst["mismatch"]["low"] < worst["mismatch"]["rate"] < worst["mismatch"]["high"]
        assert found["column"]["causes"][0]["segment"] == "carrier = UA"
        assert found["twins"]["lost"] == 0
        status, _, page = server.ask("GET", f"/models/flights/skew?{span}")
        assert status == 200
        assert "for carrier UA" in page.decode()
        status, _, body = server.ask("GET", "/api/v1/models/flights")
        assert json.loads(body)["axes"]["skew"]["verdict"] == "alarming"


def test_the_client_logs_twins_that_find_their_events(tmp_path):
    with LiveServer(tmp_path / "data", CONFIG) as server:
        client = Client(f"http://127.0.0.1:{server.port}", model="flights", spool=False)
        rows = served(0, 0)
        for one in rows:
            client.log(one["features"], prediction=one["prediction"], id=one["id"],
                       time=one["time"])  # fmt: skip
        half = offline(0, 0)
        for one in half[:30]:
            client.log_offline(one["id"], one["features"], prediction=one["prediction"])
        frame = [
            {"flight": one["id"], "said": one["prediction"], **one["features"]} for one in half[30:]
        ]
        assert client.log_offline_frame(frame, id="flight", prediction="said") == 30
        assert client.flush(30)
        assert client.counters.acknowledged == 120
        assert client.close()
        view = server.settled("flights", EACH)
        assert view["rows"] == EACH
    log = LocalLog(tmp_path / "data", readonly=True)
    try:
        ids = [r.rows["_id"].to_pylist() for _, r in log.read() if r.kind == "twins"]
        rows = [r.rows for _, r in log.read() if r.kind == "twins"]
    finally:
        log.close()
    assert sorted(name for own in ids for name in own) == sorted(one["id"] for one in half)
    assert all({"distance", "carrier", "delay", "prediction"} <= set(r.schema.names) for r in rows)
    assert not any("_weight" in r.schema.names for r in rows)
