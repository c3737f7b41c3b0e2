"""A comparison beside what labels that come unevenly leave open of it.

Owns: its verdict and its sentence then.  Does not own: bounds and their words
(`engine.audit.labels`), which figures may be shown (`engine.audit.shown`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vedette.core.rates import MAY_KEEP
from vedette.engine.audit.asked import Asked
from vedette.engine.audit.labels import bound_rows, uneven_words
from vedette.engine.audit.shown import Flags
from vedette.profiles.groups import Groups
from vedette.stats.fairness.metrics import GROUP_METRICS, GroupMetric
from vedette.stats.fairness.tally import Tally

UNTOLD = "labels come unevenly"  # of a group whose figures are not shown


@dataclass(frozen=True)
class Uneven:
    """What missing labels leave open of one set of groups: `bounds` that may be shown, as rows, and
    of every group and metric the words, and whether they alone may make up the difference."""

    bounds: Sequence[dict[str, Any]]
    words: Mapping[tuple[str, str], tuple[str, bool]]

    def beside(self, group: str, metric: str, verdict: str, reason: str) -> tuple[str, str]:
        """The verdict and the sentence of a comparison: what they may make up is no alarm."""
        said, within = self.words.get((group, metric), ("", False))
        if not said:
            return verdict, reason
        if verdict == "alarming" and within:
            return "notable", f"{reason} among the labelled rows; {said}, {MAY_KEEP}"
        return verdict, f"{reason}; {said}"


def uneven_of(
    groups: Groups, tally: Tally, metrics: tuple[GroupMetric, ...], shown: Flags, asked: Asked
) -> Uneven:
    """What missing labels leave open.  Shapes: `shown` bool[M, G] by GROUP_METRICS.

    Also of groups that are not shown: that labels come unevenly is said of them, and no figure.
    """
    bounds = bound_rows(groups, tally, metrics, shown, asked)
    every = np.ones((len(GROUP_METRICS), len(groups)), np.bool_)
    said = uneven_words(bound_rows(groups, tally, metrics, every, asked), asked)
    told = {(row["group"], row["metric"]) for row in bounds}
    words = {
        (group, metric): (text if (group, metric) in told else UNTOLD, within)
        for (_, group, metric), (text, within) in said.items()
    }
    return Uneven(bounds, words)
