"""How well a score ranks, from counts by bin: area under the ROC curve, average precision.

Owns: both with their variances, and the ROC and precision-recall inside a bin.  Does not own: edges
(`profiles.score_edges`), rows one by one (`stats.auc`).

Inside a bin, scores of either side are taken to have a straight density with the mean that the sums
of the score give, so that no credit is halved blindly; rows that all sit on the bin's edge are
ties.
"""

from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.stats.intervals import Z95
from vedette.stats.performance.measured import Measured, certain, share, unmeasured

TRUST = 10.0  # rows of the rarer side from which a measured variance is mostly believed
# Nodes and weights of the integral over a bin's positives (Gauss-Legendre on [0, 1]); up to as many
# positives are taken one by one.
PLACES = np.array([
    0.0198550717512319, 0.1016667612931866, 0.2372337950418355, 0.4082826787521751,
    0.5917173212478248, 0.7627662049581645, 0.8983332387068134, 0.9801449282487681,
])  # fmt: skip
WEIGHTS = np.array([
    0.0506142681451885, 0.1111905172266872, 0.1568533229389434, 0.1813418916891808,
    0.1813418916891808, 0.1568533229389434, 0.1111905172266872, 0.0506142681451885,
])  # fmt: skip
TIED = 1e-9  # of a bin's width: means this near to one another are one value
EPS = float(np.finfo(np.float64).eps)  # n of it is what n additions of one value round


class Bins(NamedTuple):
    """One score's bins, lowest first.

    Shapes: negative, positive K rows; low, high where in its bin the mean of the negatives and of
    the positives lies, in [0, 1]; tied K flags: all scores are one value.
    """

    negative: NDArray[np.float64]
    positive: NDArray[np.float64]
    negative_mean: NDArray[np.float64]
    positive_mean: NDArray[np.float64]
    tied: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        ranked: NDArray[np.float64],
        inside: NDArray[np.float64],
        edges: NDArray[np.float64],
    ) -> "Bins":
        """Read one score's table.  Shapes: ranked [K', 2], inside [K', 2], K' > number of edges;
        bins without a row are left out."""
        counts = ranked.astype(np.float64)
        low, high = np.full((2, len(counts)), np.inf)  # bins beyond the last edge's are empty
        low[0], low[1 : len(edges) + 1], high[: len(edges)] = -np.inf, edges, edges
        width = np.subtract(high, low, out=np.full(len(counts), np.inf), where=low < np.inf)
        some = counts.sum(axis=1) > 0
        counts, sums, low, width = counts[some], inside[some], low[some], width[some]
        closed = np.isfinite(low) & np.isfinite(width)
        start, size = np.where(np.isfinite(low), low, 0.0), np.where(closed, width, 1.0)
        means = np.divide(sums, counts, out=np.zeros_like(counts), where=counts > 0)
        place = np.where(counts > 0, (means - start[:, None]) / size[:, None], 0.0)
        # Rows that are all one value: they sit on the edge, or both sides have the same mean.
        rounding = np.maximum(TIED * size, counts.sum(axis=1) * EPS * np.abs(start))
        equal = np.abs(means[:, 1] - means[:, 0]) <= rounding
        on_edge = np.abs(place).max(axis=1) * size <= rounding
        tied = np.isfinite(low) & (on_edge | (equal & (counts > 0).all(axis=1)))
        place = np.where(closed[:, None] & (counts > 0), np.clip(place, 0.0, 1.0), 0.5)
        return cls(counts[:, 0], counts[:, 1], place[:, 0], place[:, 1], tied)

    @property
    def above(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Negatives and positives in higher bins."""
        return _above(self.negative), _above(self.positive)

    @property
    def spread(self) -> NDArray[np.float64]:
        """Variance of a bin's positives were labels drawn by its chance."""
        rows = self.negative + self.positive
        return self.negative * self.positive / rows

    @property
    def beats(self) -> NDArray[np.float64]:
        """Chance that a positive of the bin scores above a negative of it."""
        ahead = self.positive_mean - self.negative_mean
        alone = (self.positive == 1) & (self.negative == 1)
        ahead = np.where(alone, np.sign(ahead) / 2, ahead)
        return np.where(self.tied, 0.5, 0.5 + np.clip(ahead, -0.5, 0.5))


def roc_auc(bins: Bins, expected: bool = False, own: float = 0.0) -> Measured:
    """Chance that a positive scores above a negative, ties counting half.

    Interval: DeLong's variance from the bins, Wilson's at the effective sample; of expected labels
    the variance of the labels given their chances.  `own` is then the sum of q (1 - q): pairs of a
    row with itself are no pairs.
    Bounds: nan without positives or negatives.
    Source: DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44.
    Example:
        >>> bins = Bins.of(np.array([[8, 2], [2, 8]]), np.zeros((2, 2)), np.array([0.5]))
        >>> round(roc_auc(bins).value, 2)
        0.8
    """
    n0, n1 = float(bins.negative.sum()), float(bins.positive.sum())
    if n0 <= 0 or n1 <= 0:
        return unmeasured(n0 + n1)
    above0, above1 = bins.above
    below0 = n0 - above0 - bins.negative
    half = bins.beats
    up = (below0 + half * bins.negative) / n0  # share of negatives below a positive of the bin
    down = (above1 + half * bins.positive) / n1  # share of positives above a negative of the bin
    value = float(up @ bins.positive) / n1
    if expected:
        slope = (up - value) / n1 - (down - value) / n0
        pairs = n0 * n1 - own
        value = (value * n0 * n1 - own / 2) / pairs if pairs > 0 else value
        return certain(value, n0 + n1, float(bins.spread @ slope**2))
    of_up = float(bins.positive @ (up - value) ** 2) / max(n1 - 1, 1) / n1
    of_down = float(bins.negative @ (down - value) ** 2) / max(n0 - 1, 1) / n0
    low, high = _auc_bounds(value, n0, n1, of_up + of_down)
    return Measured(value, low, high, n0 + n1, sqrt(of_up + of_down))


def _auc_bounds(value: float, n0: float, n1: float, variance: float) -> tuple[float, float]:
    """Where the area would be for the one seen to be 1.96 standard errors off.

    The variance at another area is that of Hanley & McNeil, in proportion to what was measured; the
    fewer rows of the rarer side, the more it is theirs alone: six positives that happen to rank
    highest do not know how sure they are.

    Source: Newcombe 2006, Statistics in Medicine 25, 559-573, method 5.
    """
    few, half = min(n0, n1), (n0 + n1) / 2 - 1

    def theirs(a: float) -> float:
        return a * (1 - a) * (1 + half * ((1 - a) / (2 - a) + a / (1 + a))) / (n0 * n1)

    trust = few / (few + TRUST)
    here = theirs(value)
    factor = trust * variance / here + 1 - trust if here > 0 else 1.0

    def bound(end: float) -> float:
        near, far = value, end
        for _ in range(45):  # halvings, to the last digits
            middle = (near + far) / 2
            if abs(value - middle) > Z95 * sqrt(factor * theirs(middle)):
                far = middle
            else:
                near = middle
        return far

    return bound(0.0), bound(1.0)


def average_precision(bins: Bins, expected: bool = False) -> Measured:
    """Mean over the positives of the precision at their score, as scikit-learn's
    average_precision_score.

    Interval: delta method on the multinomial counts of the bins, Wilson's at the effective sample.
    Bounds: nan without positives; 1 without negatives.
    Example:
        >>> rows = np.array([[0, 0], [1, 1], [0, 1]])
        >>> sums = np.array([[0.0, 0.0], [0.6, 0.2], [0.0, 0.8]])  # of the scores
        >>> bins = Bins.of(rows, sums, np.array([0.0, 0.7]))
        >>> round(average_precision(bins).value, 3)
        0.833
    """
    n0, n1 = float(bins.negative.sum()), float(bins.positive.sum())
    if n1 <= 0:
        return unmeasured(n0)
    precision = _precisions(bins, expected)
    value = float(precision @ bins.positive) / n1
    above0, above1 = bins.above
    rows = above0 + above1 + (bins.negative + bins.positive) / 2
    loses = bins.positive * precision / rows  # what one more negative above takes from a bin
    gains = bins.positive * (1 - precision) / rows
    of_negative = -(_below(loses) + loses / 2) / n1
    of_positive = (precision - value + _below(gains) + gains / 2) / n1
    if expected:
        variance = float(bins.spread @ (of_positive - of_negative) ** 2)
        return certain(value, n0 + n1, variance)
    variance = float(bins.positive @ of_positive**2 + bins.negative @ of_negative**2)
    # Few positives, or few negatives, that happen to rank well do not know how sure they are.
    few = value * (1 - value) / (n1 * (1 + n1 / TRUST))
    rare = (1 - value) ** 2 * value * (1 / n0 + 2 * TRUST / n0**2) if n0 > 0 else 0.0
    return share(value, n1, max(variance, few, rare))._replace(n=n0 + n1)


def _precisions(bins: Bins, expected: bool) -> NDArray[np.float64]:
    """Mean precision over the positives of each bin."""
    above0, above1 = bins.above
    n0, n1 = bins.negative, bins.positive
    tied = (above1 + n1) / np.where(n1 > 0, above0 + above1 + n0 + n1, 1.0)
    # Positions among the bin's positives, from the top: one by one, or at the integral's nodes.
    few = (n1 <= len(PLACES)) & (n1 > 0) & (n1 == np.rint(n1)) & (not expected)
    steps = np.arange(len(PLACES))
    one = np.where(few, n1, 1.0)[:, None]
    at = np.where(few[:, None], (steps + 0.5) / one, PLACES)
    weight = np.where(few[:, None], (steps < n1[:, None]) / one, WEIGHTS)
    place = _quantile(np.minimum(at, 1.0), 1 - bins.positive_mean[:, None])
    ahead0 = n0[:, None] * _cdf(place, 1 - bins.negative_mean[:, None])
    pair = (n0 == 1) & (n1 == 1)  # both scores are known
    ahead0[pair] = (bins.negative_mean > bins.positive_mean)[pair, None]
    ahead1 = n1[:, None] * at
    # An expected row is positive by its chance only, but counts itself once it is.
    itself = 1 - n1 / np.maximum(n0 + n1, 1e-300) / 2 if expected else np.full(len(n1), 0.5)
    hits = above1[:, None] + ahead1 + itself[:, None]
    rank = (above1 + above0)[:, None] + ahead1 + ahead0 + 0.5
    mean = (weight * np.minimum(hits / rank, 1.0)).sum(axis=1)
    found: NDArray[np.float64] = np.where(bins.tied, tied, mean)
    return found


def _tilt(mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """The slope of a straight density on [0, 1] with a mean; the steepest for means beyond."""
    return np.clip(6 * (mean - 0.5), -1.0, 1.0)


def _cdf(x: NDArray[np.float64], mean: NDArray[np.float64]) -> NDArray[np.float64]:
    a = _tilt(mean)
    return x + a * (x * x - x)


def _quantile(p: NDArray[np.float64], mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where a straight density has passed p: the root of a x^2 + (1 - a) x - p."""
    a = _tilt(mean)
    root = np.sqrt((1 - a) ** 2 + 4 * a * p)
    return np.minimum(2 * p / np.maximum(1 - a + root, 1e-300), 1.0)


def _above(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.cumsum(values[::-1])[::-1] - values


def _below(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.cumsum(values) - values
