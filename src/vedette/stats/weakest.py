"""Segments in which a model does worse than it should, found without being told where to look.

Owns: the search, its price, the estimates.  Does not own: which segments there are
(`stats.candidates`), codes (`profiles.codes`).

Assumes independent rows, each with a known expected loss: what the auditor or the reference says,
or else the mean of the table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc

from vedette.core.errors import UsageError
from vedette.stats.candidates import Cells, Column, alone, paired, places
from vedette.stats.holm import holm
from vedette.stats.intervals import Z95

SUPPORT, SHARE = 200, 0.01  # fewest rows of a segment, as a number and as a share of the table
LEVEL = 0.05  # chance that a table without weak segments shows any
GROUPS = 20  # of rows with a like expected loss, in which the loss's spread is measured
PAIRED = 40  # columns that are looked at in pairs: 780 pairs of up to 64 segments
TINY = 1e-30  # variance below which a loss is certain
FLAT = 1e-3  # skewness below which a gamma law is a normal one
SCORE = 2.0  # standard errors that are taken off an excess before it is weighed by its rows


class Condition(NamedTuple):
    """A column's code lies between two codes, both included."""

    column: str
    low: int
    high: int


@dataclass(frozen=True)
class Segment:
    """Rows that satisfy one or two conditions, and how much worse they are than expected.

    Units: losses in [0, 1].  `excess`, `low`, `high` (95 %) come from the half of its rows that
    flatters it less; `p` is adjusted for every segment that was looked at.
    """

    conditions: tuple[Condition, ...]
    rows: int
    loss: float
    expected: float
    excess: float
    low: float
    high: float
    p: float
    score: float


def weakest(
    codes: NDArray[np.integer],
    loss: NDArray[np.float64],
    names: Sequence[str],
    ordered: Sequence[bool],
    expected: NDArray[np.float64] | None = None,
    *,
    support: int = SUPPORT,
    share: float = SHARE,
    level: float = LEVEL,
    most: int = 5,
    seed: int = 0,
) -> list[Segment]:
    """Find the segments of one or two columns in which rows cost more than expected.

    Every segment with enough rows is tested on all rows, and Holm's method at `level` pays for all
    of them, one half for those of one column, the other for those of two.  What passes must be
    worse in both random halves of the table, and is told with the estimate of the half that
    flatters it less.  The clearest is taken first; what is left of the others without its rows
    must pass again.  Told in the order of rows x (excess - 2 se).

    Expected losses are first brought to the table's own level, within groups of like rows: a
    change that is everywhere alike is no segment's.  Rows that were expected to be right weigh
    more when they are not.

    Shapes: codes [n, C], loss float64[n], C names and whether neighbouring codes lie beside each
    other; of an ordered column the last code of the table must be "no usable value" (`widths` of
    `profiles.codes`).  `expected` float64[n]: without it, the mean of the table.
    Bounds: a segment holds at least max(`support`, `share` of the rows); pairs are made of the
    first 40 columns.  Rows without a finite loss are left out.
    Source: Holm 1979; the score and the limits after Sagadeeva & Boehm 2021, SliceLine.
    """
    _check(codes, loss, names, ordered)
    usable = np.isfinite(loss) if expected is None else np.isfinite(loss) & np.isfinite(expected)
    table = _Rows.of(loss[usable], None if expected is None else expected[usable])
    fewest = max(support, int(np.ceil(share * len(table.loss))))
    if len(table.loss) < 2 * fewest:
        return []
    codes = np.asarray(codes)[usable]
    columns = [places(codes, j, ordered[j], fewest) for j in range(len(names))]
    found = _passing(table, columns, fewest, level)
    half = _halves(len(table.loss), seed)
    chosen: list[Segment] = []
    left = np.ones(len(table.loss), bool)
    while found and len(chosen) < most:
        kept = [(c, s) for c in found if (s := _segment(c, table, left, half, names, level))]
        if not kept:
            break
        # The clearest, not the largest: a segment is told at the size at which it stands out most,
        # neither with rows around it that are as usual, nor as a part of what it is.
        best, segment = max(kept, key=lambda one: _clear(table, one[0].rows & left))
        chosen.append(segment)
        left &= ~best.rows
        found = [candidate for candidate, _ in kept if candidate is not best]
    return sorted(chosen, key=lambda segment: -segment.score)


@dataclass(frozen=True, eq=False)
class _Rows:
    """Losses of rows, what was expected of them, and the moments and weights of the test."""

    loss: NDArray[np.float64]
    expected: NDArray[np.float64]
    surprise: NDArray[np.float64]  # weight x (loss - expected)
    second: NDArray[np.float64]  # its variance
    third: NDArray[np.float64]  # its third central moment

    @classmethod
    def of(cls, loss: NDArray[np.float64], expected: NDArray[np.float64] | None) -> "_Rows":
        if expected is None or len(loss) == 0:
            level = np.full(len(loss), loss.mean() if len(loss) else 0.0)
            group = np.zeros(len(loss), np.intp)
        else:
            group = _groups(expected)
            rows = np.maximum(np.bincount(group), 1)
            ratio = np.bincount(group, loss) / np.maximum(np.bincount(group, expected), 1e-12)
            shift = (np.bincount(group, loss) - ratio * np.bincount(group, expected)) / rows
            level = np.clip(expected * ratio[group] + shift[group], 0.0, 1.0)
        second, third = _moments(loss, level, group)
        weight = 1.0 / np.maximum(second + second.mean(), 1e-12) if len(loss) else second
        return cls(loss, level, weight * (loss - level), weight**2 * second, weight**3 * third)


class _Candidate(NamedTuple):
    conditions: tuple[tuple[int, int, int], ...]
    rows: NDArray[np.bool_]
    price: float  # what its p-value is multiplied by
    adjusted: float


def _groups(expected: NDArray[np.float64]) -> NDArray[np.intp]:
    cuts = np.unique(np.quantile(expected, np.linspace(0, 1, GROUPS + 1)[1:-1]))
    return cuts.searchsorted(expected, side="left")


def _moments(
    loss: NDArray[np.float64], level: NDArray[np.float64], group: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Variance and third central moment of each row's loss: of a 0/1 loss they follow from its
    chance; of another they are those of rows with a like expectation."""
    if bool(np.isin(loss, (0.0, 1.0)).all()):
        second = level * (1 - level)
        return second, second * (1 - 2 * level)
    rows = np.maximum(np.bincount(group), 1)
    second = (np.bincount(group, (loss - level) ** 2) / rows)[group]
    return second, (np.bincount(group, (loss - level) ** 3) / rows)[group]


def _passing(
    table: _Rows, columns: Sequence[Column], fewest: int, level: float
) -> list[_Candidate]:
    """Every segment whose surprise is too large for chance, all that were looked at paid for."""
    cells: list[Cells] = []
    ps: list[NDArray[np.float64]] = []
    for one in (*alone(columns), *paired(columns[:PAIRED], fewest)):
        if one.conditions:
            cells.append(one)
            ps.append(_tails(*(_sums(one, w) for w in (table.surprise, table.second, table.third))))
    if not ps:
        return []
    sizes = np.array([len(one.conditions) for one in cells])
    double = np.repeat([len(one.conditions[0]) == 2 for one in cells], sizes)
    weights = np.where(double, 0.5 / max(double.sum(), 1), 0.5 / max((~double).sum(), 1))
    adjusted = holm(np.concatenate(ps), weights)
    starts = np.cumsum(sizes) - sizes
    found = []
    for i in np.flatnonzero(adjusted <= level).tolist():
        at = int(starts.searchsorted(i, side="right")) - 1
        place = i - int(starts[at])
        one = cells[at]
        found.append(
            _Candidate(
                one.conditions[place], one.cell == place, 1 / float(weights[i]), float(adjusted[i])
            )
        )
    return found


def _segment(
    candidate: _Candidate,
    table: _Rows,
    left: NDArray[np.bool_],
    half: NDArray[np.bool_],
    names: Sequence[str],
    level: float,
) -> Segment | None:
    """What to tell of a segment, or None when the rows that are left of it no longer say it."""
    rows = candidate.rows & left
    sums = [np.array([float(w[rows].sum())]) for w in (table.surprise, table.second, table.third)]
    if candidate.price * float(_tails(*sums)[0]) > level:
        return None
    excess, se = _excess(table, rows)
    parts = [_excess(table, rows & side) for side in (half, ~half)]
    score = int(rows.sum()) * (excess - SCORE * se)
    if score <= 0 or min(part[0] for part in parts) <= 0:
        return None
    shown, shown_se = min(parts)
    return Segment(
        tuple(Condition(names[j], low, high) for j, low, high in candidate.conditions),
        int(candidate.rows.sum()),
        float(table.loss[candidate.rows].mean()),
        float(table.expected[candidate.rows].mean()),
        shown,
        shown - Z95 * shown_se,
        shown + Z95 * shown_se,
        candidate.adjusted,
        score,
    )


def _excess(table: _Rows, rows: NDArray[np.bool_]) -> tuple[float, float]:
    """Mean of loss - expected over rows, and its standard error."""
    n = int(rows.sum())
    if n < 2:
        return 0.0, 1.0
    residual = table.loss[rows] - table.expected[rows]
    return float(residual.mean()), max(float(residual.std(ddof=1)), 1e-12) / sqrt(n)


def _clear(table: _Rows, rows: NDArray[np.bool_]) -> float:
    """Standard errors by which the weighed surprise of rows lies above none."""
    return float(table.surprise[rows].sum() / np.sqrt(max(table.second[rows].sum(), 1e-300)))


def _sums(cells: Cells, values: NDArray[np.float64]) -> NDArray[np.float64]:
    sums: NDArray[np.float64] = np.bincount(cells.cell + 1, values, len(cells.conditions) + 1)[1:]  # type: ignore[assignment]
    return sums


def _tails(
    total: NDArray[np.float64], second: NDArray[np.float64], third: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Chance that a sum of centred losses is at least so large: a gamma law with its variance and
    skewness, whose tail is a little heavier than that of the sum."""
    sd = np.sqrt(np.maximum(second, TINY))
    skew = np.maximum(third / sd**3, FLAT)
    shape = 4 / skew**2
    p: NDArray[np.float64] = gammaincc(shape, np.maximum(shape + total / sd * np.sqrt(shape), 0.0))
    return np.where(second > TINY, p, 1.0)


def _halves(n: int, seed: int) -> NDArray[np.bool_]:
    """Divide rows at random into two halves, always the same ones for a seed (splitmix64)."""
    with np.errstate(over="ignore"):
        z = (np.arange(1, n + 1, dtype=np.uint64) + np.uint64(seed)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (z >> np.uint64(63)).astype(bool)


def _check(
    codes: NDArray[np.integer],
    loss: NDArray[np.float64],
    names: Sequence[str],
    ordered: Sequence[bool],
) -> None:
    shape = (len(loss), len(names))
    if codes.shape != shape or len(ordered) != len(names):
        raise UsageError(
            "weakest",
            "its parts do not belong together",
            got=f"codes {codes.shape} and {len(ordered)} kinds of columns",
            want=f"codes {shape} and {len(names)}",
        )
