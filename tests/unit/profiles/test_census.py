"""The census of categories counts what occurs, not what a dictionary could hold."""

import numpy as np
import pyarrow as pa

import vedette as vd


def test_entries_that_no_row_uses_are_no_categories():
    codes = np.random.default_rng(0).integers(0, 3, 5_000).astype(np.int32)
    names = pa.array([f"v{i}" for i in range(120_000)])
    table = pa.table({"s": pa.DictionaryArray.from_arrays(codes, names)})
    baseline = vd.Baseline.fit(table)
    assert baseline.excluded == {}
    assert sorted(baseline.binnings["s"].names) == ["v0", "v1", "v2"]


def test_a_column_of_too_many_categories_is_left_out_with_the_reason():
    table = pa.table({"s": [f"v{i}" for i in range(120_000)], "x": [1.0] * 120_000})
    result = vd.compare(table, table, columns={"s": {"kind": "category"}})
    assert "more than 100000 different values" in result.ignored["s"]
