"""Promise: a model that errs more is told soon, one that does not is left alone.

Hourly batches of labels, risk 0.10, then 0.15 or 0.20; the risk wobbles by 0.01 (AR(1), 0.8) or not
at all. The monitors of realised losses and of realised less estimated ones watch through the real
budget: one alarm a month, of which their clock has a fifth. Promised is what two streams do (all
rows); the lines with 10 segments (22 streams, 10 labels a batch each) say what those cost. The
baseline is learnt anew for every model from 28 days of its own labels, as in life.

Beside it, on the same losses: what most people do per batch, a z-test at 5 %, one with Bonferroni
over the month, three standard deviations of reference batches; and river's DDM and ADWIN row by row
(in their own environment). Seeds are fixed; a promise counts as kept within what chance does to the
count: 99 % of runs exactly at the promise.

    python -m bench.bench_concept [--quick] [--workers 2] [--without-river]
"""

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from bench.counted import window_of
from bench.labelled import MONTH, Model, Watching, profile_of, reference_of
from bench.rivals.environments import python_of, script_of
from bench.table import Promise, aligned, promises, verdict_code
from scipy.stats import binom, norm, poisson

SEED = 20_130_507
REFERENCE = 672  # hours
BEFORE, AFTER = 24, 240  # batches before and after a change
CHANGES = (0.05, 0.10)
PROMISED = {0.05: 10, 0.10: 3}  # median delay in batches
FALSE = 0.1  # a month
RIVERS = 20  # models that river is shown: it takes half a minute each


@dataclass(frozen=True)
class Case:
    """A world. `promised`: whether the promise is about it."""

    name: str
    wobble: float = 0.0
    segments: int = 0
    rows: int = 100
    risk: float = 0.10
    promised: bool = False
    runs: int = 200
    quick: int = 4


CASES = (
    Case("risk is constant", promised=True),
    Case("risk wobbles by 0.01", wobble=0.01, promised=True, quick=10),
    Case("constant, 10 segments", segments=10, runs=100, quick=2),
    Case("wobbles, 10 segments", wobble=0.01, segments=10, runs=100, quick=2),
    Case("constant, 10 labels a batch", rows=10, runs=100, quick=2),
    Case("constant, risk 0.02", risk=0.02, runs=100, quick=2),
)


@dataclass(frozen=True)
class Lived:
    """One model's life: false alarms in an ordinary month, delays in batches by change, None where
    a change was not told; the same of the usual rules, by name; losses for river."""

    false: dict[str, int]
    delays: dict[str, tuple[float | None, ...]]
    losses: dict[str, np.ndarray]


def live(case: Case, run: int) -> Lived:
    """Learn a baseline, live through a month, then through each change."""
    rng = np.random.default_rng([SEED, CASES.index(case), run])
    model = Model(rng, case.rows, case.risk, case.wobble, case.segments)
    known = model.batches(REFERENCE)
    calm = model.batches(MONTH)
    changed = [
        np.concatenate([model.batches(BEFORE), model.batches(AFTER, step)]) for step in CHANGES
    ]
    baseline = reference_of(known)
    false = {"vedette": len(alarms(Watching(baseline), calm))}
    found = [alarms(Watching(baseline), one) for one in changed]
    delays = {"vedette": tuple(delay(at) for at in found)}
    for name, rule in rules(known[:, 0]).items():
        false[name] = int(rule(calm[:, 0]).sum())
        delays[name] = tuple(delay(np.flatnonzero(rule(one[:, 0])).tolist()) for one in changed)
    losses = {}
    if case.promised and run < RIVERS:
        parts = {"reference": known, "calm": calm}
        parts |= {str(step): one for step, one in zip(CHANGES, changed, strict=True)}
        losses = {key: spread(one[:, 0], rng) for key, one in parts.items()}
    return Lived(false, delays, losses)


def alarms(watching: Watching, batches: np.ndarray) -> list[int]:
    """Return the places of the batches that open an incident."""
    seen = (watching.see(window_of(REFERENCE + t), profile_of(b)) for t, b in enumerate(batches))
    return [t for t, opened in enumerate(seen) if opened]


def delay(found: Sequence[int]) -> float | None:
    """Return the batches from a change to its first alarm, 1 for the very first batch."""
    after = [t - BEFORE + 1 for t in found if t >= BEFORE]
    return after[0] if after else None


def rules(known: np.ndarray):
    """Return what most people do, each a function from batches to alarms."""
    rows, lost = known[:, 0], known[:, 1]
    risk = lost.sum() / rows.sum()
    rates = lost / rows
    limit = rates.mean() + 3 * rates.std(ddof=1)

    def z_test(level: float):
        least = norm.isf(level)
        return lambda b: (b[:, 1] / b[:, 0] - risk) / np.sqrt(risk * (1 - risk) / b[:, 0]) > least

    return {
        "z-test at 5 %": z_test(0.05),
        "z-test, Bonferroni over a month": z_test(0.05 / MONTH),
        "3 sd of reference batches": lambda b: b[:, 1] / b[:, 0] > limit,
    }


def spread(batches: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the rows of batches one by one, as uint8 losses in random order inside a batch."""
    rows = int(batches[0, 0])
    lost = np.arange(rows) < batches[:, 1, None]
    return rng.permuted(lost, axis=1).ravel().astype(np.uint8)


def river(lives: Sequence[Lived], rows: int) -> tuple[dict[str, float], dict[str, list]]:
    """Show river the losses; its false alarms a month, its delays by change."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "losses.npz"
        keys = lives[0].losses
        np.savez(file, **{key: np.stack([one.losses[key] for one in lives]) for key in keys})
        command = [python_of("river"), script_of("river"), file]
        said = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    false, delays = {}, {}
    for name, by in said["cries"].items():
        called = f"{name} {said['version']}"
        false[called] = sum(map(len, by["calm"])) / len(lives)
        delays[called] = [
            [delay([at // rows for at in found]) for found in by[str(step)]] for step in CHANGES
        ]
    return false, delays


def middle(delays: Sequence[float | None]) -> float | None:
    """Return the median delay; None where half of the changes were not told."""
    found = float(np.median([np.inf if one is None else one for one in delays]))
    return found if np.isfinite(found) else None


def judge(case: Case, lives: Sequence[Lived]) -> list[Promise]:
    """Hold what was found against what was promised."""
    n, total = len(lives), sum(one.false["vedette"] for one in lives)
    title = f"{case.name}: at most {FALSE:g} false alarms a month"
    fine = bool(total <= poisson.ppf(0.99, FALSE * n))
    kept = [Promise(title, f"{total / n:.3f} ({total} in {n} months)", fine)]
    for at, step in enumerate(CHANGES):
        found = [one.delays["vedette"][at] for one in lives]
        most = PROMISED[step]
        soon = sum(one is not None and one <= most for one in found)
        promise = f"{case.name}: {case.risk:g} to {case.risk + step:g} within {most} batches"
        fine = bool(soon >= binom.ppf(0.01, n, 0.5))
        kept.append(Promise(f"{promise} (median)", f"{middle(found)} ({soon} of {n})", fine))
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(description="Find models that err more.")
    parser.add_argument("--quick", action="store_true", help="fewer models")
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--without-river", action="store_true", help="leave river out")
    options = parser.parse_args()
    lines: list[tuple[object, ...]] = []
    kept: list[Promise] = []
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.workers, mp_context=context) as pool:
        for case in CASES:
            runs = case.quick if options.quick else case.runs
            print(f"{case.name}, {runs} models ...", file=sys.stderr)
            lives = list(pool.map(live, [case] * runs, range(runs)))
            for name in lives[0].false:
                false = sum(one.false[name] for one in lives) / runs
                each = [middle([one.delays[name][at] for one in lives]) for at in range(2)]
                lines.append((case.name, name, false, *each))
            shown = [one for one in lives if one.losses][: 2 if options.quick else RIVERS]
            if shown and not options.without_river:
                often, delays = river(shown, case.rows)
                lines += [
                    (case.name, name, often[name], *map(middle, delays[name])) for name in often
                ]
            if case.promised:
                kept += judge(case, lives)
    header = ("world", "rule", "false a month", "median to +0.05", "to +0.10")
    print(aligned(header, lines), end="\n\n")
    print(promises(kept))
    return verdict_code(kept)


if __name__ == "__main__":
    raise SystemExit(main())
