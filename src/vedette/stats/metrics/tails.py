"""How rarely something this large was seen: an empirical tail in seven numbers.

Owns: two running quantiles of a non-negative size, and the generalised Pareto tail above the upper
one.  Does not own: what the sizes mean.

Below the upper quantile the chance is read off the two quantiles; above it, it is the share of past
sizes beyond times the tail of a generalised Pareto, whose shape follows from the first two moments
of the excesses.  Both are held to a prior a little heavier than a normal one, and the shape never
falls below one over the excesses seen: what a Gamma posterior of an exponential rate predicts.

Source: Pickands 1975, Annals of Statistics 3, 119-131 (the tail beyond a threshold); Hosking &
Wallis 1987, Technometrics 29, 339-349 (its moments); Robbins & Monro 1951 (the quantiles).
"""

from dataclasses import dataclass

from vedette.stats.metrics.arithmetic import Arithmetic, Row

UPPER = 0.1  # share of sizes above the upper quantile
FIRST_MEDIAN, FIRST_UPPER = 0.7, 1.7  # of the size of a standard normal, a little up
FIRST_EXCESS = 0.45  # mean excess beyond it; 0.39 for a normal
HEAVIEST, LIGHTEST = 0.6, 0.03  # shapes
FIRM = 10.0  # sizes beyond the upper quantile by which all is held to the start
HEAVIER = 1.1  # times one less the squared mean over the variance is the shape; for many sizes
# it is 0.5, for few the moments come out too light (bench/bench_metric_detector.py)
CLIP = 15.0  # mean excesses that one size teaches at most
STEP = 0.02  # of a quantile's estimate, relative to the median size


@dataclass(frozen=True, eq=False, slots=True)
class Tail:
    """What past sizes say.  Shapes: rows.  `sizes` and `beyond` are faded counts, `excess` and
    `square` faded sums over those beyond."""

    median: Row
    upper: Row
    sizes: Row
    beyond: Row
    excess: Row
    square: Row


def no_tail(zero: Row) -> Tail:
    """Know only the prior."""
    return Tail(zero + FIRST_MEDIAN, zero + FIRST_UPPER, zero, zero, zero, zero)


def _moments(o: Arithmetic, tail: Tail) -> tuple[Row, Row, Row]:
    """Share beyond the upper quantile, mean excess and shape of the tail."""
    most = o.most
    sizes = FIRM / UPPER
    share = (tail.beyond + UPPER * sizes) / (tail.sizes + sizes)
    many = tail.beyond + FIRM
    mean = (tail.excess + FIRM * FIRST_EXCESS) / many
    square = (tail.square + FIRM * 2.2 * FIRST_EXCESS * FIRST_EXCESS) / many
    ratio = mean * mean / most(square - mean * mean, 1e-12)
    shape = o.least(most(HEAVIER * (1.0 - ratio), most(1.0 / many, LIGHTEST)), HEAVIEST)
    return share, mean, shape


def chance(o: Arithmetic, tail: Tail, size: Row) -> tuple[Row, Row]:
    """The chance of a size at least as large, and the size whose chance is 1 in 100.

    Bounds: above 0, at most 1; the second at least the upper quantile.
    """
    where, most, log, exp = o.where, o.most, o.log, o.exp
    where, most, log, exp = o.where, o.most, o.log, o.exp
    share, mean, shape = _moments(o, tail)
    scale = mean * (1.0 - shape)
    half = most(1.0 - 0.5 * size / most(tail.median, 1e-12), 0.5)
    between = (tail.upper - size) / most(tail.upper - tail.median, 1e-12)
    body = share + (0.5 - share) * o.least(most(between, 0.0), 1.0)
    found = where(size < tail.median, half, most(body, share))
    if not o.every(size <= tail.upper):  # seldom for a single series, and the dearest part
        over = most(size - tail.upper, 0.0)
        far = share * exp(-log(1.0 + shape * over / scale) / shape)
        found = where(size > tail.upper, far, found)
    limit = exp(shape * log(most(100.0 * share, 1.0)))
    return found, tail.upper + scale * (limit - 1.0) / shape


def learn(o: Arithmetic, tail: Tail, size: Row, weight: Row, keep: float) -> Tail:
    """Take a size in, with a weight in [0, 1]; what is older fades by `keep`."""
    where, least, most = o.where, o.least, o.most
    mean = (tail.excess + FIRM * FIRST_EXCESS) / (tail.beyond + FIRM)
    over = where(size > tail.upper, weight, 0.0)
    above = where(size > tail.median, weight, 0.0)
    excess = most(least(size - tail.upper, CLIP * mean), 0.0)
    pace = most(STEP, 1.0 / (tail.sizes + 20.0)) * (tail.median + 0.2 * least(size, 1.0))
    median = most(tail.median + pace * (above - 0.5 * weight), 0.0)
    return Tail(
        median,
        most(tail.upper + 2.0 * pace * (over - UPPER * weight), median),
        keep * tail.sizes + weight,
        keep * tail.beyond + over,
        keep * tail.excess + over * excess,
        keep * tail.square + over * excess * excess,
    )
