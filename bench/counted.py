"""Baselines and windows made from counts alone, so that months of traffic cost seconds.

Owns: turning arrays of counts into profiles. Does not draw them.
"""

from collections.abc import Sequence

import numpy as np

from vedette.core.schema import Field, Schema
from vedette.core.windows import Window
from vedette.profiles.baseline import Baseline
from vedette.profiles.binning import Binning, NominalBinning, NumericBinning, binning_id, hash_text
from vedette.profiles.cell import Cell
from vedette.profiles.profile import Profile
from vedette.sketches.bins import Bins
from vedette.sketches.counts import Counts

HOUR = 3_600 * 10**9


def ordered_cell(counts: np.ndarray, missing: int = 0, below: int = 0, above: int = 0) -> Cell:
    """Return a numeric column's cell; below and above lie beyond the reference's range."""
    inside = np.concatenate([[below], counts, [above]]).astype(np.int64)
    return Cell(int(inside.sum()) + int(missing), int(missing), bins=Bins(inside))


def nominal_cell(counts: np.ndarray, missing: int = 0, unseen: int = 0) -> Cell:
    """Return a category column's cell: named categories, no others, those never seen."""
    rows = np.concatenate([counts, [0, unseen]]).astype(np.int64)
    return Cell(int(rows.sum()) + int(missing), int(missing), counts=Counts(rows))


def names(columns: int) -> list[str]:
    return [f"c{i:03d}" for i in range(columns)]


def baseline_of(cells: Sequence[Cell]) -> Baseline:
    """Return a baseline of columns with these counts, ordered or named as the cells are."""
    binnings: dict[str, Binning] = {}
    for name, cell in zip(names(len(cells)), cells, strict=True):
        if cell.bins is not None:
            binnings[name] = NumericBinning(np.arange(len(cell.bins.counts) - 1, dtype=float))
        else:
            known = [f"k{k}" for k in range(len(cell.counts.counts) - 2)]
            hashes = np.sort(np.array([hash_text(one) for one in known], np.uint64))
            binnings[name] = NominalBinning(tuple(known), hashes)
    kinds = {
        name: "numeric" if isinstance(binning, NumericBinning) else "category"
        for name, binning in binnings.items()
    }
    schema = Schema(tuple(Field(name, kind) for name, kind in kinds.items()))
    identity = binning_id(binnings, {})
    return Baseline(schema, binnings, {}, profile_of(cells, schema.fingerprint, identity))


def profile_of(cells: Sequence[Cell], fingerprint: str = "", identity: str = "") -> Profile:
    """Return one window's profile."""
    keyed = {(name, ""): cell for name, cell in zip(names(len(cells)), cells, strict=True)}
    rows = max((cell.rows for cell in cells), default=0)
    return Profile(fingerprint, identity, rows, keyed)


def window_of(t: int, width: int = HOUR) -> Window:
    """Return the t-th window since 1970."""
    return Window(t * width, (t + 1) * width)
