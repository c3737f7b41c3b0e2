"""Promise: where nothing changes, a model alarms at most as often as its budget allows (within
Poisson noise): once a month in all, of which the drift clock may take 0.8.

Three months of hourly windows of 50 columns (40 numeric, 10 of categories) through the real drift
monitor, budget and alarm rule: independent rows; a benign wobble of 0.05 sd; in addition a daily
cycle, weekday effects, and traffic that falls to a tenth on weekends. These drive the drift clock
alone, and are judged by its part of the budget, 0.8. Then short references, learning as they go: 72
hours, 7 days, and a sample without times, for which twice that is allowed. Last, months of rows of
10 columns through the whole engine, with volume, rates and drift on both clocks (fast windows of 15
minutes), judged by the whole budget, 1. Seeds are fixed; intervals are Poisson's 95 %; a promise
fails where chance alone would count so many alarms in fewer than one bench of a hundred.

    python -m bench.bench_null_streams [--quick]
"""

import argparse
import sys
from dataclasses import dataclass

import numpy as np
from bench.table import Promise, aligned, promises, verdict_code
from bench.traffic import MONTH, WORLDS, Model, World, reference_of, watch
from bench.whole import whole_alarms
from scipy.stats import chi2, poisson

from vedette.alerts.budget import FAST

SEED = 20_260_101
MONTHS = 3
START = 24 * 7 * 2_900  # an hour since 1970 that begins a Thursday
ORDINARY = 672  # hours of a full reference
OWN = 1 - FAST  # of one alarm a month: the drift clock's
SHORT = 2 * OWN  # where the reference is too short to know the season
WHOLE = "whole engine, 10 columns"
WHOLE_RUNS = 10  # months


@dataclass(frozen=True)
class Case:
    """One line: a world, hours and rows of the reference, rows an hour, the promise a month."""

    title: str
    world: World
    reference: int = ORDINARY
    reference_rows: int = 150
    rows: int = 1000
    flat: bool = False
    most: float = OWN
    runs: int = 10
    quick: int = 1


IID, WOBBLE, SEASON = WORLDS
CASES = (
    Case("independent", IID),
    Case("wobble", WOBBLE),
    Case("season, 10:1 weekends", SEASON),
    Case("season, 100 rows an hour", SEASON, rows=100, quick=0, runs=5),
    Case("season, 20,000 rows an hour", SEASON, rows=20_000, quick=0, runs=5),
    Case("season, reference of 72 hours", SEASON, reference=72, most=SHORT),
    Case("season, reference of 7 days", SEASON, reference=168, most=SHORT),
    Case("season, a sample without times", SEASON, flat=True, most=SHORT),
)


def alarms_of(case: Case, run: int, months: int) -> int:
    """Count the incidents of one model."""
    rng = np.random.default_rng([SEED, CASES.index(case), run])
    model = Model(case.world, rng)
    baseline, drawn = reference_of(model, START, case.reference, case.reference_rows)
    hours = model.hours(START + case.reference, months * MONTH, case.rows)
    if case.flat:
        from dataclasses import replace

        return len(watch(replace(baseline, variation=None), hours, learnt=[], flat=True))
    learnt = list(drawn) if case.reference < ORDINARY else None
    return len(watch(baseline, hours, learnt=learnt))


def interval(k: int, months: float) -> tuple[float, float]:
    """Return Garwood's 95 % interval of a rate a month."""
    low = chi2.ppf(0.025, 2 * k) / 2 if k else 0.0
    return low / months, chi2.ppf(0.975, 2 * k + 2) / 2 / months


def main() -> int:
    parser = argparse.ArgumentParser(description="Count false alarms where nothing changes.")
    parser.add_argument("--quick", action="store_true", help="one model a line, one month")
    options = parser.parse_args()
    lines: list[tuple[object, ...]] = []
    kept: list[Promise] = []

    def judge(title: str, most: float, total: int, exposure: int) -> None:
        low, high = interval(total, exposure)
        lines.append((title, f"{exposure}", f"{total}", total / exposure, low, high))
        fine = total <= poisson.ppf(0.99, most * exposure)
        measured = f"{total / exposure:.2f} ({low:.2f} to {high:.2f})"
        promise = f"{title}: at most {most:g} a month (within Poisson noise)"
        kept.append(Promise(promise, measured, bool(fine)))

    for case in CASES:
        runs, months = (case.quick, 1) if options.quick else (case.runs, MONTHS)
        if not runs:
            continue
        print(f"{case.title} ...", file=sys.stderr)
        total = sum(alarms_of(case, run, months) for run in range(runs))
        judge(case.title, case.most, total, runs * months)
    print(f"{WHOLE} ...", file=sys.stderr)
    runs = 1 if options.quick else WHOLE_RUNS
    judge(WHOLE, 1.0, sum(whole_alarms(SEED + run) for run in range(runs)), runs)
    header = ("nothing changes", "model-months", "alarms", "a month", "low", "high")
    print(aligned(header, lines), end="\n\n")
    print(promises(kept))
    return verdict_code(kept)


if __name__ == "__main__":
    raise SystemExit(main())
