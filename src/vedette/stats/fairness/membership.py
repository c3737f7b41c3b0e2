"""Rates of groups that nobody's row belongs to for certain: chances of membership instead.

Owns: sums weighted by those chances, the two estimates made of them, shown as a bracket.  Does not
own: which share is which metric (`stats.fairness.metrics`), where the chances come from.

The weighted estimate lets every row count in every group by its chance of being a member; it tends
to understate disparity, since it takes all rows of like chances for alike whatever their group.
The thresholded one counts only rows whose chance reaches a bar, as members; it usually overstates,
since those who are easily told apart are often treated the most differently.  Neither is right
in general, and no row is ever given a group: the two are shown beside each other.

Source: Chen, Kallus, Mao, Svacha & Udell 2019, Fairness Under Unawareness: Assessing Disparity When
Protected Class Is Unobserved, FAT* '19, 339-348, sections 3 and 4.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from vedette.core.errors import UsageError
from vedette.stats.fairness.compare import Compared, compare
from vedette.stats.fairness.intervals import rate_interval
from vedette.stats.fairness.metrics import GROUP_METRICS, GroupMetric, Share, shares
from vedette.stats.fairness.tally import Tally

Array = NDArray[np.float64]
BAR = 0.8  # from this chance on a row counts as a member: the bar most used for surname estimates
SLACK = 1e-6  # by which chances of a row may add up to more than 1: rounding


@dataclass(frozen=True, eq=False)
class Weighted:
    """Sums over rows by group, decision and label, the last label being "none known".

    The last group holds what a row's chances leave to 1: that it is in a group without a name.
    `broken` rows have chances that are none (missing, negative, more than 1 in all): they may be of
    any group, and are in no sum.

    Shapes: `chances` (sums of p) and `squares` (of p squared) float64[G + 1, D, Y + 1], `sure`
    int64[G + 1, D, Y + 1] rows whose chance reaches the bar.
    """

    chances: Array
    squares: Array
    sure: NDArray[np.int64]
    broken: int
    bar: float

    @classmethod
    def zero(cls, groups: int, decisions: int, labels: int, bar: float = BAR) -> Self:
        """No row.  Shapes: `labels` without "none known"."""
        shape = (groups + 1, decisions, labels + 1)
        return cls(np.zeros(shape), np.zeros(shape), np.zeros(shape, np.int64), 0, bar)

    @classmethod
    def of(
        cls,
        chances: Array,
        decided: NDArray[np.integer],
        labelled: NDArray[np.integer],
        decisions: int,
        labels: int,
        bar: float = BAR,
    ) -> Self:
        """Add up rows.

        Shapes: float64[n, G], int[n] below `decisions`, int[n] below `labels`, -1 where none is
        known.  Bounds: a row's chances add up to at most 1; `bar` above 0.5, so that no row is
        sure of two groups.
        Example:
            >>> p = np.array([[0.9, 0.1], [0.5, 0.3]])
            >>> got = Weighted.of(p, np.array([1, 0]), np.array([-1, -1]), 2, 1)
            >>> got.chances.sum(axis=(1, 2)).round(9).tolist(), got.sure.sum(axis=(1, 2)).tolist()
            ([1.4, 0.4, 0.2], [1, 0, 0])
        """
        if not 0.5 < bar <= 1:
            raise UsageError(
                "membership", "the bar is no share", got=bar, want="above 0.5, up to 1"
            )
        p = np.asarray(chances, np.float64)
        with np.errstate(invalid="ignore"):
            good = np.isfinite(p).all(axis=1) & (p >= 0).all(axis=1) & (p.sum(axis=1) <= 1 + SLACK)
        if not good.all():
            p = np.where(good[:, None], p, 0.0)
        label = np.where(np.asarray(labelled) < 0, labels, labelled)
        cell = np.asarray(decided) * (labels + 1) + label
        cells = decisions * (labels + 1)
        columns = [*p.T, np.where(good, np.maximum(1 - p.sum(axis=1), 0.0), 0.0)]

        def added(weights: list[NDArray[Any]]) -> NDArray[Any]:
            sums = [np.bincount(cell, weight, cells) for weight in weights]
            return np.array(sums).reshape(-1, decisions, labels + 1)

        sure = added([column >= bar for column in columns])
        squares = added([column * column for column in columns])
        broken = len(good) - int(np.count_nonzero(good))
        return cls(added(columns), squares, sure.astype(np.int64), broken, bar)

    def merge(self, other: Self) -> Self:
        """All rows of both.  Errors: UsageError when they were added up under different bars."""
        if self.bar != other.bar:
            raise UsageError(
                "membership merge", "the bars differ", got=other.bar, want=str(self.bar)
            )
        return type(self)(
            self.chances + other.chances,
            self.squares + other.squares,
            self.sure + other.sure,
            self.broken + other.broken,
            self.bar,
        )


class Bracket(NamedTuple):
    """Two estimates of the same comparisons, each with its own intervals.

    The counts of `weighted` are effective rows: as many members known for certain would tell as
    much.  Shapes: [M, G + 1] each, the last group being "unstated".
    """

    weighted: Compared
    thresholded: Compared

    @property
    def difference(self) -> tuple[Array, Array]:
        """From where to where the two put the difference; the truth is usually between."""
        return _ends(self.weighted.difference, self.thresholded.difference)

    @property
    def ratio(self) -> tuple[Array, Array]:
        """From where to where the two put the ratio; the truth is usually between."""
        return _ends(self.weighted.ratio, self.thresholded.ratio)

    @property
    def difference_bounds(self) -> tuple[Array, Array]:
        """The same with both intervals."""
        one, two = self.weighted, self.thresholded
        low, _ = _ends(one.difference_low, two.difference_low)
        return low, _ends(one.difference_high, two.difference_high)[1]

    @property
    def ratio_bounds(self) -> tuple[Array, Array]:
        """The same with both intervals."""
        one, two = self.weighted, self.thresholded
        low, _ = _ends(one.ratio_low, two.ratio_low)
        return low, _ends(one.ratio_high, two.ratio_high)[1]


def bracket(
    sums: Weighted,
    positive: int,
    level: float = 0.95,
    metrics: Sequence[GroupMetric] = GROUP_METRICS,
) -> Bracket:
    """Compare each group with everyone else, by both estimates.

    Everyone else is, weighted, the chance of not being a member; thresholded, all who are sure
    members of another group.
    Bounds: without any member both rates are nan and the intervals say nothing.
    Assumes independent rows and chances that are right: what is wrong with them is in no interval.

    Example:
        >>> p = np.repeat([[0.9, 0.1], [0.5, 0.5], [0.1, 0.9]], 200, axis=0)
        >>> selected = np.arange(600) % np.repeat([2, 3, 4], 200) == 0
        >>> sums = Weighted.of(p, selected.astype(int), np.zeros(600, int), 2, 0)
        >>> found = bracket(sums, 1, metrics=GROUP_METRICS[:1])
        >>> [round(float(one.ratio[0, 0]), 2) for one in found]
        [1.45, 2.0]
    """
    sure = _tally(sums.sure, positive)
    thresholded = compare(*shares(sure, metrics), *shares(sure.rest(), metrics), level)
    return Bracket(_weighted(sums, positive, level, metrics), thresholded)


def _weighted(
    sums: Weighted, positive: int, level: float, metrics: Sequence[GroupMetric]
) -> Compared:
    """The weighted estimate.

    A row moves its group's rate by p (y - rate) / sum of p; the variance is the sum of the squares.
    A row that may be a member moves everyone else's rate, too: hence the correlation.
    Source: the linearised variance of a ratio, Saerndal, Swensson & Wretman 1992, section 5.6.
    """
    tally = _tally(sums.chances, positive)
    total, one = shares(tally.total(), metrics), shares(tally, metrics)
    two = shares(_tally(sums.squares, positive), metrics)
    rest = Share(total.k - one.k, total.n - one.n)
    # of 1 - p: 1 - 2 p + p squared, summed
    rest_two = Share(total.k - 2 * one.k + two.k, total.n - 2 * one.n + two.n)
    own, other = _Side.of(one, two), _Side.of(rest, rest_two)
    both = Share(one.k - two.k, one.n - two.n)  # of p (1 - p)
    found = compare(own.rate * own.rows, own.rows, other.rate * other.rows, other.rows, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        shared = (1 - own.rate) * (1 - other.rate) * both.k
        shared = shared + own.rate * other.rate * (both.n - both.k)
        bound = np.sqrt(own.variance * other.variance)
        tie = np.nan_to_num(np.clip(shared / (one.n * rest.n * bound), 0.0, 1.0))
        se = np.sqrt(own.variance + other.variance - 2 * tie * bound)
        z = np.where(se > 0, found.difference / se, 0.0 * found.difference)
    low, high = _difference(found, tie, level)
    ratio_low, ratio_high = _ratio(found, own, other, tie, level)
    return found._replace(
        difference_low=low,
        difference_high=high,
        ratio_low=ratio_low,
        ratio_high=ratio_high,
        z=z,
        p=2 * ndtr(-np.abs(z)),
    )


class _Side(NamedTuple):
    """A weighted rate, its variance, and how many certain rows would leave as much in doubt."""

    rate: Array
    variance: Array
    rows: Array

    @classmethod
    def of(cls, one: Share, two: Share) -> Self:
        """From sums of weights and of their squares."""
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = one.k / one.n
            spread = (1 - rate) ** 2 * two.k + rate**2 * (two.n - two.k)
            variance = spread / one.n**2
            # Kish's rows where all rows are alike: there the spread is 0 for certain nothing
            rows = np.where(spread > 0, rate * (1 - rate) / variance, one.n**2 / two.n)
        some = one.n > 0
        return cls(np.where(some, rate, 0.0), variance, np.where(some, rows, 0.0))


def _difference(found: Compared, tie: Array, level: float) -> tuple[Array, Array]:
    """Bound differences of correlated rates.

    Source: Zou & Donner 2008, Statistics in Medicine 27, 1693-1702, with `rate_interval`.
    """
    low, high = rate_interval(found.other_k, found.other_n, level)
    under, over = found.rate - found.low, found.high - found.rate
    below, above = found.other - low, high - found.other
    down = np.sqrt(np.maximum(under**2 + above**2 - 2 * tie * under * above, 0.0))
    up = np.sqrt(np.maximum(over**2 + below**2 - 2 * tie * over * below, 0.0))
    known = ~np.isnan(found.difference)
    return (
        np.where(known, found.difference - down, -1.0),
        np.where(known, found.difference + up, 1.0),
    )


def _ratio(
    found: Compared, own: _Side, other: _Side, tie: Array, level: float
) -> tuple[Array, Array]:
    """Bound ratios of correlated rates on the log scale; where a rate is 0 as if uncorrelated."""
    with np.errstate(divide="ignore", invalid="ignore"):
        one, two = np.sqrt(own.variance) / own.rate, np.sqrt(other.variance) / other.rate
        se = np.sqrt(np.maximum(one**2 + two**2 - 2 * tie * one * two, 0.0))
        factor = np.exp(-ndtri((1 - level) / 2) * se)
        fits = (found.rate > 0) & (found.other > 0)
        low = np.where(fits, found.ratio / factor, found.ratio_low)
        return low, np.where(fits, found.ratio * factor, found.ratio_high)


def _tally(counts: NDArray[Any], positive: int) -> Tally:
    """The shares' rows, without scores."""
    groups, _, labels = counts.shape
    return Tally.of(counts[..., None], np.zeros((groups, labels, 2)), positive)


def _ends(one: Array, two: Array) -> tuple[Array, Array]:
    return np.fmin(one, two), np.fmax(one, two)
