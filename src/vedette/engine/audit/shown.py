"""Which groups of an audit are shown, and which of their figures.

Owns: asking for all sets at once, so that none gives away a small group of another; asking again
for the rows that make up each rate.  Does not own: the rule (`stats.fairness.small`).
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from vedette.profiles.groups import Groups
from vedette.stats.fairness.metrics import GROUP_METRICS, shares
from vedette.stats.fairness.small import Sized, shown_together
from vedette.stats.fairness.tally import Tally

Flags = NDArray[np.bool_]
MOST = 600  # groups for which the rule is solved at once; of more, each intersection by itself


def shown_of(
    sets: Sequence[Groups], sizes: Mapping[str, NDArray[np.int64]], least: int
) -> dict[str, Flags]:
    """Tell by the key of a set which of its groups are shown.

    Shapes: `sizes` int64[G] by key -> bool[G].  Rows whose group is not stated are always counted
    for all to see, so that they hide nothing: neither by themselves, nor as what is left of a group
    (two Black people whose sex is not stated) beside its intersections.
    Example:
        >>> groups = Groups(("sex",), (("F",), ("M",), ("X",)))
        >>> shown_of([groups], {"sex": np.array([900, 80, 12, 0, 5])}, 30)["sex"].tolist()
        [True, False, False, False, True]
    """
    if not sets:
        return {}
    stated = {one.key: np.append(sizes[one.key][:-1], 0) for one in sets}
    tables = [Sized(one.columns, one.names, stated[one.key]) for one in sets]
    flags = [np.ones(len(one), np.bool_) for one in sets]
    for chosen in _together(sets):
        told = shown_together([tables[at] for at in chosen], least, unstated=True)
        for at, own in zip(chosen, told, strict=True):
            flags[at] &= own
    for own in flags:
        own[-1] = True
    return {one.key: own for one, own in zip(sets, flags, strict=True)}


def also_shown(
    sets: Sequence[Groups],
    sizes: Mapping[str, NDArray[np.int64]],
    shown: Mapping[str, Flags],
    least: int,
) -> dict[str, Flags]:
    """Tell which of the shown groups are shown where only some of their rows count.

    Shapes: `sizes` rows that count, int64[G] by key; `shown` bool[..., G].  A group of which no row
    counts stays as it is: there is nothing to give away.
    """
    least_of_all = min((_least(own[:-1]) for own in sizes.values()), default=least)
    if least_of_all >= least:  # nothing to hide, as is usual
        return {one.key: shown[one.key] for one in sets}
    own = shown_of(sets, sizes, least)
    return {one.key: shown[one.key] & (own[one.key] | (sizes[one.key] == 0)) for one in sets}


def _least(sizes: NDArray[np.int64]) -> float:
    return float(sizes[sizes > 0].min(initial=np.iinfo(np.int64).max))


def rates_shown(
    sets: Sequence[Groups],
    tallies: Mapping[str, Tally],
    shown: Mapping[str, Flags],
    least: int,
) -> dict[str, Flags]:
    """Tell which rates of which groups are shown.

    Rates of one group are tied: of the truly positive, the truly negative, the selected and the
    others, how many were right follows from any one of them.  So all of them are shown or none; how
    many rows have which label, and how many were selected, is shown by itself.

    Shapes: bool[M, G] by key, in the order of GROUP_METRICS.
    """
    sets = [one for one in sets if one.key in tallies]
    n = {one.key: shares(tallies[one.key]).n.astype(np.int64) for one in sets}
    names = [metric.name for metric in GROUP_METRICS]

    def also(metric: str, so_far: Mapping[str, Flags]) -> dict[str, Flags]:
        rows = {key: every[names.index(metric)] for key, every in n.items()}
        return also_shown(sets, rows, so_far, least)

    decided = also("selection_rate", shown)
    labelled = also("base_rate", decided)
    tied: Mapping[str, Flags] = labelled
    if all(sum(every[at].sum() for every in n.values()) for at in range(len(names))):
        # Where nobody has a label, or a decision, that others have, the rest follows: no secret.
        for metric in names:
            tied = also(metric, tied)
    by_name = {"selection_rate": decided, "base_rate": labelled}
    return {one.key: np.stack([by_name.get(name, tied)[one.key] for name in names]) for one in sets}


def _together(sets: Sequence[Groups]) -> list[list[int]]:
    """The sets for which the rule is solved at once: all, or each with its margins."""
    if sum(len(one) for one in sets) <= MOST:
        return [list(range(len(sets)))]
    return [
        [at for at, margin in enumerate(sets) if set(margin.columns) <= set(one.columns)]
        for one in sets
    ]
