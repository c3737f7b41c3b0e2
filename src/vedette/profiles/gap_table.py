"""All sets of groups as one table, one behind the other: sets, metrics, groups.

Owns: the order of that table.  Does not own: the counts of one set (`gap_counts`), which of its
rows are watched (`monitors.gap_reference`).

Tables of labels have one row more for each set, its last: all of its groups together.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vedette.profiles.gap_counts import Array, Counts, gap_counts, label_counts, open_counts
from vedette.profiles.groups import Grouping
from vedette.profiles.profile import Profile
from vedette.stats.fairness.running import first_kinds
from vedette.stats.gap_bets import Sides
from vedette.stats.gap_open import SIDES, SUMS


def every(
    profile: Profile, grouping: Grouping, metrics: Sequence[str], kinds: Sequence[Counts]
) -> Sides:
    """k of n rows of all groups and of their rests.  Shapes: `kinds` as `by_set` has them."""
    parts: list[list[Array]] = [[], [], [], []]
    for groups, kind in zip(grouping.sets, kinds, strict=True):
        cube = profile.cubes.get(groups.key)
        counts = gap_counts(cube, groups, grouping.positive, metrics, kind)
        for kept, part in zip(parts, counts, strict=True):
            kept.append(part.ravel())
    return Sides(*(np.concatenate(kept) if kept else np.zeros(0) for kept in parts))


def left_open(
    profile: Profile, grouping: Grouping, metrics: Sequence[str], kinds: Sequence[Counts]
) -> Array:
    """What missing labels leave open.  Shapes: float64[places, SIDES, SUMS]."""
    parts = [
        open_counts(profile.cubes.get(one.key), one, grouping.positive, metrics, kind)
        for one, kind in zip(grouping.sets, kinds, strict=True)
    ]
    return np.concatenate([part.reshape(-1, SIDES, SUMS) for part in parts])


def flat(parts: Sequence[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """Flags of all sets, [M, G] each."""
    return np.concatenate([part.ravel() for part in parts]) if parts else np.zeros(0, np.bool_)


def labels(profile: Profile, grouping: Grouping) -> Counts:
    """Rows by decision, and those of them with a label.  Shapes: int64[N, 4]."""
    parts = [
        label_counts(profile.cubes.get(one.key), one, grouping.positive) for one in grouping.sets
    ]
    return np.concatenate(parts) if parts else np.zeros((0, 4), np.int64)


def kinds_of(profile: Profile, grouping: Grouping) -> Counts:
    """Whose labels a profile shows to be known.  Shapes: int64[N]."""
    parts = [first_kinds(part) for part in split(labels(profile, grouping), grouping)]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def split(table: Counts, grouping: Grouping) -> list[Counts]:
    """A table of labels set by set."""
    ends = np.cumsum([len(one) + 1 for one in grouping.sets])
    return np.split(table, ends[:-1]) if len(ends) else []


def by_set(kind: Counts | None, grouping: Grouping) -> list[Counts]:
    """The kinds of the groups of every set, without that of all together; None is of both."""
    if kind is None:
        return [np.zeros(len(one), np.int64) for one in grouping.sets]
    return [part[:-1] for part in split(kind, grouping)]
