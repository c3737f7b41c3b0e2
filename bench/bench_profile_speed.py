"""Promise: profiling a Parquet file costs little more than reading it, in memory that never grows.

The yardstick is PyArrow, one thread: every row group read once, floats summed, strings counted as
dictionary codes, the cheapest way to read them. Both sides run in a fresh process held to one core,
take turns, and report the CPU time of the work itself: a file of 1,000 rows goes first, so that
neither pays for imports, and the baseline is fitted beforehand. The least CPU time of the turns
counts, because a busy machine can only add to it. Memory is the peak of the whole process.

    python -m bench.bench_profile_speed [--quick]
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench.rivals.environments import python_of, script_of
from bench.table import Promise, Run, aligned, measure, promises, verdict_code

SMALL, ROWS, MANY = 1_000, 1_000_000, 10_000_000
COLUMNS = 25
MOST_CPU, MOST_MB, MOST_GROWTH, LEAST_SPEEDUP = 2.5, 300.0, 1.1, 1.6
SELF = (sys.executable, "-m", "bench.bench_profile_speed")


def scan(path: Path) -> None:
    """Read every column once and sum it: the least that any profile has to do."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    schema = pq.read_schema(path)
    strings = [field.name for field in schema if pa.types.is_string(field.type)]
    file = pq.ParquetFile(path, read_dictionary=strings)
    for batch in file.iter_batches(batch_size=131_072, use_threads=False):
        for column in batch.columns:
            pc.sum(column) if pa.types.is_floating(column.type) else pc.count(column)


def fit(path: Path, saved: Path) -> None:
    """Fit the baseline once, for all the turns."""
    import vedette as vd

    vd.save(saved, vd.Baseline.fit(path))


def profiler(saved: Path) -> Callable[[Path], object]:
    """Return what profiles a file against the saved baseline."""
    import vedette as vd

    baseline = vd.load(saved).baseline
    return lambda path: vd.profile(str(path), baseline)


def timed(work: Callable[[Path], object], small: Path, path: Path) -> None:
    """Do the small file unseen and the real one on the clock; print one JSON line."""
    work(small)
    wall, cpu = time.perf_counter(), time.process_time()
    work(path)
    cost = {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}
    print(json.dumps(cost))


def child(words: list[str]) -> None:
    """Run a measured child: `scan SMALL FILE`, `fit FILE TO` or `profile TO SMALL FILE`."""
    job, *paths = words[0], *map(Path, words[1:])
    if job == "scan":
        timed(scan, *paths)
    elif job == "fit":
        fit(*paths)
    else:
        timed(profiler(paths[0]), *paths[1:])


def ran(run: Run) -> Run:
    """Return the run, or stop the bench with its complaint."""
    if run.code:
        raise SystemExit(f"exit {run.code}: {(run.err.strip().splitlines() or ['?'])[-1]}")
    return run


def cost(run: Run) -> dict[str, float]:
    """Return what a child printed about its own work."""
    printed: dict[str, float] = json.loads(ran(run).out)
    return printed


def file_of(rows: int) -> Path:
    """Have another process write a file, so that this one stays small, and warm the page cache."""
    command = [sys.executable, "-m", "bench.data", "--single", "--rows", rows]
    path = Path(ran(measure(command)).out.strip())
    with path.open("rb") as file:
        while file.read(1 << 24):
            pass
    return path


def judge_cpu(profile: list[str], small: Path, path: Path, turns: int) -> Promise:
    """Compare the CPU time of profiling on one core with a scan; print it beside the rivals."""
    one = {min(os.sched_getaffinity(0))}
    runs: dict[str, list[Run]] = {"scan": [], "vedette": []}
    for _ in range(turns):
        runs["scan"].append(measure([*SELF, "--child", "scan", small, path], one))
        runs["vedette"].append(measure([*profile, small, path], one))
    for name in ("duckdb", "whylogs"):
        print(f"{name} ...", file=sys.stderr)
        runs[name] = [measure([python_of(name), script_of(name), path], one)]
    titles = (
        "PyArrow scan and sum",
        "vedette profile",
        "DuckDB SUMMARIZE",
        "whylogs, reading not in",
    )
    cpu = {name: min(cost(run)["cpu_s"] for run in each) for name, each in runs.items()}
    lines = [
        (
            title,
            cpu[name],
            cpu[name] / cpu["scan"],
            ROWS * COLUMNS / cpu[name] / 1e6,
            each[0].peak_mib,
        )
        for title, (name, each) in zip(titles, runs.items(), strict=True)
    ]
    print(f"{ROWS:,} rows, 20 numeric + 5 string columns, one core")
    print(aligned(("tool", "CPU s", "x scan", "M values/CPU s", "peak MiB"), lines), end="\n\n")
    ratio = cpu["vedette"] / cpu["scan"]
    promise = f"profiling costs at most {MOST_CPU} x the CPU of a PyArrow scan"
    return Promise(promise, f"{ratio:.2f} x", ratio <= MOST_CPU)


def judge_cores(profile: list[str], small: Path, path: Path, turns: int) -> Promise:
    """Compare the wall time of profiling on two cores with one."""
    cores = sorted(os.sched_getaffinity(0))[:2]
    promise = f"two cores are at least {LEAST_SPEEDUP} x faster than one"
    if len(cores) < 2:
        return Promise(promise, "one core here", None)
    wall: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(turns):
        for count, walls in wall.items():
            run = measure([*profile, small, path], set(cores[:count]))
            walls.append(cost(run)["wall_s"])
    ratio = min(wall[1]) / min(wall[2])
    return Promise(promise, f"{ratio:.2f} x", ratio >= LEAST_SPEEDUP)


def judge_memory(profile: list[str], small: Path, path: Path, many: Path | None) -> list[Promise]:
    """Judge the peak of a whole process, on every core, for the file and a ten times longer one."""
    paths = [path] if many is None else [path, many]
    peaks = [ran(measure([*profile, small, each])).peak_mib * 1.048576 for each in paths]
    measured = " and ".join(f"{peak:.0f} MB" for peak in peaks)
    growth = peaks[-1] / peaks[0]
    return [
        Promise(f"peak memory under {MOST_MB:.0f} MB", measured, max(peaks) < MOST_MB),
        Promise(
            "the same memory for 10 x the rows",
            f"{growth:.2f} x",
            None if many is None else growth <= MOST_GROWTH,
        ),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description="Time profiling beside a plain scan.")
    parser.add_argument("--quick", action="store_true", help="three turns, nothing of 10 M rows")
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child)
        return 0
    turns = 3 if options.quick else 7
    small, path = file_of(SMALL), file_of(ROWS)
    many = None if options.quick else file_of(MANY)
    saved = path.with_name("baseline.vedette")
    ran(measure([*SELF, "--child", "fit", path, saved]))
    profile = [*SELF, "--child", "profile", str(saved)]
    kept = [
        judge_cpu(profile, small, path, turns),
        *judge_memory(profile, small, path, many),
        judge_cores(profile, small, many or path, 3),
    ]
    print(promises(kept))
    return verdict_code(kept)


if __name__ == "__main__":
    raise SystemExit(main())
