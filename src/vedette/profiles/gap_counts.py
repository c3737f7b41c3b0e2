"""The counts that gaps between groups are made of, of many sets of groups at once.

Owns: k of n rows of every group and of the rest, by metric, and whether labels came for selected
rows only.  Does not own: the counts (`sketches.cube`), metrics (`stats.fairness`), gaps in time
(`gap_variation`).
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from vedette.profiles.groups import Groups
from vedette.sketches.cube import Cube
from vedette.stats.fairness.metrics import GROUP_METRICS, GroupMetric, shares
from vedette.stats.fairness.tally import Tally
from vedette.stats.gap_bets import Sides

Array = NDArray[np.float64]

NEARLY_ALL, HALF = 0.95, 0.5  # selected, of labelled rows and of the others
UNLABELLED = 20  # rows without a label that show who gets one
METRICS: Mapping[str, GroupMetric] = {metric.name: metric for metric in GROUP_METRICS}


def gap_counts(cube: Cube | None, groups: Groups, positive: int, names: Sequence[str]) -> Sides:
    """Count metrics of one set of groups; nothing where there is no cube.

    Shapes: M names, G groups, the two unnamed ones included.
    """
    metrics = [METRICS[name] for name in names]
    if cube is None:
        none = np.zeros((len(metrics), len(groups)))
        return Sides(none, none, none, none)
    tally = Tally.of(cube.counts, cube.scores, positive)
    parts = (*shares(tally, metrics), *shares(tally.rest(), metrics))
    return Sides(*(part.astype(np.float64) for part in parts))


def labels_of_selected(cube: Cube, positive: int) -> NDArray[np.bool_]:
    """Of which groups, or of all together, labels came for selected rows only.

    Who is refused a loan never defaults: a rate of errors among the labelled says nothing then.

    Shapes: bool[G].
    Example:
        >>> cube = Cube.zero(1, 2, 2, 1)
        >>> cube.counts[0, :, :, 0] = [[0, 0, 50], [10, 30, 0]]
        >>> labels_of_selected(cube, positive=1).tolist()
        [True]
    """
    tally = Tally.of(cube.counts, cube.scores, positive)
    own, every = _selective(tally), _selective(tally.total())
    found: NDArray[np.bool_] = own | every
    return found


def _selective(tally: Tally) -> NDArray[np.bool_]:
    said = tally.tp + tally.fp
    waiting, waiting_said = tally.rows - tally.labelled, tally.selected - said
    nearly_all = said >= NEARLY_ALL * np.maximum(tally.labelled, 1)
    others = (waiting >= UNLABELLED) & (waiting_said <= HALF * waiting)
    found: NDArray[np.bool_] = nearly_all & others
    return found


def coverage(cube: Cube) -> tuple[Array, Array]:
    """Shares of rows with a label, of groups and of the rest.  Shapes: [G] each."""
    every, known = cube.counts.sum(axis=(1, 2, 3)), cube.counts[:, :, :-1].sum(axis=(1, 2, 3))
    rest, rest_known = every.sum() - every, known.sum() - known
    return known / np.maximum(every, 1), rest_known / np.maximum(rest, 1)
