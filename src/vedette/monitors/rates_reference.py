"""What is known of the special rates of every column, and counting them in a window.

Owns: which columns and rates are watched in time, their rates and dispersion in the reference.
Does not own: evidence (`monitors.rates`), fitting natural variation (`profiles.variation`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vedette.profiles.baseline import Baseline
from vedette.profiles.binning import NumericBinning
from vedette.profiles.cell import Cell
from vedette.profiles.profile import WHOLE, Profile
from vedette.stats.rates import beyond_prior, good_turing

KINDS = ("missing", "not_finite", "broken", "strange")  # strange: out of range, or unseen
SHARES = (0.4, 0.15, 0.15, 0.3)  # of a column's evidence; rescaled over those that apply
PLACES = [0, 1, 1, 2]  # of the kinds among `profiles.natural.SPECIALS`
STRANGE = np.array([False, False, False, True])
# Roles that events do not bring, or never repeat; how long answers take is drawn, not watched here.
UNWATCHED = ("label", "id", "time", "ignore", "latency")
UNRANGED = ("cost",)  # roles whose tail is no fault of the data
SERVING = "serving"


@dataclass(frozen=True, eq=False)
class RateReference:
    """Special rates of the reference.

    Shapes: C columns, K kinds: `hits` of `rows` reference rows, the `rate` to be expected,
    `dispersion` between reference windows of about `window_rows` rows, `applies`: all [C, K];
    `required` bool[C].
    """

    columns: tuple[str, ...]
    ordered: tuple[bool, ...]
    hits: NDArray[np.float64]
    rows: NDArray[np.float64]
    rate: NDArray[np.float64]
    dispersion: NDArray[np.float64]
    window_rows: NDArray[np.float64]
    applies: NDArray[np.bool_]
    required: NDArray[np.bool_]

    def kind(self, column: int, at: int) -> str:
        """The name of a rate as a component of a finding."""
        return KINDS[at] if at < 3 else "range" if self.ordered[column] else "unseen"


def watched_columns(baseline: Baseline) -> dict[str, str]:
    """The columns whose rates are watched in serving, with their roles."""
    fields = {field.name: field for field in baseline.schema.fields}
    found = {}
    for name in baseline.columns:
        field = fields.get(name)
        role = field.role if field else "feature"
        if field is not None and (role in UNWATCHED or SERVING not in field.environments):
            continue
        if (name, WHOLE) in baseline.profile.cells:
            found[name] = role
    return found


def rate_reference(baseline: Baseline, columns: Sequence[str]) -> RateReference:
    """Take the rates of columns from the reference's counts, and how they scatter from its windows.

    What the reference by its nature never shows (values beyond its extremes, categories that it
    lacks) has the rate that its size leaves open.
    """
    roles = watched_columns(baseline)
    fields = {field.name: field for field in baseline.schema.fields}
    shape = (len(columns), len(KINDS))
    hits, rows, rate = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    applies = np.ones(shape, bool)
    for at, name in enumerate(columns):
        cell = baseline.profile.cells[name, WHOLE]
        hits[at] = (cell.missing, cell.not_finite, cell.broken, _strange(cell))
        rows[at] = (cell.rows, cell.rows, cell.rows, cell.usable)
        rate[at, :3] = hits[at, :3] / max(cell.rows, 1)
        rate[at, 3] = _strange_rate(baseline, name, cell)
        applies[at] = rows[at] > 0
        applies[at, 3] &= roles.get(name) not in UNRANGED
    ordered = tuple(isinstance(baseline.binnings[name], NumericBinning) for name in columns)
    required = np.array(
        [name in fields and fields[name].constraints.required for name in columns], bool
    )
    dispersion, window_rows = _scatter(baseline, columns, hits, rows, rate)
    return RateReference(
        tuple(columns), ordered, hits, rows, rate, dispersion, window_rows, applies, required
    )


def counts_of(
    profile: Profile, reference: RateReference
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Count hits and rows of every rate in a window.

    Shapes: float64[C, K] each; a column that the profile lacks has no rows.
    """
    cells, found = profile.cells, []
    for name in reference.columns:
        cell = cells.get((name, WHOLE))
        if cell is None:
            found.append((0, 0, 0, 0, 0, 0))
            continue
        rows, missing, bad, broken = cell.rows, cell.missing, cell.not_finite, cell.broken
        found.append((missing, bad, broken, _strange(cell), rows, rows - missing - bad - broken))
    table = np.array(found, np.int64).reshape(-1, 6).astype(float)
    return table[:, :4], table[:, (4, 4, 4, 5)]


def _strange(cell: Cell) -> int:
    """Values beyond the reference's extremes, or in categories that it never showed."""
    if cell.bins is not None:
        counts = cell.bins.counts
        return int(counts[0]) + int(counts[-1])
    return int(cell.counts.counts[-1]) if cell.counts is not None else 0


def _strange_rate(baseline: Baseline, name: str, cell: Cell) -> float:
    if isinstance(baseline.binnings[name], NumericBinning):
        a, b = beyond_prior(cell.usable)
    else:
        a, b = good_turing(*baseline.rare.get(name, (0, 0)), cell.usable)
    return max(a / (a + b), _strange(cell) / max(cell.usable, 1))


def _scatter(
    baseline: Baseline,
    columns: Sequence[str],
    hits: NDArray[np.float64],
    rows: NDArray[np.float64],
    rate: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Dispersion of the rates between reference windows, and how large those were.

    Without windows it is 1.  Where the reference is a sample without times, the rates themselves
    are the windows': `hits`, `rows` and `rate` are changed in place.
    """
    dispersion, window_rows = np.ones_like(rows), np.maximum(rows, 1.0)
    known = baseline.variation
    if known is None:
        return dispersion, window_rows
    places = known.at([(name, WHOLE) for name in columns])
    for at, place in enumerate(places.tolist()):
        if place < 0 or known.rows[place] <= 0:
            continue
        seen = float(known.rows[place])
        dispersion[at] = np.maximum(known.dispersion[place, PLACES], 1.0)
        window_rows[at] = seen / max(int(known.used[place]), 1)
        if known.flat:
            hits[at], rows[at] = known.hits[place, PLACES], seen
            rate[at] = np.maximum(hits[at] / seen, np.where(STRANGE, rate[at], 0.0))
    return dispersion, window_rows
