"""From a class that is predicted far more often to the page and the webhook, on a real server:
under a baseline of a file and after a live warm-up; metrics logged by a real client.

Owns: the way from events to what people see, and how long it takes in event time.  Does not own:
how often in simulated months (`bench`).
"""

import json
import time

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.journeys.live_server import HOUR, MINUTE, START, LiveServer
from tests.journeys.onlooker import Onlooker
from tests.journeys.receiver import Receiver

from vedette.sdk import Client

A_MINUTE = 100  # events
MODEL = "answers"
CONFIG = """
models:
  answers:
    clocks: {{base: 1min, fast: 1min, drift: 1h}}
    prediction: prediction
    baseline: {baseline}
    metrics:
      limits: {{bill: {{max: 5}}}}
channels:
  hook: {{webhook: "{url}", allow_private: true}}
routes:
  - {{to: [hook]}}
"""


def minute(at, share, n=A_MINUTE):
    """Predictions of one minute."""
    rng = np.random.default_rng(at // MINUTE)
    times = np.sort(rng.integers(at, at + MINUTE, n)).tolist()
    said = np.where(rng.random(n) < share, "yes", "no").tolist()
    return [
        {"id": f"{time}-{i}", "time": time, "features": {"x": x}, "prediction": prediction}
        for i, (time, prediction, x) in enumerate(
            zip(times, said, rng.normal(size=n).tolist(), strict=True)
        )
    ]


def send(server, start, minutes, share):
    """Send minutes one by one, as a service would; each is stepped before the next."""
    for i in range(minutes):
        assert server.send(MODEL, minute(start + i * MINUTE, share))[0] == 200


def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not happen in time")


def told(hook):
    """The messages about opened incidents of the predictions."""
    bodies = [json.loads(body) for _, _, body in list(hook.got)]
    return [one for one in bodies if "share of `yes`" in json.dumps(one)]


@pytest.fixture
def hook():
    receiver = Receiver()
    yield receiver
    receiver.close()


def reference(path):
    rows = [row for h in range(96) for row in minute(START - (h + 1) * HOUR, 0.6, 300)]
    table = pa.table(
        {
            "_id": [row["id"] for row in rows],
            "_time": pa.array([row["time"] for row in rows], pa.timestamp("ns", "UTC")),
            "x": [row["features"]["x"] for row in rows],
            "prediction": [row["prediction"] for row in rows],
        }
    )
    pq.write_table(table, path)
    return path


@pytest.mark.chromium
@pytest.mark.parametrize("how", ["file", "warm-up"])
def test_a_jump_of_a_share_is_on_the_page_and_at_the_webhook(how, tmp_path, hook, browser):
    hours = 4 if how == "file" else 6
    file = reference(tmp_path / "reference.parquet") if how == "file" else None
    baseline = f"{{file: {file}}}" if how == "file" else "{warm_up: 4}"
    config = CONFIG.format(baseline=baseline, url=hook.url("/hook"))
    with LiveServer(tmp_path / "data", config) as server:
        send(server, START, hours * 60, 0.6)
        server.settled(MODEL, hours * 60 * A_MINUTE)
        assert server.get(f"/api/v1/models/{MODEL}/incidents")["incidents"] == []
        jump = START + hours * HOUR
        send(server, jump, 6, 0.9)  # the last of them ends the window before

        (message,) = until(lambda: told(hook))[:1]
        assert "rose from" in json.dumps(message)
        (incident,) = server.get(f"/api/v1/models/{MODEL}/incidents")["incidents"]
        assert incident["title"].startswith("share of `yes` in `prediction` rose from ")
        assert incident["axis"] == "anomalies"
        whole = server.get(f"/api/v1/incidents/{incident['id']}")
        window = np.datetime64(whole["findings"][0]["window"]["end"].rstrip("Z"), "ns")
        assert int(window.astype("int64")) - jump <= 5 * MINUTE

        series = server.get(f"/api/v1/models/{MODEL}/series?series=prediction%3Dyes")["series"]
        assert series[0]["points"][-1]["value"] > 0.8
        onlooker = Onlooker(browser, f"http://127.0.0.1:{server.port}")
        page = onlooker.open("/")
        assert "share of yes in prediction rose from" in page.locator("main").inner_text().replace(
            "`", ""
        )
        page = onlooker.open(f"/incidents/{incident['id']}")
        heading = page.get_by_role("heading", level=1).inner_text().replace("`", "")
        assert heading.startswith("share of yes in prediction rose from")
        onlooker.context.close()
        assert onlooker.heard == []


def test_metrics_of_a_client_alone_reach_a_limit_and_survive_a_kill(tmp_path, hook):
    config = CONFIG.format(baseline="{warm_up: 4}", url=hook.url("/hook"))
    with LiveServer(tmp_path / "data", config) as server:
        url = f"http://127.0.0.1:{server.port}"
        with Client(url, model=MODEL, spool=False, flush_interval=0.05) as client:
            for i in range(30):
                client.log_metrics({"bill": 1.0, "queue": float(i % 3)}, time=START + i * MINUTE)
            assert client.flush()
        until(lambda: server.model(MODEL))
        server.kill()
        server.start()
        url = f"http://127.0.0.1:{server.port}"
        bad = httpx.post(
            f"{url}/v1/models/{MODEL}/metrics", json=[{"name": "bill", "value": "much"}]
        )
        assert bad.status_code == 400
        with Client(url, model=MODEL, spool=False, flush_interval=0.05) as client:
            client.log_metric("bill", 9.0, time=START + 30 * MINUTE)
            client.log_metric("queue", 1.0, time=START + 40 * MINUTE)
            assert client.flush()
        found = until(lambda: server.get(f"/api/v1/models/{MODEL}/incidents")["incidents"])
        assert found[0]["title"] == "`bill` is 9, above its limit of 5"
        page = httpx.get(f"{url}/models/{MODEL}")
        assert page.status_code == 200
        assert httpx.get(f"{url}/incidents/{found[0]['id']}").status_code == 200
        assert "waiting for the first" in page.text
        until(lambda: any(b"limit of 5" in body for _, _, body in list(hook.got)))
        points = server.get(f"/api/v1/models/{MODEL}/series?series=bill&start={START}")
        values = [one["value"] for one in points["series"][0]["points"]]
        assert values[:30] == [1.0] * 30
        assert values[30] == 9.0
