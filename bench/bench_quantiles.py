"""Promise: quantiles of 16 merged shards are within 1 % of the exact ones, wherever they lie.

Latencies from 0.1 ms to 100 s: evenly over all sizes, lognormal, with a Pareto tail that has no
variance, of a cache that answers most, and of a service whose requests time out.  Shards are not
alike: each is up to twice as fast or slow as the middle one.  Every shard is counted by itself, the
counts are added up, and p50, p95, p99 and p99.9 read off; beside it DDSketch, a t-digest and the
default buckets of Prometheus do the same, in an environment of their own.

The exact quantile is the smallest value that a share q of all does not exceed.

    python -m bench.bench_quantiles [--quick]
"""

import argparse
import json
import subprocess
import sys
import tempfile
from functools import reduce
from pathlib import Path

import numpy as np
from bench.rivals.environments import python_of, script_of
from bench.table import Promise, aligned, promises, verdict_code

from vedette.sketches.loglinear import LogLinear

SEED = 20_261_126
SHARDS = 16
ROWS, QUICK_ROWS = 20_000, 2_000  # of a shard
QUANTILES = (0.5, 0.95, 0.99, 0.999)
LEAST, MOST = 1e-4, 100.0  # seconds
ALLOWED = 0.01
Array = np.ndarray


def laws(rows: int) -> dict[str, Array]:
    """Latencies by law.  Shapes: float64[SHARDS, rows].  Units: seconds."""
    rng = np.random.default_rng(SEED)
    shape = (SHARDS, rows)
    middle = np.exp(rng.uniform(-np.log(2), np.log(2), (SHARDS, 1)))
    cached = rng.random(shape) < 0.93
    timed_out = rng.random(shape) < 0.004
    found = {
        "all sizes": np.exp(rng.uniform(np.log(LEAST), np.log(MOST), shape)),
        "lognormal": middle * rng.lognormal(-3, 1, shape),
        "Pareto 1.2": middle * 0.01 * (1 + rng.pareto(1.2, shape)),
        "cache": middle * np.where(cached, rng.lognormal(-8, 0.3, shape),
                                   rng.lognormal(-1, 0.8, shape)),
        "time-outs": np.where(timed_out, 30.0, middle * rng.gamma(2, 0.1, shape)),
    }  # fmt: skip
    return {name: np.clip(values, LEAST, MOST) for name, values in found.items()}


def exact(values: Array) -> list[float]:
    ordered = np.sort(values, axis=None)
    return [float(ordered[int(np.ceil(q * ordered.size)) - 1]) for q in QUANTILES]


def counted(shards: Array) -> list[float]:
    """The quantiles by vedette's counts."""
    whole = reduce(LogLinear.merge, map(LogLinear.of, shards))
    return [whole.quantile(q) or 0.0 for q in QUANTILES]


def rivals(drawn: dict[str, Array]) -> dict[str, dict[str, list[float]]]:
    """The quantiles by the rivals, in their own environment."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shards.npz"
        np.savez(path, quantiles=np.array(QUANTILES), **drawn)  # type: ignore[arg-type]
        command = [python_of("quantiles"), script_of("quantiles"), path]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, dict[str, list[float]]] = json.loads(done.stdout)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Quantiles of merged shards beside exact ones.")
    parser.add_argument("--quick", action="store_true", help="a tenth of the values")
    rows = QUICK_ROWS if parser.parse_args().quick else ROWS
    drawn = laws(rows)
    known = {law: exact(values) for law, values in drawn.items()}
    told = {"vedette": {law: counted(values) for law, values in drawn.items()}, **rivals(drawn)}
    worst: dict[str, float] = {}
    cells = []
    for who, by_law in told.items():
        for law, values in by_law.items():
            off = [abs(v - k) / k for v, k in zip(values, known[law], strict=True)]
            worst[who] = max(worst.get(who, 0.0), *off)
            cells.append([who, law, *(f"{one:.2%}" for one in off)])
    names = [f"p{100 * q:g}" for q in QUANTILES]
    print(f"{SHARDS} shards of {rows} values, relative error\n")
    print(aligned(["", "latencies", *names], cells))
    print("\nworst: " + ", ".join(f"{who} {one:.2%}" for who, one in worst.items()) + "\n")
    found = [
        Promise("worst relative error at most 1 %", f"{worst['vedette']:.2%}",
                worst["vedette"] <= ALLOWED),
    ]  # fmt: skip
    print(promises(found))
    return verdict_code(found)


if __name__ == "__main__":
    sys.exit(main())
