"""Whether a difference between groups is there, matters, or cannot be told yet.

Owns: the verdict over groups and metrics, and how many rows it takes.  Does not own: the limits
(settings), evidence over time (`monitors`), wording.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from vedette.stats.fairness.compare import Compared
from vedette.stats.fairness.intervals import Array, difference_interval, ratio_interval, sidak

BLIND = 0.5  # power below which a verdict would be a coin toss: "cannot tell"


class Limits(NamedTuple):
    """What counts as too far apart: settings of the operator, not law.

    A ratio beyond `ratio` or 1/`ratio`, a difference beyond `gap` either way; nothing is said of a
    group of fewer than `least` rows.  `needed` rows see the limit with chance `power`; all verdicts
    on one metric hold together at `level`.
    """

    ratio: float = 0.8
    gap: float = 0.05
    least: int = 30
    power: float = 0.8
    level: float = 0.95


class Judged(NamedTuple):
    """One entry per metric and group, of the shape of what was compared.

    `verdict` is calm, notable, alarming or unknown ("cannot tell"); `side` -1 where the group's
    rate is below the other, 1 above; the intervals of difference and ratio hold for all groups of
    a metric together; `adjusted` is p, paid for by every group and metric looked at; `power` the
    chance that a difference as large as the limit would have been told; `needed` the rows the group
    must have (in the metric's own n) for that chance to be `Limits.power`, with the others growing
    alike, and `lacking` those still to come.
    """

    verdict: NDArray[np.str_]
    side: NDArray[np.int64]
    difference_low: Array
    difference_high: Array
    ratio_low: Array
    ratio_high: Array
    adjusted: Array
    power: Array
    needed: Array
    lacking: Array


def judge(
    compared: Compared,
    limits: Limits,
    groups: int,
    ratio: ArrayLike | bool = False,
    questions: ArrayLike | None = None,
) -> Judged:
    """Judge every comparison by the limits.

    *alarming*: the interval that holds for all groups together lies wholly beyond the limit;
    *notable*: the point lies beyond, and the adjusted p says it is no chance; *unknown*: fewer than
    `least` rows on a side, or less than an even chance of seeing the limit; *calm*: else.

    `groups` is how many comparisons are made on each metric: two groups, each against the rest, are
    but one.  `ratio`: by ratio rather than by difference, broadcast to what was compared.
    `questions` are numbers of what metrics ask: those that ask the same (a rate, and one less it)
    count once among the metrics; one below 0 is asked nothing, and its p is paid for by the groups
    alone.

    Shapes: those of `compared`, [G] or [M, G]; M metrics share the level by Benjamini & Bogomolov;
    `questions` int[M], each its own where None.
    Bounds: n = 0 is unknown; all rates equal is calm or unknown.
    Source: Benjamini & Bogomolov 2014, Journal of the Royal Statistical Society B 76, 297-318.

    Example:
        >>> from vedette.stats.fairness.compare import compare
        >>> found = compare([20, 30, 800, 5], [100, 200, 6000, 20], [2000] * 4, [10_000] * 4)
        >>> judge(found, Limits(), groups=4, ratio=True).verdict.tolist()
        ['unknown', 'unknown', 'alarming', 'unknown']
    """
    k, n, other_k, other_n = compared[:4]
    level = sidak(limits.level, groups)
    low, high = difference_interval(k, n, other_k, other_n, level)
    ratio_low, ratio_high = ratio_interval(k, n, other_k, other_n, level)
    by_ratio = np.broadcast_to(np.asarray(ratio, np.bool_), compared.rate.shape)
    with np.errstate(invalid="ignore"):
        point = np.where(
            by_ratio,
            (compared.ratio < limits.ratio) | (compared.ratio > 1 / limits.ratio),
            np.abs(compared.difference) > limits.gap,
        )
    beyond = np.where(
        by_ratio,
        (ratio_high < limits.ratio) | (ratio_low > 1 / limits.ratio),
        (high < -limits.gap) | (low > limits.gap),
    )
    adjusted = _adjusted(compared.p, groups, 1 - limits.level, questions)
    power, needed = _sight(compared, limits, by_ratio, level)
    few = (n < limits.least) | (other_n < limits.least)
    verdict = np.select(
        [few, beyond, point & (adjusted <= 1 - limits.level), power < BLIND],
        ["unknown", "alarming", "notable", "unknown"],
        "calm",
    )
    side = np.where(np.isnan(compared.difference), 0, np.sign(compared.difference))
    return Judged(
        verdict,
        side.astype(np.int64),
        low,
        high,
        ratio_low,
        ratio_high,
        adjusted,
        power,
        needed,
        np.maximum(needed - n, 0.0),
    )


def rows_needed(
    rate: ArrayLike,
    limits: Limits,
    groups: int = 1,
    ratio: ArrayLike | bool = False,
    others: ArrayLike = np.inf,
) -> Array:
    """Rows a group needs to tell the limit from no difference with chance `limits.power`.

    `rate` is that of the others, of whom there are `others` times as many.

    Shapes: broadcast together.  Bounds: infinite for a rate of 0, and where nobody else is.
    Assumes a two-sided pooled z-test at the level shared by `groups`.
    Source: Fleiss, Levin & Paik 2003, Statistical Methods for Rates and Proportions, section 4.2.

    Example:
        >>> rates = [0.02, 0.1, 0.2, 0.5]
        >>> rows_needed(rates, Limits(), ratio=True).tolist()  # beside everyone else
        [9025.0, 1666.0, 747.0, 194.0]
        >>> rows_needed(rates, Limits(), ratio=True, others=1).tolist()  # beside a group as large
        [17341.0, 3213.0, 1447.0, 388.0]
    """
    p0, others = np.asarray(rate, np.float64), np.asarray(others, np.float64)
    level = sidak(limits.level, groups)
    p1 = _limit(p0, limits, np.asarray(ratio, np.bool_))
    return _rows(p0, p1, others, level, limits.power)


def _limit(p0: Array, limits: Limits, by_ratio: NDArray[np.bool_]) -> Array:
    """A rate just at the limit from p0; of a gap the side nearer to 1/2, which is harder to see."""
    gap = np.where(p0 < 0.5, p0 + limits.gap, p0 - limits.gap)
    return np.clip(np.where(by_ratio, p0 * limits.ratio, gap), 0.0, 1.0)


def _errors(p0: Array, p1: Array, others: Array) -> tuple[Array, Array]:
    """Standard error of the difference of one row, when there is none and when it is p1 - p0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        more = 1 / others
        pooled = (p1 * more + p0) / (more + 1)
        none = np.sqrt(pooled * (1 - pooled) * (1 + more))
        some = np.sqrt(p1 * (1 - p1) + p0 * (1 - p0) * more)
    return none, some


def _rows(p0: Array, p1: Array, others: Array, level: float, power: float) -> Array:
    none, some = _errors(p0, p1, others)
    za, zb = -float(ndtri((1 - level) / 2)), float(ndtri(power))
    d = np.abs(p1 - p0)
    with np.errstate(divide="ignore", invalid="ignore"):
        rows = np.ceil(((za * none + zb * some) / d) ** 2)
    return np.where((d > 0) & (others > 0), rows, np.inf)


def _sight(
    compared: Compared, limits: Limits, by_ratio: NDArray[np.bool_], level: float
) -> tuple[Array, Array]:
    """Power to see the limit with the rows there are, and the rows it takes."""
    n, other_k, other_n = compared.n, compared.other_k, compared.other_n
    p0 = (other_k + 0.5) / (other_n + 1)  # a rate of 0 is not known to be 0
    p1 = _limit(p0, limits, by_ratio)
    others = np.maximum(other_n, 0.0) / np.maximum(n, 1.0)
    none, some = _errors(p0, p1, others)
    za = -float(ndtri((1 - level) / 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        power = ndtr((np.abs(p1 - p0) * np.sqrt(n) - za * none) / some)
    power = np.where((n > 0) & (other_n > 0), power, 0.0)
    return power, _rows(p0, p1, others, level, limits.power)


def _adjusted(p: Array, groups: int, alpha: float, questions: ArrayLike | None) -> Array:
    """p for being one of many groups (Sidak), on one of many metrics that were looked at.

    A question is found by its best group with false discoveries held at alpha; within the R of M
    that are, groups are held to alpha R / M.  Bounds: where p is nan, 1.
    """
    told = ~np.isnan(p)
    each = np.where(told, -np.expm1(max(groups, 1) * np.log1p(-np.minimum(p, 1 - 1e-16))), 1.0)
    if p.ndim < 2:
        return each
    asks = np.arange(len(p)) if questions is None else np.asarray(questions)
    looked = told.any(axis=-1) & (asks >= 0)
    best = np.sort([each[looked & (asks == one)].min() for one in np.unique(asks[looked])])
    metrics = len(best)
    if not metrics:
        return each
    found = np.flatnonzero(best <= alpha * np.arange(1, metrics + 1) / metrics)
    share = (found[-1] + 1 if len(found) else 1) / metrics
    paid = np.where(asks >= 0, share, 1.0)[:, None]
    return np.asarray(np.minimum(each / paid, 1.0), np.float64)
