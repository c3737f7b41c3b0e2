"""Why values served by Feast differ from its historical retrieval, by Feast's own word.

Owns: how often a feature differs, in which state it was then, and how old it was beside values
that agree.  Does not own: Feast's columns (`ingest.feast`), other causes.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vedette.core.durations import roughly
from vedette.core.words import count, plural
from vedette.engine.skew.predictions.pairs import OFFLINE, Pairs, has_partner
from vedette.engine.skew.predictions.sizes import Size, Sizes
from vedette.engine.skew.predictions.tally import Share
from vedette.engine.skew.predictions.unlike import FEATURES, Tolerance, unlike
from vedette.ingest.feast import STAMP, STATES, STATUS, FeastSides, Feature

BATCH = 131_072
FEW = 20  # rows below which ages say nothing
SECOND = 1_000_000_000


@dataclass(frozen=True)
class Served:
    """One feature as Feast served it.

    Shapes: `states` rows by Feast's state of the value; `differing` of the rows that have a partner
    offline, and `reasons` these by state.  Units: ages in seconds, from the moment a value is from
    to the moment it was served; None where no such row says one.
    """

    feature: str
    states: Mapping[str, int]
    differing: Share
    reasons: Mapping[str, int]
    age_agreeing: Size | None
    age_differing: Size | None

    @property
    def stale(self) -> bool:
        """Whether values that differ are older than nearly all that agree, in the median."""
        one, other = self.age_differing, self.age_agreeing
        if one is None or other is None or min(one.rows, other.rows) < FEW:
            return False
        return one.typical > 1.05 * other.large

    @property
    def statement(self) -> str:
        """What there is to say, as one clause."""
        if self.differing.count == 0:
            return f"{self.feature!r} agrees in all {count(self.differing.rows)} rows"
        said = f"{self.feature!r} differs in {count(self.differing.count)} of "
        said += plural(self.differing.rows, "row")
        gone = [(n, state) for state, n in self.reasons.items() if state != "present" and n]
        if gone:
            said += f", {', '.join(f'{count(n)} of them {state}' for n, state in gone)}"
        if self.stale and self.age_differing and self.age_agreeing:
            old, young = (
                roughly(int(one.typical * SECOND))
                for one in (self.age_differing, self.age_agreeing)
            )
            said += (
                f"; stale: the values that differ were {old} old when they were served, those "
                f"that agree {young}"
            )
        return said


def served(sides: FeastSides, tolerance: Tolerance | None = None) -> tuple[Served, ...]:
    """Compare every feature of a serving log with the historical retrieval of the same moments.

    Rows are joined by the join keys and the very moment of serving, so the entity rows of the
    retrieval are to be those of the log: join keys and `__log_timestamp` as `event_timestamp`.
    Bounds: memory of a few batches.
    """
    near = tolerance or FEATURES
    columns = [f.logged + end for f in sides.features for end in ("", STAMP, STATUS)]
    key = (*sides.key, sides.time)
    called = [f.called for f in sides.features]
    pairs = Pairs(sides.states, sides.offline, key, [sides.time, *columns], called)
    found = {f.called: _Counted(f) for f in sides.features}
    for batch in pairs.batches(BATCH):
        partner = has_partner(batch)
        for one in found.values():
            one.add(batch, sides.time, partner, near)
    return tuple(one.served() for one in found.values())


class _Counted:
    """One feature, counted over batches."""

    def __init__(self, feature: Feature) -> None:
        self._feature = feature
        self._states, self._reasons = Counter[str](), Counter[str]()
        self._rows = self._differing = 0
        self._ages = {True: Sizes(), False: Sizes()}  # of values that differ, that agree

    def add(
        self, batch: pa.RecordBatch, time: str, partner: NDArray[np.bool_], near: Tolerance
    ) -> None:
        """Count a batch."""
        logged = self._feature.logged
        states = np.asarray(pc.fill_null(batch.column(logged + STATUS), 0))
        states = np.where((states >= 0) & (states < len(STATES)), states, 0)
        values = batch.column(logged)
        gone = pa.array(states >= STATES.index("not found"))
        values = pc.if_else(gone, pa.nulls(len(values), values.type), values)
        apart = unlike(values, batch.column(OFFLINE + self._feature.called), near) & partner
        _tally(self._states, states)
        _tally(self._reasons, states[apart])
        self._rows += int(partner.sum())
        self._differing += int(apart.sum())
        ages = _ages(batch.column(time), batch.column(logged + STAMP))
        self._ages[True].add(ages[apart])
        self._ages[False].add(ages[partner & ~apart])

    def served(self) -> Served:
        """What was counted."""
        return Served(
            self._feature.called, dict(self._states), Share(self._differing, self._rows),
            dict(self._reasons), self._ages[False].size(), self._ages[True].size(),
        )  # fmt: skip


def _tally(counter: Counter[str], states: NDArray[np.integer]) -> None:
    for state, rows in zip(STATES, np.bincount(states, minlength=len(STATES)), strict=True):
        if rows:
            counter[state] += int(rows)


def _ages(at: pa.Array, stamp: pa.Array) -> NDArray[np.float64]:
    """How old values were.  Units: seconds.  A stamp of 1970 is none: no value was found."""
    moments = [
        pc.fill_null(one.cast(pa.timestamp("us", "UTC"), safe=False).cast(pa.int64()), 0)
        for one in (at, stamp)
    ]
    served_at, made = (np.asarray(one, np.float64) for one in moments)
    return np.where(made > 0, (served_at - made) / 1e6, np.nan)
