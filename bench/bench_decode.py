"""From the bytes of a request to rows that may be stored, beside the plain way in Python.

Run: python -m bench.bench_decode [--quick]
The plain way reads the same body with the standard library and pyarrow, and checks nothing: no
ids, times, limits or names.  Of an Arrow stream it checks what must be, lest a wrong offset abort
the process, and brings columns to the types that are stored.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from bench.table import Promise, promises, verdict_code

from vedette.core import wire
from vedette.core.events import Event
from vedette.ingest.body import decode

NOW = 1_793_527_200 * 10**9
ROWS = 1000
ARROW = "application/vnd.apache.arrow.stream"


def event(at: int) -> dict[str, Any]:
    """An event of 15 numbers and 5 categories."""
    features: dict[str, Any] = {f"f{i}": at * 0.5 + i for i in range(15)}
    features |= {f"c{i}": f"v{(at + i) % 7}" for i in range(5)}
    return {"id": f"id{at}", "time": NOW, "features": features, "prediction": "yes", "score": 0.9}


def table() -> bytes:
    """An Arrow stream of 1,000 rows: id, time, 15 floats, 5 integers, 3 categories."""
    rng = np.random.default_rng(0)
    columns: dict[str, Any] = {
        "_id": [f"id{i}" for i in range(ROWS)],
        "_time": pa.array(np.full(ROWS, NOW)).cast(pa.timestamp("ns", "UTC")),
    }
    columns |= {f"f{i}": rng.normal(size=ROWS) for i in range(15)}
    columns |= {f"i{i}": rng.integers(0, 100, ROWS) for i in range(5)}
    words = ["aa", "bb", "cc"]
    columns |= {f"c{i}": pa.array(rng.choice(words, ROWS)).dictionary_encode() for i in range(3)}
    batch = pa.record_batch(columns)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def flat(one: dict[str, Any]) -> dict[str, Any]:
    """An event as a row, unchecked."""
    return {"_id": one["id"], "_time": one["time"], **one["features"], "score": one.get("score")}


def plain_json(body: bytes) -> pa.RecordBatch:
    """The plain way for one event."""
    return pa.RecordBatch.from_pylist([flat(json.loads(body))])


def plain_lines(body: bytes) -> pa.RecordBatch:
    """The plain way for a line each."""
    return pa.RecordBatch.from_pylist([flat(json.loads(line)) for line in body.splitlines()])


def plain(body: bytes) -> pa.RecordBatch:
    """The plain way for a client's message."""
    return pa.RecordBatch.from_pylist([flat(one) for one in msgspec.msgpack.decode(body)[1]])


def plain_arrow(body: bytes) -> pa.Table:
    """The plain way for a stream."""
    whole = pa.ipc.open_stream(body).read_all()
    whole.validate(full=True)
    kinds = [pa.field(field.name, stored(field.type)) for field in whole.schema]
    return whole.cast(pa.schema(kinds)).combine_chunks()


def stored(kind: pa.DataType) -> pa.DataType:
    """What a type is stored as."""
    if pa.types.is_dictionary(kind):
        return pa.string()
    return pa.float64() if pa.types.is_integer(kind) else kind


def cost(call: Callable[[], object], seconds: float) -> float:
    """CPU seconds of a call, the least of many: what is left when nothing else runs."""
    call()
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.process_time()
        call()
        best = min(best, time.process_time() - start)
    return best


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the time")
    seconds = 0.3 if parser.parse_args().quick else 3.0
    single = json.dumps(event(1)).encode()
    lines = b"\n".join(json.dumps(event(i)).encode() for i in range(ROWS))
    packed = wire.encode(
        [
            Event(id=str(i), model="m", time=NOW, features=event(i)["features"], prediction="y")
            for i in range(ROWS)
        ]
    )
    arrow = table()
    cases: tuple[tuple[str, bytes, str, int, float, Callable[[bytes], object]], ...] = (
        ("one JSON event", single, "application/json", 1, 0.6, plain_json),
        ("NDJSON, an event of 1,000", lines, "application/x-ndjson", ROWS, 1.1, plain_lines),
        ("client's message, an event of 1,000", packed, "application/msgpack", ROWS, 2.5, plain),
        ("Arrow, a body of 1,000 x 25", arrow, ARROW, 1, 2.5, plain_arrow),
    )
    rows = []
    for name, body, kind, share, limit, other in cases:
        given: dict[str, Any] = {"model": "m", "content_type": kind, "received": NOW}

        def ours(body: bytes = body, given: dict[str, Any] = given) -> object:
            return decode(body, **given)

        taken = cost(ours, seconds) * 1e6 / share
        beside = cost(lambda: other(body), seconds) * 1e6 / share  # noqa: B023 - called at once
        said = f"{taken:.1f} µs, plain way {beside:.1f} µs: {taken / beside:.2f}"
        rows.append(Promise(f"{name}: <= {limit} of the plain way", said, taken <= limit * beside))
    print(promises(rows))
    return verdict_code(rows)


if __name__ == "__main__":
    sys.exit(main())
