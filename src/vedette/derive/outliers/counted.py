"""Rows by how seldom the reference shows their like: two derived columns, and their counts.

Owns: the levels of p that rows are counted by, which column leads a row that is unlike, counts that
add up.  Does not own: scoring rows (`score`), what ordinary windows show of them (`ordinary`), what
share of them may be unlike (`monitors.outliers`), single rows (`engine.rare`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.derive.outliers.conformal import Calibration
from vedette.derive.outliers.read import Rows
from vedette.derive.outliers.score import Scored, Scorer
from vedette.profiles.build import segment_rows
from vedette.profiles.cell import Cell
from vedette.profiles.outliers import Outliers
from vedette.profiles.profile import WHOLE
from vedette.sketches.counts import Counts

COLUMN = "_outlier"  # derived: the p of a row, by level
LEAD = "_outlier.lead"  # derived: the column most unlike, if any is; missing in ordinary rows
LEVELS = (0.03, 0.01, 0.003, 0.001, 0.0001)  # of p, each counts the rows up to it
UNLIKE, FAR = 0.01, 0.001  # p up to which a row is unlike the reference, and far from it
WATCHED = (UNLIKE, FAR)
_PLACES = [LEVELS.index(level) + 1 for level in WATCHED]

Cells = dict[tuple[str, str], Cell]


def columns_of(outliers: Outliers) -> tuple[str, ...]:
    """The columns that may lead a row, in the order of their counts."""
    return (*outliers.numeric, *outliers.nominal)


def calibrated_rows(outliers: Outliers) -> int:
    """Rows of the reference that were held out to say how far off ordinary ones are."""
    return Calibration.of("calibration", outliers.parts).rows


@dataclass(frozen=True, eq=False)
class RowCounts:
    """Scores rows under one baseline and counts them.

    Shapes: `segments` as the baseline names them; `columns` that may lead a row.
    """

    scorer: Scorer
    columns: tuple[str, ...]
    segments: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, outliers: Outliers, segments: Mapping[str, tuple[str, ...]]) -> Self:
        """Make a fitted value ready."""
        return cls(Scorer.of(outliers), columns_of(outliers), segments)

    def cells(self, batches: Iterable[pa.RecordBatch]) -> tuple[Cells, list[Scored]]:
        """Score rows and count them, in all and by segment; the scores of each batch beside.

        Shapes: batches hold derived columns.  Bounds: any split of rows adds up to the same.
        """
        cells: Cells = {}
        scores = []
        for batch in batches:
            read = self.scorer.reader.read(batch)
            scored = self.scorer.of_read(read, least=LEVELS[0])
            scores.append(scored)
            for key, cell in self._cells(batch, read, scored).items():
                cells[key] = cells[key].merge(cell) if key in cells else cell
        return cells, scores

    def _cells(self, batch: pa.RecordBatch, read: Rows, scored: Scored) -> Cells:
        places = places_of(scored.p)
        leads = np.full(batch.num_rows, -1, np.int64)  # -1: an ordinary row
        unlike = np.flatnonzero(scored.p <= UNLIKE)
        if len(unlike):
            led = self.scorer.leading(read.taken(unlike))
            leads[unlike] = np.where(led < 0, len(self.columns), led)  # the last: none stands out
        parts: dict[str, Any] = {WHOLE: slice(None), **segment_rows(batch, self.segments)}
        found: Cells = {}
        for segment, rows in parts.items():
            own = np.bincount(places[rows], minlength=len(LEVELS) + 1)
            led = np.bincount(leads[rows] + 1, minlength=len(self.columns) + 2)
            n = int(own.sum())
            found[COLUMN, segment] = Cell(n, counts=Counts(own))
            found[LEAD, segment] = Cell(n, int(led[0]), counts=Counts(led[1:]))
        return found


def places_of(p: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many of the levels each p lies within.

    Example:
        >>> places_of(np.array([0.5, 0.03, 0.01, 0.00005])).tolist()
        [0, 1, 2, 5]
    """
    ascending = np.array(LEVELS[::-1])
    return len(LEVELS) - ascending.searchsorted(p, side="left")


def within(cell: Cell | None) -> tuple[tuple[int, ...], int]:
    """Rows of a counted column up to each watched level, and rows in all.

    Example:
        >>> within(Cell(9, counts=Counts(np.array([3, 1, 3, 0, 1, 1]))))
        ((5, 2), 9)
    """
    if cell is None or cell.counts is None:
        return (0,) * len(WATCHED), 0
    counts = cell.counts.counts
    return tuple(int(counts[place:].sum()) for place in _PLACES), cell.rows
