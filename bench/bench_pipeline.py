"""Promise: from body to evaluated window on one core, 150,000 rows/s of 25 columns.

Two ways to look at it.  Over HTTP: a server held to one core; Arrow bodies of 1,000 rows come from
another, one after the other, in the order of time; the clock stops when every row is evaluated.  In
process: the same bodies decoded, appended to a log in a folder, synced, evaluated and kept.
A baseline of 8,000 rows is given; a window of the fast clock has 10,000 rows, of the drift clock
600,000; all monitors run.  CPU includes system time, and everything that is kept of the windows.

    python -m bench.bench_pipeline [--quick]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from bench.bench_ingest import send_bodies
from bench.load import HOUR, MINUTE, START, Server, arrow_requests, cores, table
from bench.table import Promise, aligned, promises, verdict_code

LEAST, EACH, A_MINUTE = 150_000, 1_000, 10_000
STEP = MINUTE // A_MINUTE
CONFIG = """
models:
  bench:
    time: _time
    id: _id
    baseline: {{file: "{}"}}
"""


def reference(folder: Path) -> str:
    """Write the baseline's rows: four hours before the traffic; the settings that name them."""
    rows = table(8_000, START - 5 * HOUR, 4 * HOUR // 8_000, np.random.default_rng(1))
    path = folder / "reference.parquet"
    pq.write_table(pa.Table.from_batches([rows]), path)
    return CONFIG.format(path)


def over_http(folder: Path, rows: int) -> tuple[float, float]:
    """CPU and clock seconds of a server, after its first rows."""
    server_core, others = cores()
    if others:
        os.sched_setaffinity(0, others)
    bodies = arrow_requests(rows, EACH, step=STEP)
    with Server(folder / "http", server_core, reference(folder)) as server:
        warm = 40
        send_bodies(server.port, bodies[:warm], lines=1)
        server.stepped(warm * EACH)
        cpu, begin = server.cpu_s, time.perf_counter()
        send_bodies(server.port, bodies[warm:], lines=1)
        server.stepped(rows)
        return server.cpu_s - cpu, time.perf_counter() - begin


def in_process(folder: Path, rows: int, more: str = "") -> tuple[float, float]:
    """CPU and clock seconds of a service of this process, held to one core; `more` are lines of
    the model's settings."""
    from vedette.core.yaml import read_yaml
    from vedette.engine.live import make_live
    from vedette.engine.service import Service
    from vedette.engine.wall import Wall
    from vedette.ingest.body import decode
    from vedette.stores.local.log import LocalLog
    from vedette.stores.local.state import LocalState

    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    bodies = [body.split(b"\r\n\r\n", 1)[1] for body in arrow_requests(rows, EACH, step=STEP)]
    core, _ = cores()
    if core:
        os.sched_setaffinity(0, core)
    settings = make_live(read_yaml(reference(folder) + more, "settings").value)
    log, state = LocalLog(folder / "inside"), LocalState(folder / "inside" / "state.sqlite")
    service = Service(log, state, settings, Wall())
    service.start()
    kind = "application/vnd.apache.arrow.stream"
    cpu = begin = 0.0
    gate = service.gate_of("bench")
    waiting = []
    for at, body in enumerate(bodies):
        if at == 40:
            waiting[-1].result()
            while (view := service.model("bench")) is None or view.rows < at * EACH:
                time.sleep(0.005)  # the baseline was read by now
            cpu, begin = time.process_time(), time.perf_counter()
        decoded = decode(body, model="bench", content_type=kind, received=time.time_ns())
        decoded = decoded if gate is None else gate.passed(decoded)
        waiting.append(service.offer("bench", decoded))
        if at >= 8:
            waiting[at - 8].result()
    while (view := service.model("bench")) is None or view.rows < rows:
        time.sleep(0.005)
    assert view.windows["fast"] >= (rows - 1) // A_MINUTE - 1, "not every window was evaluated"
    taken = time.process_time() - cpu, time.perf_counter() - begin
    service.stop()
    state.close()
    log.close()
    return taken


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--part", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part:
        with tempfile.TemporaryDirectory() as name:
            part = {"http": over_http, "inside": in_process}[given.part[0]]
            print(json.dumps(part(Path(name), int(given.part[1]))))
        return 0
    rows = 300_000 if given.quick else 800_000
    lines, checks = [], []
    for part, words in (("http", "over HTTP"), ("inside", "in process")):
        command = [sys.executable, "-m", "bench.bench_pipeline", "--part", part, str(rows)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        cpu, wall = json.loads(done.stdout)
        measured = rows - 40 * EACH
        lines.append((words, measured / wall, measured / cpu, cpu / measured * 1e6))
        checks.append(
            Promise(
                f"body to evaluated window {words}: at least {LEAST:,} rows/s of 25 columns",
                f"{measured / cpu:,.0f} of CPU, {measured / wall:,.0f} by the clock",
                measured / cpu >= LEAST,
            )
        )
    print(aligned(("way", "rows/s, clock", "rows/s of CPU", "CPU µs a row"), lines), "\n")
    print(promises(checks))
    return verdict_code(checks)


if __name__ == "__main__":
    sys.exit(main())
