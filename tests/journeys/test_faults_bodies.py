"""Bodies that are broken, hostile or cut off: 4xx with a reason, and the server goes on.

Owns: what a real server does with them.  Does not own: formats one by one (tests/unit/ingest).
"""

import concurrent.futures
import gzip
import io
import json
import random
import socket
import time

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from tests.journeys.live_server import MINUTE, START, LiveServer, event, stored_ids

ARROW, NDJSON, PACKED = (
    "application/vnd.apache.arrow.stream",
    "application/x-ndjson",
    "application/msgpack",
)
KINDS = ("application/json", NDJSON, PACKED, ARROW)
PATH = "/v1/models/m/events"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with LiveServer(tmp_path_factory.mktemp("bodies") / "data") as one:
        assert one.send("m", [event(n, START + n * MINUTE) for n in range(400)])[0] == 200
        one.settled("m", 400)
        yield one
        assert one.process.poll() is None, one.said
        assert not [line for line in one.said if "Traceback" in line], one.said
        assert one.stop() == 0


def post(server, body, kind="application/json", **headers):
    """Send a body; status, what was said, seconds."""
    began = time.monotonic()
    given = {"content-type": kind, **{k.replace("_", "-"): v for k, v in headers.items()}}
    status, _, said = server.ask("POST", PATH, body, given)
    return status, said, time.monotonic() - began


def arrow(**columns):
    """A table as an Arrow stream."""
    batch = pa.record_batch(columns)
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue()


WORDS = [
    None, True, False, 0, -1, 2**63, -(2**63), 2**64, 10**400, 1e308, -1e308, 5e-324, 0.1, "", "a",
    "\ud800", "\x00", "é" * 300, "NaN", [], {}, [1, "a"], [[1]], {"a": {"b": 1}}, [1.0, 2.0],
    "2023-11-15T00:00:00Z", "9999-12-31T23:59:59Z", "yesterday", START, START // 10**9, -START,
]  # fmt: skip
NAMES = ["id", "time", "features", "prediction", "score", "version", "weight", "latency_s", "text",
         "attributes", "usage", "trace_id", "scores", "model", "_id", "x" * 300]  # fmt: skip


def odd_event(rng):
    """An event of known names with values nobody expects."""
    one = {name: rng.choice(WORDS) for name in rng.sample(NAMES, rng.randrange(1, 6))}
    if rng.random() < 0.7:
        names = rng.sample(["amount", "kind", "score", "_time", "other", ""], 3)
        one["features"] = {name: rng.choice(WORDS) for name in names}
    return one


def odd_body(rng):
    """A body of a kind, and the kind."""
    kind = rng.choice(KINDS)
    events = [odd_event(rng) for _ in range(rng.randrange(1, 6))]
    if kind == PACKED:
        try:
            body = msgspec.msgpack.encode(events)
        except (OverflowError, UnicodeEncodeError):
            body = msgspec.msgpack.encode([{"id": 1}])
    elif kind == ARROW:
        body = arrow(
            _id=pa.array([str(rng.random()), None, "x"]),
            _time=pa.array([START, rng.choice([0, -5, 2**62]), None], pa.int64()),
            amount=pa.array([1.0, float("nan"), float("inf")]),
        )
    elif kind == NDJSON:
        body = b"\n".join(json.dumps(one).encode() for one in events)
    else:
        body = json.dumps(events).encode()
    damage = rng.random()
    if damage < 0.3 and body:
        wrong = bytearray(body)
        for _ in range(rng.randrange(1, 8)):
            wrong[rng.randrange(len(wrong))] = rng.randrange(256)
        body = bytes(wrong)
    elif damage < 0.4:
        body = body[: rng.randrange(len(body) + 1)]
    elif damage < 0.5:
        body = rng.randbytes(rng.randrange(200))
    return body, kind


def test_poison_never_makes_it_fail(server):
    rng, seen = random.Random(11), {}
    for _ in range(800):
        body, kind = odd_body(rng)
        status, said, _ = post(server, body, kind)
        assert status < 500, (status, said, kind, body[:300])
        seen[status] = seen.get(status, 0) + 1
        if status == 400:
            assert json.loads(said)["error"]["message"]
    assert seen.get(200, 0) > 25  # some of it is good
    assert seen.get(400, 0) > 25
    status, said = server.send("m", [event("after", START + 500 * MINUTE)])
    assert (status, said["accepted"]) == (200, 1)


def test_refused_events_are_kept_with_reasons_and_the_good_ones_of_a_body_count(server):
    at = START + 600 * MINUTE
    events = [event("good-1", at), {"id": "bad", "time": "soon"}, event("good-2", at)]
    # A model of its own: a server keeps 100 refused events of a model between two writes,
    # and the fault before this one may have filled those of "m".
    status, said = server.send("refused", events)
    assert (status, said["accepted"], said["rejected_count"]) == (200, 2, 1)
    assert "time" in said["rejected"][0]["reason"]
    end = time.monotonic() + 20
    while time.monotonic() < end:
        kept = server.get("/api/v1/quarantine?limit=500")["quarantine"]
        if any(one.get("id") == "bad" for one in kept):
            return
        time.sleep(0.2)
    raise AssertionError("the refused event is not shown")


def bombs():
    """Small bodies that would be large or endless."""
    huge = gzip.compress(bytes(100 << 20))
    yield "gzip", huge, "application/json", {"content_encoding": "gzip"}
    double = {"content_encoding": "gzip, gzip"}
    yield "double gzip", gzip.compress(huge), "application/json", double
    yield "depth", b"[" * 100_000, "application/json", {}
    yield "packed depth", b"\x91" * 100_000, PACKED, {}
    keys = ",".join(f'"k{n}":1' for n in range(500_000))
    yield "keys", b'{"features":{' + keys.encode() + b"}}", "application/json", {}
    yield "length", b"\xdd\xff\xff\xff\xff", PACKED, {}
    good = arrow(_id=pa.array(["a", "b"]), kind=pa.array(["x" * 50, "y" * 50]))
    at = good.rindex(np.array([0, 50, 100], "<i4").tobytes())
    wrong = np.array([0, 2**31 - 9, 100], "<i4").tobytes()
    yield "offsets", good[:at] + wrong + good[at + 12 :], ARROW, {}
    zeros = pa.array(np.zeros(40_000_000 // 8))
    sink = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    batch = pa.record_batch({f"c{n}": zeros for n in range(8)})
    with pa.ipc.new_stream(sink, batch.schema, options=options) as writer:
        writer.write_batch(batch)
    yield "compressed columns", sink.getvalue(), ARROW, {}
    yield "larger than allowed", bytes(9 << 20), "application/json", {}


def test_bombs_are_refused_at_once_in_little_memory(server):
    before = server.rss
    slow = {}
    for name, body, kind, headers in bombs():
        cpu = server.cpu
        status, said, _ = post(server, body, kind, **headers)
        assert status in (400, 413, 415), (name, status, said[:200])
        slow[name] = server.cpu - cpu
    assert max(slow.values()) < 1.0, slow  # CPU seconds: the clock counts the machine's load, too
    assert server.rss - before < 64 + 32, (server.rss, before)


def test_a_slow_sender_holds_nobody_up(server):
    held = []
    for _ in range(50):
        one = socket.create_connection(("127.0.0.1", server.port))
        one.sendall(b"POST /v1/models/m/events HTTP/1.1\r\nHost: localhost\r\nContent-Le")
        held.append(one)
    for n in range(5):
        began = time.monotonic()
        assert server.send("m", [event(f"beside-{n}", START + 601 * MINUTE)])[0] == 200
        assert time.monotonic() - began < 5
    ended = 0
    limit = time.monotonic() + 25
    for one in held:  # all are hung up on after 15 s
        one.settimeout(max(limit - time.monotonic(), 0.1))
        ended += one.recv(100) == b""
        one.close()
    assert ended == len(held)


def test_senders_that_hang_up_in_the_middle(server):
    before = server.model("m")["rows"]
    body = msgspec.json.encode([event(f"cut-{n}", START + 602 * MINUTE) for n in range(200)])
    head = (
        "POST /v1/models/m/events HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    rng = random.Random(2)

    def cut(_):
        with socket.create_connection(("127.0.0.1", server.port)) as one:
            if rng.random() < 0.5:  # a reset instead of an orderly end
                linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            one.sendall((head + body)[: rng.randrange(10, len(head) + len(body) + 1)])

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(cut, range(200)))
    status, said = server.send("m", msgspec.json.decode(body))  # what a sender does afterwards
    assert status == 200
    assert said["accepted"] + said["duplicates"] == 200
    assert server.settled("m", before + 200)["rows"] == before + 200


def test_nothing_is_stored_twice(server):
    counts = stored_ids(server.data, "m")
    assert set(counts.values()) == {1}
