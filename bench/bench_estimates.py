"""Promise: performance is known before labels are, better than NannyML's CBPE tells it, and with
intervals that hold.

Models are trained on the first part of labelled tables, what estimates is fitted on the second
part's labels, and accuracy and ROC AUC of every chunk of the third part are estimated without its
labels and held against them. NannyML runs on the same rows in the same run.

The interval is tried where labels depend on rows as before: on windows of the reference period that
were held out, as they are and drawn anew by tilting them towards high or low values of a column.
How far labels changed their relation to the rows in the third part is measured as well: trees that
correct the estimate, learned on half of its labels, are tried on the other half.

    python -m bench.bench_estimates [--quick]
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from bench.estimate_cases import SEED, SPECS, Case, cases
from bench.rivals.environments import FOLDER, python_of, script_of
from bench.table import Promise, aligned, promises, verdict_code

QUICK = ("housing", "union", "crashes", "vocabulary", "doctor")
METRICS = ("accuracy", "auc")
NAMES = {"accuracy": "accuracy", "auc": "roc_auc"}
BLOCKS, HELD = 21, 3  # blocks of the reference; every third is held out
TILTS = 12  # windows drawn anew from held-out rows
MEAN_ABSOLUTE = (2 / np.pi) ** 0.5  # of a normal error, in standard deviations

Array = np.ndarray


@dataclass
class Estimates:
    """What was found of one case. Shapes: by metric, one entry per chunk or window."""

    case: Case
    kind: str = ""
    fit_s: float = 0.0
    row_us: float = 0.0
    truth: dict[str, Array] = field(default_factory=dict)
    ours: dict[str, Array] = field(default_factory=dict)
    floor: dict[str, float] = field(default_factory=dict)
    usual: dict[str, float] = field(default_factory=dict)  # as in the reference
    changed: float = 0.0  # log loss that knowing of changed labels would save, in per cent
    inside: dict[str, list[bool]] = field(default_factory=dict)  # analysis chunks in the interval
    plain: dict[str, list[bool]] = field(default_factory=dict)  # held-out windows
    tilted: dict[str, list[bool]] = field(default_factory=dict)
    width: dict[str, list[float]] = field(default_factory=dict)
    far: dict[str, list[tuple[float, bool, bool]]] = field(default_factory=dict)  # of each window:
    # distance, whether inside, whether inside were the interval not widened with distance


class Told(NamedTuple):
    """An estimate. Shapes: `near` is the interval were the rows those of the reference."""

    value: float
    se: float
    low: float
    high: float
    apart: float
    near: tuple[float, float]


class Study:
    """A fitted auditor and what it says of rows."""

    def __init__(self, reference: pa.Table) -> None:
        import vedette as vd
        from vedette.derive.expected import fit_auditor
        from vedette.profiles.grading_fit import fit_grading

        start = time.perf_counter()
        self.baseline = vd.Baseline.fit(
            reference, score="score", prediction="prediction", label="label"
        )
        grading = fit_grading(reference, self.baseline.schema)
        assert grading is not None
        self.grading = grading
        self.label = np.asarray(reference["label"].to_numpy(zero_copy_only=False), bool)
        order = np.arange(len(reference))
        labels = reference["label"].combine_chunks()
        fitted = fit_auditor(reference, labels, grading, self.baseline, times=order)
        self.auditor, self.fit_s = fitted.auditor, time.perf_counter() - start
        self.columns = [n for n in self.baseline.binnings if n not in ("label", "prediction")]
        self.was = self.counts(reference)

    def outlook(self, table: pa.Table) -> Array:
        from vedette.derive.expected import outlook

        return outlook(one_batch(table), self.auditor, self.grading)

    def counts(self, table: pa.Table) -> dict[str, Array]:
        from vedette.profiles.codes import code_count

        widths = {name: code_count(self.baseline.binnings[name]) for name in self.columns}
        codes = self.codes(table)
        return {n: np.bincount(codes[n], minlength=widths[n]) for n in self.columns}

    def codes(self, table: pa.Table) -> dict[str, Array]:
        from vedette.profiles.codes import codes_of

        batch, bins = one_batch(table), self.baseline.binnings
        return {name: codes_of(batch.column(name), bins[name]) for name in self.columns}

    def told(self, table: pa.Table, ahead: Array) -> dict[str, "Told"]:
        """Estimate and intervals, by metric."""
        from vedette.profiles.apart import apart, asked
        from vedette.profiles.appraisal import Appraisal
        from vedette.profiles.graded_rows import expected, read_predictions
        from vedette.profiles.grading import facts_of
        from vedette.stats.performance.metrics import measure
        from vedette.stats.trust import interval

        said = read_predictions(one_batch(table), self.grading)
        sums = expected(said, ahead, self.grading, {})[""]
        found = measure(sums, facts_of(self.grading))
        known = replace(self.baseline, appraisal=Appraisal(self.grading, self.auditor))
        read = asked(known)
        far = apart(self.was, self.counts(table), read, self.grading.columns)
        told = {}
        for ours, name in NAMES.items():
            value, se = found[name].value, found[name].se
            noise = self.auditor.noise.get(name, 0.0)
            bounds = interval(value, se, noise, far)
            told[ours] = Told(value, se, *bounds, far.apart, interval(value, se, noise))
        return told


def realised(table: pa.Table) -> dict[str, float]:
    """The truth, by scikit-learn."""
    from sklearn.metrics import accuracy_score, roc_auc_score

    label, said, score = (
        table[name].to_numpy(zero_copy_only=False) for name in ("label", "prediction", "score")
    )
    truth = label.astype(int)
    return {
        "accuracy": float(accuracy_score(truth, said)),
        "auc": float(roc_auc_score(truth, score)),
    }


def one_batch(table: pa.Table) -> pa.RecordBatch:
    return table.combine_chunks().to_batches()[0]


def chunks(table: pa.Table, size: int) -> Iterator[slice]:
    return (slice(at, at + size) for at in range(0, len(table), size))


def estimate(case: Case) -> Estimates:
    """Fit on the reference, estimate every chunk of the analysis, hold it against its labels."""
    study, found = Study(case.reference), Estimates(case)
    found.kind, found.fit_s = study.auditor.kind, study.fit_s
    start = time.perf_counter()
    ahead = study.outlook(case.analysis)
    found.row_us = 1e6 * (time.perf_counter() - start) / len(ahead)
    rows = {name: [] for name in ("truth", "ours", "floor")}
    for part in chunks(case.analysis, case.chunk):
        table = case.analysis.slice(part.start, case.chunk)
        truth, told = realised(table), study.told(table, ahead[part])
        rows["truth"].append([truth[m] for m in METRICS])
        rows["ours"].append([told[m].value for m in METRICS])
        rows["floor"].append([MEAN_ABSOLUTE * told[m].se for m in METRICS])
        for m in METRICS:
            found.inside.setdefault(m, []).append(told[m].low <= truth[m] <= told[m].high)
    for name, into in (("truth", found.truth), ("ours", found.ours)):
        into.update(zip(METRICS, np.array(rows[name]).T, strict=True))
    found.floor = dict(zip(METRICS, np.array(rows["floor"]).mean(axis=0).tolist(), strict=True))
    found.usual = realised(case.reference)
    found.changed = changed(study, case.analysis, ahead)
    return found


def changed(study: Study, table: pa.Table, ahead: Array) -> float:
    """By how many per cent log loss falls on half of the rows when trees learn on the other half
    what the outlook gets wrong: 0 where labels depend on rows as before."""
    from vedette.profiles.binning import NominalBinning
    from vedette.profiles.codes import code_count
    from vedette.stats.boosting import Columns, Growth, boost, mean

    codes = study.codes(table)
    bins = [study.baseline.binnings[name] for name in study.columns]
    every = Columns(
        [codes[name] for name in study.columns],
        tuple(code_count(one) for one in bins),
        tuple(isinstance(one, NominalBinning) for one in bins),
    )
    label = table["label"].to_numpy(zero_copy_only=False).astype(float)
    chance = np.clip(ahead[:, 1], 1e-6, 1 - 1e-6)
    margin = np.log(chance / (1 - chance))
    half = np.random.default_rng(SEED).permutation(len(label))
    learn, test = np.sort(half[: len(half) // 2][:20_000]), np.sort(half[len(half) // 2 :])
    trees = boost(every.at(learn), label[learn], margin[learn], growth=Growth(trees=24, least=80))

    def loss(margins: Array) -> float:
        said = np.clip(mean(margins, "logit"), 1e-9, 1 - 1e-9)
        return float(-np.log(np.where(label[test] > 0, said, 1 - said)).mean())

    before = loss(margin[test])
    return 100 * (1 - loss(margin[test] + trees.sums(every.at(test).codes)) / before)


def hold_out(case: Case, found: Estimates) -> None:
    """Try the interval on windows of the reference period that were not learned from."""
    block = np.arange(len(case.reference)) * BLOCKS // len(case.reference)
    held = block % HELD == 1
    study = Study(case.reference.filter(pa.array(~held)))
    rest = case.reference.filter(pa.array(held))
    ahead, place = study.outlook(rest), block[held]
    for b in np.unique(place):
        note(study, rest, ahead, np.flatnonzero(place == b), found.plain, found)
    rng = np.random.default_rng([SEED, len(rest)])
    size = max(len(rest) // 4, 1)
    for _ in range(TILTS):
        rows = rng.choice(len(rest), size, replace=False, p=tilt(study, rest, rng))
        note(study, rest, ahead, np.sort(rows), found.tilted, found)


def note(study, rest, ahead, rows, into, found) -> None:
    table = rest.take(pa.array(rows))
    label = table["label"].to_numpy(zero_copy_only=False)
    if len(np.unique(label.astype(int))) < 2:
        return
    truth, told = realised(table), study.told(table, ahead[rows])
    for m in METRICS:
        one = told[m]
        held, near = one.low <= truth[m] <= one.high, one.near[0] <= truth[m] <= one.near[1]
        into.setdefault(m, []).append(held)
        found.width.setdefault(m, []).append((one.high - one.low) / 2)
        found.far.setdefault(m, []).append((one.apart, held, near))


def tilt(study: Study, table: pa.Table, rng: np.random.Generator) -> Array:
    """Chances to draw rows: some columns' codes are pulled up or down; labels play no part."""
    codes, pull = study.codes(table), np.zeros(len(table))
    for name in rng.choice(study.columns, 2, replace=False):
        width = int(codes[name].max()) + 1
        nominal = not hasattr(study.baseline.binnings[name], "edges")
        value = rng.normal(size=width) if nominal else np.arange(width) / max(width - 1, 1)
        moved = value[codes[name]]
        pull += rng.choice([-1.0, 1.0]) * (moved - moved.mean()) / max(moved.std(), 1e-9)
    chance = np.exp(0.7 * pull)
    return chance / chance.sum()


# --- the rival ------------------------------------------------------------------------------------


def rival(made: list[Case]) -> dict[str, dict[str, list[float]]]:
    """NannyML's CBPE on the same rows."""
    with tempfile.TemporaryDirectory() as folder:
        for case in made:
            for part in ("reference", "analysis"):
                table = getattr(case, part).select(["label", "score", "prediction"])
                table = table.set_column(0, "label", table["label"].cast(pa.int64()))
                pq.write_table(table, Path(folder) / f"{case.name}@{case.chunk}.{part}.parquet")
        command = [python_of("nannyml"), script_of("nannyml"), "estimate", folder]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    answer = json.loads(out.splitlines()[-1])
    print(f"NannyML {answer['version']}", file=sys.stderr)
    return answer["cases"]


def tables() -> Path:
    """The labelled tables as Parquet, written by the rival's environment on first use."""
    folder = FOLDER.parent / "estimates"
    if not (folder / "doctor.parquet").exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = [python_of("nannyml"), script_of("nannyml"), "tables", folder]
        subprocess.run(command, check=True, capture_output=True)
    return folder


# --- what is told ---------------------------------------------------------------------------------


def errors(found: Estimates, theirs: dict[str, list[float]], m: str) -> list[float]:
    """Mean absolute errors in percentage points: ours, CBPE's, the reference's own value, floor."""
    truth = found.truth[m]
    said = (found.ours[m], np.array(theirs[m]), np.full(len(truth), found.usual[m]))
    return [100 * float(np.abs(s - truth).mean()) for s in said] + [100 * found.floor[m]]


def percent(hits: list[bool]) -> float:
    return 100 * sum(hits) / max(len(hits), 1)


def main() -> int:
    parser = argparse.ArgumentParser(description="Estimate performance without labels.")
    parser.add_argument("--quick", action="store_true", help="five small tables")
    options = parser.parse_args()
    names = QUICK if options.quick else tuple(spec.name for spec in SPECS)
    made = list(cases(tables(), names))
    theirs, everything = rival(made), []
    for case in made:
        print(f"{case.name} ...", file=sys.stderr)
        found = estimate(case)
        hold_out(case, found)
        everything.append(found)
    tell(everything, theirs)
    kept = judge(everything, theirs, options.quick)
    print(promises(kept))
    return verdict_code(kept)


def tell(everything: list[Estimates], theirs: dict[str, dict[str, list[float]]]) -> None:
    for spec in SPECS:
        if any(found.case.table == spec.name for found in everything):
            print(f"  {spec.name}: {spec.title}")
    for m in METRICS:
        print(f"\nmean absolute error of {m}, percentage points")
        lines = [
            (f.case.name, f"{len(f.truth[m])} x {f.case.chunk}", *errors(f, theirs[f.case.name], m))
            for f in everything
        ]
        means = [float(np.mean([line[i] for line in lines])) for i in range(2, 6)]
        header = ("case", "chunks", "vedette", "CBPE", "as in reference", "floor")
        print(aligned(header, [*lines, ("mean", "", *means)]))
    print("\nintervals, per cent of windows inside")
    lines = [
        (
            f.case.name, f.kind, f.fit_s, f.row_us, f.changed,
            *(percent(part[m]) for m in METRICS for part in (f.plain, f.tilted, f.inside)),
            *(100 * float(np.mean(f.width[m])) for m in METRICS),
        )
        for f in everything
    ]  # fmt: skip
    header = ("case", "chosen", "fit s", "us a row", "changed %", "acc. held out", "tilted",
              "analysis", "AUC held out", "tilted", "analysis", "+- acc.", "+- AUC")  # fmt: skip
    print(aligned(header, lines), end="\n\n")
    print("held-out windows by their distance from the reference, per cent inside")
    print(
        aligned(
            ("metric", "distance", "windows", "interval", "not widened"), by_distance(everything)
        )
    )
    print()


def by_distance(everything: list[Estimates]) -> list[tuple[object, ...]]:
    """Whether intervals must widen with distance: thirds of all held-out windows."""
    lines: list[tuple[object, ...]] = []
    for m in METRICS:
        every = sorted(one for found in everything for one in found.far[m])
        for third in np.array_split(np.arange(len(every)), 3):
            part = [every[i] for i in third]
            reach = f"{part[0][0]:.2f} to {part[-1][0]:.2f}"
            inside, near = ([one[i] for one in part] for i in (1, 2))
            lines.append((m, reach, str(len(part)), percent(inside), percent(near)))
    return lines


def judge(
    everything: list[Estimates], theirs: dict[str, dict[str, list[float]]], quick: bool
) -> list[Promise]:
    kept = []
    for m in METRICS:
        pairs = np.array([errors(f, theirs[f.case.name], m)[:2] for f in everything])
        wins, (ours, cbpe) = int((pairs[:, 0] < pairs[:, 1]).sum()), pairs.mean(axis=0)
        kept += [
            Promise(
                f"{m}: nearer to the truth than CBPE on most tables and models",
                f"{wins} of {len(pairs)}",
                None if quick else wins > len(pairs) / 2,
            ),
            Promise(
                f"{m}: mean error below CBPE's",
                f"{ours:.2f} against {cbpe:.2f} points",
                None if quick else bool(ours < cbpe),
            ),
        ]
    for m in METRICS:
        hits = [h for f in everything for h in (*f.plain[m], *f.tilted[m])]
        kept.append(
            Promise(
                f"{m}: 90 to 98 % of windows without concept drift inside the interval",
                f"{percent(hits):.1f} % of {len(hits)}",
                None if quick else 90 <= percent(hits) <= 98,
            )
        )
    return kept


if __name__ == "__main__":
    raise SystemExit(main())
