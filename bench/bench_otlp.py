"""Promise: OTLP spans of about 1 KB, durable before the answer, 10,000 a second on one core.

Phoenix and MLflow get such bodies over as many connections in the same run, each in an environment
of its own, on the same core.  A span of theirs counts when their database holds it: Phoenix answers
before that.  Then each server is killed (kill -9) while it is being sent spans, and what it had
acknowledged must be there.  What a span of ours takes is measured after compaction, with the sieve
of ids and all.  The model is watched: it has a baseline, and what the engine does with the spans
(texts are read word by word) costs CPU on the same core.  How many a second it works off is told
beside; an incident that the sudden traffic opens, and its explanation, are among that.

    python -m bench.bench_otlp [--quick] [--alone]
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from bench.load import Sender, Server, cores, request
from bench.otlp_spans import requests
from bench.rivals.otlp_servers import MLflow, Phoenix, Rival
from bench.table import Promise, aligned, promises, verdict_code

from vedette.stores.local.log import LocalLog

LEAST, MOST_BYTES = 10_000, 300
EACH, LINES, KIND = 500, 4, "application/x-protobuf"
AGAIN = (429, 503)  # what every exporter sends again; MLflow answers so when its file is locked
RIVAL_SPANS = 4_000
KILL_S = 1.0  # after the first span was sent
MODEL = "gpt-5.2"
KNOWN = 20_000  # spans of the days before
LEARN = "models: {'*': {baseline: {warm_up: 24}}}\n"
SECOND, HOUR = 10**9, 3600 * 10**9
DURABLE_S = 240.0  # that a rival is waited for


class Taken(NamedTuple):
    """What came of sending.  Units: seconds, bytes."""

    name: str
    spans: int
    answered_s: float
    durable_s: float
    watched_s: float | None  # until the engine had worked them off
    cpu_s: float | None  # until then
    size: float | None
    acknowledged: int = 0
    kept: int = 0


def posts(bodies: list[bytes], headers: Mapping[str, str]) -> list[bytes]:
    """Whole requests of bodies."""
    more = "".join(f"\r\n{name}: {value}" for name, value in headers.items())
    return [request(body, KIND + more, "/v1/traces") for body in bodies]


def send(port: int, sent: list[bytes], lines: int = LINES) -> None:
    """Send over a few connections, the next body when the last is answered."""

    def work(mine: list[bytes]) -> None:
        with Sender(port) as sender:
            for one in mine:
                while (answer := sender.ask(one))[0] in AGAIN:
                    time.sleep(0.05)
                assert answer[0] == 200, answer
                assert not answer[1], answer  # no partial success

    with ThreadPoolExecutor(lines) as pool:
        list(pool.map(work, [sent[n::lines] for n in range(lines)]))


def until_killed(port: int, sent: list[bytes], kill: Callable[[], None]) -> int:
    """Send one body after the other; how many spans were acknowledged before the kill."""
    killer = ThreadPoolExecutor(1).submit(lambda: (time.sleep(KILL_S), kill()))
    acknowledged = 0
    try:
        with Sender(port) as sender:
            for one in sent:
                if sender.ask(one)[0] == 200:
                    acknowledged += EACH
            while not killer.done():  # all is answered: wait for the kill
                time.sleep(0.01)
    except (ConnectionError, OSError):
        pass
    killer.result()
    return acknowledged


def ours(folder: Path, spans: int, core: set[int] | None) -> Taken:
    """What vedette does with spans at that pace, having learnt from those of the days before."""
    now = time.time_ns()
    before = posts(requests(KNOWN, EACH, now - 41 * HOUR, 40 * HOUR // KNOWN, seed=3), {})
    sent = posts(requests(spans, EACH, now - 60 * SECOND, SECOND // LEAST), {})
    with Server(folder / "load", core, LEARN) as server:
        send(server.port, before, 1)
        server.stepped(KNOWN, MODEL)
        cpu, begin = server.cpu_s, time.perf_counter()
        send(server.port, sent)
        wall = time.perf_counter() - begin
        server.stepped(KNOWN + spans, MODEL)
        watched, cpu = time.perf_counter() - begin, server.cpu_s - cpu
        assert server.get(f"/api/v1/models/{MODEL}")["state"] == "watching"
        server.end()
    log = LocalLog(folder / "load")
    try:
        log.compact(log.position, whole=True)
        size = log.size / (KNOWN + spans)
    finally:
        log.close()
    with Server(folder / "killed", core) as server:
        acknowledged = until_killed(server.port, sent, server.process.kill)
        server.process.wait(60)
    log = LocalLog(folder / "killed", readonly=True)
    try:
        kept = sum(batch.num_rows for batch in log.scan(MODEL, 0, 2**62, ["_id"]))
    finally:
        log.close()
    return Taken("vedette", spans, wall, wall, watched, cpu, size, acknowledged, kept)


def theirs(rival: type[Rival], folder: Path, core: set[int] | None) -> Taken:
    """What a rival does."""
    spans = RIVAL_SPANS
    bodies = requests(spans, EACH, time.time_ns() - 60 * SECOND, SECOND // LEAST, seed=2)
    sent = posts(bodies, rival.headers)
    with rival(folder / f"{rival.name}-load", core) as server:
        empty = server.size()
        begin = time.perf_counter()
        send(server.port, sent)
        answered = time.perf_counter() - begin
        while server.spans() < spans and time.perf_counter() - begin < DURABLE_S:
            time.sleep(0.25)
        durable = time.perf_counter() - begin
        stored = server.spans()
        size = (server.size() - empty) / max(stored, 1)
    with rival(folder / f"{rival.name}-killed", core) as server:
        acknowledged = until_killed(server.port, sent, server.kill)
        kept = server.spans()
    return Taken(rival.name, stored, answered, durable, None, None, size, acknowledged, kept)


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--alone", action="store_true", help="without the rivals")
    given = parser.parse_args()
    core, others = cores()
    if others:
        os.sched_setaffinity(0, others)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        own = ours(folder, 40_000 if given.quick else 100_000, core)
        rivals = [] if given.alone else [theirs(r, folder, core) for r in (Phoenix, MLflow)]
    table = [
        (one.name, one.spans, one.spans / one.answered_s, one.spans / one.durable_s,
         one.spans / one.watched_s if one.watched_s else None,
         one.cpu_s / one.spans * 1e6 if one.cpu_s else None, one.size,
         one.acknowledged, max(one.acknowledged - one.kept, 0))
        for one in (own, *rivals)
    ]  # fmt: skip
    headers = ("server", "spans", "answered/s", "durable/s", "evaluated/s", "CPU µs a span",
               "bytes a span", "acknowledged at kill", "lost")  # fmt: skip
    print(aligned(headers, table), "\n")
    print(promises(checks := _checks(own, rivals)))
    return verdict_code(checks)


def _checks(own: Taken, rivals: list[Taken]) -> list[Promise]:
    rate = own.spans / own.durable_s
    beside = "".join(f"; {one.name} {one.spans / one.durable_s:,.0f}" for one in rivals)
    lost = max(own.acknowledged - own.kept, 0)
    return [
        Promise(
            f"spans of about 1 KB, durable before the answer: at least {LEAST:,}/s on one core",
            f"{rate:,.0f} by the clock{beside}",
            rate >= LEAST,
        ),
        Promise(
            f"at most {MOST_BYTES} bytes a span after compaction",
            f"{own.size:,.0f}",
            own.size is not None and own.size <= MOST_BYTES,
        ),
        Promise(
            "no acknowledged span lost at kill -9",
            f"{own.acknowledged:,} acknowledged, {lost} lost",
            lost == 0 and own.acknowledged > 0,
        ),
    ]


if __name__ == "__main__":
    sys.exit(main())
