"""Promise: where nothing changes, a model alarms at most as often as its budget allows.

Three months of hourly windows of 50 columns (40 numeric, 10 of categories) through the real drift
monitor, budget and alarm rule: independent rows; a benign wobble of 0.05 sd; in addition a daily
cycle, weekday effects, and traffic that falls to a tenth on weekends. The drift clock has 0.8 of
one alarm a month, since the fast clock has the rest. Then short references, learning as they go: 72
hours, 7 days, and a sample without times. Seeds are fixed; intervals are Poisson's 95 %.

    python -m bench.bench_null_streams [--quick]
"""

import argparse
import sys
from dataclasses import dataclass

import numpy as np
from bench.table import Promise, aligned, promises, verdict_code
from bench.traffic import MONTH, WORLDS, Model, World, reference_of, watch
from scipy.stats import chi2, poisson

SEED = 20_260_101
MONTHS = 3
START = 24 * 7 * 2_900  # an hour since 1970 that begins a Thursday
ORDINARY = 672  # hours of a full reference


@dataclass(frozen=True)
class Case:
    """One line: a world, hours and rows of the reference, rows an hour, the promise a month."""

    title: str
    world: World
    reference: int = ORDINARY
    reference_rows: int = 150
    rows: int = 1000
    flat: bool = False
    most: float = 1.0
    runs: int = 10
    quick: int = 1


IID, WOBBLE, SEASON = WORLDS
CASES = (
    Case("independent", IID),
    Case("wobble", WOBBLE),
    Case("season, 10:1 weekends", SEASON),
    Case("season, 100 rows an hour", SEASON, rows=100, quick=0, runs=5),
    Case("season, 20,000 rows an hour", SEASON, rows=20_000, quick=0, runs=5),
    Case("season, reference of 72 hours", SEASON, reference=72, most=2.0),
    Case("season, reference of 7 days", SEASON, reference=168, most=2.0),
    Case("season, a sample without times", SEASON, flat=True, most=2.0),
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
    lines, kept = [], []
    for case in CASES:
        runs, months = (case.quick, 1) if options.quick else (case.runs, MONTHS)
        if not runs:
            continue
        print(f"{case.title} ...", file=sys.stderr)
        total = sum(alarms_of(case, run, months) for run in range(runs))
        exposure = runs * months
        low, high = interval(total, exposure)
        lines.append((case.title, f"{exposure}", f"{total}", total / exposure, low, high))
        fine = total <= poisson.ppf(0.99, case.most * exposure)
        kept.append(
            Promise(
                f"{case.title}: at most {case.most:g} a month",
                f"{total / exposure:.2f} ({low:.2f} to {high:.2f})",
                bool(fine),
            )
        )
    header = ("nothing changes", "model-months", "alarms", "a month", "low", "high")
    print(aligned(header, lines), end="\n\n")
    print(promises(kept))
    return verdict_code(kept)


if __name__ == "__main__":
    raise SystemExit(main())
