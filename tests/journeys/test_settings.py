"""Settings saved over HTTP hold after the server is killed, and the log gives the same numbers.

Owns: the whole way over a real process and a real folder.  Does not own: what a change does
(`tests/unit/engine`), the pages (`tests/unit/web`).
"""

import json

import numpy as np
from tests.journeys.live_server import HOUR, START, LiveServer, event

from vedette.core.windows import iso
from vedette.engine.live import load_live
from vedette.engine.replay import replay
from vedette.stores.local.log import LocalLog
from vedette.stores.local.state import LocalState
from vedette.stores.memory import MemoryState

CONFIG = "models: {fraud: {baseline: {warm_up: 3}, clocks: {base: 5min, fast: 5min}}}\n"
N = 300


def sent(server, first, last):
    rng = np.random.default_rng(first)
    for h in range(first, last):
        step = HOUR // N
        events = [
            event(f"{h}-{i}", START + h * HOUR + i * step, float(rng.normal(100, 20)))
            for i in range(N)
        ]
        assert server.send("fraud", events)[0] == 200
    server.settled("fraud", last * N)


def post(server, path, value):
    body = json.dumps(value).encode()
    status, _, said = server.ask("POST", path, body, {"content-type": "application/json"})
    return status, json.loads(said)


def saved(server):
    answer = server.get("/api/v1/models/fraud/settings")
    return {s["name"]: s["value"] for s in answer["settings"] if s["origin"] == "saved"}


def test_what_was_saved_holds_after_a_kill_and_is_replayed(tmp_path):
    path = "/api/v1/models/fraud/settings"
    with LiveServer(tmp_path / "data", CONFIG) as server:
        sent(server, 0, 6)
        status, answer = post(server, path, {"changes": {"budget": 4, "without": ["volume"]}})
        assert (status, answer["said"]) == (200, "settings: budget 4, without volume")
        server.kill()
        server.start()
        assert saved(server) == {"budget": 4.0, "without": ["volume"]}
        sent(server, 6, 9)
        assert post(server, path, {"changes": {"budget": -4}})[0] == 400
        assert post(server, path, {"changes": {"budget": None}})[0] == 200
        sent(server, 9, 11)
        status, tried = post(server, "/api/v1/models/fraud/backtest", {"changes": {"budget": 9}})
        assert (status, tried["state"], tried["complete"]) == (200, "done", True)
        assert saved(server) == {"without": ["volume"]}
        assert server.stop() == 0
    log, state = LocalLog(tmp_path / "data"), LocalState(tmp_path / "data" / "state.sqlite")
    try:
        period = (START + 4 * HOUR, START + 10 * HOUR)
        settings = load_live(CONFIG, "here")
        found = replay(log, state, MemoryState(), settings, "fraud", *period)
        assert found.ok, (iso(period[0]), found.different, found.missing)
        assert found.same > 0
    finally:
        state.close()
        log.close()
