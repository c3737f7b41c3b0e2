"""Promise: a change that matters is told within hours, whatever else the traffic does.

One change is planted into one of 50 columns (40 numeric, 10 of categories) after four days of
ordinary hourly windows of 1,000 rows; the reference is 672 hours of 150 rows. Through the real
drift monitor, budget and alarm rule: the delay is the place of the first window after the change in
which that column opens an incident, 1 for the very window. Medians over seeds; never within ten
days counts as infinitely late.

    python -m bench.bench_delay [--quick]
"""

import argparse
import sys
from statistics import median

import numpy as np
from bench.table import Promise, aligned, promises, verdict_code
from bench.traffic import WORLDS, Model, Planted, World, monitor_of, reference_of

from vedette.alerts.alarms import judge, start
from vedette.monitors.shift import Shift
from vedette.profiles.baseline import Baseline

SEED = 20_260_102
START = 24 * 7 * 2_900
REFERENCE, REFERENCE_ROWS, ROWS = 672, 150, 1000
BEFORE, PATIENCE = 96, 240  # hours
RUNS, QUICK = 15, 5

IID, WOBBLE, SEASON = WORLDS
CASES: tuple[tuple[Planted, World, float | None], ...] = (
    (Planted("+0.2 sd", shift=0.2), IID, 2),
    (Planted("+0.2 sd", shift=0.2), WOBBLE, 8),
    (Planted("+0.2 sd", shift=0.2), SEASON, 8),
    (Planted("+0.1 sd", shift=0.1), IID, None),
    (Planted("+0.1 sd", shift=0.1), WOBBLE, None),
    (Planted("5 % missing", missing=0.05), WOBBLE, 1),
    (Planted("new category in 2 %", column=42, fresh=0.02), WOBBLE, 2),
    (Planted("2 % of rows at +6 sd", outliers=0.02), WOBBLE, 2),
    (Planted("+0.5 sd", shift=0.5), WOBBLE, 1),
)


def delay(model: Model, baseline: Baseline, planted: Planted) -> float:
    """Watch one model until the changed column alarms."""
    monitor: Shift = monitor_of(baseline)
    state, alarms = monitor.start(), start(len(monitor.streams))
    terms, changed = monitor.terms, f"c{planted.column:03d}"
    first = START + REFERENCE
    for at in range(BEFORE + PATIENCE):
        change = planted if at >= BEFORE else None
        window, profile = next(model.hours(first + at, 1, ROWS, change))
        state, look = monitor.step(state, profile, window)
        alarms, judged = judge(
            alarms, terms.weights, terms.threshold, look.evidence, look.quiet, attach=False
        )
        named = {monitor.streams[i].column for i in judged.members}
        if changed in named and at >= BEFORE:
            return at - BEFORE + 1
        gone = np.zeros(len(monitor.streams), bool)
        gone[[*judged.members, *judged.released]] = True
        state = monitor.reset(state, gone) if gone.any() else state
    return float("inf")


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the delay to planted changes.")
    parser.add_argument("--quick", action="store_true", help="fewer seeds")
    options = parser.parse_args()
    runs = QUICK if options.quick else RUNS
    found: dict[int, list[float]] = {i: [] for i in range(len(CASES))}
    for world in WORLDS:
        print(f"{world.name} ...", file=sys.stderr)
        for run in range(runs):
            rng = np.random.default_rng([SEED, WORLDS.index(world), run])
            model = Model(world, rng)
            baseline, _ = reference_of(model, START, REFERENCE, REFERENCE_ROWS)
            for i, (planted, where, _) in enumerate(CASES):
                if where == world:
                    found[i].append(delay(model, baseline, planted))
    lines, kept = [], []
    for i, (planted, world, most) in enumerate(CASES):
        times = sorted(found[i])
        middle = median(times)
        lines.append((planted.name, world.name, f"{middle:g}", f"{times[0]:g} to {times[-1]:g}"))
        title = f"{planted.name}, {world.name}: told within {most:g}" if most else planted.name
        fine = None if most is None else middle <= most
        kept.append(Promise(title, f"{middle:g} windows (median of {len(times)})", fine))
    print(aligned(("change", "traffic", "median windows", "least to most"), lines), end="\n\n")
    print(promises(kept))
    return verdict_code(kept)


if __name__ == "__main__":
    raise SystemExit(main())
