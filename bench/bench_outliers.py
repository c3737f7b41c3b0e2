"""Promise: rows that are unlike a reference score higher than by the detectors in use, cost little,
come with honest chances, and name their column.

Every public table of `outlier_tables` in a one-class protocol: half of the normal rows are the
reference, all other rows are scored, the smallest class being the outliers; and generated mixed
tables. scikit-learn's isolation forest and PyOD's ECOD run on the same splits in their own
environment, categories one-hot. Chances: KS distance to uniform of 100,000 clean rows. Cost: one
core, from an Arrow batch of 1,000 rows and 20 columns (14 numbers, 6 categories) to p. Naming: one
wrong value in an ordinary row of the tables, the column named first.

    python -m bench.bench_outliers [--quick]
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from bench.outlier_plants import KINDS, planted
from bench.outlier_tables import PUBLIC, Table, generated, read
from bench.rivals.environments import python_of, script_of
from bench.table import Promise, aligned, promises, verdict_code
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from vedette.core.schema import Field, Schema
from vedette.derive.outliers import Scorer, fit_outliers
from vedette.derive.outliers.fit import Likeness
from vedette.profiles.columns import one_batch

SPLITS, WORLDS = 3, 3
BETTER, NAMED, UNIFORM, MICROSECONDS = 0.04, 0.95, 0.02, 5.0
CENTROIDS = 5
PLAIN = Likeness()


def tables(quick: bool) -> list[Table]:
    """The tables of this run."""
    names = PUBLIC[::4] if quick else PUBLIC
    with tempfile.TemporaryDirectory() as folder:
        command = [python_of("pyod"), script_of("pyod"), "tables", folder, *names]
        subprocess.run(command, check=True)
        public = [read(path) for path in sorted(Path(folder).glob("*.csv"))]
    return public + [one for seed in range(1 if quick else WORLDS) for one in generated(seed)]


def rivals(made: Sequence[Table], splits: int) -> dict:
    """What the rivals say of the same splits."""
    with tempfile.TemporaryDirectory() as folder:
        for i, table in enumerate(made):
            parts = list(table.splits(splits))
            reference, scored = (np.array(side) for side in zip(*parts, strict=True))
            np.savez(
                Path(folder) / f"{i:03d}.npz",
                x=table.numbers(), outlier=table.outlier, reference=reference, scored=scored,
            )  # fmt: skip
        command = [python_of("pyod"), script_of("pyod"), "score", folder]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(said.splitlines()[-1])


def schema_of(table: Table) -> Schema:
    nominal = table.categories
    return Schema(
        tuple(Field(n, "category" if n in nominal else "numeric") for n in table.rows.column_names)
    )


def rows_of(table: Table, places: np.ndarray) -> pa.RecordBatch:
    return one_batch(table.rows.take(pa.array(places)))


def scorer_of(table: Table, reference: np.ndarray, like: Likeness = PLAIN) -> Scorer:
    fitted = fit_outliers(rows_of(table, reference), schema_of(table), like)
    assert fitted is not None
    return Scorer.of(fitted)


def area(table: Table, splits: int, like: Likeness = PLAIN) -> float:
    """The mean area under our ROC curve."""
    found = []
    for reference, scored in table.splits(splits):
        told = scorer_of(table, reference, like).score(rows_of(table, scored)).score
        found.append(roc_auc_score(table.outlier[scored], told))
    return float(np.mean(found))


def naming(made: Sequence[Table]) -> dict[str, list[bool]]:
    """Whether the planted column came first, by kind."""
    found: dict[str, list[bool]] = defaultdict(list)
    for table in made:
        reference, scored = next(table.splits(1))
        others = scored[~table.outlier[scored]]
        scorer, every = scorer_of(table, reference), list(planted(table, reference, others))
        if not every:  # numbers that are names, all of them
            continue
        kinds = {n: pa.string() if n in table.categories else pa.float64() for n in every[0].row}
        batch = pa.RecordBatch.from_pylist([one.row for one in every], pa.schema(kinds))
        whys = scorer.why(batch, range(len(every)), most=1)
        for one, why in zip(every, whys, strict=True):
            found[one.kind].append(why[0].column == one.column)
    return found


def clean(rows: int, seed: int) -> pa.RecordBatch:
    """Rows of 20 columns in which nothing is odd."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=rows)
    made: dict[str, object] = {f"n{j}": common * (j % 3) + rng.normal(size=rows) for j in range(14)}
    shares = (0.4, 0.25, 0.15, 0.1, 0.06, 0.04)
    made |= {f"k{j}": rng.choice(list("abcdef"), rows, p=shares) for j in range(6)}
    return pa.record_batch(made)


def cost(scorer: Scorer, rows: pa.RecordBatch) -> float:
    """Seconds of one call, the best of many."""
    times = []
    for _ in range(50):
        start = time.perf_counter()
        scorer.score(rows)
        times.append(time.perf_counter() - start)
    return min(times)


def chances_and_cost() -> tuple[float, float, float, bool]:
    """KS of clean rows, microseconds a row in a batch and alone, whether the two agree."""
    fields = [Field(f"n{j}", "numeric") for j in range(14)]
    schema = Schema((*fields, *(Field(f"k{j}", "category") for j in range(6))))
    fitted = fit_outliers(clean(30_000, 1), schema)
    assert fitted is not None
    scorer, fresh = Scorer.of(fitted), clean(100_000, 2)
    found = scorer.score(fresh)
    p = np.sort(found.p)
    steps = np.arange(len(p) + 1) / len(p)
    ks = float(max(np.abs(p - steps[1:]).max(), np.abs(p - steps[:-1]).max()))
    alone = [scorer.score(fresh.slice(at, 1)).score[0] for at in range(300)]
    with threadpool_limits(1):
        batch, one = cost(scorer, fresh.slice(0, 1_000)), cost(scorer, fresh.slice(7, 1))
    same = np.array(alone).tobytes() == found.score[:300].tobytes()
    return ks, batch / 1_000 * 1e6, one * 1e6, same


def main() -> int:
    parser = argparse.ArgumentParser(description="Score rows of tables with known outliers.")
    parser.add_argument("--quick", action="store_true", help="every fourth table, one split")
    quick = parser.parse_args().quick
    splits = 1 if quick else SPLITS
    made = tables(quick)
    print(f"{len(made)} tables: rivals ...", file=sys.stderr)
    said = rivals(made, splits)
    print("vedette ...", file=sys.stderr)
    areas = {"vedette": [area(table, splits) for table in made]}
    for name, by_table in said["found"].items():
        areas[name] = [float(np.mean([a for a, _ in by_table[key]])) for key in sorted(by_table)]
    rows = []
    for i, table in enumerate(made):
        told = (f"{found[i]:.3f}" for found in areas.values())
        rows.append((table.name, table.rows.num_columns, len(table.categories), *told))
    print(aligned(("table", "columns", "of text", *areas), rows), end="\n\n")
    kept: list[Promise] = []
    public = np.array([not t.name.startswith("generated") for t in made])
    mixed = np.array([bool(t.categories) for t in made])
    for title, which in (
        ("public tables", public), ("public tables with text", public & mixed),
        ("generated tables", ~public),
    ):  # fmt: skip
        ours = np.array(areas["vedette"])[which]
        for name in said["found"]:
            theirs = np.array(areas[name])[which]
            gain = float(ours.mean() - theirs.mean())
            kept.append(Promise(
                f"{title}: mean area at least {BETTER} above {name}",
                f"{ours.mean():.3f} - {theirs.mean():.3f} = {gain:+.3f}, "
                f"{(ours > theirs).sum()} of {which.sum()} won", gain >= BETTER,
            ))  # fmt: skip
    few = Likeness(centroids_of=CENTROIDS)
    lost = np.mean(areas["vedette"]) - np.mean([area(table, splits, few) for table in made])
    promise = f"means of {CENTROIDS} rows in place of rows: area lost"
    kept.append(Promise(promise, f"{lost:+.3f}", None))
    found = naming(made)
    for kind in KINDS:
        share = float(np.mean(found[kind]))
        promise = f"{kind}: its column is named first in {NAMED:.0%}"
        kept.append(Promise(promise, f"{share:.1%} of {len(found[kind])}", share >= NAMED))
    ks, batch, one, same = chances_and_cost()
    cheap = f"at most {MICROSECONDS:g} us a row in batches of 1,000"
    kept += [
        Promise(f"p of clean rows is uniform: KS below {UNIFORM}", f"{ks:.4f}", ks < UNIFORM),
        Promise("a row alone scores as in a batch, to the bit", "yes" if same else "no", same),
        Promise(cheap, f"{batch:.2f} us", batch <= MICROSECONDS),
        Promise("one row alone, from Arrow to p", f"{one:.0f} us", None),
    ]
    for name, by_table in said["found"].items():
        spent = float(np.median([s for runs in by_table.values() for _, s in runs]))
        kept.append(
            Promise(f"{name}, a row: median over these tables", f"{spent * 1e6:.1f} us", None)
        )
    print(promises(kept))
    return verdict_code(kept)


if __name__ == "__main__":
    raise SystemExit(main())
