"""Promise: a server is ready in 3 seconds and idles in 250 MB.

Ready is from the start of the process until it listens: on an empty folder, and on one whose server
was killed with 200,000 rows of 25 columns in its log.  Memory is resident, after a pause.  What
many models take is told beside: they have 20 features each and come to their first baseline: two
hours of 300 events.

    python -m bench.bench_server [--quick]
"""

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import msgspec
from bench.bench_ingest import send_bodies
from bench.load import HOUR, START, Sender, Server, arrow_requests, request
from bench.table import Promise, aligned, promises, verdict_code

MOST_READY_S, MOST_IDLE_MIB = 3.0, 250.0
PER_MODEL = 300


def models(server: Server, count: int) -> None:
    """Send every model its events, in a body of two hours and one that ends them."""
    words = "abc"
    with Sender(server.port) as sender:
        for number in range(count):
            events = [
                {
                    "id": n,
                    "time": START + n * 2 * HOUR // PER_MODEL,
                    "features": {f"amount_{i}": float(n * (i + 7) % 101) for i in range(18)}
                    | {"country": words[n % 3], "plan": words[n * 7 % 2]},
                }
                for n in range(PER_MODEL)
            ]
            path = f"/v1/models/model-{number}/events"
            status, said = sender.ask(
                request(msgspec.json.encode(events), "application/json", path)
            )
            assert status == 200, said


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    is_quick = parser.parse_args().quick
    count, rows, starts = (100, 50_000, 3) if is_quick else (200, 200_000, 7)
    lines: list[tuple[object, ...]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        empty = []
        for number in range(starts):
            with Server(folder / f"empty-{number}") as server:
                empty.append((server.ready_s, server.cpu_s))
        with Server(folder / "idle") as server:
            time.sleep(2)
            idle, begun = server.rss_mib, server.cpu_s
            time.sleep(5)
            resting = (server.cpu_s - begun) / 5
            send_bodies(server.port, arrow_requests(rows, 1_000))
            server.stepped(rows)
            busy = server.rss_mib
            server.end(signal.SIGKILL)
        killed = []
        for _ in range(starts):
            with Server(folder / "idle") as server:
                killed.append((server.ready_s, server.cpu_s))
        with Server(folder / "models") as server:
            begin = time.perf_counter()
            models(server, count)
            server.stepped(PER_MODEL, f"model-{count - 1}")
            taken = time.perf_counter() - begin
            time.sleep(3)
            many = server.rss_mib
            server.end()
        with Server(folder / "models") as server:
            again = server.ready_s, server.cpu_s
            time.sleep(2)
            later = server.rss_mib
    ready, cpu = (median(one[at] for one in empty) for at in (0, 1))
    after, after_cpu = (median(one[at] for one in killed) for at in (0, 1))
    lines = [
        ("an empty folder", ready, cpu, idle),
        (f"killed, {rows:,} rows in its log", after, after_cpu, busy),
        (f"{count:,} models, started again", *again, later),
    ]
    print(aligned(("server", "ready s", "CPU s", "RSS MiB"), lines), "\n")
    print(f"{count:,} models told apart, stepped and fitted in {taken:.1f} s: {many:.0f} MiB\n")
    checks = [
        Promise("start to ready: less than 3 s, empty", f"{ready:.2f} s", ready < MOST_READY_S),
        Promise(
            f"start to ready: less than 3 s, killed with {rows:,} rows",
            f"{after:.2f} s", after < MOST_READY_S,
        ),
        Promise("idle: less than 250 MB", f"{idle:.0f} MiB", idle < MOST_IDLE_MIB),
        Promise("idle: no work", f"{100 * resting:.1f} % of a core", resting < 0.02),
        Promise(
            f"idle with {count:,} models", f"{later:.0f} MiB,"
            f" {1024 * (later - idle) / count:,.0f} KiB a model", None,
        ),
    ]  # fmt: skip
    print(promises(checks))
    return verdict_code(checks)


if __name__ == "__main__":
    sys.exit(main())
