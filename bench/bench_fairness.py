"""Promise: figures of fairness are quick, their intervals hold, and chance is not called unfair.

Speed: eight metrics of twenty groups, from the counts of a million rows, beside the bootstrap of
fairlearn's MetricFrame on the same rows; its time is that of few draws, and what 1,000 draws would
take is said to be extrapolated. Coverage: exact one by one, simulated all together
(`bench.fair_coverage`). Four-fifths: groups that are all alike. Power: of what `rows_needed` says.
Seeds are fixed.

    python -m bench.bench_fairness [--quick]
"""

import argparse
import sys
import time
from math import ceil

import numpy as np
from bench.fair_coverage import coverage, simultaneous
from bench.table import Promise, aligned, promises, verdict_code
from numpy.typing import NDArray
from scipy.stats import binom

from vedette.sketches.cube import Cube
from vedette.stats.fairness.calibration import Calibrated, calibration
from vedette.stats.fairness.compare import compare
from vedette.stats.fairness.intervals import sidak
from vedette.stats.fairness.metrics import GROUP_METRICS, shares
from vedette.stats.fairness.sequence import gap_band
from vedette.stats.fairness.spread import worst_gap
from vedette.stats.fairness.tally import Tally
from vedette.stats.fairness.verdict import Limits, judge, rows_needed

SEED = 20_180_105
ROWS, GROUPS, DRAWS = 1_000_000, 20, 1_000
LIMITS = Limits()
BY_RATIO = np.array([metric.ratio for metric in GROUP_METRICS])[:, None]


# --- speed ----------------------------------------------------------------------------------------


def rows_of(n: int) -> tuple[NDArray[np.int64], ...]:
    """Group, decision and label of every row; groups of very different sizes."""
    rng = np.random.default_rng(SEED)
    weights = 1.0 / np.arange(1, GROUPS + 1)
    group = rng.choice(GROUPS, n, p=weights / weights.sum())
    label = (rng.random(n) < rng.uniform(0.2, 0.4, GROUPS)[group]).astype(np.int64)
    wrong = rng.random(n) < rng.uniform(0.1, 0.3, GROUPS)[group]
    return group, np.where(wrong, 1 - label, label), label


def figures(cube: Cube) -> None:
    """All that is told of a set of groups: rates, gaps, ratios, tests, verdicts, widest gap."""
    tally = Tally.of(cube.counts, cube.scores, positive=1)
    own = shares(tally)
    judge(compare(*own, *shares(tally.rest())), LIMITS, GROUPS, BY_RATIO)
    worst_gap(*own)


def fairlearn(rows: tuple[NDArray[np.int64], ...], draws: int) -> float:
    """Seconds that fairlearn takes for the same metrics with bootstrap intervals."""
    from fairlearn import metrics as fair
    from sklearn import metrics as sk

    group, said, label = rows
    theirs = {
        "selection_rate": fair.selection_rate,
        "true_positive_rate": fair.true_positive_rate,
        "false_positive_rate": fair.false_positive_rate,
        "false_negative_rate": fair.false_negative_rate,
        "positive_predictive_value": sk.precision_score,
        "negative_predictive_value": lambda y, s: sk.precision_score(y, s, pos_label=0),
        "accuracy": sk.accuracy_score,
        "base_rate": lambda y, s: np.mean(y),
    }
    start = time.perf_counter()
    frame = fair.MetricFrame(
        metrics=theirs,
        y_true=label,
        y_pred=said,
        sensitive_features=group,
        n_boot=draws,
        ci_quantiles=[0.025, 0.975],
        random_state=0,
    )
    _ = frame.by_group_ci, frame.difference_ci(), frame.ratio_ci()
    return time.perf_counter() - start


def speed(quick: bool) -> list[Promise]:
    group, said, label = rows_of(ROWS)
    start = time.perf_counter()
    cube = Cube.of(group, said, label, group * 0, np.zeros(ROWS), (GROUPS, 2, 2, 1))
    counted = time.perf_counter() - start
    times = []
    for _ in range(30):
        start = time.perf_counter()
        figures(cube)
        times.append(time.perf_counter() - start)
    ours = float(np.median(times))
    n, draws = (200_000, 2) if quick else (ROWS, 2)
    theirs = fairlearn((group[:n], said[:n], label[:n]), draws)
    whole = theirs * (ROWS / n) * (DRAWS / draws)
    at = f"{ROWS:,} rows x {GROUPS} groups x {len(GROUP_METRICS)} metrics"
    return [
        Promise(
            f"figures, intervals, tests and verdicts of {at}, counted: at most 100 ms",
            f"{ours * 1e3:.1f} ms (counting the rows: {counted * 1e3:.0f} ms)",
            ours <= 0.1,
        ),
        Promise(
            "at least 500 x fairlearn's bootstrap, by what was measured of it alone",
            f"{theirs / ours:,.0f} x ({theirs:.1f} s for {n:,} rows, {draws} draws)",
            theirs >= 500 * ours,
        ),
        Promise(
            f"the same for all rows and {DRAWS:,} draws (extrapolated, nothing promised)",
            f"{whole / ours:,.0f} x ({whole / 3600:.1f} h)",
            None,
        ),
    ]


# --- groups that are alike, and power -------------------------------------------------------------


def alike(quick: bool) -> list[Promise]:
    """Windows of 6 groups of 100 rows, all selected at 20 %."""
    runs, groups, n = (3_000 if quick else 20_000), 6, 100
    k = np.random.default_rng(SEED).binomial(n, 0.2, (runs, groups))
    found = compare(k, n, k.sum(axis=1, keepdims=True) - k, n * (groups - 1))
    flagged, point = 0, (found.ratio < LIMITS.ratio).any(axis=1)
    for i in range(runs):
        one = compare(k[i], n, k[i].sum() - k[i], n * (groups - 1))
        said = judge(one, LIMITS, groups, ratio=True).verdict
        flagged += bool(np.isin(said, ("notable", "alarming")).any())
    best = k.min(axis=1) < LIMITS.ratio * k.max(axis=1)
    bound = binom.ppf(0.99, runs, 0.05)
    return [
        Promise(
            "6 groups of 100 alike at 20 %: calm or cannot tell in at least 95 % of windows",
            f"{100 - 100 * flagged / runs:.1f} % of {runs:,}; the point alone flags "
            f"{100 * point.mean():.0f} % (to the best group {100 * best.mean():.0f} %)",
            bool(flagged <= bound),
        )
    ]


def power(quick: bool) -> tuple[str, list[Promise]]:
    """Chance of telling ratio 0.8, with the rows that are said to be needed."""
    lines, worst = [], []
    base = (0.05, 0.2, 0.5) if quick else (0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
    for others, groups in ((1.0, 1), (19.0, 1), (19.0, 20)):
        for p in base:
            n = int(rows_needed(p, LIMITS, groups, True, others))
            m = ceil(others * n)
            rng = np.random.default_rng(SEED)
            runs = 4_000 if quick else 40_000
            found = compare(rng.binomial(n, 0.8 * p, runs), n, rng.binomial(m, p, runs), m)
            seen = float((found.p <= 1 - sidak(0.95, groups)).mean())
            lines.append((f"{others:g} x", groups, f"{p:g}", f"{n:,}", f"{100 * seen:.1f} %"))
            worst.append(seen)
    header = ("others", "groups", "base rate", "rows a group needs", "ratio 0.8 told")
    kept = Promise(
        "the rows said to be needed tell ratio 0.8 in 80 % of windows (+- 2)",
        f"{100 * min(worst):.1f} to {100 * max(worst):.1f} %",
        0.78 <= min(worst) <= max(worst) <= 0.83,
    )
    return aligned(header, lines), [kept]


# --- looking every day, and scores ----------------------------------------------------------------


def looks(quick: bool) -> list[Promise]:
    """Bands of a gap, looked at on 90 days of 200 rows a side."""
    runs, days, n = (300 if quick else 2_000), 90, 200
    rng = np.random.default_rng(SEED)
    other = rng.binomial(n, 0.3, (days, runs))
    fair = gap_band(rng.binomial(n, 0.3, (days, runs)), n, other, n)
    left = ((fair.low > 0) | (fair.high < 0)).any(axis=0)
    lower = gap_band(rng.binomial(n, 0.24, (days, runs)), n, other, n).high < 0
    median = float(np.median(np.where(lower.any(axis=0), lower.argmax(axis=0) + 1, np.inf)))
    return [
        Promise(
            "the band of a fair gap, daily looks for 90 days: left in at most 5 % of runs",
            f"{100 * left.mean():.1f} % of {runs:,}",
            bool(left.sum() <= binom.ppf(0.99, runs, 0.05)),
        ),
        Promise(
            "ratio 0.8 at base rate 0.3, 200 rows a day and side: certain within 7 days (median)",
            f"{median:g} days",
            median <= 7,
        ),
    ]


def scores(quick: bool) -> list[Promise]:
    """Observed over expected, of 2,000 scored rows."""
    runs, n = (400 if quick else 4_000), 2_000
    rng = np.random.default_rng(SEED)
    score = rng.beta(0.8, 2.0, (runs, n))
    zero, sums = np.zeros(runs), (score.sum(axis=1), (score**2).sum(axis=1))

    def found(ratio: float) -> Calibrated:
        happened = (rng.random((runs, n)) < np.minimum(ratio * score, 1)).sum(axis=1)
        return calibration(Tally(*[zero] * 8, zero + n, happened, *sums))

    right, off = found(1.0), found(1.2)
    covered = float(((right.low <= 1) & (right.high >= 1)).mean())
    seen = float((off.low > 1).mean())
    return [
        Promise(
            "O/E 1.2 in a group of 2,000 rows: found in at least 90 %",
            f"{100 * seen:.1f} % of {runs:,}",
            seen >= 0.9,
        ),
        Promise(
            "O/E of scores that are right: covered in 93 to 97 %",
            f"{100 * covered:.1f} % of {runs:,}",
            0.93 <= covered <= 0.97,
        ),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure figures of fairness.")
    parser.add_argument("--quick", action="store_true", help="fewer sizes, rows and repetitions")
    quick = parser.parse_args().quick
    texts, kept = [], []
    for title, part in (("coverage", coverage), ("together", simultaneous), ("power", power)):
        print(f"{title} ...", file=sys.stderr)
        text, rows = part(quick)
        texts.append(text)
        kept += rows
    print("speed, and the rest ...", file=sys.stderr)
    kept = [*speed(quick), *kept, *alike(quick), *looks(quick), *scores(quick)]
    print("\n\n".join(texts), end="\n\n")
    print(promises(kept))
    return verdict_code(kept)


if __name__ == "__main__":
    raise SystemExit(main())
