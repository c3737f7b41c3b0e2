"""From a service that is killed, forked and cut off to rows as a server stores them.

Owns: the client against the server's own decoder, through an outage.  Does not own: the server.
"""

import subprocess
import sys
import textwrap
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pyarrow as pa
import pytest

from vedette.core import rows
from vedette.ingest.body import decode
from vedette.sdk import Client

NOW = 2_000_000_000_000_000_000


class Taker:
    """Decodes as the server does; keeps rows by id, and what was refused."""

    def __init__(self) -> None:
        self.rows: dict[str, dict] = {}
        self.labels: dict[str, object] = {}
        self.rejected: list = []
        self.repeats = 0
        self.is_ill = False
        self.served = 0
        taker = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                taker.served += 1
                is_well = not taker.is_ill and taker.served % 5  # a fifth of all answers fails
                if is_well:
                    taker.take(body, self.headers)
                self.send_response(200 if is_well else 503)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def take(self, body: bytes, headers) -> None:
        decoded = decode(
            body,
            model="fraud",
            content_type=headers["Content-Type"],
            content_encoding=headers.get("Content-Encoding", ""),
            received=NOW,
        )
        self.rejected += decoded.rejected
        for row in decoded.rows.to_pylist() if decoded.rows is not None else ():
            self.repeats += row[rows.ID] in self.rows
            self.rows[row[rows.ID]] = row
        for row in decoded.outcomes.to_pylist() if decoded.outcomes is not None else ():
            self.labels[row[rows.ID]] = row["label"]


@pytest.fixture
def taker():
    one = Taker()
    yield one
    one.server.shutdown()
    one.server.server_close()


PROGRAM = """
import os, sys
from vedette.sdk import Client
url, spool, first, end = sys.argv[1:]
client = Client(url, "fraud", spool=spool, version="7", flush_interval=0.01)
if end == "fork":
    if os.fork() == 0:
        client.log({"n": int(first) + 900.0}, id=f"{first}-child")
        sys.exit(0)
    os.wait()
for n in range(300):
    client.log({"n": float(int(first) + n), "plan": "a"}, prediction=n % 2 == 0, score=0.5,
               id=f"{first}-{n}", time=1_900_000_000.0 + n)
    client.log_label(f"{first}-{n}", n % 3 == 0)
if end == "kill":
    client.flush(1.0)
    os.kill(os.getpid(), 9)
"""


def test_everything_arrives_once_whatever_happens_to_processes_and_server(taker, tmp_path):
    taker.is_ill = True
    for first, end in (("0", ""), ("1000", "kill"), ("2000", "fork")):
        command = [sys.executable, "-c", textwrap.dedent(PROGRAM), taker.url, tmp_path, first, end]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == (-9 if end == "kill" else 0), done.stderr
    assert taker.rows == {}
    taker.is_ill = False
    with Client(taker.url, "fraud", spool=tmp_path, flush_interval=0.01) as client:
        client.log({"n": -1.0}, id="last")
        client.log_frame(pa.table({"key": ["f1", "f2"], "n": [1.0, None]}), id="key")
        assert client.flush(30)
        assert client.counters.dropped == 0, client.last_error
        assert client.counters.lost_before == 0
    wanted = {f"{first}-{n}" for first in (0, 1000, 2000) for n in range(300)}
    assert set(taker.rows) == wanted | {"2000-child", "last", "f1", "f2"}
    assert set(taker.labels) == wanted
    assert taker.rejected == []
    assert taker.repeats == 0  # only an answer that is lost on its way makes a repeat
    assert list(tmp_path.rglob("*.seg")) == []


def test_rows_are_as_they_were_logged(taker, tmp_path):
    with Client(taker.url, "fraud", spool=tmp_path, version="7") as client:
        client.log(
            {"amount": 9, "plan": "a", "gone": float("nan"), "vector": [1, 2]},
            prediction="yes",
            score={"yes": 0.75},
            id="x",
            time=1_900_000_000.5,
            latency_s=0.01,
            attributes={"region": "eu"},
            text={"prompt": "hello"},
            usage={"input_tokens": 3, "first_token_s": 0.5},
            trace_id="t",
        )
        assert client.flush(20)
    assert taker.rejected == []
    row = taker.rows["x"]
    stamp = row.pop(rows.TIME)
    assert stamp.value == 1_900_000_000_500_000_000
    assert {name: value for name, value in row.items() if value is not None} == {
        "_id": "x",
        "_version": "7",
        "_weight": 1.0,
        "_trace_id": "t",
        "amount": 9.0,
        "plan": "a",
        "vector": [1.0, 2.0],
        "prediction": "yes",
        "score.yes": 0.75,
        "latency_s": 0.01,
        "region": "eu",
        "prompt": "hello",
        "input_tokens": 3.0,
        "output_tokens": 0.0,
        "first_token_s": 0.5,
    }
