from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from vedette.stats.fairness.small import Sized, shown, shown_together

NAMES = [("a",), ("b",), ("c",), ("d",), ("e",)]
LEAST = 30


def test_no_group_below_the_least_size_is_shown():
    assert shown([500, 100, 20, 14], NAMES[:2], LEAST).tolist() == [True, True, False, False]


def test_a_single_hidden_group_takes_the_next_smallest_with_it():
    assert shown([500, 100, 60, 20], NAMES[:2], LEAST).tolist() == [True, True, False, False]
    assert shown([500, 100, 60, 0, 20], NAMES[:3], LEAST).tolist() == [True, True] + [False] * 3


def test_hidden_groups_together_hold_as_many_rows_as_a_shown_one():
    assert shown([500, 100, 60, 12, 9], NAMES[:3], LEAST).tolist() == [True, True] + [False] * 3
    assert shown([500, 100, 60, 16, 14], NAMES[:3], LEAST).tolist() == [True] * 3 + [False] * 2


def test_empty_groups_give_nothing_away():
    assert shown([500, 100, 0, 0], NAMES[:2], LEAST).tolist() == [True, True, False, False]
    assert shown([], [], LEAST).tolist() == []
    assert shown([0, 0], [], LEAST).tolist() == [False, False]


def test_two_groups_are_shown_both_or_not_at_all():
    assert shown([500, 29], NAMES[:2], LEAST).tolist() == [False, False]
    assert shown([500, 30], NAMES[:2], LEAST).tolist() == [True, True]


def test_a_least_of_one_hides_nobody():
    assert shown([5, 1, 2], NAMES[:2], 1).tolist() == [True, True, True]


def test_two_hidden_cells_a_line_do_not_suffice_when_lines_together_single_one_out():
    # Two blocks of four hidden cells and one cell between them: the sum of the first block's rows
    # less that of its columns is the cell between.
    hidden = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 2), (2, 3), (3, 2), (3, 3), (1, 2)]
    sizes = np.full((4, 4), 500)
    for at in hidden:
        sizes[at] = 20
    names = [(f"r{i}", f"c{j}") for i, j in product(range(4), range(4))]
    flags = shown(sizes.ravel(), names, LEAST).reshape(4, 4)
    assert not any(flags[at] for at in hidden)
    assert np.count_nonzero(~flags) > len(hidden)


def test_a_hidden_margin_is_not_the_sum_of_shown_cells():
    race = Sized(("race",), NAMES[:3], [900, 200, 20, 0, 0])
    cells = list(product("abc", "fm"))
    both = Sized(("race", "sex"), cells, [450, 450, 100, 100, 10, 10, 0, 0])
    margin, inner = shown_together([race, both], LEAST)
    assert margin.tolist() == [True, False, False, False, False]
    assert not inner[2:4].all()


def test_rows_that_no_cell_names_are_not_left_over_alone():
    race = Sized(("race",), NAMES[:2], [500, 500, 0, 0])
    cells = list(product("ab", "fm"))
    both = Sized(("race", "sex"), cells, [250, 247, 250, 250, 0, 3])
    _, inner = shown_together([race, both], LEAST)
    assert inner.tolist() == [True, False, True, True, False, False]


def test_large_leftovers_are_unknown_but_need_no_cover():
    race = Sized(("race",), NAMES[:2], [600, 500, 0, 0])
    cells = list(product("ab", "fm"))
    both = Sized(("race", "sex"), cells, [250, 250, 230, 230, 0, 140])
    assert [one.tolist() for one in shown_together([race, both], LEAST)] == [
        [True, True, False, False],
        [True, True, True, True, False, True],
    ]


class Reader:
    """Whoever reads what is shown, and adds and subtracts: a linear program over all groups."""

    def __init__(self, tables: list[Sized], flags: list[np.ndarray]) -> None:
        self.sizes = np.concatenate([np.asarray(t.sizes) for t in tables])
        self.known = np.concatenate(flags)
        starts = np.cumsum([0, *(len(t.sizes) for t in tables)])
        sums = [
            (list(range(start, start + len(t.sizes))), -1, sum(t.sizes))
            for start, t in zip(starts[:-1], tables, strict=True)
        ]
        for start, fine in zip(starts[:-1], tables, strict=True):
            for other, coarse in zip(starts[:-1], tables, strict=True):
                if set(coarse.columns) < set(fine.columns):
                    axes = [fine.columns.index(column) for column in coarse.columns]
                    lines = [tuple(name[axis] for axis in axes) for name in fine.names]
                    for at, value in enumerate(coarse.names):
                        inside = [start + k for k, line in enumerate(lines) if line == value]
                        sums.append((inside, other + at, 0))
        # The strictest reader knows, too, which groups and which rests are empty.
        left = [0 if w < 0 else self.sizes[w] - self.sizes[inside].sum() for inside, w, _ in sums]
        self.rests = np.array([rest for rest in left if rest > 0], int)
        self.matrix = np.zeros((len(sums), len(self.sizes) + len(self.rests)))
        self.totals = np.array([total for _, _, total in sums])
        rest = len(self.sizes)
        for row, (inside, whole, _), size in zip(self.matrix, sums, left, strict=True):
            row[inside] = 1
            if whole >= 0:
                row[whole] = -1
            if size > 0:
                row[rest] = 1
                rest += 1

    def room(self, place: int) -> float:
        """How far apart the least and the greatest possible value are."""
        fixed = self.known | (self.sizes == 0)
        bounds = [(s, s) if f else (0, None) for s, f in zip(self.sizes, fixed, strict=True)]
        bounds += [(0, None)] * len(self.rests)
        goal = np.zeros(self.matrix.shape[1])
        goal[place] = 1
        ends = [
            linprog(way * goal, A_eq=self.matrix, b_eq=self.totals, bounds=bounds)
            for way in (1, -1)
        ]
        assert all(end.success for end in ends)
        return -ends[1].fun - ends[0].fun


def tables_of(cells: dict[tuple[str, ...], int], columns: tuple[str, ...]) -> list[Sized]:
    """All sets of columns; a row whose value is "?" in one of a set's columns is unstated there."""
    tables = []
    for depth in range(1, len(columns) + 1):
        for axes in combinations(range(len(columns)), depth):
            sums: dict[tuple[str, ...], int] = {}
            unstated = 0
            for name, size in cells.items():
                line = tuple(name[axis] for axis in axes)
                if "?" in line:
                    unstated += size
                else:
                    sums[line] = sums.get(line, 0) + size
            named = tuple(columns[axis] for axis in axes)
            tables.append(Sized(named, [*sums], [*sums.values(), 0, unstated]))
    return tables


sizes_of_cells = st.sampled_from([0, 1, 5, 12, 20, 29, 30, 31, 45, 60, 100, 300])


@st.composite
def crossed(draw):
    values = draw(st.sampled_from(["abcde", "ab ab", "abc ab", "abc abc", "ab? ab?", "ab ab ab"]))
    values = draw(st.sampled_from([values, "abcd abc", "abc ab?", "ab ab ab?", "abc ab ab"]))
    names = list(product(*values.split()))
    sizes = draw(st.lists(sizes_of_cells, min_size=len(names), max_size=len(names)))
    columns = ("race", "sex", "age")[: len(names[0])]
    return tables_of(dict(zip(names, sizes, strict=True)), columns)


@settings(max_examples=60, deadline=None)
@given(crossed())
def test_nothing_hidden_is_determined_by_what_is_shown(tables):
    reader = Reader(tables, shown_together(tables, LEAST))
    assert not (reader.known & (reader.sizes < LEAST)).any()
    rows = sum(tables[0].sizes)
    if rows < LEAST:
        assert not reader.known.any()
        return
    secret = ~reader.known & (reader.sizes > 0) & (reader.sizes < rows)
    places = [*np.flatnonzero(secret), *(np.flatnonzero(reader.rests < LEAST) + len(secret))]
    assert all(reader.room(place) > 1e-6 for place in places)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 90), min_size=2, max_size=8), st.integers(1, 40))
def test_one_set_hides_no_more_than_it_must(sizes, least):
    flags = shown(sizes, [], least)
    sizes = np.array(sizes)
    hidden = np.sort(sizes[~flags & (sizes > 0)])
    assert flags[sizes >= least].all() or len(hidden) > 1 or sizes.sum() == sizes.max()
    if len(hidden) > 2 and hidden[-1] >= least:  # the last one hidden was needed
        assert hidden[:-1].sum() < least
    if not flags.any():
        return
    assert len(hidden) != 1
    assert hidden.sum() == 0 or hidden.sum() >= least


@pytest.mark.parametrize("seed", range(3))
def test_cells_and_margins_of_the_default_form_agree(seed):
    rng = np.random.default_rng(seed)
    names = list(product("abc", "fm", "xy"))
    sizes = rng.integers(0, 120, len(names) + 2)
    flags = shown(sizes, names, LEAST)
    assert not flags[sizes < LEAST].any()
    order = rng.permutation(len(names))
    again = shown(np.append(sizes[order], sizes[len(names) :]), [names[i] for i in order], LEAST)
    assert again.sum() == pytest.approx(flags.sum(), abs=3)


def test_rows_whose_other_value_is_not_stated_hide_nothing_by_themselves():
    race = Sized(("race",), NAMES[:2], [1792, 197, 0, 0])
    cells = list(product("ab", "fm"))
    both = Sized(("race", "sex"), cells, [900, 882, 51, 144, 0, 12])
    inner = shown_together([race, both], 10, unstated=True)[1]
    assert inner[:4].all()  # two of b are left over, and nobody's group
    assert not shown_together([race, both], 10)[1][:4].all()


def test_a_hidden_cell_is_covered_though_what_is_left_is_not_stated():
    race = Sized(("race",), NAMES[:2], [1792, 197, 0, 0])
    cells = list(product("ab", "fm"))
    both = Sized(("race", "sex"), cells, [900, 890, 6, 189, 0, 4])
    inner = shown_together([race, both], 10, unstated=True)[1]
    assert not inner[2:4].any()  # six and two left over would follow together: fewer than ten


def test_cells_without_a_name_are_covered_whatever_is_not_stated():
    race = Sized(("race",), NAMES[:2], [1000, 197, 0, 0])
    both = Sized(("race", "sex"), [("a", "f"), ("a", "m"), ("b", "m")], [500, 500, 193, 4, 0])
    assert not shown_together([race, both], 10, unstated=True)[1][2]
