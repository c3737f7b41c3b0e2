"""Columns and segments as padded arrays, so that all of them can be judged at once.

Owns: which cells of a baseline are streams, their scores' bases, what windows are held against,
reading one window's counts.  Does not own: what is made of them (`natural`,
`monitors.shift_watch`).

Values beyond the reference's extremes are counted twice: in the outermost bins, for the scores see
them too, and as a rate of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.profiles.baseline import Baseline
from vedette.profiles.binning import Binning, NumericBinning
from vedette.profiles.cell import Cell
from vedette.profiles.natural import SPECIALS
from vedette.profiles.profile import Profile
from vedette.stats.rates import beyond_prior, good_turing
from vedette.stats.residual import Places, places
from vedette.stats.window_scores import SCORES, Basis, nominal_basis, ordered_basis, window_scores

Array = NDArray[np.float64]
Key = tuple[str, str]


class Seen(NamedTuple):
    """One window.  Shapes: counts float64[C, K]; usable rows n and all rows [C]; special [C, 3] in
    the order of SPECIALS."""

    counts: Array
    n: Array
    rows: Array
    special: Array


@dataclass(frozen=True, eq=False)
class Streams:
    """C streams of at most K places.

    Windows are scored in the reference's terms, and held against the reference, or against another
    sample that was counted in the same bins (`held`).

    Shapes: p (C, K) reference shares, 0 in padding; held (C, K) those that windows are held
    against, m (C,) the rows behind them, level (C, J) their own scores, unit (C, J) how much a row
    of them scatters, in terms of the reference's; phi (C, K, J); live (C, J) scores that exist;
    third, fourth (C, J) cumulants of a row's score; able (C,): there are two reference values, and
    two rows, to compare; special (C, 3) and rows (C,) of what windows are held against; least
    (C, 3) rates to be expected even where it shows none.
    """

    keys: tuple[Key, ...]
    binnings: tuple[Binning, ...]
    sizes: NDArray[np.int64]
    ordered: NDArray[np.bool_]
    p: Array
    held: Array
    m: Array
    level: Array
    unit: Array
    phi: Array
    live: NDArray[np.bool_]
    third: Array
    fourth: Array
    able: NDArray[np.bool_]
    places: Places
    special: Array
    rows: Array
    least: Array

    @classmethod
    def of(cls, baseline: Baseline, keys: Sequence[Key], held: Profile | None = None) -> "Streams":
        """Lay out some cells of a baseline, held against its reference or another sample."""
        binnings = [baseline.binnings[column] for column, _ in keys]
        cells = [baseline.profile.cells[key] for key in keys]
        sizes = np.array([_size(binning) for binning in binnings], np.int64)
        ordered = np.array([isinstance(b, NumericBinning) for b in binnings], bool)
        seen = _read(cells, ordered, sizes)
        exists = np.arange(seen.counts.shape[1]) < sizes[:, None]
        p, m = _smooth(seen.counts, exists)
        bases = [_basis(b, row[:k]) for b, row, k in zip(binnings, p, sizes, strict=True)]
        phi, rest = np.zeros((*p.shape, SCORES)), np.zeros(p.shape, bool)
        for i, (basis, k) in enumerate(zip(bases, sizes, strict=True)):
            phi[i, :k], rest[i, :k] = basis.phi, basis.rest
        able = (np.count_nonzero(seen.counts, axis=1) >= 2) & (seen.n >= 2)
        live = np.array([basis.live for basis in bases], bool).reshape(-1, SCORES)
        against, level, unit = p, np.zeros((len(p), SCORES)), np.ones((len(p), SCORES))
        least = _least(baseline, keys, ordered, seen.n)
        if held is not None:
            seen = _read([held.cells.get(key) for key in keys], ordered, sizes)
            against, m = _smooth(seen.counts, exists)
            able &= seen.n >= 2
            level = window_scores(seen.counts, seen.n, phi, ordered, live)
            unit = _scatter(against, phi)
        return cls(
            tuple(keys),
            tuple(binnings),
            sizes,
            ordered,
            p,
            against,
            m,
            level,
            unit,
            phi,
            live & able[:, None],
            np.array([basis.third for basis in bases]).reshape(-1, SCORES),
            np.array([basis.fourth for basis in bases]).reshape(-1, SCORES),
            able,
            places(against, phi, ordered, rest & able[:, None], sizes),
            seen.special,
            seen.rows,
            least,
        )

    def read(self, profile: Profile) -> Seen:
        """Count one window; cells that it lacks have no row."""
        cells = [profile.cells.get(key) for key in self.keys]
        return _read(cells, self.ordered, self.sizes)

    def scores(self, seen: Seen) -> Array:
        """Shapes: (C, J), 0 without rows and where there is no score."""
        return window_scores(seen.counts, seen.n, self.phi, self.ordered, self.live)


def keys_of(baseline: Baseline) -> tuple[Key, ...]:
    """Every cell of the reference that can be a stream: columns in the baseline's order, all rows
    before segments."""
    cells = baseline.profile.cells
    segments = [f"{column}={name}" for column, names in baseline.segments.items() for name in names]
    wanted = ((column, segment) for column in baseline.binnings for segment in ("", *segments))
    return tuple(key for key in wanted if key in cells)


def _smooth(counts: Array, exists: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Shares that are nowhere 0, and the rows behind them."""
    smooth = (counts + 0.5) * exists
    m = smooth.sum(1)
    return smooth / np.maximum(m, 1e-300)[:, None], m


def _scatter(p: Array, phi: Array) -> Array:
    """Variance of a row's score under other shares than those it was made for; never below 1."""
    mean = (p[:, None] @ phi)[:, 0]
    return np.maximum(1.0, (p[:, None] @ phi**2)[:, 0] - mean**2)


def _size(binning: Binning) -> int:
    if isinstance(binning, NumericBinning):
        return binning.bins - 2
    return len(binning.names) + (len(binning.known) > len(binning.names))


def _basis(binning: Binning, p: Array) -> Basis:
    if isinstance(binning, NumericBinning):
        return ordered_basis(p)
    return nominal_basis(p, len(binning.names) if len(p) > len(binning.names) else -1)


def _read(
    cells: Sequence[Cell | None], ordered: NDArray[np.bool_], sizes: NDArray[np.int64]
) -> Seen:
    C = len(cells)
    counts = np.zeros((C, int(sizes.max(initial=1))))
    special, rows = np.zeros((C, len(SPECIALS))), np.zeros(C)
    for i, (cell, is_ordered, k) in enumerate(
        zip(cells, ordered.tolist(), sizes.tolist(), strict=True)
    ):
        if cell is None or cell.rows == 0:
            continue
        beyond = 0
        if is_ordered and cell.bins is not None:
            found = cell.bins.counts
            below, above = int(found[0]), int(found[-1])
            row = counts[i]
            row[:k] = found[1:-1]
            row[0] += below
            row[k - 1] += above
            beyond = below + above
        elif cell.counts is not None:
            found = cell.counts.counts
            counts[i, :k] = found[:k]
            beyond = int(found[-1])
        rows[i] = cell.rows
        special[i] = cell.missing, cell.not_finite + cell.broken, beyond
    return Seen(counts, counts.sum(1), rows, special)


def _least(baseline: Baseline, keys: Sequence[Key], ordered: NDArray[np.bool_], n: Array) -> Array:
    least = np.zeros((len(keys), len(SPECIALS)))
    for i, ((column, segment), is_ordered) in enumerate(zip(keys, ordered.tolist(), strict=True)):
        if segment and not is_ordered:
            least[i, 2] = 1.0  # segments do not judge unseen categories (docs/decisions/0010)
            continue
        once, twice = baseline.rare.get(column, (0, 0))
        whole = float(baseline.profile.cells[column, ""].usable) if not is_ordered else 0.0
        a, b = beyond_prior(n[i]) if is_ordered else good_turing(once, twice, whole)
        least[i, 2] = a / (a + b)
    return least
