"""Promise: figures of fairness are quick, their intervals hold, and chance is not called unfair.

Speed: eight metrics of twenty groups, from the counts of a million rows, beside the bootstrap of
fairlearn's MetricFrame on the same rows; its time is that of few draws, and what 1,000 draws would
take is said to be extrapolated. Coverage: exact, by going through every pair of counts; that of all
groups together is simulated. Rates above 1/2 mirror those below. On a grid of whole counts
no interval covers 95 % at every point: a cell is the mean over a band of rates, the worst point
stands beside it. Four-fifths: groups that are all alike. Power: of what `rows_needed` says.
Seeds are fixed.

    python -m bench.bench_fairness [--quick]
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from math import ceil

import numpy as np
from bench.table import Promise, aligned, promises, verdict_code
from numpy.typing import NDArray
from scipy.stats import binom

from vedette.sketches.cube import Cube
from vedette.stats.fairness import intervals
from vedette.stats.fairness.calibration import Calibrated, calibration
from vedette.stats.fairness.compare import compare
from vedette.stats.fairness.intervals import difference_interval, ratio_interval, sidak
from vedette.stats.fairness.metrics import GROUP_METRICS, shares
from vedette.stats.fairness.sequence import gap_band
from vedette.stats.fairness.spread import worst_gap
from vedette.stats.fairness.tally import Tally
from vedette.stats.fairness.verdict import Limits, judge, rows_needed

SEED = 20_180_105
ROWS, GROUPS, DRAWS = 1_000_000, 20, 1_000
BANDS = ((0.02, 0.03), (0.03, 0.05), (0.05, 0.1), (0.1, 0.2), (0.2, 0.35), (0.35, 0.5))
SIZES = (30, 50, 100, 300, 1_000)
LIMITS = Limits()
BY_RATIO = np.array([metric.ratio for metric in GROUP_METRICS])[:, None]
Array = NDArray[np.float64]
Bounds = tuple[Array, Array]


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
    n, draws = (100_000, 2) if quick else (ROWS, 2)
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


# --- coverage of single intervals, exact ----------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """Coverage in per cent over a band of rates: mean and worst point; rows expected to count."""

    title: str
    n: int
    band: tuple[float, float]
    mean: float
    worst: float
    events: float


def rates(band: tuple[float, float], points: int) -> Array:
    return np.linspace(*band, points)


def single(of: Callable[..., Bounds], n: int, band: tuple[float, float]) -> Cell:
    """Cover a rate by the interval of one share."""
    k = np.arange(n + 1)
    low, high = of(k, np.full(n + 1, n))
    covered = [float(binom.pmf(k, n, p)[(low <= p) & (p <= high)].sum()) for p in rates(band, 101)]
    return cell(of.__name__, n, band, covered)


def cell(title: str, n: int, band: tuple[float, float], covered: Iterable[float]) -> Cell:
    found = 100 * np.array(list(covered))
    return Cell(title, n, band, float(found.mean()), float(found.min()), n * sum(band) / 2)


@cache
def of_all_counts(
    of: Callable[..., Bounds], n: int, m: int, reach: tuple[int, int], level: float
) -> Bounds:
    """Intervals of every pair of counts, the others' within reach."""
    k, x = np.arange(n + 1)[:, None], np.arange(reach[0], reach[1] + 1)[None, :]
    return of(k, n, x, m, level)


def paired(
    of: Callable[..., Bounds], n: int, m: int, band: tuple[float, float], factor: float
) -> Cell:
    """Cover the difference, or ratio, of a group of n and the rest of m, whose rates are p."""
    # the mirrored ratio is another ratio, so rates near 1 have bands of their own
    reach = tuple(int(q) for q in (binom.ppf(1e-7, m, band[0]), binom.isf(1e-7, m, band[1])))
    low, high = of_all_counts(of, n, m, reach, 0.95)
    k, x = np.arange(n + 1)[:, None], np.arange(reach[0], reach[1] + 1)[None, :]
    covered = []
    for p in rates(band, 9):
        truth = factor if of is ratio_interval else p * factor - p
        inside = (low <= truth + 1e-12) & (truth - 1e-12 <= high)
        chance = (
            binom.pmf(k[:, 0], n, p * factor)
            @ (inside * binom.pmf(x[0], m, p)).sum(axis=1)[:, None]
        )
        covered.append(chance.item())
    return cell(f"{of.__name__}, ratio {factor:g}, rest {m // n} x", n, band, covered)


def judged(what: str, cells: list[Cell], low: float, high: float) -> Promise:
    """Hold every cell against a promised band."""
    means = np.array([c.mean for c in cells])
    inside = (means >= low) & (means <= high)
    return Promise(
        f"{what}: {low:g} to {high:g} %",
        f"{means.min():.1f} to {means.max():.1f} %, mean {means.mean():.1f} %; "
        f"{inside.sum()} of {len(cells)} cells, worst point {min(c.worst for c in cells):.1f} %",
        bool(inside.all()),
    )


def coverage(quick: bool) -> tuple[str, list[Promise]]:
    sizes = SIZES[:4] if quick else SIZES
    methods = (intervals.rate_interval, intervals.clopper_pearson, intervals.jeffreys)
    by_method = {of.__name__: [single(of, n, b) for n in sizes for b in BANDS] for of in methods}
    mixed = [
        single(wilson_or_exact, n, b) for n in sizes for b in BANDS
    ]  # what many handbooks advise
    by_method["Wilson, Clopper-Pearson below 5"] = mixed
    lines = [
        (name, f"{n}", *(f"{c.mean:.1f} ({c.worst:.1f})" for c in cells if c.n == n))
        for name, cells in by_method.items()
        for n in sizes
    ]
    header = ("95 % interval of a share", "rows", *(f"{a:g}-{b:g}" for a, b in BANDS))
    text = aligned(header, lines)

    pair_sizes = (30, 100) if quick else (30, 100, 300)
    pairs: dict[str, list[Cell]] = {"difference": [], "ratio": []}
    high_bands = tuple((round(1 - b, 3), round(1 - a, 3)) for a, b in BANDS)
    for times in (5, 19):
        for n in pair_sizes:
            for factor in (1.0, 0.8):
                for band in BANDS:
                    pairs["difference"].append(
                        paired(difference_interval, n, n * times, band, factor)
                    )
                for band in (*BANDS, *high_bands):
                    pairs["ratio"].append(paired(ratio_interval, n, n * times, band, factor))
    few = [
        paired(difference_interval, 30, 30, band, 1.0) for band in BANDS
    ]  # two groups, nobody else
    kept = [
        judged("95 % intervals of a share, 30 rows or more", by_method["rate_interval"], 93, 97),
        judged("95 % intervals of a difference with the rest", pairs["difference"], 93, 97),
        judged("95 % intervals of a ratio to the rest", pairs["ratio"], 93, 97),
        Promise(
            "two groups of 30 rows at rates 0.02 to 0.05, less than 2 events a side (not promised)",
            f"{few[1].mean:.1f} to {few[0].mean:.1f} %: hardly any pair of counts excludes 0",
            None,
        ),
    ]
    return text, kept


def wilson_or_exact(k: Array, n: Array) -> Bounds:
    """Wilson's interval, Clopper-Pearson's where fewer than 5 rows count or do not."""
    few = np.minimum(k, n - k) < 5
    pairs = zip(intervals.clopper_pearson(k, n), intervals.wilson(k, n), strict=True)
    low, high = (np.where(few, exact, score) for exact, score in pairs)
    return low, high


# --- all groups together --------------------------------------------------------------------------

SHAPES: Mapping[str, Callable[[int, int], NDArray[np.int64]]] = {
    "equal": lambda groups, n: np.full(groups, n),
    "1 to 30": lambda groups, n: np.geomspace(n, 30 * n, groups).astype(np.int64),
}
TOGETHER = (0.02, 0.04, 0.07, 0.15, 0.3, 0.5, 0.7, 0.9, 0.98)


def together(
    of: Callable[..., Bounds],
    groups: int,
    sizes: NDArray[np.int64],
    p: float,
    apart: bool,
    runs: int,
) -> float:
    """Per cent of runs in which the intervals of all groups cover what is true."""
    rng = np.random.default_rng([SEED, groups, int(sizes[0]), int(1000 * p), apart])
    factor = rng.uniform(0.8, 1.2, groups) if apart else np.ones(groups)
    true = np.where(p * factor < 1, p * factor, p)
    k = rng.binomial(sizes, true, (runs, groups))
    others = (sizes * true).sum() - sizes * true
    rest = others / (sizes.sum() - sizes)
    truth = true - rest if of is difference_interval else true / rest
    low, high = of(
        k, sizes, k.sum(axis=1, keepdims=True) - k, sizes.sum() - sizes, sidak(0.95, groups)
    )
    inside = (low <= truth + 1e-12) & (truth - 1e-12 <= high)
    return 100 * float(inside.all(axis=1).mean())


def simultaneous(quick: bool) -> tuple[str, list[Promise]]:
    runs = 2_000 if quick else 10_000
    lines, kept = [], []
    for of in (difference_interval, ratio_interval):
        for groups in (6, 20):
            cells, enough = [], []
            for shape, sized in SHAPES.items():
                for n in (30, 100, 300):
                    for apart in (False, True):
                        row = [
                            together(of, groups, sized(groups, n), p, apart, runs) for p in TOGETHER
                        ]
                        name = f"{of.__name__.split('_')[0]}, {groups} groups"
                        lines.append((name, f"{n}, {shape}", apart, *(f"{c:.1f}" for c in row)))
                        cells += row
                        enough += [
                            c for c, p in zip(row, TOGETHER, strict=True) if n * min(p, 1 - p) >= 5
                        ]
            kept += _together(
                f"{of.__name__.split('_')[0]}s of {groups} groups", cells, enough, runs
            )
    header = ("together, 95 %", "smallest, sizes", "rates differ", *map(str, TOGETHER))
    return aligned(header, lines), kept


def _together(what: str, cells: list[float], enough: list[float], runs: int) -> list[Promise]:
    """The mean over all cells, and each cell of 5 expected events a group, chance allowed for."""
    noise = 100 * 3 * np.sqrt(0.05 * 0.95 / runs)
    mean = float(np.mean(cells))
    within = [94 - noise <= c <= 96 + noise for c in enough]
    few = f"{min(cells):.1f} to {max(cells):.1f} %"
    return [
        Promise(
            f"{what}, all at once, mean over rates 0.02 to 0.98: 94 to 96 %",
            f"{mean:.1f} % ({few})",
            94 <= mean <= 96,
        ),
        Promise(
            f"{what}, every cell of 5 events a group and more: 94 to 96 % (within the noise)",
            f"{min(enough):.1f} to {max(enough):.1f} %; {sum(within)} of {len(within)} cells",
            all(within),
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
