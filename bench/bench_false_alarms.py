"""Promise: at most 5 % of comparisons of unchanged tables raise an alarm, whatever they hold.

A cell is a law, a pair of sizes and a number of columns: 11 laws x 25 ordered pairs of 50 to
1,000,000 rows x 20 and 200 columns. Columns are independent here, so single ones are run, rows
and all, through the product's own fitting, profiling and testing at the share of the budget that
one of C columns has, and C of them alarm in 1 - (1 - P)^C of comparisons. A table of a million rows
meets several small ones, next to which its own noise is nothing. Whole comparisons of 20 mixed
columns through `vedette.compare` check the sum.

Chance is allowed for: a cell that holds more alarms than 95 % of cells exactly at the promise would
is measured again on four times as many fresh columns and judged on them alone, by the 99 % bound.

    python -m bench.bench_false_alarms [--quick] [--workers 2]
"""

import argparse
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product

import numpy as np
import pyarrow as pa
from bench.table import Promise, aligned, promises, verdict_code
from numpy.typing import NDArray
from scipy.stats import binom

SEED = 20_130_102
PROMISED = 0.05
MILLION = 1_000_000
SIZES = (50, 100, 1_000, 20_000, MILLION)
WIDTHS = (20, 200)  # columns that share the budget
MEETS = 20  # small tables that one of a million rows is compared with
AGAIN = 4  # times as many columns when a suspicious cell is measured again
WHOLE = ((50, 50), (100, 1_000), (1_000, 100), (1_000, 1_000), (1_000, 20_000), (20_000, 1_000))

Generator = np.random.Generator
Draw = Callable[[Generator, int], pa.Array]


def categories(shares: NDArray[np.float64]) -> Draw:
    """Return a law that draws named categories with these shares."""
    names = pa.array([f"v{k:04d}" for k in range(len(shares))])
    steps = np.cumsum(shares / shares.sum())[:-1]

    def draw(rng: Generator, rows: int) -> pa.Array:
        codes = steps.searchsorted(rng.random(rows)).astype(np.int32)
        return pa.DictionaryArray.from_arrays(codes, names)

    return draw


def zero_inflated(rng: Generator, rows: int) -> pa.Array:
    return pa.array(np.where(rng.random(rows) < 0.7, 0.0, rng.lognormal(0, 1, rows)))


def mostly_missing(rng: Generator, rows: int) -> pa.Array:
    return pa.array(rng.normal(0, 1, rows), mask=rng.random(rows) < 0.6)


def zipf(k: int) -> NDArray[np.float64]:
    """Return shares that fall as 1, 1/2, 1/3, ..."""
    return 1.0 / np.arange(1, k + 1)


LAWS: Mapping[str, Draw] = {
    "normal": lambda rng, rows: pa.array(rng.normal(0, 1, rows)),
    "lognormal": lambda rng, rows: pa.array(rng.lognormal(0, 1, rows)),
    "Student t2": lambda rng, rows: pa.array(rng.standard_t(2, rows)),
    "Poisson 4": lambda rng, rows: pa.array(rng.poisson(4, rows)),
    "70 % zeros": zero_inflated,
    "60 % null": mostly_missing,
    "5 cat.": categories(np.array([0.4, 0.3, 0.15, 0.1, 0.05])),
    "20 equal": categories(np.ones(20)),
    "45 equal": categories(np.ones(45)),
    "100 Zipf": categories(zipf(100)),
    "1000 Zipf": categories(zipf(1_000)),
}
NUMERIC = 6  # the first so many laws; the rest is categories


@dataclass(frozen=True)
class Task:
    """One law and pair of sizes to run so many columns of."""

    law: str
    m: int
    n: int
    columns: int
    attempt: int = 0

    @property
    def meets(self) -> int:
        """Return how many tables of the smaller size each of the larger is compared with."""
        return MEETS if MILLION in (self.m, self.n) and self.m != self.n else 1

    @property
    def seed(self) -> list[int]:
        return [SEED, self.attempt, list(LAWS).index(self.law), self.m, self.n]

    @property
    def cost(self) -> float:
        """Return roughly how long it takes, to run the long ones first."""
        return self.columns * (1e5 + 10 * self.m / self.meets + 10 * self.n)


def table(draw: Draw, rows: int, width: int, rng: Generator) -> pa.Table:
    return pa.table({f"c{i:03d}": draw(rng, rows) for i in range(width)})


def encounters(task: Task) -> Iterator[tuple[pa.Table, list[pa.Table]]]:
    """Yield references with the current tables each is compared with, until there are enough."""
    rng, draw, meets = np.random.default_rng(task.seed), LAWS[task.law], task.meets
    width = max(1, min(100, 2 * MILLION // max(task.m, task.n)))
    done = 0
    while done < task.columns:
        if task.m < task.n:
            currents = [table(draw, task.n, width, rng)]
            for _ in range(meets):
                yield table(draw, task.m, width, rng), currents
        else:
            reference = table(draw, task.m, width, rng)
            yield reference, [table(draw, task.n, width, rng) for _ in range(meets)]
        done += meets * width


def run(task: Task) -> tuple[Task, int, list[int]]:
    """Run a cell: how many columns there were, and how many alarmed by number of columns."""
    from vedette.engine.batch import fit_baseline, profile_source
    from vedette.engine.decide import make_pairs
    from vedette.engine.settings import make_settings
    from vedette.ingest.source import open_source
    from vedette.stats.holm import decide

    kind = "numeric" if list(LAWS).index(task.law) < NUMERIC else "category"
    settings = make_settings({"columns": {"*": {"kind": kind}}})
    seen, alarms = 0, [0] * len(WIDTHS)
    for reference, currents in encounters(task):
        baseline = fit_baseline(open_source(reference), settings, workers=1)
        for current in currents:
            profile = profile_source(open_source(current), baseline, workers=1)
            for pair in make_pairs(baseline, baseline.profile, profile, settings):
                found = pair.components()
                tests = ([c.p for c in found], [c.p_margin for c in found])
                weights = [c.weight for c in found]
                seen += 1
                for i, width in enumerate(WIDTHS):
                    decision = decide(*tests, weights, PROMISED / width)
                    alarms[i] += bool(decision.alarming.any())
    return task, seen, alarms


def compare_whole(m: int, n: int, comparisons: int) -> tuple[int, int, int, int]:
    """Run whole comparisons of 20 mixed columns: sizes, comparisons, those with an alarm."""
    import vedette as vd

    rng = np.random.default_rng([SEED, m, n])
    laws = [*LAWS.values()] * 2
    names = [f"c{i:02d}" for i in range(20)]
    kinds = {name: {"kind": "category"} for i, name in enumerate(names) if i % 11 >= NUMERIC}
    alarms = 0
    for _ in range(comparisons):
        one, two = (
            pa.table({name: laws[i](rng, rows) for i, name in enumerate(names)}) for rows in (m, n)
        )
        alarms += not vd.compare(one, two, columns=kinds, workers=1).ok
    return m, n, comparisons, alarms


def allowed(columns: int, width: int, sure: float) -> int:
    """Return the most alarms that a share `sure` of cells exactly at the promise would hold."""
    return int(binom.ppf(sure, columns, 1 - (1 - PROMISED) ** (1 / width)))


def share(alarms: int, columns: int, width: int) -> float:
    """Return the percentage of comparisons of so many columns that would alarm."""
    return 100 * (1 - (1 - alarms / columns) ** width)


Counts = dict[tuple[str, int, int], tuple[int, list[int]]]


def collect(results: Iterable[tuple[Task, int, list[int]]], total: int) -> Counts:
    counts: Counts = {}
    for done, (task, seen, alarms) in enumerate(results, 1):
        counts[task.law, task.m, task.n] = (seen, alarms)
        if done == total or done % 25 == 0:
            print(f"{done} of {total} cells", file=sys.stderr)
    return counts


def judge(first: Counts, again: Counts, i: int) -> Promise:
    """Judge every cell of one number of columns, those measured again by that measurement."""
    width, worst, beyond = WIDTHS[i], 0.0, 0
    for key, (seen, alarms) in first.items():
        fresh = again.get(key)
        if alarms[i] > allowed(seen, width, 0.95) and fresh is not None:
            seen, alarms = fresh
            beyond += alarms[i] > allowed(seen, width, 0.99)
        worst = max(worst, share(alarms[i], seen, width))
    promise = f"every cell of {width} unchanged columns: at most 5 % (within the noise)"
    measured = f"{beyond} of {len(first)} cells beyond; worst {worst:.1f} %"
    return Promise(promise, measured, not beyond)


def judge_all(first: Counts, i: int) -> Promise:
    """Judge all cells of one number of columns together."""
    width = WIDTHS[i]
    seen = sum(columns for columns, _ in first.values())
    alarms = sum(counts[i] for _, counts in first.values())
    promise = f"all cells of {width} unchanged columns together: at most 5 %"
    measured = f"{share(alarms, seen, width):.2f} %"
    return Promise(promise, measured, alarms <= allowed(seen, width, 0.99))


def show(counts: Counts, i: int) -> None:
    """Print the cells of one number of columns: sizes down, laws across, per cent."""
    width, lines = WIDTHS[i], []
    for m, n in product(SIZES, SIZES):
        cells = [counts[law, m, n] for law in LAWS]
        seen, alarms = sum(c for c, _ in cells), sum(a[i] for _, a in cells)
        bound = share(allowed(cells[0][0], width, 0.95), cells[0][0], width)
        values = [share(a[i], c, width) for c, a in cells]
        lines.append((f"{m:,} / {n:,}", *values, share(alarms, seen, width), bound))
    together: list[object] = []
    for law in LAWS:
        cells = [cell for (name, _, _), cell in counts.items() if name == law]
        seen, alarms = sum(c for c, _ in cells), sum(a[i] for _, a in cells)
        together.append(share(alarms, seen, width))
    lines.append(("all sizes", *together, None, None))
    print(f"% of comparisons of {width} unchanged columns with an alarm (promised: 5.00)")
    print(aligned(("reference / current", *LAWS, "all", "95 % bound"), lines), end="\n\n")


def show_whole(lines: Sequence[tuple[int, int, int, int]]) -> Promise:
    """Print and judge the whole comparisons."""
    rows = [
        (f"{m:,} / {n:,}", 100 * k / of, 100 * allowed(of, 1, 0.95) / of) for m, n, of, k in lines
    ]
    of, alarms = sum(line[2] for line in lines), sum(line[3] for line in lines)
    print(f"vedette.compare on 20 mixed columns, {lines[0][2]} comparisons each")
    print(aligned(("reference / current", "% with an alarm", "95 % bound"), rows), end="\n\n")
    kept = alarms <= allowed(of, 1, 0.99) and all(k <= allowed(n, 1, 0.99) for *_, n, k in lines)
    return Promise("whole comparisons: at most 5 %", f"{100 * alarms / of:.1f} % of {of}", kept)


def tasks(quick: bool) -> list[Task]:
    """Return every cell with its number of columns: fewer where a million rows make them dear."""
    few = 10 if quick else 1
    sizes = []
    for m, n in product(SIZES, SIZES):
        columns = 2_000 if m < MILLION > n else 600 if m != n else 100
        sizes.append((m, n, columns // few))
    return sorted((Task(law, *size) for law in LAWS for size in sizes), key=lambda task: -task.cost)


def main() -> int:
    parser = argparse.ArgumentParser(description="Count false alarms on unchanged tables.")
    parser.add_argument("--quick", action="store_true", help="a tenth of the columns")
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    options = parser.parse_args()
    comparisons = 25 if options.quick else 200
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.workers, mp_context=context) as pool:
        whole = [pool.submit(compare_whole, m, n, comparisons) for m, n in WHOLE]
        planned = tasks(options.quick)
        first = collect(pool.map(run, planned), len(planned))
        suspicious = [
            Task(task.law, task.m, task.n, AGAIN * seen, 1)
            for task in planned
            for seen, alarms in [first[task.law, task.m, task.n]]
            if any(k > allowed(seen, w, 0.95) for k, w in zip(alarms, WIDTHS, strict=True))
        ]
        again = collect(pool.map(run, suspicious), len(suspicious))
        checked = [future.result() for future in whole]
    kept = []
    for i in range(len(WIDTHS)):
        if not (options.quick and i):  # few columns say little about a share of 1 in 4,000
            show(first, i)
        kept += [judge(first, again, i), judge_all(first, i)]
    kept.append(show_whole(checked))
    for law, m, n in again:
        seen, alarms = again[law, m, n]
        rates = ", ".join(
            f"{share(k, seen, w):.1f} % of {w} columns (99 % bound "
            f"{share(allowed(seen, w, 0.99), seen, w):.1f})"
            for k, w in zip(alarms, WIDTHS, strict=True)
        )
        print(f"measured again: {law}, {m:,} / {n:,}, on {seen:,} columns: {rates}")
    print(promises(kept))
    return verdict_code(kept)


if __name__ == "__main__":
    raise SystemExit(main())
