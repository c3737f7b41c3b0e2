"""Promise: 10 million rows against 10 million by text key within a minute and 4 GB on two cores.

The whole command, start to end, as a process of its own, held to two cores; counts against the
truth. Beside it, in the same run on smaller files (they hold everything in memory), what people do
today: pandas merge and compare, and datacompy in an environment of its own.

    python -m bench.bench_row_skew [--rows 10000000] [--quick]
"""

import argparse
import json
import os
import sys

from bench.rivals.environments import python_of, script_of
from bench.table import Promise, Run, aligned, measure, promises, verdict_code

MODULE = (sys.executable, "-m", "vedette.cli.main", "skew")
WALL_S, PEAK_MIB, PROMISED_ROWS = 60.0, 4096.0, 10_000_000
BESIDE = 1_000_000


def written(rows: int) -> tuple[list[str], dict[str, int]]:
    run = measure([sys.executable, "-m", "bench.skew_files", "--rows", rows])
    if run.code:
        raise SystemExit(run.err)
    *files, truth = run.out.strip().splitlines()
    return files, json.loads(truth)


def ours(files: list[str], cores: set[int]) -> tuple[Run, dict[str, int], list[str]]:
    """Our run, what it counted, and the causes it named."""
    run = measure([*MODULE, *files, "--key", "id", "--json"], cores)
    if run.code not in (0, 1):
        raise SystemExit(run.err)
    columns = json.loads(run.out)["columns"]
    counted = {column["name"]: column["mismatches"] for column in columns}
    return run, counted, [cause["words"] for column in columns for cause in column["causes"]]


def main() -> int:
    parser = argparse.ArgumentParser(description="Join and compare two large tables.")
    parser.add_argument("--rows", type=int, default=PROMISED_ROWS)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, no rivals")
    options = parser.parse_args()
    rows = options.rows // 10 if options.quick else options.rows
    cores = set(sorted(os.sched_getaffinity(0))[:2])
    files, truth = written(rows)
    run, counted, causes = ours(files, cores)
    lines = [
        (
            "vedette skew",
            f"{rows:,}",
            run.wall_s,
            run.cpu_s,
            run.peak_mib,
            "yes" if counted == truth else "NO",
        )
    ]
    if not options.quick:
        files, told = written(BESIDE)
        small, seen, _ = ours(files, cores)
        lines.append(
            (
                "vedette skew",
                f"{BESIDE:,}",
                small.wall_s,
                small.cpu_s,
                small.peak_mib,
                "yes" if seen == told else "NO",
            )
        )
        for title, python, script in (
            ("pandas merge, compare", sys.executable, script_of("pandas_skew")),
            ("datacompy", python_of("datacompy"), script_of("datacompy")),
        ):
            rival = measure([python, script, *files], cores)
            if rival.code:
                print(rival.err, file=sys.stderr)
                continue
            right = json.loads(rival.out.strip().splitlines()[-1]) == told
            lines.append(
                (
                    title,
                    f"{BESIDE:,}",
                    rival.wall_s,
                    rival.cpu_s,
                    rival.peak_mib,
                    "yes" if right else "no",
                )
            )
    print(
        aligned(
            ("by text key, 6 columns", "rows a side", "wall s", "CPU s", "peak MiB", "exact"), lines
        )
    )
    print(*causes, sep="\n", end="\n\n")
    full = rows >= PROMISED_ROWS
    kept = [
        Promise(f"{PROMISED_ROWS:,} rows a side by text key under 60 s on two cores",
                f"{run.wall_s:.1f} s for {rows:,}", run.wall_s < WALL_S if full else None),
        Promise("... under 4 GB", f"{run.peak_mib:,.0f} MiB",
                run.peak_mib < PEAK_MIB if full else None),
        Promise("every count exact", "yes" if counted == truth else f"{counted}, not {truth}",
                counted == truth),
    ]  # fmt: skip
    print(promises(kept))
    return verdict_code(kept)


if __name__ == "__main__":
    raise SystemExit(main())
