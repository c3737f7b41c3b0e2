"""How often intervals of groups hold what is true: one by one exactly, all together simulated.

Owns the coverage of the intervals in `vedette.stats.fairness`. Does not own the rest of what is
promised about fairness (`bench.bench_fairness`).

Single intervals are judged by going through every count, or pair of counts. Rates of a share above
1/2 mirror those below. On a grid of whole counts no interval covers 95 % at every point: a cell is
the mean over a band of rates, the worst point stands beside it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from bench.table import Promise, aligned
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import binom

from vedette.stats.fairness import intervals
from vedette.stats.fairness.intervals import difference_interval, ratio_interval, sidak

SEED = 20_180_105
BANDS = ((0.02, 0.03), (0.03, 0.05), (0.05, 0.1), (0.1, 0.2), (0.2, 0.35), (0.35, 0.5))
SIZES = (30, 50, 100, 300, 1_000)
Array = NDArray[np.float64]
Bounds = tuple[Array, Array]


# --- single intervals, exact ----------------------------------------------------------------------


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
    truth = true / rest if "ratio" in of.__name__ else true - rest
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
    for of, groups in ((wilson_difference, 20), (katz_ratio, 6)):  # what was not chosen
        for n in (30, 100):
            row = [
                together(of, groups, SHAPES["equal"](groups, n), p, False, runs) for p in TOGETHER
            ]
            name = f"{of.__name__.replace('_', ' ')}, {groups} groups"
            lines.append((name, f"{n}, equal", False, *(f"{c:.1f}" for c in row)))
    header = ("together, 95 %", "smallest, sizes", "rates differ", *map(str, TOGETHER))
    return aligned(header, lines), kept


def wilson_difference(k: Array, n: Array, x: Array, m: Array, level: float) -> Bounds:
    """Newcombe's interval with Wilson's bounds, however high the level."""
    (low, high), (below, above) = intervals.wilson(k, n, level), intervals.wilson(x, m, level)
    d = k / n - x / m
    return d - np.hypot(k / n - low, above - x / m), d + np.hypot(high - k / n, x / m - below)


def katz_ratio(k: Array, n: Array, x: Array, m: Array, level: float) -> Bounds:
    """Katz's interval of the logarithm with half a row more, as is usual."""
    log = np.log((k + 0.5) / (n + 0.5)) - np.log((x + 0.5) / (m + 0.5))
    variance = 1 / (k + 0.5) - 1 / (n + 0.5) + 1 / (x + 0.5) - 1 / (m + 0.5)
    half = -ndtri((1 - level) / 2) * np.sqrt(np.maximum(variance, 0.0))
    return np.exp(log - half), np.exp(log + half)


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
