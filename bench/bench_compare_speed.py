"""Promise: `vedette compare` is many times faster than its rivals on the same two files.

Every tool runs as a whole process, start to end, as its README shows it, with the threads it takes
by itself, on the same files in the same run. The fast ones take turns and the median counts;
Evidently and whylogs run once between them. The files hold 20 numeric and 5 string columns, four of
them shifted by 0.2 standard deviations. Judged is the time that a user waits; CPU stands beside it.

    python -m bench.bench_compare_speed [--rows 1000000] [--quick]
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.rivals.environments import python_of, script_of
from bench.table import Promise, Run, aligned, measure, median, promises, verdict_code

PROMISED_ROWS = 1_000_000
VEDETTE = (Path(sys.executable).with_name("vedette"), "compare")


@dataclass(frozen=True)
class Rival:
    """A tool beside ours: how often it runs and how many times slower we promise it is."""

    name: str
    title: str
    turns: int
    promised: float


RIVALS = (
    Rival("scipy", "pandas + SciPy loop, Bonferroni", 3, 4),
    Rival("duckdb", "DuckDB SUMMARIZE of both", 3, 5),
    Rival("whylogs", "whylogs profiles + drift", 1, 50),
    Rival("evidently", "Evidently default preset", 1, 60),
)


def write_pair(rows: int) -> list[Path]:
    """Have another process write the files, so that this one stays small."""
    run = measure([sys.executable, "-m", "bench.data", "--rows", rows])
    if run.code:
        raise SystemExit(run.err)
    return [Path(line) for line in run.out.split()]


def run_turns(files: Sequence[Path], turns: int) -> dict[str, list[Run]]:
    """Run vedette in every turn, and after it each rival that still has turns left."""
    commands = {rival.name: [python_of(rival.name), script_of(rival.name)] for rival in RIVALS}
    runs: dict[str, list[Run]] = {"vedette": [], **{rival.name: [] for rival in RIVALS}}
    for turn in range(turns):
        runs["vedette"].append(measure([*VEDETTE, *files]))
        for rival in RIVALS:
            if turn < rival.turns:
                print(f"turn {turn + 1}: {rival.title}", file=sys.stderr)
                runs[rival.name].append(measure([*commands[rival.name], *files]))
    return runs


def alarms_of_vedette(files: Sequence[Path]) -> list[str]:
    """Return the columns with an alarm, from one more run that is not timed.

    Python itself exits with 1 when a module is missing, so only the document proves that it ran.
    """
    run = measure([*VEDETTE, *files, "--json"])
    try:
        columns = json.loads(run.out)["columns"]
    except ValueError:
        raise SystemExit(f"vedette compare did not run: {complaint(run)}") from None
    return [column["name"] for column in columns if column["verdict"] == "alarming"]


def found(flagged: Sequence[str] | None, shifted: Sequence[str]) -> tuple[str, str]:
    """Return the right and the false flags as text."""
    if flagged is None:
        return "no verdict", ""
    right = len(set(flagged) & set(shifted))
    return f"{right} of {len(shifted)}", f"{len(flagged) - right} of {25 - len(shifted)}"


def complaint(run: Run) -> str:
    """Return why a run did not end well, in one line."""
    return f"exit {run.code}: {(run.err.strip().splitlines() or ['no message'])[-1]}"


def report(runs: dict[str, list[Run]], alarms: Sequence[str], judged: bool) -> list[Promise]:
    """Print the table of all tools and return the promises."""
    shifted = measure([sys.executable, "-m", "bench.data", "--shifted"]).out.split()
    ours = median(runs["vedette"])
    figures = (ours.wall_s, ours.cpu_s, ours.peak_mib, 1.0, 1.0)
    lines = [("vedette compare", *figures, *found(alarms, shifted))]
    kept = []
    for rival in RIVALS:
        theirs = median(runs[rival.name])
        if theirs.code:
            raise SystemExit(f"{rival.title} did not run: {complaint(theirs)}")
        wall, cpu = theirs.wall_s / ours.wall_s, theirs.cpu_s / ours.cpu_s
        figures = (theirs.wall_s, theirs.cpu_s, theirs.peak_mib, wall, cpu)
        lines.append((rival.title, *figures, *found(json.loads(theirs.out)["flagged"], shifted)))
        promise = f"at least {rival.promised:g} x faster than {rival.title}"
        kept.append(Promise(promise, f"{wall:.1f} x", wall >= rival.promised if judged else None))
    headers = ("tool", "wall s", "CPU s", "peak MiB", "x wall", "x CPU", "shifted found", "false")
    print(aligned(headers, lines), end="\n\n")
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(description="Time vedette compare beside its rivals.")
    parser.add_argument("--rows", type=int, default=PROMISED_ROWS)
    parser.add_argument("--quick", action="store_true", help="100,000 rows, three turns")
    options = parser.parse_args()
    rows = 100_000 if options.quick else options.rows
    files = write_pair(rows)
    alarms = alarms_of_vedette(files)
    runs = run_turns(files, turns=3 if options.quick else 5)
    print(f"{rows:,} rows a file, 20 numeric + 5 string columns, {os.cpu_count()} cores")
    kept = report(runs, alarms, judged=rows >= PROMISED_ROWS)
    print(promises(kept))
    return verdict_code(kept)


if __name__ == "__main__":
    raise SystemExit(main())
