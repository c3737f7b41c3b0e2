"""One column in one segment, on both sides.

Owns: what the monitors are given, and turning it into tested components.  Does not own: the
statistics (`stats.two_sample`).
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vedette.core.durations import roughly
from vedette.core.schema import Field
from vedette.derive.bearings import TO_THE_MEAN
from vedette.profiles.baseline import Split
from vedette.profiles.binning import Binning, NominalBinning, NumericBinning
from vedette.profiles.cell import Cell
from vedette.sketches.counts import Counts
from vedette.stats import two_sample
from vedette.stats.bins import FLOOR
from vedette.stats.rates import rate_change
from vedette.stats.two_sample import Component

REST = "(other)"
UNSEEN = "(unseen)"


@dataclass(frozen=True)
class Pair:
    """Reference and current cell of a column in a segment.

    `fitted` says that the bins were fitted on this very reference, which is then accounted for:
    nothing of it can lie beyond its own extremes
    or in a category that it never showed, and where `split` is given, its categories are judged on
    other rows than they were named on.  `lasted` is the time, in nanoseconds, over which what is
    said of it was seen; 0 where that is this one window or table.  `trained` says that the
    reference is what a model was trained on, and the current rows what it serves.
    """

    field: Field
    segment: str
    binning: Binning
    reference: Cell
    current: Cell
    fitted: bool
    split: Split | None = None
    rare: tuple[int, int] = (0, 0)
    min_effect: float = 0.05
    method: str = "scores"
    rate_effect: float = 0.05  # min_effect of rates: a distance's limit is no limit of theirs
    derived_from: str | None = None
    lasted: int = 0
    trained: bool = False

    @property
    def column(self) -> str:
        return self.field.name

    @property
    def title(self) -> str:
        """The column, and the segment if it is not all rows, for a sentence."""
        column, _, value = self.segment.partition("=")
        where = f" where {column} = {value}" if self.segment else ""
        what = f" ({TO_THE_MEAN})" if self.field.unit == TO_THE_MEAN else ""
        return f"`{self.column}`{what}{where}" + (" in serving" if self.trained else "")

    @property
    def than(self) -> str:
        """What a comparison is with, for a sentence; "" where that goes without saying."""
        return " than in training" if self.trained else ""

    def before(self, share: str) -> str:
        """What a share was in the reference, for a sentence."""
        return f"{share} in training" if self.trained else f"was {share}"

    @property
    def over(self) -> str:
        """The time over which more than one window was seen, for a sentence; "" for one."""
        return f" over {roughly(self.lasted)}" if self.lasted else ""

    @property
    def is_ordered(self) -> bool:
        return isinstance(self.binning, NumericBinning)

    @property
    def specials(self) -> dict[str, tuple[int, int]]:
        """Rows without a usable value on both sides, by reason."""
        one, two = self.reference, self.current
        return {
            "missing": (one.missing, two.missing),
            "not_finite": (one.not_finite, two.not_finite),
            "broken": (one.broken, two.broken),
        }

    @cached_property
    def counts(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """All places on both sides: below, bins, above; or names, other, unseen."""
        if isinstance(self.binning, NumericBinning):
            return _bins(self.reference, self.binning), _bins(self.current, self.binning)
        return _names(self.reference, self.binning), _names(self.current, self.binning)

    def places(self) -> list[str]:
        """What the places of a nominal column are called."""
        assert isinstance(self.binning, NominalBinning)
        return [*self.binning.names, REST, UNSEEN]

    @property
    def judged(self) -> NDArray[np.int64]:
        """Reference rows of every name, then of the rest, that categories are judged on."""
        return Counts(self.counts[0]).with_rest if self.split is None else self.split.judged

    def testable(self) -> NDArray[np.float64]:
        """Judged rows of each category that no change would let expect; 0 where either side expects
        too few to be tested, and for the rest, which is no category.

        Choosing by the rows of both sides together favours neither: if nothing changed, how a
        category's rows fall to the sides does not depend on how many there are.  Chosen by those of
        the reference, the lucky ones are chosen, and unchanged columns alarm in up to 44 % of
        comparisons (measured: docs/decisions/0002).
        """
        judged, current = self.judged, Counts(self.counts[1]).with_rest
        m, n = max(int(judged.sum()), 1), int(current.sum())
        expected: NDArray[np.float64] = (judged + current) * np.float64(m / (m + n))
        expected[expected * min(1.0, n / m) < FLOOR] = 0.0
        expected[-1] = 0.0
        return expected

    def components(self) -> list[Component]:
        """Every aspect that can be tested, with weights summing to 1."""
        return self._ordered() if self.is_ordered else self._nominal()

    def _ordered(self) -> list[Component]:
        reference, current = self.counts
        if self.fitted:
            return two_sample.ordered(
                reference[1:-1],
                current[1:-1],
                below=int(current[0]),
                above=int(current[-1]),
                specials=self.specials,
                eps=self.rate_effect,
            )
        found = two_sample.ordered(reference, current, specials=self.specials, eps=self.rate_effect)
        return self._plain(found, "range", *(int(c[0] + c[-1]) for c in self.counts))

    def _nominal(self) -> list[Component]:
        reference, current = self.counts
        fresh, rows = int(current[-1]), int(current.sum())
        if self.segment or not self.fitted:
            # What a segment never showed may be common elsewhere: it counts among the other
            # categories.
            current = np.append(current[:-2], [current[-2] + fresh, 0])
        found = two_sample.nominal(
            self.judged,
            current[:-1],
            unseen=int(current[-1]),
            once=self.rare[0],
            twice=self.rare[1],
            reference_rows=int(reference.sum()),
            current_rows=rows,
            choose=self.testable(),
            specials=self.specials,
            eps=self.rate_effect,
        )
        if self.segment:
            return _reweighted([c for c in found if c.name != "unseen"])
        if not self.fitted:
            return self._plain(found, "unseen", int(reference[-1]), fresh)
        return [self._whichever(c) if c.name == "unseen" and fresh else c for c in found]

    def _whichever(self, c: Component) -> Component:
        """Pay for not having said which category would be unseen: as many could be as frequent."""
        assert isinstance(self.binning, NominalBinning)
        several = max(1.0, min(len(self.binning.known), 1 / c.observed))
        return replace(c, p=min(1.0, several * c.p))

    def _plain(self, found: list[Component], name: str, k: int, x: int) -> list[Component]:
        """Judge a rate that the reference could have shown like any other rate."""
        m, n = self.reference.usable, self.current.usable
        return [
            Component(name, None, *rate_change(x, n, k, m, self.rate_effect), weight=c.weight)
            if c.name == name
            else c
            for c in found
        ]


def _bins(cell: Cell, binning: NumericBinning) -> NDArray[np.int64]:
    return cell.bins.counts if cell.bins is not None else np.zeros(binning.bins, np.int64)


def _names(cell: Cell, binning: NominalBinning) -> NDArray[np.int64]:
    if cell.counts is None:
        return np.zeros(len(binning.names) + 2, np.int64)
    return cell.counts.counts


def _reweighted(components: list[Component]) -> list[Component]:
    total = sum(c.weight for c in components)
    return [replace(c, weight=c.weight / total) for c in components]
