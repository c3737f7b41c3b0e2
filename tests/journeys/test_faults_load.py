"""Many times more than the server takes: what it takes it keeps, the others hear when to come back.

Owns: pressure over HTTP.  Does not own: how fast it is (bench/bench_ingest).
"""

import http.client
import io
import threading
import time
from itertools import count

import numpy as np
import pyarrow as pa
import pytest
from tests.journeys.live_server import SECOND, START, LiveServer, stored_ids

ROWS, COLUMNS, BODIES, LINES = 4_000, 25, 100, 24
CONFIG = """
server: {queue_bytes: 2000000}
"""
CAP_MIB = 500


def body(number):
    """A body of a size that two of them fill the queue."""
    rng = np.random.default_rng(number)
    columns = {f"c{n}": pa.array(rng.normal(size=ROWS)) for n in range(COLUMNS)}
    columns["_id"] = pa.array([f"{number}-{n}" for n in range(ROWS)])
    at = START + number * 120 * SECOND + np.arange(ROWS) * 120 * SECOND // ROWS
    columns["_time"] = pa.array(at, pa.timestamp("ns", "UTC"))
    batch = pa.record_batch(columns)
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue()


class Flood:
    """Senders that do not wait as they are told to: every body again and again until it is in."""

    def __init__(self, server, bodies, lines):
        self.server, self.bodies, self.lock = server, bodies, threading.Lock()
        self.numbers = count()
        self.taken, self.told, self.wrong = 0, 0, []
        self.threads = [threading.Thread(target=self.work) for _ in range(lines)]
        for thread in self.threads:
            thread.start()

    def work(self):
        """Send."""
        line = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        kind = {"content-type": "application/vnd.apache.arrow.stream"}
        while (number := next(self.numbers)) < len(self.bodies):
            while True:
                line.request("POST", "/v1/models/m/events", self.bodies[number], kind)
                answer = line.getresponse()
                said = answer.read()
                with self.lock:
                    if answer.status == 200:
                        self.taken += ROWS
                        break
                    if answer.status == 429 and int(answer.headers["retry-after"]) >= 1:
                        self.told += 1
                    else:
                        self.wrong.append((answer.status, said[:200]))
                        break
                time.sleep(0.02)
        line.close()

    @property
    def is_over(self):
        """Whether everything is sent."""
        return not any(thread.is_alive() for thread in self.threads)


@pytest.fixture
def server(tmp_path):
    with LiveServer(tmp_path / "data", CONFIG) as one:
        yield one


def test_a_flood_is_held_off_and_nothing_taken_is_lost(server):
    bodies = [body(number) for number in range(BODIES)]
    flood = Flood(server, bodies, LINES)
    peak, waits = 0.0, []
    while not flood.is_over:
        began = time.monotonic()
        assert server.ask("GET", "/livez")[0] == 200
        waits.append(time.monotonic() - began)
        peak = max(peak, server.rss)
        time.sleep(0.1)
    assert not flood.wrong, flood.wrong[:3]
    assert flood.told > 0
    assert flood.taken == BODIES * ROWS
    assert server.settled("m", BODIES * ROWS)["rows"] == BODIES * ROWS
    assert server.ask("GET", "/readyz")[0] == 200
    assert peak < CAP_MIB
    assert sorted(waits)[len(waits) // 2] < 1.0, waits  # seconds, on a machine that is full
    print(f"told {flood.told}, peak {peak:.0f} MiB, median {sorted(waits)[len(waits) // 2]:.3f} s")
    assert server.stop() == 0
    found = stored_ids(server.data, "m")
    assert len(found) == BODIES * ROWS
    assert set(found.values()) == {1}
