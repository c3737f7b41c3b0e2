"""Every sketch of the catalogue is additive: unit, order and split do not matter.

Owns: the laws of `sketches.sketch`, and the bounds that single sketches state.
"""

import copy
import runpy
from functools import reduce
from itertools import pairwise
from math import fsum
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.profiles.binning import hash_text
from vedette.sketches.bins import Bins
from vedette.sketches.catalog import SKETCHES
from vedette.sketches.distinct import Distinct
from vedette.sketches.moments import Moments
from vedette.sketches.newcomers import Newcomers

MADE = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "strategies.py")))
every_sketch = pytest.mark.parametrize("kind", SKETCHES, ids=lambda kind: kind.__name__)
quick = settings(max_examples=40)
EPS = np.finfo(float).eps


def rows_of(kind):
    return st.lists(MADE.ADAPTERS[kind].row, max_size=100 if kind is Newcomers else 20)


def plain(value):
    if isinstance(value, tuple):
        return all(plain(part) for part in value)
    return type(value) in (int, float, str, bytes)


def test_every_sketch_has_rows_to_be_tested_with():
    assert set(MADE.ADAPTERS) == set(SKETCHES)
    assert len(SKETCHES) == len(set(SKETCHES))


def test_every_sketch_module_is_in_the_catalogue():
    folder = Path(__import__("vedette.sketches").__file__).parent / "sketches"
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__", "catalog", "sketch"}
    assert {kind.__module__.rpartition(".")[2] for kind in SKETCHES} == modules


@every_sketch
def test_zero_is_the_unit(kind):
    @quick
    @given(rows_of(kind))
    def law(rows):
        sketch, zero = MADE.sketch_of(kind, rows), MADE.sketch_zero(kind)
        assert sketch.merge(zero) == sketch == zero.merge(sketch)
        assert zero.merge(zero) == zero == MADE.sketch_of(kind, [])

    law()


@every_sketch
def test_merging_is_commutative_and_associative(kind):
    @quick
    @given(rows_of(kind), rows_of(kind), rows_of(kind))
    def law(first, second, third):
        a, b, c = (MADE.sketch_of(kind, rows) for rows in (first, second, third))
        assert a.merge(b).state() == b.merge(a).state()
        assert a.merge(b).merge(c).state() == a.merge(b.merge(c)).state()

    law()


@every_sketch
def test_any_split_and_order_of_rows_equals_one_pass(kind):
    @quick
    @given(MADE.splits(rows_of(kind)))
    def law(drawn):
        whole, parts = drawn
        merged = reduce(kind.merge, (MADE.sketch_of(kind, part) for part in parts))
        assert merged.state() == MADE.sketch_of(kind, whole).state()

    law()


@every_sketch
def test_state_is_plain_and_a_function_of_the_rows(kind):
    @quick
    @given(rows_of(kind))
    def law(rows):
        one, two = MADE.sketch_of(kind, rows), MADE.sketch_of(kind, rows)
        assert plain(one.state())
        assert one.state() == two.state()
        assert one == two

    law()


@every_sketch
def test_inputs_are_not_mutated(kind):
    @quick
    @given(rows_of(kind), rows_of(kind))
    def law(first, second):
        adapter = MADE.ADAPTERS[kind]
        read = adapter.read(first)
        kept = copy.deepcopy(read)
        one = kind.of(*(read if adapter.spread else (read,)), *adapter.fixed)
        assert repr(read) == repr(kept)
        two = MADE.sketch_of(kind, second)
        before = one.state(), two.state()
        one.merge(two)
        assert (one.state(), two.state()) == before

    law()


@every_sketch
def test_a_sketch_is_no_other_thing(kind):
    assert MADE.sketch_zero(kind) != object()


# --- what single sketches promise -----------------------------------------------------------------

values = st.lists(st.floats(-1e100, 1e100), max_size=60)


@given(values, values)
def test_moments_have_exact_extremes_and_sums_within_the_bound(first, second):
    def of(rows):
        return Moments.of(np.array(rows, float), np.arange(len(rows)) % 3, 3)

    merged, rows = of(first).merge(of(second)), [*first, *second]
    places = [*(np.arange(len(first)) % 3), *(np.arange(len(second)) % 3)]
    assert merged.low == min(rows, default=np.inf)
    assert merged.high == max(rows, default=-np.inf)
    for place in range(3):
        mine = [x for x, p in zip(rows, places, strict=True) if p == place]
        bound = len(rows) * EPS * np.sum(np.abs(mine))
        assert abs(merged.sums[place] - fsum(mine)) <= bound
    squares = [x * x for x in rows]
    assert abs(merged.squares - fsum(squares)) <= len(rows) * EPS * fsum(squares)


def test_moments_that_overflow_say_so_and_stay_silent():
    huge = np.full(4, 1.7e308)
    sketch = Moments.of(huge, np.zeros(4, int), 2)
    assert sketch.mean(4) is None
    assert sketch.deviation(4) is None
    assert sketch.merge(sketch).high == 1.7e308
    assert Moments.zero(2).mean(0) is None


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_bins_are_right_closed(rows):
    edges = MADE.EDGES
    counts = Bins.of(np.array(rows, float), edges).counts.tolist()
    cuts = [-np.inf, *edges, np.inf]
    expected = [sum(a < x <= b for x in rows) for a, b in pairwise(cuts)]
    assert counts == expected


@pytest.mark.parametrize("different", [0, 1, 2, 1000, Distinct.SIZE - 1])
def test_distinct_is_exact_below_its_size(different):
    hashes = MADE.many_hashes(list(range(different // MADE.PER_ROW + 1)))[:different]
    assert Distinct.of(np.repeat(hashes, 3)).estimate() == different


@pytest.mark.parametrize("different", [1_024, 1_025, 5_000, 50_000, 500_000])
def test_distinct_is_within_five_standard_errors_above_it(different):
    for salt in range(4):
        first = salt * 10_000
        rows = range(first, first + different // MADE.PER_ROW + 1)
        hashes = MADE.many_hashes(list(rows))[:different]
        estimate = Distinct.of(hashes).estimate()
        assert abs(estimate / different - 1) < 5 / np.sqrt(Distinct.SIZE - 2)


@given(st.lists(st.integers(0, 400), max_size=400), st.integers(1, 9))
def test_newcomers_keep_the_smallest_hashes_with_exact_counts(rows, parts):
    sketch = reduce(
        Newcomers.merge, (Newcomers.of(MADE.newcomers(rows[i::parts])) for i in range(parts))
    )
    names = {f"new {i}": rows.count(i) for i in set(rows)}
    expected = sorted((hash_text(name), name, n) for name, n in names.items())[: Newcomers.SIZE]
    assert list(sketch.entries) == expected
