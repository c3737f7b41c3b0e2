"""Promise: a row is scored at request time within 5 ms, 99 times of 100, while others ask too.

A running server held to one core, with a baseline of 8,000 rows of 25 columns; callers on another
core keep one request under way each: `POST /v1/models/bench/score` with one JSON event. Times are
those of the caller, from the first byte sent to the last byte read. Then the same while another
caller logs Arrow bodies of events at a steady pace, which the server counts and judges beside.
Last, one large body.

    python -m bench.bench_score [--quick]
"""

import argparse
import json
import os
import select
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from bench.bench_pipeline import reference
from bench.load import (
    MINUTE,
    START,
    Sender,
    Server,
    arrow_requests,
    cores,
    percentile,
    request,
    stream_of,
    table,
)
from bench.table import Promise, aligned, promises, verdict_code

WITHIN_MS = 5.0
LINES = (1, 4, 16)
PATH = "/v1/models/bench/score"
EACH, PACE_S = 1_000, 0.1  # rows of a logged body, seconds from one to the next


def singles(count: int) -> list[bytes]:
    """Requests of one event of 25 columns each."""
    rows = table(count, START + MINUTE, MINUTE // 1000, np.random.default_rng(11))
    plain = rows.drop_columns(["_time"]).to_pylist()
    return [
        request(json.dumps({"id": row.pop("_id"), "features": row}).encode(), "application/json",
                PATH)
        for row in plain
    ]  # fmt: skip


def ask(port: int, requests: list[bytes], lines: int) -> list[float]:
    """Keep one request under way on every line; how long each took."""
    senders = {sender.socket.fileno(): sender for sender in map(Sender, [port] * lines)}
    waiting, began, took = select.epoll(), dict[int, float](), list[float]()
    queue = iter(requests)
    for number, sender in senders.items():
        waiting.register(number, select.EPOLLIN)
        began[number] = time.perf_counter()
        sender.socket.sendall(next(queue))
    while began:
        for number, _ in waiting.poll():
            status, said = senders[number].answer()
            took.append(time.perf_counter() - began.pop(number))
            assert status == 200, said
            assert said.startswith(b'{"rows":1,'), said
            following = next(queue, None)
            if following is not None:
                began[number] = time.perf_counter()
                senders[number].socket.sendall(following)
    for sender in senders.values():
        sender.socket.close()
    return took


def logging(port: int, bodies: list[bytes], stop: threading.Event) -> Callable[[], None]:
    """Log bodies at a steady pace until told to stop."""

    def work() -> None:
        with Sender(port) as sender:
            for body in bodies:
                if stop.wait(PACE_S):
                    return
                status, said = sender.ask(body)
                assert status == 200, said

    return work


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    is_quick = parser.parse_args().quick
    count = 2_000 if is_quick else 20_000
    server_core, others = cores()
    if others:
        os.sched_setaffinity(0, others)
    requests, lines, kept = singles(count), [], list[Promise]()
    bodies = arrow_requests(400 * EACH, EACH, step=MINUTE // 10_000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Server(folder / "server", server_core, reference(folder)) as server:
            with Sender(server.port) as sender:
                for body in bodies[:5]:
                    sender.ask(body)
            server.stepped(5 * EACH)
            ask(server.port, requests[:200], 4)
            for busy in (False, True):
                stop = threading.Event()
                writer = threading.Thread(target=logging(server.port, bodies[5:], stop))
                if busy:
                    writer.start()
                for at_once in LINES:
                    cpu, begin = server.cpu_s, time.perf_counter()
                    took = ask(server.port, requests, at_once)
                    wall, cpu = time.perf_counter() - begin, server.cpu_s - cpu
                    half, last = (1e3 * percentile(took, share) for share in (0.5, 0.99))
                    beside = f"{EACH / PACE_S:,.0f} rows/s logged" if busy else "nothing"
                    lines.append((at_once, beside, half, last, len(took) / wall))
                    promise = f"{at_once} at once, {beside} beside: 99 % within {WITHIN_MS:g} ms"
                    kept.append(Promise(promise, f"{last:.2f} ms", last < WITHIN_MS))
                stop.set()
                if busy:
                    writer.join()
            whole = table(5_000, START, 1, np.random.default_rng(12))
            kind = "application/vnd.apache.arrow.stream"
            with Sender(server.port) as sender:
                begin = time.perf_counter()
                status, said = sender.ask(request(stream_of(whole), kind, PATH))
                took_s = time.perf_counter() - begin
            assert status == 200, said
            found = json.loads(said)
            assert found["rows"] == whole.num_rows
            each = 1e6 * took_s / whole.num_rows
            kept.append(
                Promise("one body of 5,000 rows (nothing promised)", f"{each:.0f} us a row", None)
            )
    headers = ("callers", "beside", "half within ms", "99 % within ms", "requests/s")
    print(aligned(headers, lines), "\n")
    print(promises(kept))
    return verdict_code(kept)


if __name__ == "__main__":
    sys.exit(main())
