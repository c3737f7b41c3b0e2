"""The small additive summary of a table that everything after the rows rests on.

Owns: the Profile value and its algebra.  Does not own: making one (`profiles.build`), its bytes
(`profiles.codec`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self, TypeVar

from vedette.core.errors import UsageError
from vedette.core.windows import Window
from vedette.profiles.cell import Cell
from vedette.profiles.discovered import FAILED, NEW, OF_VERSION, bounded
from vedette.sketches.cube import Cube
from vedette.sketches.graded import Graded
from vedette.sketches.joint import Joint
from vedette.sketches.loglinear import LogLinear
from vedette.sketches.losses import Losses
from vedette.sketches.measured import Measured
from vedette.sketches.pairwise import Pairwise
from vedette.sketches.readings import Readings
from vedette.sketches.twins import Twins

WHOLE = ""  # the segment that is all rows


@dataclass(frozen=True)
class Profile:
    """Counts per (column, segment) under one binning.

    `graded` by (kind, segment) and `losses` by (kind, column) say how the predictions did; the
    kinds are those of `profiles.grading`; `cubes` by set of groups say whom they concern,
    `measured` what numbers were like there; `twins` by column how often serving and training
    disagree, of `rows` pairs;
    `pairwise` by segment how columns go together; `metrics` by name what was logged of each;
    `tails` by (column, segment) how long things took.
    `merge` is commutative and associative on everything but float sums, which agree within n eps
    sum|x|; `Profile.zero` is its unit.
    Errors: merging across binnings raises UsageError.
    """

    schema_fingerprint: str
    binning_id: str
    rows: int = 0
    cells: Mapping[tuple[str, str], Cell] = field(default_factory=dict)
    joints: Mapping[tuple[str, str], Joint] = field(default_factory=dict)
    window: Window | None = None
    late_rows: int = 0
    model: str = ""
    version: str = ""
    graded: Mapping[tuple[str, str], Graded] = field(default_factory=dict)
    losses: Mapping[tuple[str, str], Losses] = field(default_factory=dict)
    cubes: Mapping[str, Cube] = field(default_factory=dict)
    measured: Mapping[str, Measured] = field(default_factory=dict)
    twins: Mapping[str, Twins] = field(default_factory=dict)
    pairwise: Mapping[str, Pairwise] = field(default_factory=dict)
    metrics: Mapping[str, Readings] = field(default_factory=dict)
    tails: Mapping[tuple[str, str], LogLinear] = field(default_factory=dict)

    @classmethod
    def zero(cls, schema_fingerprint: str, binning_id: str) -> Self:
        """Summarise no rows at all."""
        return cls(schema_fingerprint, binning_id)

    def merge(self, other: Self) -> Self:
        """Add two profiles of disjoint rows."""
        if self.binning_id != other.binning_id:
            raise UsageError(
                "profile merge",
                "the two profiles were made with different baselines",
                got=f"binnings {self.binning_id[:8]} and {other.binning_id[:8]}",
                want="the same",
                hint="profile both with --baseline pointing to one file",
            )
        if self.is_empty or other.is_empty:
            kept = other if self.is_empty else self
            if self.is_empty and other.is_empty and not other.cells:
                kept = self
            return kept
        return replace(
            self,
            rows=self.rows + other.rows,
            late_rows=self.late_rows + other.late_rows,
            cells=_sum(self.cells, other.cells),
            joints=_sum(self.joints, other.joints),
            graded=_sum(self.graded, other.graded),
            losses=_sum(self.losses, other.losses),
            cubes=_sum(self.cubes, other.cubes),
            measured=_sum(self.measured, other.measured),
            twins=_sum(self.twins, other.twins),
            pairwise=_sum(self.pairwise, other.pairwise),
            metrics=bounded(bounded(_sum(self.metrics, other.metrics), FAILED), NEW),
            tails=bounded(_sum(self.tails, other.tails), OF_VERSION),
            window=_hull(self.window, other.window),
            model=self.model if self.model == other.model else "",
            version=self.version if self.version == other.version else "",
        )

    def __add__(self, other: object) -> Self:
        """`merge` as a sign; anything but a profile is Python's TypeError."""
        return self.merge(other) if isinstance(other, type(self)) else NotImplemented

    def same_counts(self, other: Self) -> bool:
        """Whether every integer agrees: rows, counts, joint counts, distinct hashes; float sums are
        left out."""
        return (
            self.binning_id == other.binning_id
            and self.rows == other.rows
            and self.cells.keys() == other.cells.keys()
            and all(
                cell.integers() == other.cells[key].integers() for key, cell in self.cells.items()
            )
            and self.joints == other.joints
            and self.twins == other.twins
            and self.pairwise == other.pairwise
            and self.tails == other.tails
            and _counts_of(self.graded) == _counts_of(other.graded)
            and {key: one.counts.tolist() for key, one in self.cubes.items()}
            == {key: one.counts.tolist() for key, one in other.cubes.items()}
        )

    @property
    def is_empty(self) -> bool:
        """Whether no row was counted, none was graded, and no metric was logged."""
        return self.rows == 0 and not self.is_graded and not self.metrics

    @property
    def is_graded(self) -> bool:
        """Whether it says how predictions did, or whom they concern."""
        return bool(self.graded or self.losses or self.cubes or self.measured)

    @property
    def performance(self) -> Self:
        """How the predictions did, without what the rows were: small, and labels come later."""
        return replace(self, cells={}, joints={}, pairwise={}, metrics={}, tails={})

    @property
    def counts(self) -> Self:
        """What the rows were, without how the predictions did, nor how columns go together: that
        is large, and looked at by the drift clock alone."""
        return replace(self.ungraded, pairwise={}) if self.pairwise else self.ungraded

    @property
    def ungraded(self) -> Self:
        """What the rows were, without how the predictions did."""
        none: Mapping[str, Any] = {"graded": {}, "losses": {}, "cubes": {}, "measured": {}}
        return replace(self, **none) if self.is_graded else self

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, in the order of the cells."""
        return tuple(column for column, segment in self.cells if segment == WHOLE)


def beside(profiles: Sequence[Profile], columns: Sequence[str]) -> Profile:
    """Put profiles of the same rows and different columns side by side, in the given order.

    Errors: UsageError when they do not hold the same number of rows: the table changed meanwhile.
    """
    first = profiles[0]
    for other in profiles:
        if other.rows != first.rows:
            raise UsageError(
                "profile",
                "the table changed while it was read",
                got=f"{first.rows} and {other.rows} rows",
            )
    cells = {key: cell for profile in profiles for key, cell in profile.cells.items()}
    place = {name: at for at, name in enumerate(columns)}
    return replace(
        first,
        cells=dict(sorted(cells.items(), key=lambda item: place[item[0][0]])),
        joints={pair: joint for profile in profiles for pair, joint in profile.joints.items()},
        window=next((profile.window for profile in profiles if profile.window), None),
    )


K = TypeVar("K")
V = TypeVar("V", Cell, Cube, Joint, Graded, Losses, Measured, Twins, Pairwise, Readings, LogLinear)


def _sum(one: Mapping[K, V], two: Mapping[K, V]) -> dict[K, V]:
    total = dict(one)
    for key, value in two.items():
        total[key] = total[key].merge(value) if key in total else value
    return total


def _counts_of(graded: Mapping[tuple[str, str], Graded]) -> dict[tuple[str, str], list[bytes]]:
    """The integers of graded rows."""
    return {
        key: [one.confusion.tobytes(), one.ranked.tobytes()]
        for key, one in graded.items()
        if one.ranked.dtype.kind == "i"
    }


def _hull(one: Window | None, two: Window | None) -> Window | None:
    return one.hull(two) if one and two else one or two
