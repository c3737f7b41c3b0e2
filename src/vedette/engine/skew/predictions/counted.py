"""What was served, what the model says of it, and what it says offline: counted side by side.

Owns: the counts of a pass, and the rows that are kept of it.  Does not own: the pass (`replayed`).

Two questions are told apart.  The same features through the model: another answer than the logged
one means that another model served, or that features were logged which it never saw.  Offline
features through the model: another answer than to the online ones means that the features differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.engine.skew.predictions.asked import Asked
from vedette.engine.skew.predictions.caller import Answers
from vedette.engine.skew.predictions.keeper import Keeper, Sample, rows_of
from vedette.engine.skew.predictions.mixed import Sides
from vedette.engine.skew.predictions.tally import Compared, Share, Tally

KEPT = 20_000  # rows that disagree over other features, kept to share the disagreement out
BESIDE = 5_000  # rows of all kinds, and rows that differ with the same features


class Part(NamedTuple):
    """One batch, answered.  Shapes: `partner` and `offline` where there is an offline side."""

    logged: tuple[pa.Array, ...]
    online: Answers
    order: NDArray[np.uint64]
    sides: Sides
    partner: NDArray[np.bool_] | None = None
    offline: Answers | None = None


@dataclass(frozen=True)
class Both:
    """What the offline features say.

    Shapes: `features` compares the model's answers to online and to offline features, `whole` what
    was logged with the answer to offline features; both over the rows with a partner.  Of the rows
    in which `whole` differs, `model` differ with the same features already and `only_model` in no
    other way.  `mismatches` by feature.
    """

    features: Compared
    whole: Compared
    model: int
    only_model: int
    mismatches: dict[str, Share]


class ReplayCounts:
    """The same features: served against replayed."""

    def __init__(self, asked: Asked) -> None:
        self._tally = Tally(asked.near, asked.threshold)
        self._unlike, self._every = Keeper(BESIDE), Keeper(BESIDE)

    @property
    def rows(self) -> int:
        """Rows so far."""
        return self._tally.rows

    def add(self, part: Part) -> NDArray[np.bool_]:
        """Count a batch and say which rows differ."""
        differing = self._tally.add(part.logged, part.online.columns, part.online.failed)
        served = Answers(part.logged, np.zeros(len(differing), np.bool_))
        sample = Sample(part.order, part.sides, served, part.online)
        self._unlike.add(sample, differing & ~part.online.failed)
        self._every.add(sample)
        return differing

    def compared(self) -> Compared:
        """What was counted."""
        return self._tally.compared()

    def samples(self) -> tuple[Sample | None, Sample | None]:
        """Rows that differ, and rows of all kinds, each with what was served and replayed."""
        return self._unlike.sample(), self._every.sample()


class BothCounts:
    """Offline features: everything that is counted of rows with a partner."""

    def __init__(self, asked: Asked, shared: Sequence[str]) -> None:
        self._asked, self._shared = asked, shared
        self._features, self._whole = (Tally(asked.near, asked.threshold) for _ in range(2))
        self._model = self._only = self._matched = 0
        self._apart = np.zeros(len(shared), np.int64)
        self._moved, self._every = Keeper(KEPT), Keeper(BESIDE)

    def add(self, part: Part, served: NDArray[np.bool_]) -> None:
        """Count a batch.  Shapes: `served` are the rows that differ with the same features."""
        assert part.partner is not None
        assert part.offline is not None
        rows = np.flatnonzero(part.partner)
        logged = tuple(column.take(pa.array(rows)) for column in part.logged)
        online, offline = (rows_of(answers, rows) for answers in (part.online, part.offline))
        # A model that raises over both sides says the same of them: nothing.
        failed = online.failed != offline.failed
        moved = self._features.add(online.columns, offline.columns, failed)
        whole = self._whole.add(logged, offline.columns, offline.failed)
        self._model += int((whole & served[rows]).sum())
        self._only += int((whole & served[rows] & ~moved).sum())
        self._matched += len(rows)
        sides = part.sides.take(rows)
        self._apart += sides.apart(self._asked.tolerances).sum(axis=0)
        sample = Sample(part.order[rows], sides, online, offline)
        self._moved.add(sample, moved)
        self._every.add(sample)

    def both(self) -> Both:
        """What was counted."""
        mismatches = {
            name: Share(int(count), self._matched)
            for name, count in zip(self._shared, self._apart, strict=True)
        }
        features, whole = self._features.compared(), self._whole.compared()
        return Both(features, whole, self._model, self._only, mismatches)

    def samples(self) -> tuple[Sample | None, Sample | None]:
        """Rows of which the model says something else offline, and rows of all kinds."""
        return self._moved.sample(), self._every.sample()
