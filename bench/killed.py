"""A writer that is killed again and again.

Owns: the child that writes under load, killing it at random instants, checking what it left.  Does
not own: how many times (`bench_crash`, `tests/journeys/test_crash.py`).
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from bench.crash_script import START, record_of

from vedette.stores.local.log import LocalLog
from vedette.stores.store import Record

ROWS = 50
SEGMENT = 200_000  # bytes; small, so that compactions, merges and retention happen all the time


@dataclass
class Tally:
    """What came of all kills."""

    kills: int = 0
    acked: int = 0
    lost: int = 0
    twice: int = 0
    compacted: int = 0
    slowest_s: float = 0.0


def batch_of(number: int) -> list[Record]:
    """The rows of one append, a tenth of them sent before."""
    ids = [f"{number}-{n}" for n in range(ROWS)]
    old = [f"{max(number - 3, 0)}-{n}" for n in range(ROWS // 10)]
    return [record_of(ids[: ROWS // 2] + old, START + number), record_of(ids[ROWS // 2 :], START)]


def write(folder: Path, first: int) -> None:
    """Append for ever; say each number on stdout once it is durable."""
    log = LocalLog(folder, segment_bytes=SEGMENT)

    def tidy() -> None:
        while True:
            log.compact(log.position)
            time.sleep(0.005)

    threading.Thread(target=tidy, daemon=True).start()
    number = first
    while True:
        log.append(batch_of(number))
        os.write(1, b"%d\n" % number)
        number += 1


def kill_again_and_again(folder: Path, kills: int, luck: random.Random) -> Tally:
    """Run the writer so many times, each time killed at a random instant; check after each."""
    tally, acked, first = Tally(), 0, 0
    for _ in range(kills):
        command = [sys.executable, "-m", "bench.killed", str(folder), str(first)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            said = [child.stdout.readline()]  # it is up
            time.sleep(luck.uniform(0.0, 0.6))
            child.send_signal(signal.SIGKILL)
            said += child.stdout.read().split(b"\n")
        done = [int(line) for line in said if line.strip()]
        acked = max([acked, *(number + 1 for number in done)])
        tally.kills += 1
        _check(folder, acked, tally)
        first = acked
    tally.acked = acked * ROWS
    return tally


def _check(folder: Path, acked: int, tally: Tally) -> None:
    start = time.perf_counter()
    log = LocalLog(folder, segment_bytes=SEGMENT)
    tally.slowest_s = max(tally.slowest_s, time.perf_counter() - start)
    stored: list[str] = []
    for _, record in log.read():
        if record.rows is not None:
            stored += record.rows["_id"].to_pylist()
    tally.compacted = log.compacted
    log.close()
    known = set(stored)
    tally.twice += len(stored) - len(known)
    tally.lost += sum(f"{number}-{n}" not in known for number in range(acked) for n in range(ROWS))


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
