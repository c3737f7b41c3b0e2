"""Two tables of the same rows with text keys, one as training and one as serving saw it.

Owns: writing them, and saying how many rows of each column differ. Made by another process than the
one that measures, so that this one stays small.

    python -m bench.skew_files --rows 10000000      # prints both paths, then the truth as JSON
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

FOLDER = Path(__file__).resolve().parents[1] / ".bench" / "skew"
LETTERS = 16
BLOCK = 1 << 17


def keys(numbers: np.ndarray) -> pa.Array:
    """Keys like usr-004711004711, made column of letters by column of letters."""
    text = np.empty((len(numbers), LETTERS), np.uint8)
    text[:, :4] = np.frombuffer(b"usr-", np.uint8)
    left = numbers.copy()
    for place in range(LETTERS - 1, 3, -1):
        text[:, place] = 48 + left % 10
        left //= 10
    ends = np.arange(0, LETTERS * (len(numbers) + 1), LETTERS, dtype=np.int32)
    return pa.StringArray.from_buffers(len(numbers), pa.py_buffer(ends), pa.py_buffer(text))


def columns(rows: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, int]]:
    """Six columns of each side in one order, and how many rows of each differ."""
    rng = np.random.default_rng(20_130_103)
    shop = rng.integers(0, 20, rows)
    offline = {
        "amount": rng.gamma(2, 100, rows),
        "score": rng.random(rows),
        "age": rng.normal(40, 9, rows),
        "visits": rng.integers(0, 1000, rows),
        "shop": shop,
        "seen": rng.integers(1_600_000_000_000_000, 1_700_000_000_000_000, rows),
    }
    online = dict(offline)
    online["amount"] = np.where(shop == 3, offline["amount"] * 1.609344, offline["amount"])
    online["visits"] = np.where(rng.random(rows) < 0.02, 0, offline["visits"])
    online["shop"] = np.where(rng.random(rows) < 0.01, 5, shop)
    online["seen"] = np.where(
        rng.random(rows) < 0.05, offline["seen"] + 3_600_000_000, offline["seen"]
    )
    truth = {name: int((offline[name] != online[name]).sum()) for name in offline}
    return offline, online, truth


def table(numbers: np.ndarray, held: dict[str, np.ndarray], order: np.ndarray) -> pa.Table:
    """One side in an order of its own."""
    names = pa.array([f"shop {i:02d}" for i in range(20)])
    made = {"id": keys(numbers[order])}
    for name, values in held.items():
        taken = pa.array(values[order])
        if name == "shop":
            taken = names.take(taken)
        made[name] = taken.cast(pa.timestamp("us")) if name == "seen" else taken
    return pa.table(made)


def write(rows: int) -> tuple[list[Path], dict[str, int]]:
    """Write both sides, unless they are there."""
    folder = FOLDER / str(rows)
    files = [folder / "offline.parquet", folder / "online.parquet"]
    told = folder / "truth.json"
    if not told.exists():
        folder.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(5)
        numbers = rng.permutation(rows).astype(np.int64) * 7919
        offline, online, truth = columns(rows)
        pq.write_table(table(numbers, offline, np.arange(rows)), files[0], row_group_size=BLOCK)
        pq.write_table(
            table(numbers, online, rng.permutation(rows)), files[1], row_group_size=BLOCK
        )
        told.write_text(json.dumps(truth))
    return files, json.loads(told.read_text())


def main() -> None:
    parser = argparse.ArgumentParser(description="Write both sides.")
    parser.add_argument("--rows", type=int, default=10_000_000)
    files, truth = write(parser.parse_args().rows)
    print(*files, json.dumps(truth), sep="\n")


if __name__ == "__main__":
    main()
