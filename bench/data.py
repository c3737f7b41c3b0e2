"""Parquet pairs for the benches: one law drawn twice, four columns shifted in the current file.

Owns the law (20 float64 and 5 string columns, nothing missing) and the cache under `.bench/`. Does
not own timing. Rows are drawn and written one row group at a time, so memory does not grow with the
number of rows, and each group has its own seed, so a longer file begins with the shorter one.

    python -m bench.data --rows 1000000 --out .bench
"""

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

FOLDER = Path(__file__).resolve().parents[1] / ".bench"
SEED = 20_130_101
GROUP_ROWS = 131_072
CATEGORIES = {"s0": 5, "s1": 20, "s2": 50, "s3": 200, "s4": 1_000}
RATES = (2, 4, 8, 16, 64, 256)
NUMERIC = tuple(f"f{i:02d}" for i in range(20))
COLUMNS = (*NUMERIC, *CATEGORIES)
SHIFTED = frozenset({"f03", "f10", "f16", "s1"})
SHIFT = 0.2  # standard deviations (of the logarithm if lognormal); for s1 the share mixed in


def _numeric(rng: np.random.Generator, i: int, rows: int, shift: float) -> pa.Array:
    """Seven normal columns, seven lognormal, six of whole numbers (Poisson)."""
    if i < 7:
        return pa.array(rng.normal(10.0 * i + shift * (i + 1), i + 1, rows))
    if i < 14:
        sigma = 0.3 + 0.1 * (i - 7)
        return pa.array(rng.lognormal(0.5 * (i - 7) + shift * sigma, sigma, rows))
    rate = RATES[i - 14]
    return pa.array(rng.poisson(rate + shift * rate**0.5, rows).astype(np.float64))


def _strings(rng: np.random.Generator, name: str, rows: int, shift: float) -> pa.Array:
    """Zipf's law over the categories; a shift mixes that share of the reversed law in."""
    size = CATEGORIES[name]
    weights = 1.0 / np.arange(1, size + 1)
    weights = (1 - shift) * weights + shift * weights[::-1]
    codes = rng.choice(size, rows, p=weights / weights.sum()).astype(np.int32)
    labels = pa.array([f"{name}_{k:04d}" for k in range(size)])
    return pa.DictionaryArray.from_arrays(codes, labels).cast(pa.string())


def _group(side: int, number: int, rows: int) -> pa.Table:
    rng = np.random.default_rng([SEED, side, number])
    shift = {name: SHIFT if side and name in SHIFTED else 0.0 for name in COLUMNS}
    arrays = [_numeric(rng, i, GROUP_ROWS, shift[name]) for i, name in enumerate(NUMERIC)]
    arrays += [_strings(rng, name, GROUP_ROWS, shift[name]) for name in CATEGORIES]
    return pa.table(dict(zip(COLUMNS, arrays, strict=True))).slice(0, rows)


def single(rows: int, folder: Path = FOLDER, side: int = 0) -> Path:
    """Write one file (side 0 the reference, 1 the current) unless it is there, and return it."""
    path = folder / f"{'current' if side else 'reference'}-{rows}.parquet"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    schema = _group(side, 0, 1).schema
    with pq.ParquetWriter(
        partial, schema, compression="zstd", compression_level=1, use_dictionary=[*CATEGORIES]
    ) as writer:
        for number, start in enumerate(range(0, rows, GROUP_ROWS)):
            writer.write_table(_group(side, number, min(GROUP_ROWS, rows - start)))
    partial.rename(path)
    return path


def pair(rows: int, folder: Path = FOLDER) -> tuple[Path, Path]:
    """Return the reference and current files of so many rows, written on first use."""
    return single(rows, folder, 0), single(rows, folder, 1)


def main() -> None:
    """Write a pair, or the reference alone, and print the paths."""
    parser = argparse.ArgumentParser(description="Write a Parquet pair for the benches.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, default=FOLDER)
    parser.add_argument("--single", action="store_true", help="the reference file only")
    parser.add_argument("--shifted", action="store_true", help="only name the shifted columns")
    options = parser.parse_args()
    if options.shifted:
        lines = sorted(SHIFTED)
    elif options.single:
        lines = [str(single(options.rows, options.out))]
    else:
        lines = [str(path) for path in pair(options.rows, options.out)]
    print(*lines, sep="\n")


if __name__ == "__main__":
    main()
