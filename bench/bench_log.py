"""Promise: a durable log costs little: millions of rows per second of CPU in, few bytes kept a row.

Rows have 25 columns: 15 floats, 5 integers, 5 categories, beside id, time, version and weight. Ids
are random UUIDs as text, the worst case; floats are measurements of seven significant digits, as
float32 gives, prices of two decimals, and shares of four. The yardsticks write the same rows,
durably, batch by batch, in the same run: SQLite (WAL, FULL), and Parquet files of 1,000 rows.

    python -m bench.bench_log [--quick]
"""

import argparse
import os
import sqlite3
import tempfile
import time
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from bench.table import Promise, aligned, promises, verdict_code

from vedette.stores.local.log import LocalLog
from vedette.stores.store import EVENTS, Record

BATCH, TURNS = 1_000, 5
LEAST_RATE, MOST_BYTES, MOST_READY_S, MOST_IDLE_MIB = 1e6, 100.0, 3.0, 250.0
START = 1_700_000_000 * 10**9
Columns = dict[str, pa.Array]


def rows(count: int, at: int, rng: np.random.Generator) -> pa.RecordBatch:
    """Make one batch of realistic rows."""
    gaps = rng.exponential(1e9 / 300, count).astype(np.int64)
    columns: Columns = {
        "_id": pa.array([str(uuid.UUID(bytes=rng.bytes(16))) for _ in range(count)]),
        "_time": pa.array(at + gaps.cumsum(), pa.timestamp("ns", "UTC")),
        "_version": pa.array(["2026.11"] * count),
        "_weight": pa.array(np.ones(count)),
    }
    for i in range(5):
        exact = rng.normal(100, 20, count).astype(np.float32)
        columns[f"measure_{i}"] = pa.array(np.array([float(f"{x:.7g}") for x in exact]))
        columns[f"price_{i}"] = pa.array(np.round(rng.lognormal(3, 1, count), 2))
        columns[f"share_{i}"] = pa.array(np.round(rng.beta(2, 5, count), 4))
        columns[f"count_{i}"] = pa.array(rng.poisson(4 * 3**i, count))
        words = np.array([f"category-{k}" for k in range(4 * 2**i)])
        columns[f"kind_{i}"] = pa.array(words[rng.zipf(1.6, count) % len(words)])
    return pa.record_batch(columns)


def timed(work: Callable[[], object]) -> float:
    """CPU seconds of this process, system time included."""
    start = time.process_time()
    work()
    return time.process_time() - start


def least(turns: list[Callable[[], object]]) -> float:
    """CPU seconds of all turns if each were as cheap as the cheapest: a busy machine only adds."""
    return min(map(timed, turns)) * len(turns)


def size_of(folder: Path, pattern: str = "**/*") -> int:
    """Bytes of the files in a folder."""
    return sum(path.stat().st_size for path in folder.glob(pattern) if path.is_file())


def append(log: LocalLog, records: list[Record], group: int) -> None:
    """Append so many records at a time."""
    for at in range(0, len(records), group):
        log.append(records[at : at + group])


def into_sqlite(folder: Path, batches: list[pa.RecordBatch]) -> None:
    """The yardstick: one transaction a batch, ids unique."""
    base = sqlite3.connect(folder / "rows.sqlite")
    base.execute("PRAGMA journal_mode = WAL")
    base.execute("PRAGMA synchronous = FULL")
    names = [name.strip("_") for name in batches[0].schema.names]
    base.execute(f"CREATE TABLE rows (id PRIMARY KEY, {', '.join(names[1:])}) WITHOUT ROWID")
    marks = ", ".join("?" * len(names))
    for batch in batches:
        columns = [
            (column.cast(pa.int64()) if name == "_time" else column).to_pylist()
            for name, column in zip(batch.schema.names, batch.columns, strict=True)
        ]
        with base:
            base.executemany(
                f"INSERT OR IGNORE INTO rows VALUES ({marks})", zip(*columns, strict=True)
            )
    base.close()


def into_parquet(folder: Path, batches: list[pa.RecordBatch]) -> None:
    """The yardstick: one small file a batch; ids are not looked at."""
    for number, batch in enumerate(batches):
        path = folder / f"{number}.parquet"
        pq.write_table(pa.Table.from_batches([batch]), path, compression="zstd")
        with path.open("rb") as file:
            os.fsync(file.fileno())


def restart(count: int, folder: Path) -> tuple[float, float]:
    """Seconds until a log of many remembered ids is open, and how much memory it holds then."""
    rng = np.random.default_rng(1)
    log = LocalLog(folder, segment_bytes=8 << 20)
    for at in range(0, count, 100_000):
        names = pa.array(np.arange(at, at + 100_000)).cast(pa.string())
        times = pa.array(START + rng.integers(0, 10**12, 100_000), pa.timestamp("ns", "UTC"))
        batch = pa.record_batch({"_id": names, "_time": times})
        log.append([Record(EVENTS, "m", START, batch)])
        log.compact(log.position)
    log.close()
    before = psutil.Process().memory_info().rss
    start = time.perf_counter()
    log = LocalLog(folder)
    ready = time.perf_counter() - start
    again = log.append([Record(EVENTS, "m", START, batch)])
    assert again.duplicates == {"m": 100_000}
    held = psutil.Process().memory_info().rss - before
    log.close()
    return ready, held / 2**20


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    count = 60_000 if quick else 400_000
    rng = np.random.default_rng(0)
    pa.set_cpu_count(1)
    gap = BATCH * 10**9 // 300
    batches = [rows(BATCH, START + i * gap, rng) for i in range(count // BATCH)]
    found: list[tuple[object, ...]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = LocalLog(folder / "vedette")
        records = [Record(EVENTS, "m", START + i, batch) for i, batch in enumerate(batches)]
        log.append([Record(EVENTS, "warm", START, batches[0])])
        half = len(records) // 2
        alone = least([partial(append, log, records[at:half:TURNS], 1) for at in range(TURNS)])
        cost = least([partial(append, log, records[half + at :: TURNS], 8) for at in range(TURNS)])
        journal = log.size / count
        singles = [Record(EVENTS, "n", START, batches[0].slice(i, 1)) for i in range(BATCH)]
        single = timed(lambda: [log.append(singles[i : i + 50]) for i in range(0, BATCH, 50)])
        squeeze = timed(lambda: log.compact(log.position, whole=True)) * count / log.position
        parts = size_of(folder / "vedette", "events/m/**/*") / count
        ids = size_of(folder / "vedette", "log/ids/*") / count
        reread = least([lambda: sum(1 for _ in log.read())] * 2) / 2
        scan = least([lambda: sum(b.num_rows for b in log.scan("m", 0, 2**62))] * 2) / 2
        log.close()
        found.append(("vedette: append, each batch synced alone", half * BATCH / alone / 1e6, None))
        found.append(("vedette: append, 8 batches a sync", half * BATCH / cost / 1e6, journal))
        found.append(("vedette: append, 50 records of one row", BATCH / single / 1e6, None))
        found.append(("vedette: compact", count / squeeze / 1e6, parts))
        found.append(("vedette: read in the order of the log", count / reread / 1e6, None))
        found.append(("vedette: scan all columns", count / scan / 1e6, None))
        few = batches[: len(batches) // 10]
        (folder / "parquet").mkdir()
        spent = timed(lambda: into_sqlite(folder, few))
        found.append(
            ("SQLite, WAL and FULL", len(few) * BATCH / spent / 1e6,
             size_of(folder, "rows.sqlite*") / len(few) / BATCH)
        )  # fmt: skip
        spent = timed(lambda: into_parquet(folder / "parquet", few))
        found.append(
            ("Parquet, a file a batch", len(few) * BATCH / spent / 1e6,
             size_of(folder / "parquet") / len(few) / BATCH)
        )  # fmt: skip
        remembered = 1_000_000 if quick else 10_000_000
        ready, held = restart(remembered, folder / "restart")
    print(aligned(("durable, batches of 1,000 rows", "M rows/CPU-s", "bytes/row"), found))
    print()
    rate, kept = half * BATCH / cost, parts + ids
    remember = f"start with {remembered:,} known ids: under 3 s"
    table = [
        Promise("append, 8 a sync: 1 M rows/CPU-s", f"{rate / 1e6:.2f} M", rate >= LEAST_RATE),
        Promise("kept: at most 100 bytes/row", f"{kept:.1f} (ids {ids:.1f})", kept <= MOST_BYTES),
        Promise(remember, f"{ready:.2f} s", ready < MOST_READY_S),
        Promise("memory held for them: under 250 MiB", f"{held:.0f} MiB", held < MOST_IDLE_MIB),
    ]  # fmt: skip
    print(promises(table))
    return verdict_code(table)


if __name__ == "__main__":
    raise SystemExit(main())
