"""Which groups may be shown: none below a least size, and none that shown ones give away.

Owns: hiding small groups, and as many others as keep a hidden one from being worked out from what
is shown.  Does not own: what is shown of a group, which rows are its own (`profiles.groups`).

The number of all rows is always known.  A hidden group is given away when it is the only one
missing from a sum that is shown: its rows, and how many of them were selected, follow by
subtraction.  So in every sum the hidden groups are none or at least two, and hold no rows or at
least as many as a shown group must have.  Intersections (race & sex) are cells of a table whose
margins (race, sex) are shown beside them.  There the same holds along each line; and since sums of
several lines can still single out a cell, the system of all sums is solved, and whatever it
determines is blurred by hiding one more.

Rows of a margin's group that no cell holds are either of cells without a name, which are groups
like others and are not to follow, or their other value is not stated: then they are nobody's group,
and hide nothing by themselves.

Source: secondary cell suppression, Cox 1980, Journal of the American Statistical Association 75,
377-385; that at least two cells of a line does not suffice is his section 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Flags = NDArray[np.bool_]
Counts = NDArray[np.int64]
Names = Sequence[tuple[str, ...]]
TINY = 1e-9  # of a unit vector: less is rounding, and the unknown it belongs to is fixed


class Sized(NamedTuple):
    """The groups of one set of columns.

    Shapes: one tuple of as many values as columns per named group; `sizes` int[G], the named groups
    first.  Groups after the last name (others, unstated) belong to no line of the table.
    """

    columns: tuple[str, ...]
    names: Names
    sizes: ArrayLike


def shown(sizes: ArrayLike, names: Names, least: int) -> Flags:
    """Tell which groups of one set may be shown beside the total and beside its margins.

    Shapes: int[G], at most G names; groups without one are others and unstated.  Names of several
    values are cells of a table; its margins are taken to be sums of its named cells, shown wherever
    they may be.  Where margins are known, or are shown themselves: `shown_together`.
    Bounds: nothing can be done for fewer than `least` rows in all: no group is shown, but the total
    must not be, either.  A group of no rows is not shown and gives nothing away.

    Example:
        >>> shown([900, 80, 40, 12], [("a",), ("b",), ("c",)], 30).tolist()
        [True, True, False, False]
        >>> shown([900, 80, 25, 12], [("a",), ("b",), ("c",)], 30).tolist()
        [True, True, False, False]
        >>> table = [("a", "f"), ("a", "m"), ("b", "f"), ("b", "m"), ("c", "f"), ("c", "m")]
        >>> shown([500, 400, 300, 200, 90, 10], table, 30).tolist()
        [True, True, False, False, False, False]
    """
    own = np.asarray(sizes, np.int64)
    columns = tuple(str(axis) for axis in range(len(names[0]) if len(names) else 1))
    axes = [a for depth in range(1, len(columns)) for a in combinations(range(len(columns)), depth)]
    tables = [_margin(own, names, a) for a in axes]
    return shown_together([*tables, Sized(columns, names, own)], least)[-1]


def shown_together(tables: Sequence[Sized], least: int, *, unstated: bool = False) -> list[Flags]:
    """Tell which groups of several sets may be shown at once.

    Every set counts the same rows.  A set whose columns are among those of another is its margin:
    `race` of `race & sex`; it must name every value that the other's names hold.  Rows of its group
    that no named cell holds are a hidden cell of their own, unless all of them are `unstated`: then
    they need no cover, as far as the first group after the names (others) is empty.

    Shapes: bool[G] per set.
    Example:
        >>> race = Sized(("race",), [("a",), ("b",)], [540, 60, 0, 0])
        >>> cells = [("a", "f"), ("a", "m"), ("b", "f"), ("b", "m")]
        >>> both = Sized(("race", "sex"), cells, [300, 240, 40, 20, 0, 0])
        >>> [flags.tolist() for flags in shown_together([race, both], 30)]
        [[True, True, False, False], [True, True, False, False, False, False]]
    """
    return _Hiding.of(tables, least, unstated).settle()


@dataclass(frozen=True)
class _Sum:
    """Groups that add up to another one, or to all rows, but for a rest that is never shown.

    Bounds: `whole` -1 stands for all rows.
    """

    parts: NDArray[np.intp]
    whole: int
    rest: int
    open: bool = False  # whether the rest may follow

    @property
    def groups(self) -> NDArray[np.intp]:
        """The parts, and what they add up to."""
        return self.parts if self.whole < 0 else np.append(self.parts, self.whole)


class _Hiding:
    """Groups of all sets side by side, the sums they make, and which of them are hidden so far."""

    def __init__(self, sizes: list[Counts], sums: list[_Sum], least: int) -> None:
        self.sizes, self.sums, self.least = np.concatenate(sizes), sums, least
        self.cuts = np.cumsum([len(one) for one in sizes])[:-1]
        self.rows = int(sizes[0].sum())
        self.hidden = self.sizes < least

    @classmethod
    def of(cls, tables: Sequence[Sized], least: int, unstated: bool) -> "_Hiding":
        sizes = [np.asarray(table.sizes, np.int64) for table in tables]
        starts = np.cumsum([0, *(len(one) for one in sizes)])
        sums = [
            _Sum(np.arange(starts[i], starts[i + 1]), -1, 0)
            for i, one in enumerate(sizes)
            if len(one)
        ]
        for i, fine in enumerate(tables):
            for j, coarse in enumerate(tables):
                if i != j and set(coarse.columns) < set(fine.columns):
                    others = sizes[i][len(fine.names) : len(fine.names) + 1].sum()
                    free = unstated and not others
                    sums += _lines(fine, coarse, int(starts[i]), int(starts[j]), free)
        return cls(sizes, sums, least)

    def settle(self) -> list[Flags]:
        """Hide until nothing hidden can be worked out."""
        while self._blur_lines() or self._blur_one():
            pass
        return [~part for part in np.split(self.hidden, self.cuts)]

    def _blur_lines(self) -> bool:
        """Hide one more in every sum that gives a hidden group away by itself."""
        blurred = False
        for one in self.sums:
            while self._gives_away(one):
                victim = self._smallest_shown(one.parts)
                if victim is None and one.whole >= 0:
                    victim = self._smallest_shown(np.array([one.whole]))
                if victim is None:
                    break
                self.hidden[victim] = blurred = True
        return blurred

    def _gives_away(self, one: _Sum) -> bool:
        if one.whole >= 0 and self.hidden[one.whole]:
            return False
        sizes = self.sizes[one.parts][self.hidden[one.parts]]
        groups, rows = np.count_nonzero(sizes) + (one.rest > 0), int(sizes.sum()) + one.rest
        if one.open and not sizes.any():
            return False
        if groups == 1 and one.rest >= self.least:
            return False  # not listed, but large enough to be known
        return bool(groups == 1 or 0 < rows < self.least)

    def _smallest_shown(self, places: NDArray[np.intp]) -> int | None:
        """The shown group with the fewest rows; never one that is everybody, nor an empty one."""
        sizes = self.sizes[places]
        fits = places[~self.hidden[places] & (sizes > 0) & (sizes < self.rows)]
        return int(fits[np.argmin(self.sizes[fits])]) if len(fits) else None

    def _blur_one(self) -> bool:
        """Hide one more in the sums that together determine something hidden, if there are any."""
        unknown = np.flatnonzero(self.hidden & (self.sizes > 0))
        # A rest is unknown and in no other sum: that sum then says nothing of its groups.
        firm = [one for one in self.sums if one.rest == 0]
        known = self._matrix(firm, unknown)
        secret = np.eye(len(unknown))[self.sizes[unknown] < self.rows]
        rests = [one for one in self.sums if 0 < one.rest < self.least and not one.open]
        asked = np.concatenate([secret, self._matrix(rests, unknown)])
        free = asked @ _null_space(known).T
        for number in np.flatnonzero((np.abs(free) < TINY).all(axis=1)):
            own = [] if number < len(secret) else [rests[number - len(secret)]]
            shares = np.linalg.lstsq(known.T, asked[number], rcond=None)[0]
            blamed = [*own, *(firm[at] for at in np.flatnonzero(np.abs(shares) > TINY))]
            victim = self._smallest_shown(np.concatenate([one.groups for one in blamed]))
            if victim is not None:
                self.hidden[victim] = True
                return True
        return False

    def _matrix(self, sums: list[_Sum], unknown: NDArray[np.intp]) -> NDArray[np.float64]:
        """How often each unknown group stands in each sum.  Shapes: float64[sums, unknown]."""
        matrix = np.zeros((len(sums), len(self.sizes) + 1))
        for row, one in zip(matrix, sums, strict=True):
            row[one.parts] = 1
            row[one.whole] = -1  # all rows are the last column, and known
        return matrix[:, unknown]


def _null_space(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The steps that change no sum.  Shapes: float64[equations, n] -> float64[steps, n].

    All unknowns are above 0 in the true solution, so small steps stay possible: what is free here
    is free there, too.
    """
    if not matrix.size:
        return np.eye(matrix.shape[1])
    _, values, right = np.linalg.svd(matrix, full_matrices=True)
    steps: NDArray[np.float64] = right[np.count_nonzero(values > TINY * max(values[0], 1.0)) :]
    return steps


def _margin(sizes: Counts, names: Names, axes: tuple[int, ...]) -> Sized:
    """The sums of a table's named cells over all columns but some; others and unstated as they
    are."""
    lines = [tuple(name[axis] for axis in axes) for name in names]
    kept = list(dict.fromkeys(lines))
    place = {line: at for at, line in enumerate(kept)}
    total = np.zeros(len(kept), np.int64)
    np.add.at(total, [place[line] for line in lines], sizes[: len(names)])
    columns = tuple(str(axis) for axis in axes)
    return Sized(columns, kept, np.concatenate([total, sizes[len(names) :]]))


def _lines(fine: Sized, coarse: Sized, start: int, other: int, free: bool) -> list[_Sum]:
    """The sum that each group of a margin is of a table's cells."""
    axes = [fine.columns.index(column) for column in coarse.columns]
    cells: dict[tuple[str, ...], list[int]] = {tuple(name): [] for name in coarse.names}
    for at, name in enumerate(fine.names):
        line = tuple(name[axis] for axis in axes)
        if line in cells:
            cells[line].append(at)
    sizes, totals = np.asarray(fine.sizes, np.int64), np.asarray(coarse.sizes, np.int64)
    found = []
    for at, inside in enumerate(cells.values()):
        parts = np.array(inside, np.intp)
        rest = max(int(totals[at] - sizes[parts].sum()), 0)
        found.append(_Sum(start + parts, other + at, rest, free))
    return found
