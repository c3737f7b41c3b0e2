"""Promise: scoring every row costs at most 3 us of CPU a row, from body to window.

The in-process form of `bench_pipeline`: Arrow bodies of 1,000 rows of 25 columns, decoded, appended
to a log in a folder, synced, stepped, evaluated and kept by all monitors, on one core, with and
without the monitor `outliers`. CPU seconds, system time included. The two ways run in turn, several
times; each difference is that of its own turn, the median counts. Beside them what scoring costs
alone, in blocks of the size that live rows are counted in, all rows exactly, and as they are
counted.

    python -m bench.bench_outlier_ingest [--quick]
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa
from bench.bench_pipeline import in_process
from bench.load import START, table
from bench.table import Promise, aligned, promises, verdict_code

from vedette.derive.outliers.counted import RowCounts
from vedette.derive.outliers.fit import fit_outliers
from vedette.profiles.infer import infer

MOST = 3.0  # microseconds a row
WAYS = {"not scored": "    without: [outliers]\n", "scored": ""}
BLOCK = 32_768
OWN = {"_id": {"role": "id"}, "_time": {"role": "time"}}


def alone(rounds: int) -> dict[str, float]:
    """CPU microseconds a row of scoring blocks of rows."""
    reference = table(30_000, START, 1_000, np.random.default_rng(1))
    schema = infer(pa.Table.from_batches([reference])).replace(OWN)
    fitted = fit_outliers(reference, schema)
    assert fitted is not None
    counts = RowCounts.of(fitted, {})
    rows = table(BLOCK, START, 1_000, np.random.default_rng(2))
    return {
        "exactly": _each(lambda: counts.scorer.score(rows), rounds),
        "as counted, leads included": _each(lambda: counts.cells([rows]), rounds),
    }


def _each(work: Callable[[], object], rounds: int) -> float:
    took = []
    for _ in range(rounds):
        begin = time.process_time()
        work()
        took.append(time.process_time() - begin)
    return 1e6 * median(took) / BLOCK


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    is_quick = parser.parse_args().quick
    rows, rounds = (100_000, 3) if is_quick else (300_000, 7)
    took: dict[str, list[float]] = {way: [] for way in WAYS}
    for turn in range(rounds):
        print(f"turn {turn + 1} of {rounds} ...", file=sys.stderr)
        for way, more in WAYS.items():
            with tempfile.TemporaryDirectory() as folder:
                took[way].append(in_process(Path(folder), rows, more)[0])
    each = {way: 1e6 * median(found) / (rows - 40_000) for way, found in took.items()}
    found = (
        1e6
        / (rows - 40_000)
        * median(one - plain for one, plain in zip(took["scored"], took["not scored"], strict=True))
    )
    lines = [
        (
            way,
            f"{each[way]:.2f}",
            f"{1e6 / each[way]:,.0f}",
            f"{each[way] / each['not scored']:.2f}",
        )
        for way in WAYS
    ]
    headers = ("25 columns, body to window", "CPU us a row", "rows/s of CPU", "times not scored")
    print(aligned(headers, lines), "\n")
    apart = alone(5 if is_quick else 15)
    print(aligned(("scoring alone", "CPU us a row"), [(w, f"{t:.2f}") for w, t in apart.items()]))
    print()
    kept = [
        Promise(f"scoring adds at most {MOST:g} us of CPU a row", f"{found:.2f} us", found <= MOST)
    ]
    print(promises(kept))
    return verdict_code(kept)


if __name__ == "__main__":
    sys.exit(main())
