"""How well a feature tells groups apart: what lets a model treat groups unequally without being
told the group.

Owns: the information a feature holds about the group, the AUC of telling each group from everybody
else by one feature or by all, what luck gives.  Does not own: bins and sampling
(`engine.proxies`), the trees (`stats.boosting`).

Nothing is measured on the rows it was learned from: the order of a feature's bins, or the trees,
come from one half of the rows, the AUC from the other, and again the other way round.  So the AUC
of a feature that tells nothing is 0.5, however many bins it has.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from vedette.stats.auc import auc
from vedette.stats.boosting import Columns, Growth, boost

Array = NDArray[np.float64]
Counts = NDArray[np.int64]

LEAST = 20  # rows of a group, and of everybody else, in each half: of fewer, nothing is said
SMOOTH = 10.0  # rows of the whole's share added to each bin, as for categories in `stats.boosting`
# Bins in order: rows of the share nearby that are added, and how many bins away is near.  With
# these a trend of AUC 0.6 in 1,000 rows shows three times as often as without, and at 50,000
# rows a share that jumps from bin to bin shows as well as without.
NEARBY, REACH = 100.0, 5
GROWTH = Growth(trees=12, leaves=8, rate=0.3)  # small: to see whether a group shows, not how well
LN2 = float(np.log(2))


class Information(NamedTuple):
    """What two coded columns tell of each other.

    Units: bits; `share` of the group's entropy, 0 nothing and 1 everything.
    """

    bits: float
    low: float
    high: float
    share: float


class Told(NamedTuple):
    """How well each group is told from everybody else.

    `p` is the chance that luck alone does as well.  Shapes: [G] each, nan (p: 1) where a half has
    fewer than `LEAST` rows of the group or of the rest.
    """

    auc: Array
    low: Array
    high: Array
    p: Array


def information(counts: Counts, level: float = 0.95) -> Information:
    """Measure mutual information of bins and groups, less what luck gives.

    Shapes: int64[B, G].  Bounds: 0 and up; without rows all are 0.
    Assumes independent rows.
    Source: Miller 1955, Note on the bias of information estimates; the variance is the delta
    method's and, where nothing is told and that is 0, the chi-squared law's.

    Example:
        >>> round(information(np.array([[50, 0], [0, 50]])).share, 2)
        0.99
        >>> information(np.array([[50, 51], [49, 50]])).bits
        0.0
    """
    table = counts[counts.any(axis=1)][:, counts.any(axis=0)].astype(np.float64)
    n = table.sum()
    if n == 0:
        return Information(0.0, 0.0, 0.0, 0.0)
    cell, bins, groups = table / n, table.sum(axis=1) / n, table.sum(axis=0) / n
    with np.errstate(divide="ignore"):
        log = np.where(cell > 0, np.log(cell / (bins[:, None] * groups)), 0.0)
    plain = float((cell * log).sum())
    free = (table.shape[0] - 1) * (table.shape[1] - 1)
    spread = max(float((cell * log**2).sum()) - plain**2, 0.0) / n + free / (2 * n * n)
    half = -float(ndtri((1 - level) / 2)) * np.sqrt(spread)
    nats = plain - free / (2 * n)
    entropy = -float((groups * np.log(groups)).sum())
    low, middle, high = (float(min(max(x, 0.0), entropy)) for x in (nats - half, nats, nats + half))
    share = middle / entropy if entropy > 0 else 0.0
    return Information(middle / LN2, low / LN2, high / LN2, share)


def told(first: Counts, second: Counts, ordered: bool = False, level: float = 0.95) -> Told:
    """Measure how well one feature tells each group from everybody else.

    Shapes: int64[B, G] twice, the counts of two halves of the rows by bin and group; the last bin
    is "no usable value".  `ordered`: neighbouring bins are alike.
    Bounds: 0 to 1; 0.5 is nothing, below it is luck.  It is what half of the rows can teach: of
    few rows, less than the feature could tell.
    Assumes independent rows.  Source: DeLong, DeLong & Clarke-Pearson 1988 for the interval; the
    p-value has the variance of Wilcoxon's rank sum with ties, as scipy.stats.mannwhitneyu.

    Example:
        >>> half = np.array([[30, 5], [10, 20], [5, 30]])
        >>> told(half, half).auc.round(2).tolist()
        [0.83, 0.83]
    """
    ways = [
        _ranked(_order(learned, ordered), judged)
        for learned, judged in ((first, second), (second, first))
    ]
    return _average(ways, level)


def told_together(
    columns: Columns,
    groups: NDArray[np.intp],
    second: NDArray[np.bool_],
    asked: NDArray[np.bool_],
    level: float = 0.95,
) -> Told:
    """Measure how well all features together tell groups, by small boosted trees.

    Shapes: n rows; `groups` intp[n], `second` says which half a row is in; `asked` bool[G] are the
    groups that it is measured for.
    """
    ways = [_by_trees(columns, groups, way, asked) for way in (second, ~second)]
    return _average(ways, level)


class _Way(NamedTuple):
    """Measured on one half: AUC, its standard error, that under luck alone.  Shapes: [G] each."""

    auc: Array
    se: Array
    luck: Array


def _order(counts: Counts, ordered: bool) -> Array:
    """The share of each group in each bin, drawn towards its share of all or of bins nearby.

    Shapes: [B, G].
    """
    rows = counts.sum(axis=1, keepdims=True)
    whole = counts.sum(axis=0, keepdims=True) / max(int(counts.sum()), 1)
    pull, expected = SMOOTH, whole
    if ordered and len(counts) > 1:
        near = _nearby(counts[:-1].astype(np.float64))
        local = (near + SMOOTH * whole) / (near.sum(axis=1, keepdims=True) + SMOOTH)
        pull, expected = NEARBY, np.concatenate([local, whole])
    share: Array = (counts + pull * expected) / (rows + pull)
    return share


def _nearby(counts: Array) -> Array:
    """Counts of each bin and its neighbours, weighted by a triangle.  Shapes: [B, G] -> [B, G]."""
    total = counts.copy()
    for step in range(1, min(REACH + 1, len(counts))):
        weight = 1 - step / (REACH + 1)
        total[step:] += weight * counts[:-step]
        total[:-step] += weight * counts[step:]
    return total


def _ranked(score: Array, counts: Counts) -> _Way:
    """The AUC of each group's score of a bin.  Shapes: [B, G] twice."""
    own, rest = counts.astype(np.float64), counts.sum(axis=1, keepdims=True) - counts
    m, n = own.sum(axis=0), rest.sum(axis=0)
    ahead = (score[:, None] > score[None]) + 0.5 * (score[:, None] == score[None])
    with np.errstate(divide="ignore", invalid="ignore"):
        above = np.einsum("bcg,cg->bg", ahead, rest) / n
        below = np.einsum("bcg,bg->cg", ahead, own) / m
        area = (own * above).sum(axis=0) / m
        up = (own * (above - area) ** 2).sum(axis=0) / (m - 1) / m
        down = (rest * (below - area) ** 2).sum(axis=0) / (n - 1) / n
        tied = np.einsum("bcg,c->bg", ahead == 0.5, counts.sum(axis=1).astype(np.float64))
        luck = _luck(m, n, ((tied**2 - 1) * counts.sum(axis=1)[:, None]).sum(axis=0))
    few = np.minimum(m, n) < LEAST
    return _Way(*(np.where(few, np.nan, x) for x in (area, np.sqrt(up + down), luck)))


def _luck(m: Array, n: Array, ties: Array) -> Array:
    """The standard error of an AUC of groups alike; `ties` sums t^3 - t over ties of t rows."""
    rows = m + n
    return np.asarray(np.sqrt((rows + 1 - ties / (rows * (rows - 1))) / (12 * m * n)))


def _by_trees(
    columns: Columns,
    groups: NDArray[np.intp],
    judged: NDArray[np.bool_],
    asked: NDArray[np.bool_],
) -> _Way:
    """Learn on one half, measure on the other, each group by itself."""
    learn, judge = np.flatnonzero(~judged), np.flatnonzero(judged)
    seen, unseen = columns.at(learn), columns.at(judge)
    found = np.full((3, len(asked)), np.nan)
    for group in np.flatnonzero(asked):
        own, is_own = (groups[learn] == group).astype(np.float64), groups[judge] == group
        m, n = np.count_nonzero(is_own), np.count_nonzero(~is_own)
        share = own.mean() if len(own) else 0.0
        if min(m, n, own.sum(), len(own) - own.sum()) < LEAST:
            continue
        start = np.full(len(learn), np.log(share / (1 - share)))
        score = boost(seen, own, start, growth=GROWTH).sums(unseen.codes)
        _, ties = np.unique(score, return_counts=True)
        tied = np.array((ties.astype(np.float64) ** 3 - ties).sum())
        found[:, group] = *auc(score, is_own), _luck(np.array(m), np.array(n), tied)
    return _Way(*found)


def _average(ways: list[_Way], level: float) -> Told:
    """Both ways as one figure.

    The two are taken for wholly dependent, which they nearly are where nothing is told: each half
    then follows the luck of the other.  Where much is told the interval is too wide by a third.
    """
    area, se = (np.mean([way[i] for way in ways], axis=0) for i in (0, 1))
    half = -float(ndtri((1 - level) / 2)) * se
    with np.errstate(divide="ignore", invalid="ignore"):
        each = [np.where(way.luck > 0, (way.auc - 0.5) / way.luck, 0.0) for way in ways]
    p = ndtr(-np.mean(each, axis=0))
    low, high = np.maximum(area - half, 0.0), np.minimum(area + half, 1.0)
    return Told(area, low, high, np.where(np.isnan(area), 1.0, p))
