"""Promise: offline values are paired at the speed of a batch job, and told apart soon, seldom in
vain.

Speed, of 25 columns: twins made durable in the log, found to their events (half of these in
Parquet, half in the journal) and compared, column by column, by CPU time of one core.  Two
numbers in a thousand differ.

Alarms, of 25 columns and 500 pairs an hour, through the real budget of one false alarm a month for
everything that is watched of a model: a quiet 90 days in which every column disagrees as often as
is tolerated (0.1 %), independently from pair to pair; one in which the pairs of an hour disagree in
bursts, at the same mean; then one column that disagrees in 1 % or 2.4 %.  A promise counts as kept
within what chance does to the count: 99 % of runs exactly at the promise.

    python -m bench.bench_twins [--quick] [--workers 2]
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
from bench.table import Promise, aligned, promises, verdict_code
from scipy.stats import binom

import vedette as vd
from vedette.core.durations import HOUR
from vedette.core.windows import Window
from vedette.engine.live import make_live
from vedette.engine.paired import counted
from vedette.engine.pairing import pair
from vedette.engine.plan import Plan, make_plan
from vedette.engine.skew_settings import SkewSettings
from vedette.profiles.profile import Profile
from vedette.sketches.twins import DIFFERS, Twins
from vedette.stores.local.log import LocalLog
from vedette.stores.store import EVENTS, TWINS, Record

SEED = 20_261_126
COLUMNS, TEXTS = 25, 5
BODY = 10_000  # rows
BEGIN = 1_700_000_000 * 10**9
CALM, AFTER = 90 * 24, 7 * 24  # windows of an hour
PAIRS = 500  # an hour
TOLERATED = 0.001
AT_ONCE = 50_000  # twins a second: joined and compared
FALSE, SOON = 0.3, 6  # alarms in 90 days: the share of twins is a tenth of one a month; hours


@dataclass(frozen=True)
class Case:
    """A world: the rate of one column after the change; how many pairs disagree at once."""

    name: str
    rate: float
    burst: int = 1
    soon: float | None = None
    runs: int = 100
    quick: int = 20


CASES = (
    Case("0.1 % everywhere, then 2.4 % of one", 0.024, soon=SOON),
    Case("the same, then 1 %", 0.01),
    Case("in bursts of 5 pairs, then 2.4 %", 0.024, burst=5),
)


# --- speed ----------------------------------------------------------------------------------------


def rows(number: int, offline: bool) -> pa.RecordBatch:
    """A body of events, or of their twins: two numbers in a thousand differ."""
    rng = np.random.default_rng([SEED, number])
    ids = [f"{number:06}-{at:06}-request" for at in range(BODY)]
    times = pa.array(np.arange(BODY) * 10**6 + BEGIN + number * 10**10, pa.timestamp("ns", "UTC"))
    columns: dict[str, object] = {"_id": ids, "_time": times}
    for at in range(COLUMNS):
        if at < TEXTS:
            columns[f"c{at}"] = rng.choice(["north", "south", "east", "west"], BODY)
            continue
        values = rng.normal(size=BODY)
        wrong = rng.random(BODY) < 0.002
        columns[f"x{at}"] = np.where(wrong, values * 2, values) if offline else values
    return pa.record_batch(columns)


def speed(bodies: int) -> dict[str, float]:
    """Twins a second, by what is done to them.  Units: rows a second."""
    with tempfile.TemporaryDirectory() as folder:
        log = LocalLog(Path(folder))
        for number in range(bodies):
            log.append([Record(EVENTS, "m", BEGIN + number, rows(number, offline=False))])
            if number == bodies // 2:
                log.compact(log.position, whole=True)
        twins = [rows(number, offline=True) for number in range(bodies)]
        since, begin = log.position, time.perf_counter()
        for number, batch in enumerate(twins):
            log.append([Record(TWINS, "m", BEGIN + bodies + number, batch)])
        durable = time.perf_counter() - begin
        begin, pairs, profile = time.process_time(), 0, Profile.zero("", "twins")
        for first in range(0, bodies, 2):
            found = pair(log, "m", twins[first : first + 2], (), (since, log.position))
            fresh, _ = counted(found.batches, SkewSettings())
            profile, pairs = profile.merge(fresh), pairs + fresh.rows
        joined = time.process_time() - begin
        log.close()
    total = bodies * BODY
    assert pairs == total
    differ = sum(int(one.counts[DIFFERS]) for one in profile.twins.values())
    assert abs(differ / total - 0.002 * (COLUMNS - TEXTS)) < 0.002
    return {"durable": total / durable, "joined and compared": total / joined}


# --- alarms ---------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def plan() -> Plan:
    """A model of 25 columns that has twins."""
    rng = np.random.default_rng(SEED)
    table = pa.table({f"x{at}": rng.normal(size=500) for at in range(COLUMNS)})
    clocks = {"base": "1h", "fast": "1h", "drift": "1h"}
    settings = make_live({"models": {"m": {"clocks": clocks}}}).of("m")
    baseline = vd.Baseline.fit(table)
    return make_plan(settings, baseline, baseline.id, twins=True)


def windows(case: Case, count: int, rng: np.random.Generator, rate: float | None) -> np.ndarray:
    """Pairs that disagree in every window and column; of the first column at another rate."""
    bursts = PAIRS // case.burst
    hits = rng.binomial(bursts, TOLERATED, (count, COLUMNS)) * case.burst
    if rate is not None:
        hits[:, 0] = rng.binomial(PAIRS, rate, count)
    return hits


def alarms(case: Case, hits: np.ndarray) -> list[int]:
    """The windows that alarm, from 1; the evidence begins anew after each."""
    rung = plan().pairs
    ((_, monitor),) = rung.monitors
    state, found = monitor.start(), []
    names = [stream.column for stream in rung.streams]
    for t, row in enumerate(hits.tolist()):
        twins = {
            name: Twins(np.array([PAIRS - k, k, 0, 0])) for name, k in zip(names, row, strict=True)
        }
        profile = Profile("", "twins", PAIRS, twins=twins)
        state, look = monitor.step(state, profile, Window(t * HOUR, (t + 1) * HOUR))
        if float(rung.weights @ look.evidence) >= rung.threshold:
            found.append(t + 1)
            state = monitor.reset(state, np.ones(len(names), np.bool_))
    return found


def live(case: Case, run: int) -> tuple[int, int | None]:
    """Alarms in 90 days in which nothing changes, and hours to the first one after a change."""
    rng = np.random.default_rng([SEED, CASES.index(case), run])
    calm = alarms(case, windows(case, CALM, rng, None))
    changed = alarms(case, windows(case, AFTER, rng, case.rate))
    return len(calm), changed[0] if changed else None


def judge(case: Case, lives: list[tuple[int, int | None]]) -> list[Promise]:
    """Hold what was found against what was promised."""
    n, kept = len(lives), []
    if case.soon is None:
        return kept
    false = sum(calm for calm, _ in lives)
    title = f"{case.name.split(',')[0]}: at most {FALSE:g} false alarms in 90 days"
    fine = bool(sum(calm > 0 for calm, _ in lives) <= binom.ppf(0.99, n, FALSE))
    kept.append(Promise(title, f"{false / n:.3g}", fine))
    soon = sum(hours is not None and hours <= case.soon for _, hours in lives)
    title = f"{case.name.split('then ')[1]} is told within {case.soon} hours (median)"
    median = float(np.median([np.inf if hours is None else hours for _, hours in lives]))
    kept.append(Promise(title, f"{median:g}", bool(soon >= binom.ppf(0.01, n, 0.5))))
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(description="Pair offline values with those of serving.")
    parser.add_argument("--quick", action="store_true", help="fewer rows and runs")
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    options = parser.parse_args()
    print("speed ...", file=sys.stderr)
    bodies = 20 if options.quick else 100
    figures = speed(bodies)
    print(aligned(("twins of 25 columns", "a second"), list(figures.items())), end="\n\n")
    joined = figures["joined and compared"]
    kept = [Promise(f"{AT_ONCE:,} twins a second are joined and compared", f"{joined:,.0f}",
                    joined >= AT_ONCE)]  # fmt: skip
    lines: list[tuple[object, ...]] = []
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.workers, mp_context=context) as pool:
        for case in CASES:
            runs = case.quick if options.quick else case.runs
            print(f"{case.name}, {runs} runs ...", file=sys.stderr)
            lives = list(pool.map(live, [case] * runs, range(runs)))
            hours = [np.inf if found is None else found for _, found in lives]
            false = sum(calm for calm, _ in lives) / runs
            lines.append((case.name, false, float(np.median(hours))))
            kept += judge(case, lives)
    print(aligned(("world", "false alarms in 90 days", "hours to the change (median)"), lines))
    print()
    print(promises(kept))
    return verdict_code(kept)


if __name__ == "__main__":
    raise SystemExit(main())
