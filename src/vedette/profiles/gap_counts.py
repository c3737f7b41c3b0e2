"""The counts that gaps between groups are made of, of many sets of groups at once.

Owns: k of n rows of every group and of the rest, by metric, and which cannot be told for want of
labels.  Does not own: the counts (`sketches.cube`), metrics (`stats.fairness`), gaps in time
(`gap_variation`).
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from vedette.profiles.groups import Groups
from vedette.sketches.cube import Cube
from vedette.stats.fairness.bounds import coverage, fallen, kinds, refused, rest_shares
from vedette.stats.fairness.metrics import GROUP_METRICS, GroupMetric, shares
from vedette.stats.fairness.tally import Tally
from vedette.stats.gap_bets import Sides

Array = NDArray[np.float64]

METRICS: Mapping[str, GroupMetric] = {metric.name: metric for metric in GROUP_METRICS}
PLACES = {metric.name: at for at, metric in enumerate(GROUP_METRICS)}


def gap_counts(cube: Cube | None, groups: Groups, positive: int, names: Sequence[str]) -> Sides:
    """Count metrics of one set of groups; nothing where there is no cube.

    Rows that lack a value may belong to anybody: they are in no rate, nor in that of a rest.

    Shapes: M names, G groups, the two unnamed ones included.
    """
    metrics = [METRICS[name] for name in names]
    if cube is None:
        none = np.zeros((len(metrics), len(groups)))
        return Sides(none, none, none, none)
    tally = _stated(cube, positive)
    parts = (
        *shares(tally, metrics), *rest_shares(tally, metrics, fallen(kinds(tally))),
    )  # fmt: skip
    return Sides(*(part.astype(np.float64) for part in parts))


def refused_gaps(
    cube: Cube | None, groups: Groups, positive: int, names: Sequence[str]
) -> NDArray[np.bool_]:
    """What cannot be told because labels came for rows of one decision only, of a group or of all.

    Who is refused a loan never defaults: a rate of errors among the labelled says nothing then.

    Shapes: bool[M, G].
    Example:
        >>> cube = Cube.zero(3, 2, 2, 1)
        >>> cube.counts[0, :, :, 0] = [[0, 0, 90], [10, 80, 0]]
        >>> groups = Groups(("sex",), (("F",),))
        >>> refused_gaps(cube, groups, 1, ("accuracy", "selection_rate")).tolist()
        [[True, True, True], [False, False, False]]
    """
    if cube is None or not any(METRICS[name].labels for name in names):
        return np.zeros((len(names), len(groups)), np.bool_)
    tally = _stated(cube, positive)
    found = refused(coverage(tally)) | refused(coverage(tally.total()))
    return found[[PLACES[name] for name in names]]


def labelled_shares(cube: Cube, positive: int) -> tuple[Array, Array]:
    """Shares of rows with a label, of groups and of the rest.  Shapes: [G] each."""
    tally = _stated(cube, positive)
    return coverage(tally).labelled, coverage(tally.rest()).labelled


def _stated(cube: Cube, positive: int) -> Tally:
    """The tally of rows whose group is known; of the last group, those that lack it, no rows."""
    counts, scores = cube.counts.copy(), cube.scores.copy()
    counts[-1], scores[-1] = 0, 0
    return Tally.of(counts, scores, positive)
