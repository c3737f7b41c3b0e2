"""Whether a model says the same of the same rows.

Owns: asking twice, in another order, and once more at the end.  Does not own: the replay.  A model
that draws luck, keeps a state, or looks at the rows beside one cannot be held against a log.
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from vedette.engine.skew.predictions.caller import Answers, Caller
from vedette.engine.skew.predictions.unlike import Tolerance, unlike

ROWS = 2_000  # that are asked again


class Unsteady(NamedTuple):
    """So many rows of those that were asked again got another answer, and on what occasion."""

    rows: int
    asked: int
    when: str


AGAIN = "asked again"
REVERSED = "asked in another order, with the same rows beside them"
LATER = "asked once more after the replay"


class Steadiness:
    """Rows that are asked at the beginning and again at the end."""

    def __init__(self, caller: Caller, rows: pa.RecordBatch, tolerance: Tolerance) -> None:
        self._caller, self._tolerance = caller, tolerance
        self._rows = rows.slice(0, ROWS)
        self._first = caller(self._rows)

    @property
    def first(self) -> Answers:
        """What it said of them first."""
        return self._first

    def at_once(self) -> Unsteady | None:
        """Ask the same rows again, and in reverse order."""
        turned = pa.array(np.arange(self._rows.num_rows)[::-1])
        back = self._caller(self._rows.take(turned))
        there = Answers(tuple(one.take(turned) for one in back.columns), back.failed[::-1])
        return self._against(self._caller(self._rows), AGAIN) or self._against(there, REVERSED)

    def later(self) -> Unsteady | None:
        """Ask them once more."""
        return self._against(self._caller(self._rows), LATER)

    def _against(self, other: Answers, when: str) -> Unsteady | None:
        apart = self._first.failed != other.failed
        for one, two in zip(self._first.columns, other.columns, strict=True):
            apart = apart | unlike(one, two, self._tolerance)
        count = int(apart.sum())
        return Unsteady(count, len(apart), when) if count else None
