"""Promise: a change that matters is found, one that does not is left alone.

Whole comparisons of 20 columns through `vedette.compare`; the columns that did not change are
normal. Beside it, in the same run on the same rows, what most people do: a Kolmogorov-Smirnov test
per column (chi-square for categories), each at 5 % / 20. It tests "any change at all", so it has no
answer to the last line. Seeds are fixed; a share counts as kept unless fewer are found than 99 % of
runs exactly at the promise would find.

    python -m bench.bench_power [--quick]
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from bench.table import Promise, aligned, promises, verdict_code
from scipy.stats import binom, chi2_contingency, ks_2samp

SEED = 20_130_103
COLUMNS = 20
LEVEL = 0.05 / COLUMNS
ZIPF = 1.0 / np.arange(1, 31)

Generator = np.random.Generator
Draw = Callable[[Generator, int, bool], pa.Array]  # rows of one side; whether it is the changed one


@dataclass(frozen=True)
class Change:
    """One planted change. `least` or `most` per cent of runs are promised to alarm."""

    title: str
    rows: int
    draw: Draw
    everywhere: bool  # in all 20 columns, else in the first
    runs: int
    quick: int
    least: float | None = None
    most: float | None = None


def shifted(by: float) -> Draw:
    return lambda rng, rows, late: pa.array(rng.normal(by if late else 0.0, 1.0, rows))


def widened(rng: Generator, rows: int, late: bool) -> pa.Array:
    return pa.array(rng.normal(0.0, 1.25 if late else 1.0, rows))


def contaminated(rng: Generator, rows: int, late: bool) -> pa.Array:
    values = rng.normal(0.0, 1.0, rows)
    if late:
        values[rng.random(rows) < 0.02] += 6.0
    return pa.array(values)


def named(rng: Generator, rows: int, shares: np.ndarray) -> pa.Array:
    codes = np.cumsum(shares / shares.sum())[:-1].searchsorted(rng.random(rows))
    return pa.array([f"v{k:02d}" for k in range(len(shares))]).take(pa.array(codes))


def new_category(rng: Generator, rows: int, late: bool) -> pa.Array:
    old = np.array([0.4, 0.3, 0.15, 0.1, 0.05])
    return named(rng, rows, np.append(0.99 * old, 0.01) if late else old)


def mixed(rng: Generator, rows: int, late: bool) -> pa.Array:
    """Draw 30 categories; late, 15 % of the rows come from the rare end."""
    share = 0.15 if late else 0.0
    return named(rng, rows, (1 - share) * ZIPF + share * ZIPF[::-1])


CHANGES = (
    Change("all 20 columns +0.09 sd", 20_000, shifted(0.09), True, 160, 20, least=95),
    Change("one column +0.2 sd", 1_000, shifted(0.2), False, 400, 100, least=85),
    Change("one column's spread x 1.25", 5_000, widened, False, 160, 40, least=95),
    Change("2 % of one column's rows +6 sd", 5_000, contaminated, False, 160, 40, least=95),
    Change("a new category in 1 % of the rows", 20_000, new_category, False, 160, 20, least=95),
    Change("15 % of rows mixed anew, 30 categories", 1_000, mixed, False, 400, 100),
    Change("15 % of rows mixed anew, 30 categories", 5_000, mixed, False, 160, 40),
    Change("all 20 columns +0.04 sd (below 0.05)", 1_000_000, shifted(0.04), True, 100, 5, most=1),
)


def draw(change: Change, rng: Generator, late: bool) -> pa.Table:
    """Return one side: the changed columns and unchanged normal ones."""
    still = shifted(0.0)
    return pa.table(
        {
            f"c{i:02d}": (change.draw if change.everywhere or i == 0 else still)(
                rng, change.rows, late
            )
            for i in range(COLUMNS)
        }
    )


def usual(one: pa.ChunkedArray, two: pa.ChunkedArray) -> float:
    """Return the p-value of the usual test of a column."""
    if pa.types.is_floating(one.type):
        return float(ks_2samp(one.to_numpy(), two.to_numpy(), method="asymp").pvalue)
    values = sorted({*one.unique().to_pylist(), *two.unique().to_pylist()})
    counts = [Counter(side.to_pylist()) for side in (one, two)]
    return float(chi2_contingency([[side[value] for value in values] for side in counts]).pvalue)


@dataclass
class Found:
    """How often a change was found, by us and by the usual tests, and what it was called."""

    runs: int = 0
    ours: int = 0
    usual: int = 0
    beside: int = 0  # runs in which an unchanged column alarmed, too
    called: Counter[str] | None = None


def search(change: Change, runs: int) -> Found:
    """Plant a change again and again and look for it."""
    import vedette as vd

    found = Found(runs, called=Counter())
    for i in range(runs):
        rng = np.random.default_rng([SEED, CHANGES.index(change), i])
        one, two = draw(change, rng, False), draw(change, rng, True)
        alarms = vd.compare(one, two).alarms
        changed = [a for a in alarms if change.everywhere or a.column == "c00"]
        found.ours += bool(changed)
        found.beside += len(changed) < len(alarms)
        found.called.update({a.component for a in changed})
        names = one.column_names if change.everywhere else ["c00"]
        found.usual += any(usual(one[name], two[name]) < LEVEL for name in names)
    return found


def judge(change: Change, found: Found) -> Promise:
    """Hold what was found against what was promised."""
    n, percent = found.runs, 100 * found.ours / found.runs
    at = f"{change.title}, {change.rows:,} rows a side"
    measured = f"{percent:.1f} % of {n}"
    if change.least is not None:
        kept = found.ours >= binom.ppf(0.01, n, change.least / 100)
        return Promise(f"{at}: found in at least {change.least:g} %", measured, bool(kept))
    if change.most is not None:
        kept = found.ours <= binom.ppf(0.99, n, change.most / 100)
        return Promise(f"{at}: alarms in at most {change.most:g} %", measured, bool(kept))
    return Promise(f"{at} (nothing promised)", measured, None)


def main() -> int:
    parser = argparse.ArgumentParser(description="Find planted changes.")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    options = parser.parse_args()
    lines, kept = [], []
    for change in CHANGES:
        print(f"{change.title}, {change.rows:,} rows ...", file=sys.stderr)
        found = search(change, change.quick if options.quick else change.runs)
        top = (found.called or Counter()).most_common(3)
        names = ", ".join(f"{name} {n / found.runs:.2f}" for name, n in top)
        ours, theirs, beside = (
            100 * k / found.runs for k in (found.ours, found.usual, found.beside)
        )
        lines.append((change.title, f"{change.rows:,}", ours, theirs, beside, names))
        kept.append(judge(change, found))
    header = ("change among 20 columns", "rows a side", "vedette %", "KS or chi2 %")
    print(aligned((*header, "unchanged too %", "components named"), lines), end="\n\n")
    print(promises(kept))
    return verdict_code(kept)


if __name__ == "__main__":
    raise SystemExit(main())
