"""Promise: rows of 10,000 ids are found among 5 million at once, wherever in the log they lie.

The log holds 30 days of events of 25 columns (as in `bench_log`: random UUIDs, the worst case for
ids), compacted, in an own process on one thread, warm.  The yardstick is the same join by DuckDB
over the same Parquet files, with the threads it takes by itself, its answer in the same order.
Judged is the CPU time of our one thread, which is what one waits on a free core: a busy machine
only adds to the seconds on the wall, which stand beside it.

    python -m bench.bench_find [--quick]
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from bench.bench_log import START, rows
from bench.rivals.environments import HERE, python_of
from bench.table import Promise, Run, aligned, measure, promises, verdict_code

from vedette.stores.local.log import LocalLog
from vedette.stores.store import EVENTS, Record

DAYS, ASKED, TURNS = 30, 10_000, 3
MOST_DAY_S, MOST_ALL_S, MOST_MIB = 0.5, 3.0, 256.0
DAY = 24 * 3600 * 10**9
FEW = ("_time", "measure_0", "count_0", "kind_0")
SELF = (sys.executable, "-m", "bench.bench_find")
QUESTIONS = ("one day", "all days", "ten", "unknown")


def made(folder: Path, count: int) -> list[pa.Array]:
    """Fill a log, day by day, and return the ids of every day."""
    rng = np.random.default_rng(0)
    pattern, per_day = rows(20_000, START, rng), count // DAYS
    log, ids = LocalLog(folder), list[pa.Array]()
    for day in range(DAYS):
        ids.append(_uuids(per_day, rng))
        for at in range(0, per_day, len(pattern)):
            mine = ids[-1].slice(at, len(pattern))
            steps = (at + np.arange(len(mine))) * (DAY // per_day)
            times = pa.array(START + day * DAY + steps, pa.timestamp("ns", "UTC"))
            batch = pattern.slice(0, len(mine)).set_column(0, "_id", mine)
            batch = batch.set_column(1, "_time", times)
            received = START + day * DAY + int(steps[-1])
            parts = [batch.slice(first, 1_000) for first in range(0, len(mine), 1_000)]
            log.append([Record(EVENTS, "m", received, part) for part in parts])
        log.compact(log.position, whole=True)
    log.close()
    return ids


def _uuids(count: int, rng: np.random.Generator) -> pa.Array:
    """Random UUIDs as text."""
    text = rng.bytes(16 * count).hex()
    whole = (text[at : at + 32] for at in range(0, 32 * count, 32))
    return pa.array([f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}" for h in whole])


def asked(ids: list[pa.Array]) -> dict[str, pa.Array]:
    """The questions: ids of one day, of all, very few, and none that is there."""
    rng = np.random.default_rng(1)

    def some(held: pa.Array, count: int) -> pa.Array:
        return held.take(pa.array(rng.choice(len(held), count, replace=False)))

    day = some(ids[DAYS // 2], min(ASKED, len(ids[0])))
    return {
        "one day": day,
        "all days": some(pa.concat_arrays(ids), ASKED),
        "ten": day.slice(0, 10),
        "unknown": _uuids(ASKED, rng),
    }


def answer(folder: Path) -> None:
    """Ask a log, in this process, and print a JSON line: seconds and CPU seconds
    by question, and the memory held before."""
    log, spent = LocalLog(folder / "log"), {}
    before = psutil.Process().memory_info().rss
    for name in QUESTIONS:
        ids = pq.read_table(folder / f"{name}.parquet")["_id"].combine_chunks()
        for columns in (FEW, None):
            took = []
            for _ in range(TURNS + 1):  # once to get warm
                start = time.perf_counter(), time.process_time()
                found = sum(batch.num_rows for _, batch in log.find("m", ids, columns))
                took.append((time.perf_counter() - start[0], time.process_time() - start[1]))
            assert found == (0 if name == "unknown" else len(ids))
            spent[f"{name}, {'all' if columns is None else len(columns)}"] = min(took[1:])
    log.close()
    print(json.dumps({"spent": spent, "before": before / 2**20}))


def fill(folder: Path, count: int) -> None:
    """Make the log and the questions, in this process."""
    for question, ids in asked(made(folder / "log", count)).items():
        pq.write_table(pa.table({"_id": ids}), folder / f"{question}.parquet")


def said(run: Run) -> dict:
    """What a child printed."""
    if run.code:
        raise SystemExit(run.err)
    return json.loads(run.out.splitlines()[-1])


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--fill", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--answer", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    count = 1_500_000 if args.quick else 5_000_000
    if args.fill or args.answer:  # each in a process of its own, so that its memory can be told
        fill(args.fill, count) if args.fill else answer(args.answer)
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made_well = measure([*SELF, "--fill", folder, *(["--quick"] if args.quick else [])])
        if made_well.code:
            raise SystemExit(made_well.err)
        run = measure([*SELF, "--answer", folder])
        ours = said(run)
        rival = measure([python_of("duckdb"), HERE / "find_duckdb.py", folder, *QUESTIONS])
        theirs = said(rival)
    spent, held = ours["spent"], run.peak_mib - ours["before"]
    print(f"{count:,} events of 25 columns, {DAYS} days; {ASKED:,} ids, ten where it says so")
    table = [(key, *spent[key], *theirs["spent"][key]) for key in spent]
    titles = "ids of, columns", "vedette s", "CPU s", f"DuckDB {theirs['version']} s", "CPU s"
    print(aligned(titles, table))
    print(f"peak of the process: vedette {run.peak_mib:.0f} MiB, DuckDB {rival.peak_mib:.0f} MiB")
    print()
    day, every = spent["one day, all"][1], spent["all days, all"][1]
    rest = [
        Promise(f"{ASKED:,} ids of a day: under 0.5 CPU-s", f"{day:.2f} s", day < MOST_DAY_S),
        Promise(f"{ASKED:,} ids of all days: under 3 CPU-s", f"{every:.2f} s", every < MOST_ALL_S),
        Promise("memory for it: under 256 MiB", f"{held:.0f} MiB", held < MOST_MIB),
    ]
    print(promises(rest))
    return verdict_code(rest)


if __name__ == "__main__":
    raise SystemExit(main())
