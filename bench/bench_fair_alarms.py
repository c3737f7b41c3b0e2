"""Promise: groups that are treated alike are left alone, one that is not is told within a week.

Days of 6 groups of 200 rows each, selected at 30 %, 28 days of them the reference; then 90 days of
daily looks through the real budget, one alarm a month over all that is watched. Promised: of runs
without a disparity at most 5 % alarm, by selection rates alone and by these and error rates
together; one group selected 0.8 times as often as the rest is found within 7 days (median). A
group's gap that stood in the reference is not told anew, which is promised as well.

Beside it, on the same days: what most people do, for any group against the rest: |z| > 1.96 of the
day, the same of all days so far, and the four-fifths rule on the day's rates. Seeds are fixed; a
promise counts as kept within what chance does to the count: 99 % of runs exactly at the promise.

    python -m bench.bench_fair_alarms [--quick] [--workers 2]
"""

import argparse
import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from bench.grouped import Clock, Model, clocks_of, profile_of, reference_of
from bench.table import Promise, aligned, promises, verdict_code
from scipy.stats import binom

SEED = 20_261_126
REFERENCE, CALM, AFTER = 28, 90, 60  # days
FALSE, SOON = 0.05, 7  # of runs; days, median
Z = 1.96
VEDETTE = "vedette"


@dataclass(frozen=True)
class Case:
    """A world. `stood` are the ratios of the first groups in the reference and while nothing
    happens, `ratio` those after a change; `promised`: false alarms, delays, both or none."""

    name: str
    ratio: tuple[float, ...] = (0.8,)
    stood: tuple[float, ...] = ()
    labels: bool = False
    rows: int = 200
    rate: float = 0.3
    wobble: float = 0.0
    promised: tuple[str, ...] = ()
    runs: int = 200
    quick: int = 6


CASES = (
    Case("selection rates", promised=("false", "delay"), runs=400, quick=24),
    Case("and error rates", labels=True, promised=("false",), runs=200, quick=8),
    Case("0.7 stood before, then 0.5", (0.5,), (0.7,), promised=("false",), quick=8),
    Case("ratio 0.9, within the limits", (0.9,)),
    Case("ratio 0.8 at a rate of 0.1", rate=0.1, runs=100),
    Case("ratio 0.5, 30 rows a group", (0.5,), rows=30, runs=100),
    Case("log odds of groups wobble by 0.05", wobble=0.05),
)


@dataclass(frozen=True)
class Lived:
    """The day of the first alarm of each rule, None where there was none: in 90 days without a
    change, and after one; and whether the first one after a change named its group."""

    calm: dict[str, int | None]
    changed: dict[str, int | None]
    named: bool


def live(case: Case, run: int) -> Lived:
    """Learn a baseline, live through 90 days, then through a change."""
    rng = np.random.default_rng([SEED, CASES.index(case), run])
    model = Model(rng, rows=case.rows, rate=case.rate, wobble=case.wobble)
    baseline = reference_of(model.days(REFERENCE, case.stood))
    calm, changed = model.days(CALM, case.stood), model.days(AFTER, case.ratio)
    day, _ = first(clocks_of(baseline, labels=case.labels), calm)
    soon, told = first(clocks_of(baseline, labels=case.labels), changed)
    found = Lived({VEDETTE: day}, {VEDETTE: soon}, "race=g0" in told)
    for name, rule in RULES.items():
        found.calm[name], found.changed[name] = at_first(rule(calm)), at_first(rule(changed))
    return found


def first(clocks: Sequence[Clock], days: np.ndarray) -> tuple[int | None, tuple[str, ...]]:
    """Return the first day on which an incident opens, from 1, and the groups it names."""
    for t, counts in enumerate(days):
        profile = profile_of(counts)
        named = [group for clock in clocks for group in clock.see(profile, REFERENCE + t)]
        if named:
            return t + 1, tuple(named)
    return None, ()


def selected(days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of every day and group, and those that were selected."""
    return days.sum(axis=(2, 3)), days[:, :, 1].sum(axis=2)


def z_of(n: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Return the pooled z of every group against the rest."""
    other_n, other_k = n.sum(1, keepdims=True) - n, k.sum(1, keepdims=True) - k
    p = (k + other_k) / (n + other_n)
    return (k / n - other_k / other_n) / np.sqrt(p * (1 - p) * (1 / n + 1 / other_n))


def fresh(days: np.ndarray) -> np.ndarray:
    return (np.abs(z_of(*selected(days))) > Z).any(axis=1)


def peeking(days: np.ndarray) -> np.ndarray:
    return (np.abs(z_of(*(part.cumsum(axis=0) for part in selected(days)))) > Z).any(axis=1)


def four_fifths(days: np.ndarray) -> np.ndarray:
    n, k = selected(days)
    other = (k.sum(1, keepdims=True) - k) / (n.sum(1, keepdims=True) - n)
    return (k / n < 0.8 * other).any(axis=1)


RULES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "|z| > 1.96 of the day": fresh,
    "|z| > 1.96 of all days so far": peeking,
    "four fifths of the day": four_fifths,
}


def at_first(alarms: np.ndarray) -> int | None:
    found = np.flatnonzero(alarms)
    return int(found[0]) + 1 if len(found) else None


def middle(delays: Sequence[int | None]) -> float | None:
    """Return the median delay; None where half of the changes were not told."""
    found = float(np.median([np.inf if one is None else one for one in delays]))
    return found if np.isfinite(found) else None


def judge(case: Case, lives: Sequence[Lived]) -> list[Promise]:
    """Hold what was found against what was promised."""
    n, kept = len(lives), []
    if "false" in case.promised:
        false = sum(one.calm[VEDETTE] is not None for one in lives)
        title = f"{case.name}: at most 5 % of runs alarm in {CALM} days without a change"
        fine = bool(false <= binom.ppf(0.99, n, FALSE))
        kept.append(Promise(title, f"{100 * false / n:.1f} % ({false} of {n})", fine))
    if "delay" in case.promised:
        found = [one.changed[VEDETTE] for one in lives]
        soon = sum(one is not None and one <= SOON for one in found)
        title = f"{case.name}: ratio {case.ratio[0]:g} is found within {SOON} days (median)"
        fine = bool(soon >= binom.ppf(0.01, n, 0.5))
        kept.append(Promise(title, f"{middle(found)} ({soon} of {n})", fine))
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(description="Tell of groups that are treated unlike.")
    parser.add_argument("--quick", action="store_true", help="fewer runs")
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    options = parser.parse_args()
    lines: list[tuple[object, ...]] = []
    kept: list[Promise] = []
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.workers, mp_context=context) as pool:
        for case in CASES:
            runs = case.quick if options.quick else case.runs
            print(f"{case.name}, {runs} runs ...", file=sys.stderr)
            lives = list(pool.map(live, [case] * runs, range(runs)))
            for name in lives[0].calm:
                false = 100 * sum(one.calm[name] is not None for one in lives) / runs
                found = [one.changed[name] for one in lives]
                told = 100 * sum(one is not None for one in found) / runs
                right = 100 * sum(one.named for one in lives) / runs if name == VEDETTE else None
                lines.append((case.name, name, false, middle(found), told, right))
            kept += judge(case, lives)
    header = ("world", "rule", f"% alarm in {CALM} days", "days to the change (median)",
              f"% found in {AFTER}", "% right group")  # fmt: skip
    print(aligned(header, lines), end="\n\n")
    print(promises(kept))
    return verdict_code(kept)


if __name__ == "__main__":
    raise SystemExit(main())
