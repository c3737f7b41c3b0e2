"""Promise: a declared schema costs at most 15 % of what rows cost from body to window.

The in-process form of `bench_pipeline`: Arrow bodies of 1,000 rows of 25 columns, decoded, appended
to a log in a folder, synced, stepped, evaluated and kept by all monitors, on one core. All 25
columns are constrained: limits of numbers, listed or bounded categories; a rule binds two of them.
`count` takes events in and counts what they break; `quarantine` judges every body before it comes
in as well. CPU seconds, system time included. The ways run in turn, several times; each ratio is
that of its own turn, the median counts.

    python -m bench.bench_schema_ingest [--quick]
"""

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa
from bench.bench_pipeline import in_process
from bench.load import START, table
from bench.table import Promise, aligned, promises, verdict_code

from vedette.core.constraints import Constraints
from vedette.core.field import Field
from vedette.core.rules.rule import Rule
from vedette.core.schema import Schema
from vedette.core.schema_yaml import dump_schema

MOST = 1.15
WAYS = {"no schema": "", "count": "count", "quarantine": "quarantine"}


def schema() -> Schema:
    """What obeys it: every row of the bench."""
    fields = []
    rows = table(100, START, 1, np.random.default_rng(0))
    for column in rows.schema:
        if pa.types.is_string(column.type) and not column.name.startswith("_"):
            listed = tuple(f"category-{k}" for k in range(4 * 2 ** int(column.name[-1])))
            limits = Constraints(required=True, allowed=listed)
            fields.append(Field(column.name, "category", constraints=limits))
        elif not column.name.startswith("_"):
            limits = Constraints(required=True, finite=True, min=-1e3, max=1e9)
            fields.append(Field(column.name, "numeric", constraints=limits))
    return Schema(tuple(fields), (Rule("pair", "price_0 >= 0 and share_0 <= 1"),))


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    is_quick = parser.parse_args().quick
    rows, rounds = (100_000, 3) if is_quick else (300_000, 7)
    took: dict[str, list[float]] = {way: [] for way in WAYS}
    assert len(schema().fields) == 25
    for turn in range(rounds):
        print(f"turn {turn + 1} of {rounds} ...", file=sys.stderr)
        for way, enforce in WAYS.items():
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "schema.yaml"
                path.write_text(dump_schema(schema()), encoding="utf-8")
                more = f"    schema: {path}\n    enforce: {enforce}\n" if enforce else ""
                took[way].append(in_process(Path(folder), rows, more)[0])
    each = {way: 1e6 * median(found) / (rows - 40_000) for way, found in took.items()}
    lines = [(way, f"{each[way]:.2f}", f"{ratio(took, way):.3f}") for way in WAYS]
    print(aligned(("25 constrained columns", "CPU us a row", "times no schema"), lines), "\n")
    found = ratio(took, "count")
    kept = [
        Promise("counting costs at most 15 %", f"{100 * (found - 1):.1f} %", found <= MOST),
        Promise(
            "judging before they come in, too (nothing promised)",
            f"{100 * (ratio(took, 'quarantine') - 1):.1f} %", None,
        ),
    ]  # fmt: skip
    print(promises(kept))
    return verdict_code(kept)


def ratio(took: dict[str, list[float]], way: str) -> float:
    """The median of what a way costs against no schema in the same turn."""
    return median(one / plain for one, plain in zip(took[way], took["no schema"], strict=True))


if __name__ == "__main__":
    sys.exit(main())
