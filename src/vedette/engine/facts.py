"""What an explanation is made from: sums, a sample, a verdict on the estimate; nothing to be read.

Owns: the plain inputs of `engine.explanation`.  Does not own: gathering them from profiles and the
log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt

from vedette.profiles.binning import Binning
from vedette.profiles.sample import Sample
from vedette.stats.attribution import Sums
from vedette.stats.intervals import Z95
from vedette.stats.weakest import Segment

Pair = tuple[Sums, Sums]  # a column's sums in the reference and now


@dataclass(frozen=True)
class Moved:
    """A mean loss before and now; `low` and `high` bound the change (95 %)."""

    before: float
    after: float
    low: float
    high: float

    @property
    def change(self) -> float:
        """How much it rose."""
        return self.after - self.before

    @property
    def se(self) -> float:
        """Standard error of the change."""
        return (self.high - self.low) / (2 * Z95)

    @classmethod
    def of(cls, pairs: Mapping[str, Pair]) -> "Moved | None":
        """The change that a column's sums show; None without rows on both sides."""
        for one, two in pairs.values():
            m, n = int(one.rows.sum()), int(two.rows.sum())
            if m <= 0 or n <= 0:
                continue
            before, after = float(one.loss.sum()) / m, float(two.loss.sum()) / n
            spread = [max(float(s.squares.sum()) / k - mean**2, 0.0) / k
                      for s, k, mean in ((one, m, before), (two, n, after))]  # fmt: skip
            half = Z95 * sqrt(sum(spread))
            return cls(before, after, after - before - half, after - before + half)
        return None


@dataclass(frozen=True, eq=False)
class Facts:
    """Everything that an explanation may rest on; what is absent is said to be absent.

    Shapes: `realised` and `estimated` by column, its sums in the reference and now, over labelled
    rows by their label, and over all rows by what the auditor expects; empty where there is none.
    While no label has arrived, `realised` has no rows now, but those of the reference count.
    `drifting` names the columns of the incident.  `segments` is None when none were searched, and
    `unsearched` says why.
    Units: `noise`, `outside` and `distrust` as in `alerts.harm.verdict`; `moved_*` replace the
    change that the sums show where better intervals are known.
    """

    binnings: Mapping[str, Binning]
    realised: Mapping[str, Pair] = field(default_factory=dict)
    estimated: Mapping[str, Pair] = field(default_factory=dict)
    sample: Sample | None = None
    drifting: Sequence[str] = ()
    segments: Sequence[Segment] | None = None
    unsearched: str = ""
    moved_realised: Moved | None = None
    moved_estimated: Moved | None = None
    noise: float = 0.0
    outside: float = 0.0
    distrust: str = ""
