"""Starting: imports in the blink of an eye, a fresh environment to a first verdict in a minute.

Run: python -m bench.bench_start [--no-install]
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from bench.data import FOLDER, pair
from bench.table import Promise, promises, verdict_code

RUNS = 7
IMPORTS = (
    ("import vedette", "import vedette", 0.3),
    ("vedette --help", None, 0.3),
    ("import vedette.sdk", "import vedette.sdk", 0.05),
)


def started(code: str) -> float:
    """Seconds that an import takes inside a process that is already up, median of RUNS, warm."""
    timed = f"import time; t = time.perf_counter(); {code}; print(time.perf_counter() - t)"
    run = [sys.executable, "-c", timed]
    return median(
        float(subprocess.run(run, capture_output=True, text=True, check=True).stdout)
        for _ in range(RUNS)
    )


def helped() -> float:
    """Seconds for the whole process of `vedette --help`, median of RUNS, warm."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        command = [sys.executable, "-m", "vedette.cli.main", "--help"]
        subprocess.run(command, capture_output=True, check=True)
        times.append(time.perf_counter() - start)
    return median(times)


def fresh() -> tuple[float, float]:
    """Seconds from no environment at all to a first verdict on files, and megabytes installed."""
    root = Path(__file__).resolve().parent.parent
    home = FOLDER / "fresh"
    shutil.rmtree(home, ignore_errors=True)
    reference, current = pair(1000, FOLDER)
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    pip = [home / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", root]
    subprocess.run(pip, check=True, stderr=subprocess.DEVNULL)
    verdict = [home / "bin" / "vedette", "compare", reference, current]
    done = subprocess.run(verdict, capture_output=True, text=True, check=False, cwd=home)
    elapsed = time.perf_counter() - start
    assert done.returncode in (0, 1), done.stderr
    size = sum(f.stat().st_size for f in home.rglob("*") if f.is_file() and not f.is_symlink())
    return elapsed, size / 1e6


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-install", action="store_true", help="leave the fresh environment out")
    options = parser.parse_args()
    rows = []
    for name, code, limit in IMPORTS:
        taken = started(code) if code else helped()
        rows.append(Promise(f"{name} <= {limit} s", f"{taken:.3f} s", taken <= limit))
    if not options.no_install:
        seconds, size = fresh()
        name = "fresh environment to first verdict <= 60 s"
        rows.append(Promise(name, f"{seconds:.0f} s", seconds <= 60))
        rows.append(Promise("installed <= 600 MB", f"{size:.0f} MB", size <= 600))
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} processors")
    print(promises(rows))
    return verdict_code(rows)


if __name__ == "__main__":
    sys.exit(main())
