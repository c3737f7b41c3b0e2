"""What watching costs a service: time on its thread, CPU in its process, beside the usual way.

Run: python -m bench.bench_client [--quick]

Each client runs in a process of its own, on one core, and sends to a sink in another process, on
another core.  The usual way is a `queue.Queue`, `uuid4` and `json.dumps` in a background thread
that posts arrays of 1,000, as most clients do.
"""

import argparse
import http.client
import json
import os
import queue
import random
import socket
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.table import Promise, aligned, promises, verdict_code

EVENTS, QUICK = 200_000, 50_000
BURST = 500  # events between two pauses of the service, so that both threads get their turn
PAUSE_S = 0.005
FORKS, QUICK_FORKS = 10_000, 500
ROUNDS = 5  # the quickest counts: other work on the machine only ever adds
NAMES = [f"amount_{i:02}" for i in range(18)]


def rows(count: int = BURST) -> list[dict[str, object]]:
    """Predictions of 20 features, no two alike."""
    luck = random.Random(7)
    return [
        {name: luck.lognormvariate(3, 1) for name in NAMES}
        | {"country": luck.choice(["DE", "FR", "IT"]), "plan": luck.choice("abc")}
        for _ in range(count)
    ]


CLIENTS = ("vedette", "usual")


class Usual:
    """The way of most clients: everything an event needs is made by the libraries at hand."""

    def __init__(self, port: int) -> None:
        self.queue: queue.Queue[object] = queue.Queue(100_000)
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def log(self, features: dict[str, object], *, prediction: object, score: float) -> str:
        """Queue one prediction."""
        key = str(uuid.uuid4())
        event = {
            "id": key,
            "time": time.time_ns(),
            "features": dict(features),
            "prediction": prediction,
            "score": score,
        }
        self.queue.put_nowait(event)
        return key

    def work(self) -> None:
        """Send arrays of 1,000."""
        events: list[object] = []
        while True:
            event = self.queue.get()
            if event is not None:
                events.append(event)
            if events and (event is None or len(events) == 1000):
                self.connection.request("POST", "/", json.dumps(events).encode())
                self.connection.getresponse().read()
                events = []
            if event is None:
                return

    def close(self) -> None:
        """Send the rest."""
        self.queue.put(None)
        self.thread.join()


def sink(port: int) -> None:
    """Take every request and answer that it is fine; prints the port."""
    listener = socket.create_server(("127.0.0.1", port))
    print(listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=swallow, args=(connection,), daemon=True).start()


def swallow(connection: socket.socket) -> None:
    """Answer the requests of one connection."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    with connection, connection.makefile("rb") as stream:
        while True:
            length = 0
            while (line := stream.readline()) not in (b"\r\n", b""):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            if line == b"":
                return
            stream.read(length)
            connection.sendall(answer)


def one(name: str, port: int, events: int) -> dict[str, float]:
    """Log so many events with one client; nanoseconds of a call and CPU of all."""
    if name == "vedette":
        from vedette.sdk import Client

        client = Client(f"http://127.0.0.1:{port}", model="bench", spool=False)
    else:
        client = Usual(port)
    log, clock, features = client.log, time.perf_counter_ns, rows()
    for one in features * 4:
        log(one, prediction=True, score=0.5)
    took = []
    before = time.process_time()
    for burst in range(events // BURST):
        score = 0.001 * (burst % 1000)
        for one in features:
            start = clock()
            log(one, prediction=True, score=score)
            took.append(clock() - start)
        time.sleep(PAUSE_S)
    client.close()
    cpu = time.process_time() - before
    empty = []
    before = time.process_time()
    for _ in range(events):  # what the clock itself costs
        start = clock()
        empty.append(clock() - start)
    cpu -= time.process_time() - before
    took.sort()
    lost = client.counters.dropped if name == "vedette" else 0
    return {
        "median": took[len(took) // 2] - median(empty),
        "p99": took[len(took) * 99 // 100],
        "cpu": cpu / events * 1e6,
        "lost": lost,
    }


def forks(count: int, port: int) -> tuple[int, int]:
    """Fork while all threads log; children that ended well, and those that hung."""
    from vedette.sdk import Client

    with TemporaryDirectory() as folder:
        client = Client(f"http://127.0.0.1:{port}", model="bench", spool=folder)
        stop, features = threading.Event(), rows(1)[0]

        def busy() -> None:
            while not stop.wait(random.random() / 1000):
                client.log(features, prediction=True)

        for _ in range(2):
            threading.Thread(target=busy, daemon=True).start()
        well = hung = 0
        for number in range(count):
            pid = os.fork()
            if pid == 0:
                client.log(features, prediction=number)
                os._exit(0 if number % 50 or client.flush(20) else 1)
            end = time.monotonic() + 30
            while (done := os.waitpid(pid, os.WNOHANG))[0] == 0 and time.monotonic() < end:
                time.sleep(0.0005)
            if done[0]:
                well += done[1] == 0
            else:
                os.kill(pid, 9)
                os.waitpid(pid, 0)
                hung += 1
        stop.set()
        client.close()
    return well, hung


def outage(events: int) -> dict[str, float]:
    """Log while nobody listens, then see how quickly the spool empties."""
    from vedette.sdk import Client

    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    with TemporaryDirectory() as folder:
        client = Client(f"http://127.0.0.1:{port}", model="bench", spool=folder)
        took, features = [], rows()
        for burst in range(events // BURST):
            for one in features:
                start = time.perf_counter_ns()
                client.log(one, prediction=True, score=0.001 * (burst % 1000))
                took.append(time.perf_counter_ns() - start)
            time.sleep(PAUSE_S)
        client.flush(5)
        counts = client.counters
        waiting, written = counts.waiting + counts.spooled, counts.spooled_bytes
        server = started(port)
        try:
            assert server.stdout is not None
            server.stdout.readline()
            start = time.perf_counter()
            is_empty = client.flush(120)
            drained = waiting / (time.perf_counter() - start)
            lost = events - client.counters.acknowledged if is_empty else events
            client.close()
        finally:
            server.kill()
            server.wait()
    took.sort()
    return {
        "p99": took[len(took) * 99 // 100],
        "drained": drained,
        "bytes": written / events,
        "lost": lost,
    }


def started(port: int = 0) -> "subprocess.Popen[str]":
    """A sink in a process of its own; its port is the first line that it prints."""
    command = [sys.executable, "-m", "bench.bench_client", "--sink", str(port)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def child(name: str, *arguments: object) -> dict[str, float]:
    """Run a part of this bench in a process of its own, on the first core."""
    cores = sorted(os.sched_getaffinity(0))
    command = [sys.executable, "-m", "bench.bench_client", "--part", name, *map(str, arguments)]
    held = ["taskset", "-c", str(cores[0])] if Path("/usr/bin/taskset").exists() else []
    done = subprocess.run([*held, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--part", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--sink", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.sink is not None:
        sink(given.sink)
    if given.part:
        name, port, count = given.part[0], int(given.part[1]), int(given.part[2])
        if name == "forks":
            well, hung = forks(count, port)
            print(json.dumps({"well": well, "hung": hung}))
        elif name == "outage":
            print(json.dumps(outage(count)))
        else:
            print(json.dumps(one(name, port, count)))
        return 0
    server = started()
    try:
        assert server.stdout is not None
        return table(int(server.stdout.readline()), given.quick)
    finally:
        server.kill()
        server.wait()


def table(port: int, is_quick: bool) -> int:
    """Measure and print; the exit code."""
    events, count = (QUICK, QUICK_FORKS) if is_quick else (EVENTS, FORKS)
    rounds = [{name: child(name, port, events) for name in CLIENTS} for _ in range(ROUNDS)]
    got = {
        name: {key: min(one[name][key] for one in rounds) for key in rounds[0][name]}
        for name in CLIENTS
    }
    ours, usual = got["vedette"], got["usual"]
    ours["lost"] = sum(one["vedette"]["lost"] for one in rounds)
    measured = [
        (name, got[name]["median"], got[name]["p99"], got[name]["cpu"], got[name]["lost"])
        for name in CLIENTS
    ]
    headers = ("client", "log() median ns", "p99 ns", "CPU µs an event, all-in", "lost")
    print(aligned(headers, measured), "\n")
    after, away = child("forks", port, count), child("outage", port, events)
    kept = [
        Promise(
            "log of 20 features: at most 1 µs on the caller's thread, median",
            f"{ours['median'] / 1000:.2f} µs; the usual way {usual['median'] / 1000:.2f} µs",
            ours["median"] <= 1000,
        ),
        Promise(
            "at most 50 µs on the caller's thread, 99 of 100 calls",
            f"{ours['p99'] / 1000:.1f} µs; the usual way {usual['p99'] / 1000:.1f} µs",
            ours["p99"] <= 50_000,
        ),
        Promise(
            "at most 5 µs of CPU an event in the process, sending included",
            f"{ours['cpu']:.2f} µs; the usual way {usual['cpu']:.2f} µs",
            ours["cpu"] <= 5,
        ),
        Promise("no event lost", f"{ours['lost']:.0f}", ours["lost"] == 0),
        Promise(
            "server away: at most 50 µs on the caller's thread, 99 of 100 calls",
            f"{away['p99'] / 1000:.1f} µs, {away['bytes']:.0f} bytes an event on disk",
            away["p99"] <= 50_000,
        ),
        Promise(
            "server back: the spool drains at 5 times 1,000 events/s, none lost",
            f"{away['drained']:,.0f} events/s, {away['lost']:.0f} lost",
            away["drained"] >= 5000 and away["lost"] == 0,
        ),
        Promise(
            f"{count:,} forks of a busy process: no child hangs",
            f"{after['hung']:.0f} hung, {after['well']:.0f} ended well",
            after["hung"] == 0 and after["well"] == count,
        ),
    ]
    print(promises(kept))
    return verdict_code(kept)


if __name__ == "__main__":
    sys.exit(main())
