"""Which groups of an audit are shown.

Owns: asking for all sets at once, so that none gives away a small group of another.  Does not own:
the rule (`stats.fairness.small`).
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from vedette.profiles.groups import Groups
from vedette.stats.fairness.small import Sized, shown_together

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


def _together(sets: Sequence[Groups]) -> list[list[int]]:
    """The sets for which the rule is solved at once: all, or each with its margins."""
    if sum(len(one) for one in sets) <= MOST:
        return [list(range(len(sets)))]
    return [
        [at for at, margin in enumerate(sets) if set(margin.columns) <= set(one.columns)]
        for one in sets
    ]
