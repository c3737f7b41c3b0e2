"""Promise: 50 times kill -9 under load: nothing acknowledged lost, nothing counted twice.

Senders keep a server busy and repeat what was not acknowledged; it is killed at random moments and
started again.  At the end the log is read through, and the profiles of all windows are added up.

    python -m bench.bench_faults [--quick]
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.table import Promise, aligned, promises, verdict_code
from tests.journeys.live_server import LiveServer, stored_ids
from tests.journeys.test_faults_crash import EACH, closed_rows, killed

CYCLES, QUICK = 50, 8


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", type=int, default=50)
    given = parser.parse_args()
    cycles = QUICK if given.quick else CYCLES
    with tempfile.TemporaryDirectory() as name:
        began = time.perf_counter()
        with LiveServer(Path(name) / "data") as server:
            senders, starts = killed(server, cycles, given.seed)
            events = senders.next * EACH
            stepped = server.settled("m", events, 120)["rows"]
            counted = closed_rows(server, "m", senders.next)
        found = stored_ids(server.data, "m")
        taken = time.perf_counter() - began
    found.pop("end", None)
    lost, twice = events - len(found), sum(found.values()) - len(found)
    lines = [(cycles, senders.acknowledged, senders.repeats, median(starts), max(starts), taken)]
    headers = ("kills", "events acknowledged", "batches sent again", "restart s, median", "most",
               "all, s")  # fmt: skip
    print(aligned(headers, lines), "\n")
    checks = [
        Promise("acknowledged and lost: none", f"{lost} of {events:,}", lost == 0),
        Promise("stored twice: none", f"{twice}", twice == 0),
        Promise("stepped: every event once", f"{stepped - events:+}", stepped == events),
        Promise("in profiles: every event once", f"{counted - events:+}", counted == events),
        Promise("restart: less than 3 s, median", f"{median(starts):.2f} s", median(starts) < 3),
    ]
    print(promises(checks))
    return verdict_code(checks)


if __name__ == "__main__":
    sys.exit(main())
