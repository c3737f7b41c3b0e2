"""Segments in which a model does worse than it should, found without being told where to look.

Owns: the search, its price, the estimates.  Does not own: which segments there are
(`stats.candidates`), how far expectations missed before (`stats.misfit`), codes (`profiles.codes`).

Assumes independent rows, each with an expected loss: what the auditor says, corrected by what the
reference's own rows say; or else the mean of the table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.core.errors import UsageError
from vedette.stats.candidates import Cells, Column, Ends, alone, paired, places, within
from vedette.stats.holm import holm
from vedette.stats.intervals import Z95
from vedette.stats.misfit import Misfit, Rows, learn
from vedette.stats.surprise import Surprise, stands_out

SUPPORT, SHARE = 200, 0.01  # fewest rows of a segment, as a number and as a share of the table
LEVEL = 0.05  # chance that a table without weak segments shows any
PAIRED = 40  # columns that are looked at in pairs: 780 pairs of up to 64 segments
MATTERS = 0.1  # log odds by which segments may differ from before: a tenth of the loss
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
    reference: Rows | None = None,
    *,
    widths: Sequence[int] | None = None,
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

    With a `reference`, worse means worse than there: expected losses are corrected by what its
    rows show, and what that leaves open widens the test.  Without, a segment that was always hard
    and that nobody expected to be so is found, too.  Either way expectations are brought to the
    table's own level, within groups of like rows: a change that is everywhere alike is no
    segment's.  Rows that were expected to be right weigh more when they are not.

    Shapes: codes [n, C], loss float64[n], C names and whether neighbouring codes lie beside each
    other; `expected` float64[n] of the auditor, out of fold in the reference: without it, one
    for all rows.  The columns of the reference's codes are the same.  `widths` are the numbers of
    codes, of which the last is "no usable value"; without them no code is.
    Bounds: a segment holds at least max(`support`, `share` of the rows); pairs are made of the
    first 40 columns.  Rows without a finite loss or expectation are left out.
    Source: Holm 1979; the score and the limits after Sagadeeva & Boehm 2021, SliceLine.
    """
    _check(codes, loss, names, ordered)
    loss, expected, codes = _usable(loss, expected, np.asarray(codes))
    n = len(loss)
    fewest = max(support, int(np.ceil(share * n)))
    if n < 2 * fewest:
        return []
    before = None if reference is None else _reference(reference, expected is not None)
    together = codes if before is None else np.concatenate([codes, before[2]])
    last: Sequence[int | None] = widths or [None] * len(names)
    columns = [places(together, j, ordered[j], fewest, n, last[j]) for j in range(len(names))]
    misfit = None
    if before is not None:
        parts, sizes = zip(*(column.parts for column in columns), strict=True)
        misfit = learn(before[0], before[1], [part[n:] for part in parts], sizes)
        level_before = np.full(n, before[1].mean()) if expected is None else expected
        expected = misfit.adjusted(level_before, [part[:n] for part in parts])
    table = Surprise.of(loss, expected)
    found = _passing(table, columns, misfit, fewest, level)
    return _told(found, table, codes, names, level, most, _halves(n, seed))


def _told(
    found: list["_Candidate"],
    table: Surprise,
    codes: NDArray[np.integer],
    names: Sequence[str],
    level: float,
    most: int,
    half: NDArray[np.bool_],
) -> list[Segment]:
    """What passed, without saying the same rows twice."""
    chosen: list[Segment] = []
    inside = {one.conditions: within(codes, one.conditions) for one in found}
    left = np.ones(len(codes), bool)
    while found and len(chosen) < most:
        still = [one for one in found if _again(one, table, inside[one.conditions] & left) <= level]
        told = [_segment(one, table, inside[one.conditions], left, half, names) for one in still]
        kept = [(one, segment) for one, segment in zip(still, told, strict=True) if segment]
        if not kept:
            break
        # The clearest, not the largest: a segment is told at the size at which it stands out most,
        # neither with rows around it that are as usual, nor as a part of what it is.
        best, segment = max(kept, key=lambda one: one[0].clear)
        chosen.append(segment)
        left &= ~inside[best.conditions]
        found = [one for one, _ in kept if one is not best]
    return sorted(chosen, key=lambda segment: -segment.score)


def _usable(
    loss: NDArray[np.float64], expected: NDArray[np.float64] | None, codes: NDArray[np.integer]
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None, NDArray[np.integer]]:
    usable = np.isfinite(loss) if expected is None else np.isfinite(loss) & np.isfinite(expected)
    return loss[usable], None if expected is None else expected[usable], codes[usable]


def _reference(
    reference: Rows, by_auditor: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.integer]] | None:
    """Losses, expectations and codes of the reference's usable rows; None where there is none."""
    loss, expected, codes = _usable(
        reference.loss, reference.expected if by_auditor else None, reference.codes
    )
    if len(loss) == 0:
        return None
    return loss, np.full(len(loss), loss.mean()) if expected is None else expected, codes


class _Candidate(NamedTuple):
    conditions: tuple[Ends, ...]
    shift: float  # log odds by which the reference says it misses anyway
    open: float  # the variance of that
    price: float  # what its p-value is multiplied by
    adjusted: float
    clear: float  # standard errors by which it stands out


class _Tested(NamedTuple):
    """Segments of the same columns and what the reference says of them."""

    conditions: tuple[tuple[Ends, ...], ...]
    shift: NDArray[np.float64]
    open: NDArray[np.float64]
    z: NDArray[np.float64]
    p: NDArray[np.float64]


def _passing(
    table: Surprise, columns: Sequence[Column], misfit: Misfit | None, fewest: int, level: float
) -> list[_Candidate]:
    """Every segment whose surprise is too large for chance, all that were looked at paid for."""
    singles = (cells for cells in alone(columns) if cells.conditions)
    looked_at = chain(singles, paired(columns[:PAIRED], fewest, len(table.loss)))
    tested = [_tested(cells, table, misfit) for cells in looked_at]
    if not tested:
        return []
    sizes = np.array([len(one.p) for one in tested])
    pairs = np.repeat([len(one.conditions[0]) == 2 for one in tested], sizes)
    weights = np.where(pairs, 0.5 / max(pairs.sum(), 1), 0.5 / max((~pairs).sum(), 1))
    adjusted = holm(np.concatenate([one.p for one in tested]), weights)
    starts = np.cumsum(sizes) - sizes
    found = []
    for i in np.flatnonzero(adjusted <= level).tolist():
        at = int(starts.searchsorted(i, side="right")) - 1
        one, k = tested[at], i - int(starts[at])
        figures = float(one.shift[k]), float(one.open[k]), 1 / float(weights[i])
        found.append(_Candidate(one.conditions[k], *figures, float(adjusted[i]), float(one.z[k])))
    return found


def _tested(cells: Cells, table: Surprise, misfit: Misfit | None) -> _Tested:
    n, count = len(table.loss), len(cells.conditions)
    shift, left_open = np.zeros(count), np.full(count, MATTERS**2 if misfit else 0.0)
    if misfit is not None:
        for side, column in zip(cells.sides.T, cells.columns, strict=True):
            left_open += 1 / misfit.info[column][side]
        known = misfit.of_cells(cells.cell[n:], count)
        shift = known.mean
        if not cells.whole:
            left_open += known.variance
    cell = cells.cell[:n] + 1

    def summed(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(cell, values, count + 1)[1:].astype(np.float64)

    z, p = stands_out(
        summed(table.surprise), summed(table.second), summed(table.third), summed(table.reach),
        shift, left_open,
    )  # fmt: skip
    return _Tested(cells.conditions, shift, left_open, z, p)


def _again(one: _Candidate, table: Surprise, rows: NDArray[np.bool_]) -> float:
    """The adjusted chance of what is left of a segment."""
    parts = (table.surprise, table.second, table.third, table.reach)
    sums = [np.array([float(part[rows].sum())]) for part in parts]
    known = np.array([one.shift]), np.array([one.open])
    return one.price * float(stands_out(sums[0], sums[1], sums[2], sums[3], *known)[1][0])


def _segment(
    one: _Candidate,
    table: Surprise,
    whole: NDArray[np.bool_],
    left: NDArray[np.bool_],
    half: NDArray[np.bool_],
    names: Sequence[str],
) -> Segment | None:
    """What to tell of a segment; None when it is not worse in both halves of its rows."""
    rows = whole & left
    excess, se = _excess(table, rows, one.shift)
    parts = [_excess(table, rows & side, one.shift) for side in (half, ~half)]
    score = int(rows.sum()) * (excess - SCORE * se)
    if score <= 0 or min(part[0] for part in parts) <= 0:
        return None
    shown, shown_se = min(parts)
    loss = float(table.loss[whole].mean())
    return Segment(
        tuple(Condition(names[j], low, high) for j, low, high in one.conditions),
        int(whole.sum()),
        loss,
        loss - _excess(table, whole, one.shift)[0],
        shown,
        shown - Z95 * shown_se,
        shown + Z95 * shown_se,
        one.adjusted,
        score,
    )


def _excess(table: Surprise, rows: NDArray[np.bool_], shift: float) -> tuple[float, float]:
    """Mean of loss less expectation over rows, and its standard error."""
    n = int(rows.sum())
    if n < 2:
        return 0.0, 1.0
    expected = table.expected[rows]
    residual = table.loss[rows] - expected - shift * expected * (1 - expected)
    return float(residual.mean()), max(float(residual.std(ddof=1)), 1e-12) / sqrt(n)


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
