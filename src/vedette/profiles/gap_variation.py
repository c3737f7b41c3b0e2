"""How far the gaps between groups of ordinary windows lie from one another.

Owns: what a window says of a gap, and its name.  Does not own: fitting (`loss_variation`), counts
(`gap_counts`), what is bet against it (`monitors.gap_reference`).

A gap is fitted as a loss is: the group's hits are the loss, those that the rest's rate gives its
rows are expected, and realised less expected (BEYOND) is the gap.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from vedette.core.windows import Window
from vedette.profiles.gap_counts import Counts, gap_counts, label_counts
from vedette.profiles.groups import Grouping
from vedette.profiles.loss_variation import LossSums, LossVariation, fit_loss_variation
from vedette.sketches.cube import Cube
from vedette.stats.fairness.running import first_kinds
from vedette.stats.gap_bets import Sides, gap_batch

SELECTED = "selection_rate"
LABELLED_GAPS = ("true_positive_rate", "false_positive_rate", "positive_predictive_value",
                 "accuracy")  # fmt: skip
GAPS = (SELECTED, *LABELLED_GAPS)  # what is watched in time


def gap_name(metric: str, group: str) -> str:
    """What a gap is called among those that were fitted.

    Example:
        >>> gap_name("selection_rate", "race=Black")
        'selection_rate: race=Black'
    """
    return f"{metric}: {group}"


def gap_sums(
    grouping: Grouping,
    cubes: Mapping[str, Cube],
    metric: str,
    kinds: Mapping[str, Counts] = MappingProxyType({}),
) -> dict[str, LossSums]:
    """What one window says of the gap between every named group and the rest.

    `kinds` by the key of a set, where more is known than what the window shows.
    """
    found = {}
    for groups in grouping.sets:
        cube, kind = cubes.get(groups.key), kinds.get(groups.key)
        counts = gap_counts(cube, groups, grouping.positive, (metric,), kind)
        batch = gap_batch(Sides(*(part[0] for part in counts)), np.zeros(len(groups)))
        for place, label in enumerate(groups.labels[: len(groups.names)]):
            n, k, expected, variance = (float(part[place]) for part in batch[:4])
            if n > 0:
                found[gap_name(metric, label)] = LossSums(n, k, k, n * expected, n * variance)
    return found


def fit_gaps(
    grouping: Grouping, windows: Sequence[tuple[Window, Mapping[str, Cube]]], width_ns: int
) -> LossVariation:
    """Learn what the gaps of ordinary windows look like.

    Few windows hardly show how restless a gap is; all groups together do, of each metric.  Nor does
    a small one show whose labels are known: all together do that, too.

    Units: nanoseconds.
    """
    found, kinds = [], _kinds(grouping, [cubes for _, cubes in windows])
    for metric in GAPS:
        sums = [(window, gap_sums(grouping, cubes, metric, kinds)) for window, cubes in windows]
        found.append(fit_loss_variation(sums, width_ns, shared=True))
    return _joined(found)


def _kinds(grouping: Grouping, cubes: Sequence[Mapping[str, Cube]]) -> Mapping[str, Counts]:
    """Whose labels are known in all windows together, by set."""
    found = {}
    for groups in grouping.sets:
        every = [label_counts(one.get(groups.key), groups, grouping.positive) for one in cubes]
        if every:
            found[groups.key] = first_kinds(np.sum(every, axis=0))[:-1]
    return found


def _joined(found: Sequence[LossVariation]) -> LossVariation:
    """Several of the same windows as one."""
    first = found[0]
    several: dict[str, Any] = {
        name: np.concatenate([getattr(one, name) for one in found])
        for name in ("used", "rows", "mean", "error", "t2", "phi", "beta")
    }
    segments = tuple(segment for one in found for segment in one.segments)
    return replace(first, segments=segments, **several)


def joined(every: LossVariation, told: LossVariation) -> LossVariation:
    """What windows of all rows say of selection rates, and labelled ones of all other gaps.

    Labels may come for some decisions only: their rows say little of how often groups are selected.
    Bounds: where the two looked for other cycles, only what labelled rows say.
    """
    if (every.width, every.harmonics, every.weekly) != (told.width, told.harmonics, told.weekly):
        return told
    mine = [at for at, name in enumerate(every.segments) if _is_selection(name)]
    rest = [at for at, name in enumerate(told.segments) if not _is_selection(name)]
    names = (*(every.segments[at] for at in mine), *(told.segments[at] for at in rest))
    arrays: dict[str, Any] = {
        field: np.concatenate([getattr(every, field)[mine], getattr(told, field)[rest]])
        for field in ("used", "rows", "mean", "error", "t2", "phi", "beta")
    }
    return replace(told, segments=names, **arrays)


def _is_selection(name: str) -> bool:
    return name.startswith(gap_name(SELECTED, ""))
