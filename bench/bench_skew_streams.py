"""Promise: a model that is served what it was trained on alarms no more often than its budget lets
it, and one that never was is told within hours of the end of its warm-up.

Training is four weeks of hourly counts of 50 columns (40 numeric, 10 of categories); the reference
follows, four weeks or the three days of a default warm-up, then come the watched hours of 1,000
rows, through the real monitor `skew`, budget and alarm rule. All three come from one world:
independent rows; a benign wobble of 0.05 sd; in addition a daily cycle, weekday effects and traffic
that falls to a tenth on weekends. Nothing changes: alarms are counted against the drift clock's
part of the budget, 0.8 a month (twice that after three days), and a promise fails where chance
alone would count so many in fewer than one bench of a hundred. Skewed from day one: one column
lies off training in the reference and ever since; the delay is the place of the first watched
window in which that column opens an incident. Medians over seeds.

    python -m bench.bench_skew_streams [--quick]
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from statistics import median

import numpy as np
from bench.bench_null_streams import OWN, SHORT, interval
from bench.table import Promise, aligned, promises, verdict_code
from bench.traffic import MONTH, WORLDS, Model, Planted, World, monitor_of, reference_of, watch
from scipy.stats import poisson

from vedette.alerts.alarms import judge, start
from vedette.core.windows import Window
from vedette.monitors.skew import Skew
from vedette.profiles.baseline import Baseline
from vedette.profiles.profile import Profile
from vedette.profiles.training import Training

SEED = 20_260_107
START = 24 * 7 * 2_900  # an hour since 1970 that begins a Thursday
TRAINED, ORDINARY, WARM_UP = 672, 672, 72  # hours
REFERENCE_ROWS, ROWS = 150, 1000
MONTHS, RUNS, QUICK = 2, 4, 1
PATIENCE = 240  # hours
IID, WOBBLE, SEASON = WORLDS
CASES: tuple[tuple[Planted, World, float | None], ...] = (
    (Planted("+0.1 sd", shift=0.1), IID, None),
    (Planted("+0.2 sd", shift=0.2), IID, 3),
    (Planted("+0.2 sd", shift=0.2), WOBBLE, 24),
    (Planted("+0.2 sd", shift=0.2), SEASON, 36),
    (Planted("+0.5 sd", shift=0.5), SEASON, 2),
    (Planted("5 % missing", missing=0.05), WOBBLE, 2),
    (Planted("category in 2 % that training lacks", column=42, fresh=0.02), WOBBLE, 4),
    (Planted("2 % of rows at +6 sd", outliers=0.02), WOBBLE, 4),
)


def held(
    model: Model, hours: int, planted: Planted | None = None
) -> tuple[Baseline, list[tuple[Window, Profile]]]:
    """Draw training, then a reference that may be another thing, and hold one against the other."""
    past, _ = reference_of(model, START, TRAINED, REFERENCE_ROWS)
    baseline, drawn = reference_of(model, START + TRAINED, hours, REFERENCE_ROWS, planted)
    training = Training("", "", past.profile, {}, 0, TRAINED)
    return replace(baseline, training=training), drawn


def later(
    model: Model, hours: int, count: int, planted: Planted | None = None
) -> Iterator[tuple[Window, Profile]]:
    """Draw the hours after the reference."""
    return model.hours(START + TRAINED + hours, count, ROWS, planted)


def alarms_of(world: World, hours: int, run: int, months: int) -> int:
    """Count the incidents of one model in which nothing is skewed."""
    model = Model(world, np.random.default_rng([SEED, WORLDS.index(world), hours, run]))
    baseline, drawn = held(model, hours)
    learnt = drawn if hours < ORDINARY else None  # natural variation is learnt anew from more
    return len(watch(baseline, later(model, hours, months * MONTH), learnt=learnt, kind=Skew))


def delay(world: World, planted: Planted, run: int) -> float:
    """Watch one model until the column that never was as in training alarms."""
    model = Model(world, np.random.default_rng([SEED, WORLDS.index(world), 1, run]))
    monitor = monitor_of(held(model, ORDINARY, planted)[0], Skew)
    state, alarms = monitor.start(), start(len(monitor.streams))
    for at, (window, profile) in enumerate(later(model, ORDINARY, PATIENCE, planted)):
        state, look = monitor.step(state, profile, window)
        weights, threshold = monitor.terms.weights, monitor.terms.threshold
        alarms, judged = judge(alarms, weights, threshold, look.evidence, look.quiet, attach=False)
        if f"c{planted.column:03d}" in {monitor.streams[i].column for i in judged.members}:
            return at + 1
        gone = np.zeros(len(monitor.streams), bool)
        gone[[*judged.members, *judged.released]] = True
        state = monitor.reset(state, gone) if gone.any() else state
    return float("inf")


def main() -> int:
    parser = argparse.ArgumentParser(description="Hold simulated serving against training.")
    parser.add_argument("--quick", action="store_true", help="one model a line, one month")
    options = parser.parse_args()
    runs, months = (QUICK, 1) if options.quick else (RUNS, MONTHS)
    kept: list[Promise] = []
    calm: list[tuple[object, ...]] = []
    for world in WORLDS:
        for hours, most in ((ORDINARY, OWN), (WARM_UP, SHORT)):
            title = f"{world.name}, reference of {hours} hours"
            print(f"{title} ...", file=sys.stderr)
            total = sum(alarms_of(world, hours, run, months) for run in range(runs))
            exposure = runs * months
            low, high = interval(total, exposure)
            calm.append((title, exposure, total, total / exposure, low, high))
            fine = bool(total <= poisson.ppf(0.99, most * exposure))
            promise = f"{title}: at most {most:g} alarms a month (within Poisson noise)"
            kept.append(Promise(promise, f"{total / exposure:.2f}", fine))
    told: list[tuple[object, ...]] = []
    for planted, world, within in CASES:
        print(f"{planted.name}, {world.name} ...", file=sys.stderr)
        times = sorted(delay(world, planted, run) for run in range(3 if options.quick else 9))
        middle = median(times)
        told.append((planted.name, world.name, f"{middle:g}", f"{times[0]:g} to {times[-1]:g}"))
        title = f"{planted.name} from day one, {world.name}"
        title += f": told within {within:g} windows" if within else ""
        fine = None if within is None else middle <= within
        kept.append(Promise(title, f"{middle:g} windows (median of {len(times)})", fine))
    header = ("nothing is skewed", "model-months", "alarms", "a month", "low", "high")
    print(aligned(header, calm), end="\n\n")
    print(aligned(("skew from day one", "traffic", "median windows", "range"), told), end="\n\n")
    print(promises(kept))
    return verdict_code(kept)


if __name__ == "__main__":
    raise SystemExit(main())
