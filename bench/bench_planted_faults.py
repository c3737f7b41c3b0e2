"""Promise: a single fault in serving is found, with its column and its kind; clean serving is not
blamed.

Fifteen kinds of faults, one at a time, in serving halves of real tables (`skew_tables`), beside
halves without a fault.  "Named" means that an alarming finding has the right kind and the right
column; a column that was added, and whole numbers that became decimal ones, are notable by design
and count as named at that.  Beside it, in the same run on the same files, Evidently: its default
drift preset, and both of its presets with the tests it makes of the reference; for it a fault
counts as found when its column fails anything, or, where the fault is in the columns or rows as a
whole, when such a test fails or its error names the column.  A second table has the same faults in
a quarter of the rows.

    python -m bench.bench_planted_faults [--quick] [--no-rival] [--no-speed] [--misses]
"""

import argparse
import json
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np
from bench.rivals.environments import python_of
from bench.skew_faults import FAULTS, Fault, plant
from bench.skew_tables import FRESH, SEED, SEEN, halves
from bench.table import Promise, aligned, measure, promises, verdict_code

EACH = 12  # cases of a kind at least, as far as its tables have columns
CLEAN = 3  # clean halves of every table
PARTIAL = 0.25
NOTABLE = ("added", "retyped")  # kinds that may be notable only
SPEED_ROWS = 1_000_000
# The peak as the process itself has it: this one, which has NumPy, counts towards its children's.
PEAK = "print([l for l in open('/proc/self/status') if l.startswith('VmHWM')][0])"
RIVAL_TABLE = {
    "column dropped": ("ColumnCount",),
    "column added": ("ColumnCount",),
    "column renamed": ("ColumnCount",),
    "duplicated rows": ("DuplicatedRowCount",),
}


@dataclass
class Case:
    """One pair of tables with what was planted and what was said."""

    kind: str
    table: str
    how: str
    columns: tuple[str, ...]
    names: tuple[str, ...]
    files: tuple[Path, Path]
    named: bool = False
    column: bool = False
    beside: int = 0  # alarming faults that were not planted
    said: list[str] = field(default_factory=list)
    rival: dict = field(default_factory=dict)


def cases(folder: Path, names: Sequence[str], share: float, quick: bool) -> Iterator[Case]:
    """Plant every fault into every table that it fits, into further splits where few tables do."""
    first = {name: halves(name, 0)[1] for name in names}
    for number, fault in enumerate(FAULTS):
        if share < 1 and not fault.partial:
            continue
        fitting = [name for name in names if fault.fits(first[name])]
        times = 1 if quick else -(-EACH // max(len(fitting), 1))
        for name in fitting:
            for turn in range(times):
                yield _planted(folder, number, fault, name, turn, share)


def _planted(folder: Path, number: int, fault: Fault, name: str, turn: int, share: float) -> Case:
    training, serving = halves(name, turn)
    rng = np.random.default_rng([SEED, number, turn, *name.encode()])
    columns = fault.fits(serving)
    done = plant(fault, serving, columns[rng.integers(len(columns))], rng, share)
    files = (
        save(folder, f"{name}-training-{turn}", training),
        save(folder, f"{name}-{number}-{turn}-{share}", done.table),
    )
    return Case(fault.kind, name, done.how, done.columns, done.names, files)


def clean_cases(folder: Path, names: Sequence[str], quick: bool) -> Iterator[Case]:
    """Halves of the same tables, split anew."""
    for name in names:
        for seed in range(1 if quick else CLEAN):
            sides = halves(name, 100 + seed)
            files = [save(folder, f"{name}-clean-{seed}-{i}", side) for i, side in enumerate(sides)]
            yield Case("clean", name, "", (), (), (files[0], files[1]))


def save(folder: Path, name: str, frame) -> Path:
    path = folder / f"{name}.parquet"
    if path.exists():
        return path
    frame.to_parquet(path, index=False)
    return path


def ask(case: Case) -> None:
    """Have ours judge a case."""
    from vedette.engine.skew.unkeyed.compare import compare_tables

    result = compare_tables(*case.files, workers=1)
    case.said = [
        f"{fault.kind} {', '.join(fault.columns)}: {fault.reason}" for fault in result.faults
    ]
    for fault in result.faults:
        alarming = fault.verdict == "alarming"
        right = fault.kind in case.names and set(case.columns) <= set(fault.columns)
        mine = bool(set(case.columns) & set(fault.columns))
        case.named |= right and (alarming or fault.kind in NOTABLE)
        case.column |= mine and (alarming or (right and fault.kind in NOTABLE))
        case.beside += alarming and not mine


def ask_rival(folder: Path, asked: Sequence[Case]) -> None:
    """Have Evidently judge all cases, in its own environment."""
    manifest = folder / "manifest"
    manifest.write_text("".join(json.dumps([str(f) for f in case.files]) + "\n" for case in asked))
    script = Path(__file__).parent / "rivals" / "run_evidently_faults.py"
    command = [python_of("evidently"), script, manifest]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    for case, line in zip(asked, run.stdout.splitlines(), strict=True):
        case.rival = json.loads(line)


def rival_found(case: Case, which: str) -> bool:
    told = case.rival[which]
    whole = set(told["table"]) & set(RIVAL_TABLE.get(case.kind, ()))
    in_error = any(
        f"({name})" in told["error"] or f"'{name}'" in told["error"] for name in case.columns
    )
    # A renamed column makes it break off over the new name.
    in_error |= case.kind == "column renamed" and "partially present" in told["error"]
    return bool(set(case.columns) & set(told["columns"]) or whole or in_error)


def rival_alarm(case: Case, which: str) -> bool:
    return bool(case.rival[which]["columns"] or case.rival[which]["table"])


def show(asked: Sequence[Case], rival: bool) -> None:
    """Print what was found by kind."""
    lines = []
    kinds = list(dict.fromkeys(case.kind for case in asked))
    for kind in [*kinds, "all"]:
        own = [case for case in asked if kind in ("all", case.kind)]
        row = [kind, str(len(own)), str(len({case.table for case in own}))]
        row += [_percent(case.named for case in own), _percent(case.column for case in own)]
        row += [f"{sum(case.beside for case in own) / len(own):.2f}"]
        if rival:
            row += [
                _percent(rival_found(case, which) for case in own) for which in ("preset", "tests")
            ]
        lines.append(tuple(row))
    headers = ["fault", "cases", "tables", "named", "column", "faults too many"]
    headers += ["Evidently preset", "with its tests"] if rival else []
    print(aligned(headers, lines), end="\n\n")


def _percent(values) -> str:
    each = list(values)
    return f"{100 * sum(each) / len(each):.0f} %"


def misses(asked: Sequence[Case]) -> None:
    for case in asked:
        if not case.named or case.beside:
            what = "missed" if not case.named else "too much"
            print(f"  {what}: {case.kind} in {case.table} {case.columns} ({case.how}): {case.said}")


def speed() -> Promise:
    """Time both whole calls on the same files."""
    files = measure([sys.executable, "-m", "bench.data", "--rows", SPEED_ROWS]).out.split()
    calls = {
        "compare": "from vedette.engine.compare import compare as call",
        "skew": "from vedette.engine.skew.unkeyed.compare import compare_tables as call",
    }
    taken: dict[str, list] = {name: [] for name in calls}
    for _ in range(3):
        for name, line in calls.items():
            code = f"{line}; call({files[0]!r}, {files[1]!r}); {PEAK}"
            run = measure([sys.executable, "-c", code])
            if run.code:
                raise SystemExit(run.err)
            taken[name].append((run.wall_s, int(run.out.split()[1]) / 1024))
    wall = {name: median(run[0] for run in runs) for name, runs in taken.items()}
    peak = {name: median(run[1] for run in runs) for name, runs in taken.items()}
    print(
        f"1,000,000 rows x 25 columns: compare {wall['compare']:.2f} s, {peak['compare']:.0f} MiB;"
        f" training against serving {wall['skew']:.2f} s, {peak['skew']:.0f} MiB\n"
    )
    ratio = wall["skew"] / wall["compare"]
    promise = "1 M x 25: at most three times as long as compare, which it contains"
    return Promise(promise, f"{ratio:.2f} x", ratio <= 3)


def main() -> int:
    parser = argparse.ArgumentParser(description="Plant single faults in real tables.")
    parser.add_argument("--quick", action="store_true", help="a third of the tables, one case each")
    parser.add_argument("--no-rival", action="store_true", help="without Evidently")
    parser.add_argument("--no-speed", action="store_true", help="without the timing")
    parser.add_argument("--misses", action="store_true", help="list every case that was not named")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    rival, full = not given.no_rival, not given.quick
    fresh, seen = (FRESH, SEEN) if full else (FRESH[::3], SEEN[::5])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole = list(cases(folder, fresh, 1.0, given.quick))
        partly = list(cases(folder, fresh, PARTIAL, given.quick))
        clean = list(clean_cases(folder, fresh, given.quick))
        before = list(cases(folder, seen, 1.0, given.quick))
        before_clean = list(clean_cases(folder, seen, given.quick))
        for case in [*whole, *partly, *clean, *before, *before_clean]:
            ask(case)
        if rival:
            ask_rival(folder, [*whole, *partly, *clean])
    print("Tables that were chosen when the causes were done; the fault in all rows it concerns:")
    show(whole, rival)
    print("The same tables, the fault in a quarter of those rows (nothing promised):")
    show(partly, rival)
    print(_alarmed(clean, rival), end="\n\n")
    print("Tables that the causes were built on:")
    show(before, rival=False)
    print(_alarmed(before_clean, rival=False), end="\n\n")
    if given.misses:
        misses([*whole, *partly, *before])
        misses([case for case in (*clean, *before_clean) if case.beside])
    kept = judge(whole, clean, full)
    if not given.no_speed:
        kept.append(speed())
    print(promises(kept))
    return verdict_code(kept)


def _alarmed(clean: Sequence[Case], rival: bool) -> str:
    line = f"clean sets with an alarm: {sum(case.beside > 0 for case in clean)} of {len(clean)}"
    if rival:
        for which, title in (("preset", "Evidently's preset"), ("tests", "with its tests")):
            line += f"; {title} {sum(rival_alarm(case, which) for case in clean)}"
    return line


def judge(whole: Sequence[Case], clean: Sequence[Case], full: bool) -> list[Promise]:
    """Hold what was found on fresh tables against what was promised."""
    named, column = (sum(getattr(case, what) for case in whole) for what in ("named", "column"))
    alarmed, n = sum(case.beside > 0 for case in clean), len(whole)
    said = "fault and column named in at least 95 %"
    return [
        Promise("at least 150 cases", str(n), n >= 150 if full else None),
        Promise(said, f"{100 * named / n:.1f} %", named >= 0.95 * n),
        Promise("column found in at least 95 %", f"{100 * column / n:.1f} %", column >= 0.95 * n),
        Promise("at least 15 clean sets", str(len(clean)), len(clean) >= 15 if full else None),
        Promise("at most one clean set with an alarm", str(alarmed), alarmed <= 1),
    ]


if __name__ == "__main__":
    raise SystemExit(main())
