"""What rows break, from what was counted of their columns anyway.

Owns: when the counts of a column already say that all of its values obey, which is nearly always.
Does not own: judging the others (`served`), counting columns (`profiles.build`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core.judge import Judge
from vedette.core.violations import CODES
from vedette.derive.checks.served import REQUIRED, Served, check_of, is_within
from vedette.profiles.binning import TRUTHS, Binning, NominalBinning, NumericBinning
from vedette.profiles.cell import Cell
from vedette.profiles.profile import WHOLE, Profile
from vedette.sketches.counts import Counts

SPELT = frozenset(TRUTHS.values())  # names that stand for other texts, too


@dataclass(frozen=True, eq=False)
class Counted:
    """A schema of served rows under one baseline.

    Shapes: `obeying` says of every category that a column's binning names whether it obeys, by
    column; only where categories are all that is to be known.
    """

    served: Served
    binnings: Mapping[str, Binning]
    obeying: Mapping[str, NDArray[np.bool_]]

    @classmethod
    def of(cls, served: Served, binnings: Mapping[str, Binning]) -> Self:
        """Judge the categories that a baseline names, once."""
        obeying = {}
        for name, judge in served.judges.items():
            binning = binnings.get(name)
            if not isinstance(binning, NominalBinning) or judge.field.kind != "category":
                continue
            if SPELT.isdisjoint(binning.names):
                known = [not judge.kinds(value) for value in binning.names]
                obeying[name] = np.array(known, np.bool_)
        return cls(served, binnings, obeying)

    def cells(
        self, batches: Sequence[pa.RecordBatch], built: Profile
    ) -> dict[tuple[str, str], Cell]:
        """Rows of every derived column, as `Served.cells` gives them.

        Shapes: `built` is the profile of these rows.
        """
        found, left = {}, []
        for name, judge in self.served.judges.items():
            cell = self._settled(name, judge, built.cells.get((name, WHOLE)))
            if cell is None:
                left.append(name)
            else:
                found[check_of(name), WHOLE] = cell
        return found | self.served.cells(batches, left)

    def _settled(self, name: str, judge: Judge, cell: Cell | None) -> Cell | None:
        """The checks of a column of which all values obey, as its counts say; else None."""
        if cell is None or cell.broken or cell.not_finite or not self._obeys(name, judge, cell):
            return None
        counts = np.zeros(len(CODES), np.int64)
        counts[0] = cell.usable
        required = judge.limits.required
        counts[REQUIRED] = cell.missing if required else 0
        return Cell(cell.rows, 0 if required else cell.missing, counts=Counts(counts))

    def _obeys(self, name: str, judge: Judge, cell: Cell) -> bool:
        if name in self.obeying and cell.counts is not None:
            counts = cell.counts.counts
            return not counts[-2:].any() and not counts[:-2][~self.obeying[name]].any()
        numeric = isinstance(self.binnings.get(name), NumericBinning) and cell.moments is not None
        if not numeric or judge.field.kind != "numeric":
            return False
        moments = cell.moments
        assert moments is not None
        plain = not (judge.worded or judge.measured or judge.limits.step is not None)
        return plain and (not cell.usable or is_within(moments.low, moments.high, judge.limits))
