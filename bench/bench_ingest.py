"""Promise: durable over HTTP on one core, 300,000 rows/s in bodies, 5,000 single events/s.

The server is held to one core, the senders to another; they send what was made beforehand.  An
answer counts when it says that every row is accepted: then it is in the log, and the log is synced.
The figures of the server are by its own CPU time, system time included, beside those by the clock,
which also hold whatever else the machine does.  What the engine does with the rows afterwards costs
CPU on the same core (`bench_pipeline` measures it): Arrow bodies are therefore sent to a model that
collects towards its first baseline, so that taking them in is what is seen.

    python -m bench.bench_ingest [--quick]
"""

import argparse
import os
import select
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
from bench.load import MINUTE, START, Sender, Server, arrow_requests, cores, percentile, request
from bench.table import Promise, aligned, promises, verdict_code

LEAST_ROWS, LEAST_EVENTS = 300_000, 5_000
EACH, CONNECTIONS, LINES = 1_000, 64, 4


def send_bodies(port: int, requests: list[bytes], lines: int = LINES) -> None:
    """Send over a few connections, the next body when the last is answered, again when it is held
    off."""

    def work(mine: list[bytes]) -> None:
        with Sender(port) as sender:
            for one in mine:
                while (answer := sender.ask(one))[0] == 429:
                    time.sleep(0.05)
                assert answer[0] == 200, answer
                assert b'"accepted":%d,' % EACH in answer[1], answer

    with ThreadPoolExecutor(lines) as pool:
        list(pool.map(work, [requests[n::lines] for n in range(lines)]))


def send_singles(port: int, requests: list[bytes]) -> list[float]:
    """Keep one event under way on every connection; how long each took."""
    senders = {sender.socket.fileno(): sender for sender in map(Sender, [port] * CONNECTIONS)}
    waiting = select.epoll()
    began: dict[int, float] = {}
    took: list[float] = []
    queue = iter(requests)
    for number, sender in senders.items():
        waiting.register(number, select.EPOLLIN)
        sender.socket.sendall(next(queue))
        began[number] = time.perf_counter()
    while began:
        for number, _ in waiting.poll():
            status, said = senders[number].answer()
            took.append(time.perf_counter() - began.pop(number))
            assert status == 200, said
            assert said.startswith(b'{"accepted":1,'), said
            following = next(queue, None)
            if following is not None:
                senders[number].socket.sendall(following)
                began[number] = time.perf_counter()
    for sender in senders.values():
        sender.socket.close()
    return took


def singles(count: int) -> list[bytes]:
    """Requests of one JSON event of 20 features each."""
    features = {f"amount_{i:02}": 100.0 * i + 0.25 for i in range(18)}
    events = (
        {"id": f"event-{n}", "time": START + n * MINUTE // 1000,
         "features": {**features, "country": "DE", "plan": "abc"[n % 3]}, "score": n % 997 / 997}
        for n in range(count)
    )  # fmt: skip
    return [request(msgspec.json.encode(event), "application/json") for event in events]


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    is_quick = parser.parse_args().quick
    rows, events = (200_000, 20_000) if is_quick else (600_000, 60_000)
    server_core, other_cores = cores()
    if other_cores:
        os.sched_setaffinity(0, other_cores)
    bodies = arrow_requests(rows, EACH, step=MINUTE * 50 // rows)
    alone = singles(events)
    with tempfile.TemporaryDirectory() as folder:
        with Server(Path(folder) / "bodies", server_core) as server:
            send_bodies(server.port, bodies[:20])
            cpu, begin = server.cpu_s, time.perf_counter()
            send_bodies(server.port, bodies[20:])
            wall, cpu = time.perf_counter() - begin, server.cpu_s - cpu
            peak = server.rss_mib
        sent = rows - 20 * EACH
        with Server(Path(folder) / "singles", server_core) as server:
            send_singles(server.port, alone[:500])
            cpu_1, begin = server.cpu_s, time.perf_counter()
            took = send_singles(server.port, alone[500:])
            wall_1, cpu_1 = time.perf_counter() - begin, server.cpu_s - cpu_1
    single = len(took)
    table = [
        (f"{EACH} rows, Arrow", sent / wall, sent / cpu, cpu / sent * 1e6, peak),
        ("1 event, JSON, 64 lines", single / wall_1, single / cpu_1, cpu_1 / single * 1e6, None),
    ]
    headers = ("body", "rows/s, clock", "rows/s of CPU", "CPU µs a row", "RSS MiB")
    print(aligned(headers, table), "\n")
    half, last = (1e3 * percentile(took, share) for share in (0.5, 0.99))
    checks = [
        Promise(
            f"Arrow bodies of {EACH} rows of 25 columns: at least {LEAST_ROWS:,} rows/s, one core",
            f"{sent / cpu:,.0f} of CPU, {sent / wall:,.0f} by the clock",
            sent / cpu >= LEAST_ROWS,
        ),
        Promise(
            f"single JSON events, {CONNECTIONS} connections: at least {LEAST_EVENTS:,}/s, one core",
            f"{single / cpu_1:,.0f} of CPU, {single / wall_1:,.0f} by the clock;"
            f" answer after {half:.1f} ms, 99 % within {last:.1f} ms",
            single / cpu_1 >= LEAST_EVENTS,
        ),
    ]
    print(promises(checks))
    return verdict_code(checks)


if __name__ == "__main__":
    sys.exit(main())
