"""The counts that gaps between groups are made of, of many sets of groups at once.

Owns: k of n rows of every group and of the rest, by metric; rows of each decision with and without
a label; what missing labels leave open.  Does not own: the counts (`sketches.cube`), metrics and
kinds (`stats.fairness`), gaps in time (`gap_variation`).

Rows that lack a value may belong to anybody: they are in no rate, nor in that of a rest.  The kind
of a group says whose labels are known: of both decisions, or of one alone.  Who is refused a loan
never defaults: a rate of errors among the labelled says nothing then, and such a group is in no
rest.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from vedette.profiles.groups import Groups
from vedette.sketches.cube import Cube
from vedette.stats.fairness.bounds import bound_counts, coverage, fallen, kinds, rest_shares, rests
from vedette.stats.fairness.metrics import GROUP_METRICS, GroupMetric, shares
from vedette.stats.fairness.tally import Tally
from vedette.stats.gap_bets import Sides

Array = NDArray[np.float64]
Counts = NDArray[np.int64]

METRICS: Mapping[str, GroupMetric] = {metric.name: metric for metric in GROUP_METRICS}
PLACES = {metric.name: at for at, metric in enumerate(GROUP_METRICS)}


def gap_counts(
    cube: Cube | None,
    groups: Groups,
    positive: int,
    names: Sequence[str],
    kind: Counts | None = None,
) -> Sides:
    """Count metrics of one set of groups; nothing where there is no cube.

    Shapes: M names, G groups, the two unnamed ones included; `kind` [G], None for what these rows
    alone show.
    """
    metrics = [METRICS[name] for name in names]
    if cube is None:
        none = np.zeros((len(metrics), len(groups)))
        return Sides(none, none, none, none)
    tally = _stated(cube, positive)
    fell = fallen(kinds(tally) if kind is None else kind)
    parts = (*shares(tally, metrics), *rest_shares(tally, metrics, fell))
    return Sides(*(part.astype(np.float64) for part in parts))


def label_counts(cube: Cube | None, groups: Groups, positive: int) -> Counts:
    """Rows that were selected, those of them with a label, all others, those with a label.

    Shapes: int64[G + 1, 4], of all groups together last.
    Example:
        >>> cube = Cube.zero(3, 2, 2, 1)
        >>> cube.counts[0, :, :, 0] = [[0, 0, 90], [10, 80, 0]]
        >>> label_counts(cube, Groups(("sex",), (("F",),)), 1).tolist()[0]
        [90, 90, 90, 0]
    """
    if cube is None:
        return np.zeros((len(groups) + 1, 4), np.int64)
    tally = _stated(cube, positive)
    parts = (tally.selected, tally.tp + tally.fp,
             tally.rows - tally.selected, tally.fn + tally.tn)  # fmt: skip
    own = np.stack(parts, axis=1).astype(np.int64)
    return np.concatenate([own, own.sum(axis=0, keepdims=True)])


def open_counts(
    cube: Cube | None, groups: Groups, positive: int, names: Sequence[str], kind: Counts
) -> Array:
    """What missing labels leave open: rows that bounds are made of, as `stats.gap_open` has them.

    Shapes: float64[M, G, 2, 6]: the group and its rest.
    """
    if cube is None:
        return np.zeros((len(names), len(groups), 2, 6))
    tally = _stated(cube, positive)
    others = rests(tally, fallen(kind))
    found = []
    for name in names:
        at = PLACES[name]
        sides = [
            np.stack([*bound_counts(one)[:, at], one.labelled, one.rows], axis=1)
            for one in (tally, others[at])
        ]
        found.append(np.stack(sides, axis=1))
    return np.array(found, np.float64)


def refused_gaps(kind: Counts, names: Sequence[str]) -> NDArray[np.bool_]:
    """What cannot be told because labels came for rows of one decision only.

    Shapes: kind [G] -> bool[M, G].
    Example:
        >>> refused_gaps(np.array([1, 0]), ("accuracy", "selection_rate")).tolist()
        [[True, False], [False, False]]
    """
    return fallen(kind)[[PLACES[name] for name in names]]


def labelled_shares(cube: Cube, positive: int) -> tuple[Array, Array]:
    """Shares of rows with a label, of groups and of the rest.  Shapes: [G] each."""
    tally = _stated(cube, positive)
    return coverage(tally).labelled, coverage(tally.rest()).labelled


def _stated(cube: Cube, positive: int) -> Tally:
    """The tally of rows whose group is known; of the last group, those that lack it, no rows."""
    counts, scores = cube.counts.copy(), cube.scores.copy()
    counts[-1], scores[-1] = 0, 0
    return Tally.of(counts, scores, positive)
