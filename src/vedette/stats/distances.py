"""How far apart two binned samples are, without the part that counting noise alone would give.

Owns: distances between two vectors of counts, each with bias correction and a 95 % interval.  Does
not own: verdicts, which rest on `two_sample` and never on a distance.

All take integer counts of the same K bins and assume independent rows.  ``raw`` is the uncorrected
distance.  PSI, Jensen-Shannon, Hellinger and w add half a row to every bin on both sides first (an
empty bin would make PSI infinite, and a tiny constant there biases it by half and more); the others
use the counts as they are.  An empty side, or no bins, gives nan; a single bin gives 0.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, log, nan, pi, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, kolmogorov

from vedette.stats.intervals import Z95

_HALF = 0.5  # rows added per bin on both sides
_FILLED = 20  # rows per bin on both sides from which the null mean is that of well-filled bins
_KOLMOGOROV95 = 1.3580986393225505  # scipy.special.kolmogi(0.05)

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Distance:
    """Corrected value with its 95 % interval, the uncorrected one, and p where it is a test."""

    value: float
    low: float
    high: float
    raw: float
    p: float | None = None


class _Pair(NamedTuple):
    """Both samples as shares, with their sizes and v = 1/n + 1/m."""

    p: Vector
    q: Vector
    m: float
    n: float
    v: float


def psi(reference: ArrayLike, current: ArrayLike) -> Distance:
    """Measure the population stability index, sum (q - p) ln(q / p).

    Shapes: K counts, K counts.  Units: nats.  Bounds: 0 and up.
    Source: raw agrees with the two scipy.stats.entropy added up, on the counts with half a row more
    per bin; without any change its mean is (K - 1)(1/n + 1/m), which ``value`` takes out.

    Example:
        >>> d = psi([100, 100], [100, 160])
        >>> round(d.value, 3), round(d.raw, 3)
        (0.045, 0.054)
    """
    pair = _shares(reference, current, _HALF)
    if pair is None:
        return _EMPTY
    p, q = pair.p, pair.q
    lr = np.log(q / p)
    raw = float((q - p) @ lr)
    return _corrected(raw, 1.0, lr + 1 - p / q, 1 - q / p - lr, pair, _same, raw)


def jensen_shannon(reference: ArrayLike, current: ArrayLike) -> Distance:
    """Measure the Jensen-Shannon distance, the square root of the base-2 divergence.

    Shapes: K counts, K counts.  Bounds: within [0, 1].
    Source: raw agrees with scipy.spatial.distance.jensenshannon(base=2) on the counts with half a
    row more per bin.

    Example:
        >>> round(jensen_shannon([100, 0], [0, 100]).raw, 2)
        0.98
    """
    pair = _shares(reference, current, _HALF)
    if pair is None:
        return _EMPTY
    p, q = pair.p, pair.q
    lq, lp = np.log2(2 * q / (p + q)), np.log2(2 * p / (p + q))
    square = float(q @ lq + p @ lp) / 2
    return _corrected(square, 1 / (8 * log(2)), lq / 2, lp / 2, pair, _root, _root(square))


def hellinger(reference: ArrayLike, current: ArrayLike) -> Distance:
    """Measure the Hellinger distance, sqrt(1/2 sum (sqrt q - sqrt p)^2).

    Shapes: K counts, K counts.  Bounds: within [0, 1].
    Source: Hellinger 1909; without any change its square has mean (K - 1)(1/n + 1/m)/8.

    Example:
        >>> round(hellinger([100, 0], [0, 100]).raw, 2)
        0.93
    """
    pair = _shares(reference, current, _HALF)
    if pair is None:
        return _EMPTY
    p, q = pair.p, pair.q
    y = np.sqrt(q) - np.sqrt(p)
    square = float(y @ y) / 2
    gq, gp = -np.sqrt(p / q) / 2, -np.sqrt(q / p) / 2
    return _corrected(square, 1 / 8, gq, gp, pair, _root, _root(square))


def w(reference: ArrayLike, current: ArrayLike) -> Distance:
    """Measure the chi-square distance, sqrt(sum (q - p)^2 / ((p + q) / 2)), like Cohen's w.

    Shapes: K counts, K counts.  Bounds: within [0, 2].
    Source: Cohen 1988, chapter 7, with the mean of both samples in the denominator.

    Example:
        >>> round(w([100, 100], [100, 160]).raw, 3)
        0.231
    """
    pair = _shares(reference, current, _HALF)
    if pair is None:
        return _EMPTY
    p, q = pair.p, pair.q
    mid, d = (p + q) / 2, q - p
    square = float(d**2 @ (1 / mid))
    gq, gp = d * (q + 3 * p) / (2 * mid**2), -d * (p + 3 * q) / (2 * mid**2)
    return _corrected(square, 1.0, gq, gp, pair, _root, _root(square))


def total_variation(reference: ArrayLike, current: ArrayLike) -> Distance:
    """Measure the total variation, 1/2 sum |q - p|: the share of rows in another bin.

    Shapes: K counts, K counts.  Bounds: within [0, 1].
    Source: without any change its mean is E0 = 1/2 sum sqrt(2/pi p (1 - p)(1/n + 1/m)); value is
    sqrt(raw^2 - E0^2).

    Example:
        >>> total_variation([50, 50], [25, 75]).raw
        0.25
    """
    pair = _shares(reference, current, 0.0)
    if pair is None:
        return _EMPTY
    p, q, m, n, v = pair
    raw = float(np.abs(q - p).sum()) / 2
    pooled = (m * p + n * q) / (m + n)
    noise = np.sqrt(2 / pi * np.maximum(pooled * (1 - pooled), 0) * v)
    null = float(noise.sum()) / 2
    g = np.sign(q - p) / 2
    linear = _variance(q, g) / n + _variance(p, g) / m
    flutter = (pi / 2 - 1) * float(noise @ noise) / 4  # variance of 1/2 sum |noise|
    square = raw**2 - null**2
    sd = sqrt(4 * raw**2 * linear + 4 * null**2 * flutter)
    return Distance(_root(square), _root(square - Z95 * sd), _root(square + Z95 * sd), raw)


def chi_square(reference: ArrayLike, current: ArrayLike) -> Distance:
    """Compute Pearson's chi-square statistic of the two samples, with its p-value.

    Shapes: K counts, K counts.  Bounds: 0 and up; bins empty on both sides are left out.  A
    statistic, not an effect: it grows with the rows, and has no interval (nan).
    Source: agrees with scipy.stats.chi2_contingency(correction=False).

    Example:
        >>> d = chi_square([50, 50], [25, 75])
        >>> round(d.value, 4), round(d.p, 6)
        (13.3333, 0.000261)
    """
    pair = _shares(reference, current, 0.0)
    if pair is None:
        return _EMPTY_TEST
    p, q, m, n, v = pair
    pooled = (m * p + n * q) / (m + n)
    held = pooled > 0
    value = float(((q - p)[held] ** 2 / pooled[held]).sum()) / v
    df = int(held.sum()) - 1
    return Distance(value, nan, nan, value, float(chdtrc(df, value)) if df > 0 else 1.0)


def kolmogorov_smirnov(reference: ArrayLike, current: ArrayLike) -> Distance:
    """Measure the largest difference of the distribution functions at the edges of ordered bins.

    Shapes: K counts in order, K counts in order.  Bounds: within [0, 1].  Not corrected (value =
    raw); the interval adds and takes the 95 % point of the distance that noise alone gives.  p is
    asymptotic and, over bins, on the safe side.
    Source: agrees with scipy.stats.ks_2samp on the bin numbers of the rows; p is
    scipy.special.kolmogorov at D sqrt(n m / (n + m)).

    Example:
        >>> kolmogorov_smirnov([25, 25, 50], [50, 25, 25]).value
        0.25
    """
    pair = _shares(reference, current, 0.0)
    if pair is None:
        return _EMPTY_TEST
    F, H = _cumulative(reference, pair.m), _cumulative(current, pair.n)
    raw = float(np.abs(H - F).max(initial=0.0))
    reach = _KOLMOGOROV95 * sqrt(pair.v)
    p = float(kolmogorov(raw / sqrt(pair.v)))
    return Distance(raw, max(raw - reach, 0.0), min(raw + reach, 1.0), raw, p)


def wasserstein(reference: ArrayLike, current: ArrayLike, values: ArrayLike) -> Distance:
    """Measure how far rows have to move, on average, to turn one sample into the other.

    ``values`` stands for each bin, ascending.  With the reference's own bin means this equals
    interpolating inside the bins along the reference's quantiles, as long as the two distribution
    functions do not cross inside a bin.

    Shapes: K counts in order, K counts in order, K values.  Units: those of ``values``.  Bounds: 0
    and up.
    Values whose range is not finite have no distance: nan.
    Source: raw agrees with scipy.stats.wasserstein_distance on (values, counts); without any change
    its mean is E0 = sum gap sqrt(2/pi F (1 - F)(1/n + 1/m)), and value is sqrt(raw^2 - E0^2).

    Example:
        >>> wasserstein([100, 0], [0, 100], [1.0, 3.0]).raw
        2.0
    """
    pair = _shares(reference, current, 0.0)
    if pair is None:
        return _EMPTY
    p, q, m, n, v = pair
    with np.errstate(over="ignore", invalid="ignore"):
        gap = np.diff(np.asarray(values, float))
        span = float(gap.sum())
    if not isfinite(span):  # values so large that their differences are not numbers
        return _EMPTY
    unit = span or 1.0  # in this unit no square overflows
    gap = gap / unit
    F, H = _cumulative(reference, m), _cumulative(current, n)
    raw = float(np.abs(H - F) @ gap)
    null = float(np.sqrt(2 / pi * F * (1 - F) * v) @ gap)
    slope = np.sign(H - F) * gap
    g = np.append(np.cumsum(slope[::-1])[::-1], 0.0)  # what one row in bin k adds
    reach = Z95 * sqrt(_variance(q, g) / n + _variance(p, g) / m)
    value = _root(raw**2 - null**2)
    low, high = max(value - reach, 0.0), value + reach
    return Distance(value * unit, low * unit, high * unit, raw * unit)


def wasserstein_binned(
    reference: ArrayLike,
    current: ArrayLike,
    reference_values: ArrayLike,
    current_values: ArrayLike,
) -> Distance:
    """Measure Wasserstein's distance where a bin stands for another value in each sample.

    For the outermost bins: beyond the reference's edges its values say nothing about how far out
    the current rows are, so give each sample its own mean there, and the reference's bin means
    elsewhere.

    Shapes: K counts, K counts, K values, K values.  Units, Bounds: as `wasserstein`.  Bins without
    rows may have nan.
    Source: raw agrees with scipy.stats.wasserstein_distance(reference_values, current_values,
    reference, current).

    Example:
        >>> wasserstein_binned([50, 50], [50, 50], [1.0, 2.0], [1.0, 8.0]).raw
        3.0
    """
    r, c = np.asarray(reference, float), np.asarray(current, float)
    values = np.concatenate(
        [np.asarray(reference_values, float), np.asarray(current_values, float)]
    )
    left, right = np.append(r, np.zeros(len(c))), np.append(np.zeros(len(r)), c)
    held = left + right > 0
    values, left, right = values[held], left[held], right[held]
    order = np.argsort(values, kind="stable")
    return wasserstein(left[order], right[order], values[order])


def all_distances(
    reference: ArrayLike, current: ArrayLike, values: ArrayLike | None = None
) -> dict[str, Distance]:
    """Measure every distance at once, by name; the ordered ones only where bins have ``values``.

    Example:
        >>> list(all_distances([50, 50], [25, 75]))
        ['psi', 'js', 'hellinger', 'total_variation', 'w', 'chi_square']
    """
    out = {
        "psi": psi(reference, current),
        "js": jensen_shannon(reference, current),
        "hellinger": hellinger(reference, current),
        "total_variation": total_variation(reference, current),
        "w": w(reference, current),
        "chi_square": chi_square(reference, current),
    }
    if values is not None:
        out["ks"] = kolmogorov_smirnov(reference, current)
        out["wasserstein"] = wasserstein(reference, current, values)
    return out


_EMPTY = Distance(nan, nan, nan, nan)
_EMPTY_TEST = Distance(nan, nan, nan, nan, nan)


def _shares(reference: ArrayLike, current: ArrayLike, add: float) -> _Pair | None:
    """Shares with ``add`` rows more per bin; None for an empty side."""
    r, c = np.asarray(reference, float), np.asarray(current, float)
    m, n, K = float(r.sum()), float(c.sum()), len(r)
    if m <= 0 or n <= 0:
        return None
    return _Pair((r + add) / (m + add * K), (c + add) / (n + add * K), m, n, 1 / n + 1 / m)


def _cumulative(counts: ArrayLike, rows: float) -> Vector:
    """Share of rows up to each inner edge; adding counts, not shares, keeps equal shares equal."""
    below: Vector = np.cumsum(np.asarray(counts, float))[:-1] / rows
    return below


def _corrected(
    base: float,
    scale: float,
    gq: Vector,
    gp: Vector,
    pair: _Pair,
    back: Callable[[float], float],
    raw: float,
) -> Distance:
    """Take the null mean out of ``base``, bound it, and go ``back`` to its scale.

    The variance is that of the delta method plus that of the distance without any change.
    """
    mean, pull, variance = _null(pair)
    estimate = base - scale * (mean + pull)
    var = _variance(pair.q, gq) / pair.n + _variance(pair.p, gp) / pair.m
    reach = Z95 * sqrt(var + scale**2 * variance)
    high = estimate + scale * pull + reach  # a pull that hides as much change as it fakes
    return Distance(back(estimate), back(estimate - reach), back(high), raw)


def _null(pair: _Pair) -> tuple[float, float, float]:
    """Mean of sum (q - p)^2 / p without any change, what the added halves add to it, variance.

    (K - 1) v and 2 (K - 1) v^2 in filled bins.  In thin ones the added halves pull the shares of
    both samples towards 1/K, the smaller sample's more, and taking out the full mean would leave
    "0 (0 to 0)" whatever happened (50 rows in 100 categories: no interval covered).  There each
    bin counts with the mean square that its pooled share gives after the pull.
    """
    p, q, m, n, v = pair
    K = len(p)
    if min(m, n) >= _FILLED * K:
        return (K - 1) * v, 0.0, 2 * (K - 1) * v * v
    half = _HALF * K
    rows = p * (m + half) + q * (n + half)  # of both samples, one added
    pooled = np.maximum(rows - 2 * _HALF, 0) / (m + n)
    spread = n / (n + half) ** 2 + m / (m + half) ** 2
    pull = (n * pooled + _HALF) / (n + half) - (m * pooled + _HALF) / (m + half)
    weight = (m + n + 2 * half) / rows
    each = pooled * (1 - np.minimum(pooled, 1)) * spread * weight
    return float(each.sum()), float(pull**2 @ weight), 2 * float(each @ each)


def _variance(p: Vector, g: Vector) -> float:
    """Variance of g under p."""
    return max(float(p @ g**2) - float(p @ g) ** 2, 0.0)


def _same(t: float) -> float:
    return max(t, 0.0)


def _root(t: float) -> float:
    return sqrt(max(t, 0.0))
