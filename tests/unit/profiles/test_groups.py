"""Groups of a table: found, cut, crossed, and read again from any batch."""

import numpy as np
import pyarrow as pa
import pytest

from vedette.profiles.groups import OTHER, UNSTATED, Groups
from vedette.profiles.groups_fit import band_edges, band_names, fit_groups


def sets(table, *columns, **options):
    found = fit_groups(pa.table(table), list(columns), **options)
    return getattr(found, "sets", found)


def test_every_row_has_one_group_of_every_set():
    rng = np.random.default_rng(0)
    table = {
        "race": pa.array(rng.choice(["a", "b", "c"], 500), mask=rng.random(500) < 0.1),
        "sex": rng.choice(["f", "m"], 500),
        "age": rng.integers(18, 80, 500),
    }
    batch = pa.record_batch(table)
    found = sets(table, "race", "sex", "age", depth=3)
    assert [one.key for one in found] == [
        "race", "sex", "age", "race & sex", "race & age", "sex & age", "race & sex & age",
    ]  # fmt: skip
    for one in found:
        codes = one.codes(batch)
        assert codes.min() >= 0
        assert codes.max() < len(one)
        for column in one.columns:
            gone = np.array([value is None for value in batch.column(column).to_pylist()])
            assert (codes[gone] == len(one) - 1).all()


@pytest.mark.parametrize("depth", [1, 2])
def test_a_crossed_group_is_the_rows_of_both(depth):
    table = {"race": ["a", "a", "b", "b"], "sex": ["f", "m", "f", "f"]}
    found = {one.key: one for one in sets(table, "race", "sex", depth=depth)}
    assert ("race & sex" in found) == (depth == 2)
    if depth == 2:
        both = found["race & sex"]
        labels = [both.labels[code] for code in both.codes(pa.record_batch(table))]
        assert labels == ["race=a & sex=f", "race=a & sex=m", "race=b & sex=f", "race=b & sex=f"]
        assert ("b", "m") not in both.names  # nobody


def test_of_too_many_groups_the_smallest_are_other():
    table = {"town": [f"t{k:02}" for k in range(60) for _ in range(k + 1)]}
    (one,) = sets(table, "town", most=50)
    assert len(one.names) == 50
    assert ("t59",) in one.names
    assert ("t00",) not in one.names
    codes = one.codes(pa.record_batch(table))
    assert one.labels[codes[0]] == OTHER


def test_what_was_never_seen_is_other_and_what_is_missing_not_stated():
    one = Groups(("race", "sex"), (("a", "f"),))
    rows = {"race": ["a", "z", None, "a"], "sex": ["f", "f", "f", None]}
    told = [one.labels[code] for code in one.codes(pa.record_batch(rows))]
    assert told == ["race=a & sex=f", OTHER, UNSTATED, UNSTATED]
    bare = one.codes(pa.record_batch({"another": [1, 2]}))
    assert (bare == len(one) - 1).all()  # columns that are gone


def test_numbers_are_cut_at_round_limits_and_a_band_holds_its_lower_one():
    values = np.arange(18, 88).astype(float)
    edges = band_edges(values)
    (one,) = sets({"age": values}, "age")
    assert [name for (name,) in one.names] == list(band_names(edges))
    at = np.array([edges[0] - 1, edges[0], edges[-1], 1e9, np.nan])
    codes = one.codes(pa.record_batch({"age": pa.array(at, mask=np.isnan(at))}))
    assert codes.tolist() == [0, 1, len(edges), len(edges), len(one) - 1]
    assert band_edges(np.array([1.0, 2.0, 3.0])) == ()
