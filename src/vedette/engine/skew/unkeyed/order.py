"""The order of rows: values that repeat the row before, and rows that come twice.

Owns: both tests.  Does not own: counting (`glance`, `rowset`).

Repeats are held against what the values' own frequencies let expect of rows in any order, so that a
value that became frequent is not taken for a stale one.
"""

from collections.abc import Collection, Sequence
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from vedette.core.words import percent
from vedette.engine.skew.unkeyed.glance import FOLD, MIX, Followed, Glance
from vedette.engine.skew.unkeyed.likeness import SURE
from vedette.engine.skew.unkeyed.trait import MONITOR, Two, shared
from vedette.engine.skew.unkeyed.values import Values
from vedette.monitors.finding import Finding
from vedette.stats.rates import rate_change

STICKS = 0.02  # share of repeats beyond chance that matters
NEIGHBOURS = 100  # pairs of rows from which repeats are judged
ALMOST = 0.98  # of rows that agree by chance: nothing more can be seen


def stale(two: Two, training: Followed, serving: Followed) -> list[Finding]:
    """Test whether a column repeats the row before more often than in training."""
    if not two.comparable or min(training.pairs, serving.pairs) < NEIGHBOURS:
        return []
    chance = [_coincidence(side) for side in (two.serving, two.training)]
    if max(c for c, _ in chance) > ALMOST:
        return []
    sticky, variance = [], 0.0
    for seen, (usual, error) in zip((serving, training), chance, strict=True):
        share = seen.repeats / seen.pairs
        middle = (seen.repeats + 0.5) / (seen.pairs + 1)
        # Serving's own unevenness would hide what stands still from some row on.
        noise = middle * (1 - middle) / seen.pairs * training.unevenness
        variance += (noise + error**2) / (1 - usual) ** 2
        sticky.append((share - usual) / (1 - usual))
    # Training that avoids repeats (panels in order) does so less once anything else is mixed in.
    effect, se = sticky[0] - max(sticky[1], 0.0), sqrt(variance)
    share = serving.repeats / serving.pairs
    reason = (
        f"{percent(share)} of serving `{two.name}` repeat the row before,"
        f" {percent(training.repeats / training.pairs)} in training"
    )
    return [
        Finding(
            monitor=MONITOR,
            component="stale",
            column=two.name,
            observed=share,
            expected=training.repeats / training.pairs,
            effect=effect,
            unit="share",
            low=effect - 1.96 * se,
            high=effect + 1.96 * se,
            magnitude=max(effect, 0.0),
            p=float(ndtr(-effect / se)),
            p_margin=float(ndtr(-(effect - STICKS) / se)),
            n_baseline=training.pairs,
            n_window=serving.pairs,
            min_effect=STICKS,
            reason=reason,
        )
    ]


def twice(training: Glance, serving: Glance, eps: float) -> list[Finding]:
    """Test whether rows of serving come again more often than as many rows of training do."""
    if not training.rows or not serving.rows:
        return []
    limit = min(training.rowset.limit, serving.rowset.limit)
    sides = [(side.rowset.counts(limit), side.rows) for side in (serving, training)]
    fewest = min(serving.rows, training.rows)
    (n, different), (m, usual) = (_thinned(counts, fewest / rows) for counts, rows in sides)
    if n < 1 or m < 1:
        return []
    x, k = max(n - different, 0.0), max(m - usual, 0.0)
    reason = (
        f"{percent(x / n)} of serving rows are copies of another, {percent(k / m)} of as many rows"
        " in training"
    )
    counted = (float(round(x)), float(round(n))), (float(round(k)), float(round(m)))
    return [shared("duplicates", "(all columns)", *counted, eps, reason)]


def twice_without(twos: Sequence[Two], without: Collection[str]) -> bool:
    """Whether sampled rows come again more often than in training by their other columns, too:
    rows become alike when a column loses its values."""
    counted = []
    for side in ("serving", "training"):
        columns = [getattr(two, side) for two in twos if two.name not in without and two.comparable]
        if not columns:
            return False
        row = np.zeros(columns[0].rows, np.uint64)
        for column in columns:
            codes = column.codes if column.kind == "text" else column.numbers.view(np.uint64)
            row = (row ^ codes.astype(np.uint64)) * MIX
            row ^= row >> FOLD
        counted.append(np.unique(row, return_counts=True)[1])
    fewest = min(int(times.sum()) for times in counted)
    (n, different), (m, usual) = (_thinned(times, fewest / times.sum()) for times in counted)
    change = rate_change(round(n - different), round(n), round(m - usual), round(m), 0.05)
    return change.effect > 0 and change.p < SURE


def _thinned(counts: NDArray[np.int64], share: float) -> tuple[float, float]:
    """Rows, and different rows, to be expected if each row were kept by this chance."""
    return float(counts.sum() * share), float((1 - (1 - share) ** counts).sum())


def _coincidence(side: Values) -> tuple[float, float]:
    """The chance that two rows agree, and its standard error."""
    if side.kind == "text":
        counts = np.array(list(side.tally.values()), np.float64)
    else:
        counts = np.unique(side.ordered, return_counts=True)[1].astype(np.float64)
    n = counts.sum()
    if n < 2:
        return 1.0, 0.0
    share = counts / n
    agree = float((counts * (counts - 1)).sum() / (n * (n - 1)))
    wobble = 4 * max(float((share**3).sum()) - agree**2, 0.0) / n
    return agree, sqrt(wobble)
