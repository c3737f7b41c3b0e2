"""Promise: one window of 200 columns is judged within 10 ms.

The real drift monitor on profiles of 150 numeric and 50 category columns: the median CPU time
over windows, and the time to learn natural variation from 672 windows.

    python -m bench.bench_look_speed [--quick]
"""

import argparse
import statistics
import time
from dataclasses import replace

import numpy as np
from bench.counted import HOUR
from bench.table import Promise, aligned, promises, verdict_code
from bench.traffic import WORLDS, Model, monitor_of, reference_of

from vedette.profiles.variation import fit_variation

NUMERIC, NOMINAL, HOURS, ROWS = 150, 50, 672, 1000
START = 24 * 7 * 2_900


def main() -> int:
    parser = argparse.ArgumentParser(description="Time one look at a window of 200 columns.")
    parser.add_argument("--quick", action="store_true", help="fewer windows")
    options = parser.parse_args()
    model = Model(WORLDS[2], np.random.default_rng(1), NUMERIC, NOMINAL)
    baseline, drawn = reference_of(model, START, HOURS, ROWS)
    began = time.process_time()
    variation = fit_variation(baseline, drawn, HOUR)
    fit_s = time.process_time() - began
    monitor = monitor_of(replace(baseline, variation=variation))
    state, took = monitor.start(), []
    for window, profile in drawn[: 50 if options.quick else 300]:
        began = time.process_time()
        state, look = monitor.step(state, profile, window)
        took.append(1000 * (time.process_time() - began))
    began = time.process_time()
    monitor.tell(state, look, profile, range(50))
    told = 1000 * (time.process_time() - began)
    middle = statistics.median(took)
    lines = [
        ("one window, ms", middle, max(took)),
        ("50 findings in words, ms", told, None),
        (f"learning from {HOURS} windows, s of CPU", fit_s, None),
    ]
    print(aligned((f"{NUMERIC + NOMINAL} columns", "median", "most"), lines), end="\n\n")
    kept = [Promise("one window of 200 columns: at most 10 ms", f"{middle:.1f} ms", middle <= 10)]
    print(promises(kept))
    return verdict_code(kept)


if __name__ == "__main__":
    raise SystemExit(main())
