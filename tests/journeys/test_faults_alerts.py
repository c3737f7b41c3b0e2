"""The way of an alert through faults: the receiver is away, the server is killed meanwhile.

Owns: at least once, under the same key, by a real server.  Does not own: channels one by one
(tests/journeys/test_notify).
"""

import http.server
import json
import socket
import threading
import time
from collections import Counter

from tests.journeys.live_server import LiveServer, entries_of
from tests.journeys.test_faults_crash import shifted

CONFIG = """
models:
  m:
    baseline: {{warm_up: 4}}
channels:
  hook: {{webhook: "http://127.0.0.1:{port}/hook", allow_private: true}}
routes:
  - {{models: ["*"], to: [hook]}}
"""


def receiver(port, got, statuses):
    """A receiver that answers with these statuses in turn, then 200."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = statuses.pop(0) if statuses else 200
            got.append((status, self.headers["webhook-id"], json.loads(body)))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server


def test_an_alert_outlives_a_dead_receiver_and_a_killed_server(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with LiveServer(tmp_path / "data", CONFIG.format(port=port)) as server:
        sent = 0
        for hour in range(10):
            for part in range(12):
                assert server.send("m", shifted(hour, part))[0] == 200
                sent += 100
        server.settled("m", sent)
        end = time.monotonic() + 20
        while not entries_of(server.data, "message") and time.monotonic() < end:
            time.sleep(0.1)
        waiting = server.get("/api/v1/messages")["messages"]
        assert waiting, "nothing is to be told"
        server.kill()
        got = []
        there = receiver(port, got, [])
        try:
            server.start()
            keys = {entry.key for entry in entries_of(server.data, "message")}
            end = time.monotonic() + 90
            while time.monotonic() < end:
                done = {key for status, key, _ in got if status == 200}
                if done >= keys:
                    break
                time.sleep(0.1)
            assert done >= keys, (keys, Counter(status for status, _, _ in got))
        finally:
            there.shutdown()
            there.server_close()
        told = Counter(key for status, key, _ in got if status == 200)
        assert set(told.values()) == {1}  # no storm
        assert server.get("/api/v1/messages?state=dead")["messages"] == []
