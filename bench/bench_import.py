"""Promise: `vedette import` reads 10,000 rows a CPU second of every kind of file, and its memory
does not grow with them.

Every file is written by one child and read by another, with a sink that takes everything: what is
measured is from bytes to messages.  Then one file goes all the way, by the command into a server
that makes it durable, which costs the server's CPU too.

    python -m bench.bench_import [--quick]
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from bench.table import Promise, Run, aligned, measure, promises, verdict_code

CASES = (
    "table, CSV", "table, Parquet", "table, JSON lines", "table, Avro", "table, Delta Lake",
    "databricks, Delta Lake", "databricks, Parquet", "sagemaker", "bentoml", "access-log",
    "kserve", "litellm",
)  # fmt: skip
ROWS, QUICK = 1_000_000, 40_000
LEAST, MOST_MIB = 10_000, 64
ALL_THE_WAY = "table, CSV"


def child(*words: object) -> Run:
    """A child that has to end well."""
    run = measure([sys.executable, "-m", "bench.import_files", *words])
    if run.code:
        raise SystemExit(f"{words}: {run.err[-2000:]}{run.out}")
    return run


def sent(folder: Path, rows: int) -> list[object]:
    """One file by the command into a server; it is told what that took."""
    from bench.load import Server

    os.environ["OMP_NUM_THREADS"] = "1"
    with Server(folder / "data") as server:
        command = [sys.executable, "-m", "vedette.cli.main", "import", "table",
                   folder / ALL_THE_WAY, "--model", "m",
                   "--url", f"http://127.0.0.1:{server.port}",
                   "--progress", folder / "progress.json"]  # fmt: skip
        run = measure(command)
        if run.code:
            raise SystemExit(f"import: {run.err[-2000:]}{run.out}")
        return [f"{ALL_THE_WAY}, into a server", rows / run.wall_s, run.cpu_s, server.cpu_s]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:,} rows of each kind")
    rows = QUICK if parser.parse_args().quick else ROWS
    told: list[list[object]] = []
    speeds: dict[str, float] = {}
    growth: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for case in CASES:
            peaks = []
            for count, where in ((rows // 10, "few"), (rows, case)):
                child("write", case, count, folder / where)
                run = child("read", case, folder / where)
                peaks.append(run.peak_mib)
                if where == "few":
                    removed(folder / where)
            taken, seconds = run.out.split()
            if int(taken) != rows:
                raise SystemExit(f"{case}: {taken} rows of {rows}")
            speeds[case], growth[case] = rows / float(seconds), peaks[1] - peaks[0]
            told.append([case, speeds[case], *peaks])
            if case != ALL_THE_WAY:
                removed(folder / case)
        way = sent(folder, rows)
    print(aligned(("kind", "rows/CPU-s", "peak MiB of a tenth", "peak MiB"), told), "\n")
    print(aligned(("all the way", "rows/s", "its CPU s", "server's CPU s"), [way]), "\n")
    slowest, slow = min(speeds.items(), key=lambda one: one[1])
    largest, more = max(growth.items(), key=lambda one: one[1])
    kept = [
        Promise(f"rows a CPU second, of every kind >= {LEAST:,}", f"{slow:,.0f} ({slowest})",
                slow >= LEAST),
        Promise(f"more memory for {rows:,} rows than for a tenth <= {MOST_MIB} MiB",
                f"{more:.0f} MiB ({largest})", more <= MOST_MIB),
    ]  # fmt: skip
    print(promises(kept))
    return verdict_code(kept)


def removed(folder: Path) -> None:
    """Make room."""
    shutil.rmtree(folder)


if __name__ == "__main__":
    raise SystemExit(main())
