"""What is compared between groups: shares of the rows of a tally.

Owns: the metrics that are a share, k of n rows.  Does not own: intervals
(`stats.fairness.intervals`), calibration, which is a ratio (`stats.fairness.calibration`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vedette.stats.fairness.tally import Counts, Tally


class Share(NamedTuple):
    """k of n rows.  Shapes: [G], or [M, G] of many metrics."""

    k: Counts
    n: Counts


@dataclass(frozen=True)
class GroupMetric:
    """A share by group.  `labels`: it needs them.  `ratio`: groups are by custom compared by the
    ratio of their shares, as selection rates are; the others by the difference."""

    name: str
    labels: bool
    of: Callable[[Tally], Share]
    ratio: bool = False


GROUP_METRICS: tuple[GroupMetric, ...] = (
    GroupMetric("selection_rate", False, lambda t: Share(t.selected, t.rows), ratio=True),
    GroupMetric("true_positive_rate", True, lambda t: Share(t.tp, t.tp + t.fn)),
    GroupMetric("false_positive_rate", True, lambda t: Share(t.fp, t.fp + t.tn)),
    GroupMetric("false_negative_rate", True, lambda t: Share(t.fn, t.tp + t.fn)),
    GroupMetric("positive_predictive_value", True, lambda t: Share(t.tp, t.tp + t.fp)),
    GroupMetric("negative_predictive_value", True, lambda t: Share(t.tn, t.tn + t.fn)),
    GroupMetric("accuracy", True, lambda t: Share(t.right, t.labelled)),
    GroupMetric("base_rate", True, lambda t: Share(t.tp + t.fn, t.labelled)),
)


def shares(tally: Tally, metrics: Sequence[GroupMetric] = GROUP_METRICS) -> Share:
    """All metrics of all groups as two tables.

    Shapes: M metrics, G groups -> k and n, [M, G] each.
    Bounds: where a group has no row that counts, n is 0.

    Example:
        >>> counts = np.array([[[40, 10, 0], [20, 30, 0]]])[..., None]
        >>> k, n = shares(Tally.of(counts, np.zeros((1, 3, 2)), positive=1))
        >>> (k / n)[:3, 0].round(3).tolist()  # selected, true positive, false positive
        [0.5, 0.75, 0.333]
    """
    found = [metric.of(tally) for metric in metrics]
    return Share(np.stack([k for k, _ in found]), np.stack([n for _, n in found]))
