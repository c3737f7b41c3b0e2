"""Promise: every metric from sums equals scikit-learn's from rows, with an interval that holds.

Windows are summed apart, merged, and measured; scikit-learn reads the rows again. Areas under
curves come from some 400 bins of the score: their distance to the exact ones is shown over many
laws of scores, at home and after the scores have moved away from where the bins were cut. Intervals
are held against 95 %, at rates from 0.02 to 0.98. Seeds are fixed.

    python -m bench.bench_metrics [--quick]
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
from bench.score_laws import LAWS, SCHEMA, table, two_normals
from bench.table import Promise, aligned, promises, verdict_code
from sklearn import metrics as sk

from vedette.core.schema import Field, Schema
from vedette.profiles.graded_rows import expected, read_labels, read_predictions, realised
from vedette.profiles.grading import Grading, facts_of
from vedette.profiles.grading_fit import fit_grading
from vedette.sketches.graded import Graded
from vedette.stats.performance.measured import Measured
from vedette.stats.performance.metrics import measure

SEED = 20_150_601
WINDOWS = 12
EXACT, BINNED = 1e-9, 1e-4
RATES = (0.02, 0.1, 0.5, 0.9, 0.98)
Theirs = Mapping[str, float]


def summed(rows: pa.Table, grading: Grading, windows: int = WINDOWS) -> Graded:
    """Grade rows window by window and add up."""
    total = None
    for start in range(0, rows.num_rows, -(-rows.num_rows // windows)):
        part = rows.slice(start, -(-rows.num_rows // windows)).combine_chunks().to_batches()[0]
        said = read_predictions(part, grading)
        one = realised(said, read_labels(part.column("y"), grading), grading, {})[""]
        total = one if total is None else total.merge(one)
    assert total is not None
    return total


# --- against scikit-learn -------------------------------------------------------------------------


def two_classes(rng: np.random.Generator, n: int) -> tuple[pa.Table, Schema, Theirs]:
    score, y = two_normals(rng, n, 0.2, 1.5)
    said = (score >= 0.5).astype(int)
    theirs = {
        "accuracy": sk.accuracy_score(y, said),
        "balanced_accuracy": sk.balanced_accuracy_score(y, said),
        "precision": sk.precision_score(y, said),
        "recall": sk.recall_score(y, said),
        "specificity": sk.recall_score(y, said, pos_label=0),
        "f1": sk.f1_score(y, said),
        "log_loss": sk.log_loss(y, score),
        "brier": sk.brier_score_loss(y, score),
    }
    return table((score, y)), SCHEMA, theirs


def many_classes(rng: np.random.Generator, n: int) -> tuple[pa.Table, Schema, Theirs]:
    chances = rng.dirichlet([3, 2, 1, 1, 0.2], n)
    y = np.minimum((rng.random(n)[:, None] > chances.cumsum(axis=1)).sum(axis=1), 4)
    said = chances.argmax(axis=1)
    theirs = {
        "accuracy": sk.accuracy_score(y, said),
        "balanced_accuracy": sk.balanced_accuracy_score(y, said),
        "log_loss": sk.log_loss(y, chances),
        "brier": float(((chances - np.eye(5)[y]) ** 2).sum(axis=1).mean()),
    }
    for average in ("macro", "micro", "weighted"):
        p, r, f, _ = sk.precision_recall_fscore_support(y, said, average=average)
        theirs |= {f"precision_{average}": p, f"recall_{average}": r, f"f1_{average}": f}
    names = np.array(list("abcde"))
    columns = {f"score.{name}": chances[:, c] for c, name in enumerate(names)}
    fields = [Field(name, "numeric", "attribute") for name in columns]
    schema = Schema((*fields, Field("y", "category", "label")))
    return pa.table({**columns, "y": names[y]}), schema, theirs


def numbers(rng: np.random.Generator, n: int) -> tuple[pa.Table, Schema, Theirs]:
    y = rng.lognormal(3, 1, n)
    said = y * rng.lognormal(0, 0.3, n)
    theirs = {
        "mae": sk.mean_absolute_error(y, said),
        "rmse": sk.root_mean_squared_error(y, said),
        "mape": sk.mean_absolute_percentage_error(y, said),
        "r2": sk.r2_score(y, said),
        "bias": float((said - y).mean()),
        **{f"pinball@{q}": sk.mean_pinball_loss(y, said, alpha=q) for q in (0.1, 0.5, 0.9)},
    }
    schema = Schema((Field("said", "numeric", "prediction"), Field("y", "numeric", "label")))
    return pa.table({"said": said, "y": y}), schema, theirs


def rankings(rng: np.random.Generator, n: int) -> tuple[pa.Table, Schema, Theirs]:
    n = n // 50
    score = np.round(rng.random((n, 12)), 1)  # with ties
    y = rng.poisson(0.5, (n, 12))
    y[:, 0] += 1
    precision = [sk.average_precision_score(r > 0, s) for r, s in zip(y, score, strict=True)]
    theirs = {
        "ndcg": sk.ndcg_score(y, score),
        **{f"ndcg@{k}": sk.ndcg_score(y, score, k=k) for k in (1, 5, 10)},
        "map": float(np.mean(precision)),
    }
    schema = Schema((Field("p", "vector", "score"), Field("y", "vector", "label")))
    return pa.table({"p": score.tolist(), "y": y.tolist()}), schema, theirs


def agreement(rows: int) -> list[tuple[str, str, float]]:
    """Task, metric, largest distance to scikit-learn."""
    found = []
    for task in (two_classes, many_classes, numbers, rankings):
        drawn, schema, theirs = task(np.random.default_rng(SEED), rows)
        grading = fit_grading(drawn, schema, quantiles=(0.1, 0.5, 0.9))
        assert grading is not None
        ours = measure(summed(drawn, grading), facts_of(grading))
        found += [(grading.task, name, abs(ours[name].value - theirs[name])) for name in theirs]
    return found


# --- areas from bins ------------------------------------------------------------------------------


@dataclass
class Areas:
    """Largest distances of one law, and AP's standard error beside them."""

    law: str
    bins: int
    auc: list[float] = field(default_factory=list)  # at home, moved
    ap: list[float] = field(default_factory=list)
    se: list[float] = field(default_factory=list)


def areas(rows: int, runs: int) -> list[Areas]:
    found = []
    for place, (name, law) in enumerate(LAWS.items()):
        rng = np.random.default_rng([SEED, place])
        grading = fit_grading(table(law(rng, 100_000, 0)), SCHEMA)
        assert grading is not None
        line = Areas(name, grading.bins)
        for moved in (0, 1):
            off = []
            for _ in range(runs):
                score, y = law(rng, rows, moved)
                ours = measure(summed(table((score, y)), grading), facts_of(grading))
                auc, ap = ours["roc_auc"], ours["average_precision"]
                off.append(
                    (
                        abs(auc.value - sk.roc_auc_score(y, score)),
                        abs(ap.value - sk.average_precision_score(y, score)),
                        ap.se,
                    )
                )
            worst = np.array(off).max(axis=0)
            line.auc.append(worst[0])
            line.ap.append(worst[1])
            line.se.append(worst[2])
        found.append(line)
    return found


# --- intervals ------------------------------------------------------------------------------------


def coverage(rows: int, runs: int, told: bool) -> dict[str, list[float]]:
    """Share of intervals that hold the truth, by metric and rate.

    `told`: labels are only expected, and the truth is what the labels then give.
    """
    found: dict[str, list[float]] = {}
    for rate in RATES:
        rng = np.random.default_rng([SEED, int(100 * rate), told])
        large = two_normals(rng, 300_000, rate, 1.5)
        grading = fit_grading(table(large), SCHEMA)
        assert grading is not None
        grading = replace(grading, threshold=float(np.quantile(large[0], 1 - rate)))
        facts, true = facts_of(grading), measure(summed(table(large), grading), facts_of(grading))
        held: dict[str, list[bool]] = {}
        for _ in range(runs):
            score, y = two_normals(rng, rows, rate, 1.5)
            seen = measure(summed(table((score, y)), grading, 1), facts)
            if told:
                said = read_predictions(pa.record_batch({"p": score}), grading)
                sums = expected(said, np.stack([1 - score, score], axis=1), grading, {})[""]
                pairs: Mapping[str, tuple[Measured, Measured]] = {
                    name: (one, seen[name]) for name, one in measure(sums, facts).items()
                }
            else:
                pairs = {name: (one, true[name]) for name, one in seen.items()}
            for name, (one, truth) in pairs.items():
                if np.isfinite([one.value, truth.value]).all():
                    held.setdefault(name, []).append(one.low <= truth.value <= one.high)
        for name, each in held.items():
            found.setdefault(name, []).append(100 * float(np.mean(each)))
    return found


# --- cost -----------------------------------------------------------------------------------------


def microseconds(act: Callable[[], object], rows: int) -> float:
    start = time.process_time()
    act()
    return (time.process_time() - start) / rows * 1e6


def cost(rows: int, segments: int = 20) -> tuple[float, float]:
    """CPU microseconds a row and segment membership: ours, scikit-learn's."""
    rng = np.random.default_rng(SEED)
    score, y = two_normals(rng, rows, 0.2, 1.5)
    where = rng.integers(0, segments, rows)
    groups = {f"s={k}": np.flatnonzero(where == k) for k in range(segments)}
    grading = fit_grading(table((score[:50_000], y[:50_000])), SCHEMA)
    assert grading is not None
    batch = table((score, y)).to_batches()[0]

    def ours() -> None:
        said, label = read_predictions(batch, grading), read_labels(batch.column("y"), grading)
        for one in realised(said, label, grading, groups).values():
            measure(one, facts_of(grading))

    def theirs() -> None:
        for rows_ in (slice(None), *groups.values()):
            truth, chance = y[rows_], score[rows_]
            said = chance >= 0.5
            sk.accuracy_score(truth, said)
            sk.balanced_accuracy_score(truth, said)
            sk.precision_recall_fscore_support(truth, said)
            sk.confusion_matrix(truth, said)
            for metric in (sk.roc_auc_score, sk.average_precision_score, sk.log_loss,
                           sk.brier_score_loss):  # fmt: skip
                metric(truth, chance)

    memberships = 2 * rows  # the whole, and one segment
    return microseconds(ours, memberships), microseconds(theirs, memberships)


# --------------------------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(description="Hold metrics from sums against those from rows.")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    quick = parser.parse_args().quick
    print("metrics ...", file=sys.stderr)
    exact = agreement(20_000 if quick else 200_000)
    print(aligned(("task", "metric", "off by"), [(t, m, f"{d:.1e}") for t, m, d in exact]), "\n")
    print("areas ...", file=sys.stderr)
    bins = areas(300_000, 1 if quick else 3)
    lines = [
        (a.law, a.bins, *(f"{x:.1e}" for x in (*a.auc, *a.ap)), f"{a.se[0]:.0e}") for a in bins
    ]
    header = ("law of the score, 300,000 rows", "bins", "AUC off", "moved", "AP off", "moved")
    print(aligned((*header, "AP's own se"), lines), "\n")
    print("intervals ...", file=sys.stderr)
    runs = 60 if quick else 400
    held = {told: coverage(2_000, runs, told) for told in (False, True)}
    for told, by_metric in held.items():
        title = "expected labels, % held" if told else "known labels, % held"
        rates = [f"rate {rate:g}" for rate in RATES]
        rows = [(m, *(f"{v:.1f}" for v in each)) for m, each in by_metric.items()]
        print(aligned((title, *rates), rows), "\n")
    print("cost ...", file=sys.stderr)
    ours, theirs = cost(200_000 if quick else 1_000_000)
    worst = max(d for _, _, d in exact)
    auc = max(x for a in bins for x in a.auc)
    ap = max(x for a in bins for x in a.ap)
    means = {told: np.mean([np.mean(v) for v in held[told].values()]) for told in held}
    kept = [
        Promise("every metric equals scikit-learn's within 1e-9", f"{worst:.1e}", worst <= EXACT),
        Promise("ROC AUC from bins within 1e-4 of exact", f"{auc:.1e}", auc <= BINNED),
        Promise("average precision from bins within 1e-4 of exact", f"{ap:.1e}", ap <= BINNED),
        Promise(
            "intervals of known labels hold 93 to 98 % on average",
            f"{means[False]:.1f} %", bool(93 <= means[False] <= 98),
        ),
        Promise(
            "intervals of expected labels hold 93 to 98 % on average",
            f"{means[True]:.1f} %", bool(93 <= means[True] <= 98),
        ),
        Promise(
            "grading and measuring costs at most 0.3 us a row and segment",
            f"{ours:.2f}, scikit-learn {theirs:.2f}", ours <= 0.3,
        ),
    ]  # fmt: skip
    print(promises(kept))
    return verdict_code(kept)


if __name__ == "__main__":
    raise SystemExit(main())
