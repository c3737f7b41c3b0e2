"""Who is selected step by step: rows and selected rows of every group by days, or by weeks.

Owns: counting by steps that become wider as the table is longer, and which steps may be shown.
Does not own: reading rows (`engine.audit.reading`), gaps and bands (`engine.audit.history`).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from vedette.core.durations import DAY
from vedette.engine.audit.shown import Flags, shown_of
from vedette.profiles.groups import Groups

MOST = 31  # steps that are told at most
KEPT = 8 * MOST  # steps that are counted at most, so that a long table keeps to its memory
MONDAY = 3  # days from Monday to 1 January 1970
WIDTHS = (1, *(7 * 2**at for at in range(16)))  # days of a step: a day, or weeks that begin Mondays
Counts = NDArray[np.int64]


class Stepped(NamedTuple):
    """Rows by step and group.

    Shapes: `at` int64[T] the steps that have rows, ascending, in widths since the Monday before
    1970; `counts` int64[T, 2, G] by the key of a set: rows with a decision, and selected ones.
    Units: `width` in days.
    """

    width: int
    at: Counts
    counts: Mapping[str, Counts]

    @classmethod
    def of(
        cls,
        times: Counts,
        known: Flags,
        selected: Flags,
        groups: Mapping[str, tuple[NDArray[np.intp], int]],
    ) -> Self:
        """Count rows.

        Shapes: n of each; `known` rows with a time and a decision, `groups` the code of every row
        and how many there are, by the key of a set.  Units: `times` in UTC nanoseconds.
        Example:
            >>> every = np.ones(3, np.bool_)
            >>> days = np.array([0, 0, 1]) * DAY
            >>> one = Stepped.of(days, every, every, {"sex": (np.array([0, 1, 1]), 2)})
            >>> one.at.tolist(), one.counts["sex"][:, 0].tolist()
            ([3, 4], [[1, 1], [0, 1]])
        """
        rows = np.flatnonzero(known)
        days, place = np.unique(times[rows] // DAY + MONDAY, return_inverse=True)
        chosen = selected[rows].astype(np.float64)
        counts = {}
        for key, (codes, size) in groups.items():
            flat = place * size + codes[rows]
            both = [np.bincount(flat, part, len(days) * size) for part in (None, chosen)]
            whole = np.stack([part.reshape(len(days), size) for part in both], axis=1)
            counts[key] = whole.astype(np.int64)
        return cls(1, days.astype(np.int64), counts)._short()

    def merge(self, other: Self) -> Self:
        """Add steps of other rows."""
        width = max(self.width, other.width)
        one, two = self.wider(width), other.wider(width)
        at = np.union1d(one.at, two.at)
        counts = {}
        for key, own in one.counts.items():
            whole = np.zeros((len(at), *own.shape[1:]), np.int64)
            whole[np.searchsorted(at, one.at)] += own
            whole[np.searchsorted(at, two.at)] += two.counts[key]
            counts[key] = whole
        return type(self)(width, at, counts)._short()

    def wider(self, width: int) -> Self:
        """The same in steps of so many days, which are a multiple of these."""
        if width == self.width or not len(self.at):
            return self._replace(width=width)
        at, first = np.unique(self.at * self.width // width, return_index=True)
        return type(self)(
            width, at, {key: np.add.reduceat(own, first) for key, own in self.counts.items()}
        )

    def widths(self) -> list[int]:
        """These steps and all wider ones of which the table has not too many.  Units: days."""
        every = [width for width in WIDTHS if width >= self.width]
        return [width for width in every if self._steps(width) <= MOST]

    def _steps(self, width: int) -> int:
        """Steps from first to last, the empty ones as well."""
        ends = self.at[[0, -1]] * self.width // width
        return int(ends[1] - ends[0]) + 1

    def _short(self) -> Self:
        """The same in no more steps than are kept."""
        if not len(self.at):
            return self
        width = next(w for w in WIDTHS if w >= self.width and self._steps(w) <= KEPT)
        return self.wider(width)


def shown_in_time(
    sets: Sequence[Groups],
    rows: Mapping[str, Counts],
    shown: Mapping[str, Flags],
    least: int,
) -> dict[str, Flags]:
    """Which groups may be shown at which steps.

    A step that is hidden, alone or with few rows, would follow from the whole stretch and all the
    other steps: then more are.  Shapes: `rows` int64[T, G] and `shown` bool[G] by the key of a set
    -> bool[T, G].
    """
    steps = len(next(iter(rows.values()), ()))
    each = [
        shown_of(sets, {key: own[at] for key, own in rows.items()}, least) for at in range(steps)
    ]
    found: dict[str, Flags] = {}
    for groups in sets:  # single columns come before intersections
        key = groups.key
        flags = np.stack([one[key] for one in each]) & shown[key]
        for margin in _margins(groups, sets, found):
            flags[:, : len(groups.names)] &= found[margin.key][:, _margin(groups, margin)]
        found[key] = _in_time(flags, rows[key], least)
    return found


def _margins(groups: Groups, sets: Iterable[Groups], found: Mapping[str, Flags]) -> list[Groups]:
    return [one for one in sets if one.key in found and set(one.columns) < set(groups.columns)]


def _margin(groups: Groups, margin: Groups) -> NDArray[np.intp]:
    """The group of a margin that each named group of a set lies in."""
    axes = [groups.columns.index(column) for column in margin.columns]
    place = {name: at for at, name in enumerate(margin.names)}
    other = len(margin.names)
    told = [place.get(tuple(name[axis] for axis in axes), other) for name in groups.names]
    return np.array(told, np.intp)


def _in_time(shown: Flags, rows: Counts, least: int) -> Flags:
    """Hide more steps of a group until the hidden ones are none, or two at least with rows enough,
    and with them as many groups of the same step; rows that state no group are always counted."""
    shown, rows = shown.copy(), rows.copy()
    rows[:, -1] = 0
    for _ in range(shown.size):
        hidden, spare = ~shown & (rows > 0), shown & (rows > 0)
        sizes = np.where(spare, rows, np.iinfo(np.int64).max)
        lost = np.where(hidden, rows, 0).sum(axis=0)
        lone = hidden.any(axis=0) & ((hidden.sum(axis=0) == 1) | (lost < least))
        columns = np.flatnonzero(lone & spare.any(axis=0))
        lines = np.flatnonzero((hidden.sum(axis=1) == 1) & spare.any(axis=1))
        if len(columns):
            shown[sizes.argmin(axis=0)[columns], columns] = False
        elif len(lines):
            shown[lines, sizes.argmin(axis=1)[lines]] = False
        else:
            break
    return shown
