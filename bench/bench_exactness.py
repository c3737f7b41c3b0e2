"""Promise: profiles of 16 shards add up to the profile of the whole, to the last count.

The rows are dealt to 16 workers at random, unevenly, one of them getting a single row and one none;
every worker's profile goes through its bytes, as it would over a network, and the shards are added
up in many random orders and groupings. Integers, and with them every verdict, must be the same;
float sums, shown and never tested, may differ by n eps sum|x| (Higham 2002, section 4.2).

    python -m bench.bench_exactness [--quick]
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from bench.table import Promise, aligned, promises, verdict_code

SEED = 20_130_104
SHARDS = 16
ROWS, ORDERS = 1_000_000, 50

Generator = np.random.Generator


def cancelling(rng: Generator, n: int) -> np.ndarray:
    """Draw both signs over twelve orders of magnitude: sums lose most of their digits."""
    return rng.choice([-1.0, 1.0], n) * 10.0 ** rng.uniform(-2, 10, n)


def with_holes(rng: Generator, n: int) -> pa.Array:
    """Draw normal values, 60 % missing, some infinite or NaN."""
    values = rng.normal(0, 1, n)
    values[rng.random(n) < 0.01] = np.inf
    values[rng.random(n) < 0.01] = np.nan
    return pa.array(values, mask=rng.random(n) < 0.6)


def words(rng: Generator, n: int, k: int) -> pa.Array:
    shares = 1.0 / np.arange(1, k + 1)
    codes = rng.choice(k, n, p=shares / shares.sum()).astype(np.int32)
    return pa.DictionaryArray.from_arrays(codes, pa.array([f"v{i}" for i in range(k)]))


COLUMNS: dict[str, Callable[[Generator, int], object]] = {
    "normal": lambda rng, n: rng.normal(5, 2, n),
    "heavy tails": lambda rng, n: rng.standard_t(2, n),
    "cancelling": cancelling,
    "integers": lambda rng, n: rng.poisson(40, n),
    "holes": with_holes,
    "5 categories": lambda rng, n: words(rng, n, 5),
    "5,000 categories": lambda rng, n: words(rng, n, 5_000),
    "yes or no": lambda rng, n: rng.random(n) < 0.3,
}


def draw(rng: Generator, rows: int) -> pa.Table:
    return pa.table({name: law(rng, rows) for name, law in COLUMNS.items()})


def deal(rng: Generator, table: pa.Table) -> list[pa.Table]:
    """Deal the rows to the shards: one gets none, one a single row, the rest uneven shares."""
    shares = rng.dirichlet(np.full(SHARDS - 2, 2.0))
    owner = rng.choice(SHARDS - 2, table.num_rows, p=shares) + 2
    owner[0] = 1
    return [table.filter(pa.array(owner == shard)) for shard in range(SHARDS)]


def add_up(rng: Generator, profiles: list) -> object:
    """Add profiles two at a time, always two picked at random, until one is left."""
    left = list(profiles)
    while len(left) > 1:
        one = left.pop(rng.integers(len(left)))
        two = left.pop(rng.integers(len(left)))
        left.append(one + two)
    return left[0]


@dataclass
class Column:
    """How one column fared over all orders."""

    name: str
    identical: bool = True
    error: float | None = None  # largest difference of a sum over its bound; None without sums


def check(
    column: Column, whole: object, added: object, sizes: dict[str, tuple[int, float]]
) -> None:
    """Compare every cell of a column, over all rows and by segment."""
    for (name, segment), cell in whole.cells.items():
        if name != column.name:
            continue
        other = added.cells[name, segment]
        column.identical &= cell.integers() == other.integers()
        if cell.moments is None:
            continue
        n, total = sizes[name]
        bound = n * np.finfo(float).eps * total
        apart = float(np.abs(cell.moments.sums - other.moments.sums).max())
        column.error = max(column.error or 0.0, apart / bound)


def magnitudes(table: pa.Table) -> dict[str, tuple[int, float]]:
    """Return n and sum|x| of the finite values of every ordered column."""
    found = {}
    for name in table.column_names:
        if pa.types.is_floating(table[name].type) or pa.types.is_integer(table[name].type):
            values = np.asarray(table[name].drop_null().to_numpy(), float)
            values = values[np.isfinite(values)]
            found[name] = (len(values), float(np.abs(values).sum()))
    return found


def verdicts(baseline: object, profile: object) -> list[tuple]:
    """Return everything that a comparison decides."""
    import vedette as vd

    found = vd.compare(baseline, profile).findings
    return [(f.id, f.verdict, f.p, f.p_margin, f.effect) for f in found]


def main() -> int:
    parser = argparse.ArgumentParser(description="Add shards up in any order.")
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows and orders")
    few = 10 if parser.parse_args().quick else 1

    import vedette as vd
    from vedette.profiles.codec import decode, encode

    rng = np.random.default_rng(SEED)
    reference, table = draw(rng, ROWS // few), draw(rng, ROWS // few)
    moved = np.asarray(table["normal"]) + 0.2  # so that there is something to find
    table = table.set_column(0, "normal", pa.array(moved))
    baseline = vd.Baseline.fit(reference, segments=["5 categories"])
    whole = vd.profile(table, baseline)
    shards = [
        decode(encode(baseline, vd.profile(shard, baseline)))[1] for shard in deal(rng, table)
    ]
    sizes, expected = magnitudes(table), verdicts(baseline, whole)
    columns = [Column(name) for name in baseline.columns]
    same_findings = same_counts = 0
    orders = ORDERS // few
    for _ in range(orders):
        added = add_up(rng, shards)
        same_counts += whole.same_counts(added)
        same_findings += expected == verdicts(baseline, added)
        for column in columns:
            check(column, whole, added, sizes)
    print(f"{ROWS // few:,} rows in {SHARDS} shards, added up in {orders} orders, 5 segments")
    lines = [
        (c.name, "yes" if c.identical else "NO", "-" if c.error is None else f"{c.error:.1e}")
        for c in columns
    ]
    print(aligned(("column", "counts identical", "largest error / bound"), lines), end="\n\n")
    worst = max(c.error for c in columns if c.error is not None)
    alarms = sum(verdict == "alarming" for _, verdict, *_ in expected)
    findings = f"every one of {len(expected)} findings ({alarms} alarming) identical to the bit"
    kept = [
        Promise("every count identical", f"{same_counts} of {orders}", same_counts == orders),
        Promise(findings, f"{same_findings} of {orders}", same_findings == orders),
        Promise("sums within n eps sum|x|", f"{worst:.1e} of it at most", worst <= 1),
    ]
    print(promises(kept))
    return verdict_code(kept)


if __name__ == "__main__":
    raise SystemExit(main())
