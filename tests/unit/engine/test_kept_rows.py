"""Rows kept while a table is counted: the same in every thread, even, few."""

import numpy as np
import pyarrow as pa

from vedette.engine.kept_rows import KeptRows


def batches(rows: int, size: int) -> list[pa.RecordBatch]:
    table = pa.table({"a": np.arange(rows), "b": [str(i % 3) for i in range(rows)]})
    return table.to_batches(max_chunksize=size)


def passed(kept: KeptRows, rows: int, size: int, names: list[str]) -> None:
    for _ in kept.passing((b.select(names) for b in batches(rows, size)), names):
        pass


def test_few_rows_are_all_kept():
    kept = KeptRows(100, ("a", "b"))
    passed(kept, 150, 40, ["a", "b"])
    assert kept.rows().column(0).to_pylist() == list(range(150))


def test_columns_of_several_threads_are_of_the_same_rows():
    kept = KeptRows(100, ("b", "a"))
    passed(kept, 5_000, 300, ["a"])
    passed(kept, 5_000, 17, ["b"])
    rows = kept.rows()
    assert rows.schema.names == ["b", "a"]
    assert 100 <= rows.num_rows <= 200
    assert [str(a % 3) for a in rows["a"].to_pylist()] == rows["b"].to_pylist()


def test_rows_are_even():
    kept = KeptRows(1_000, ("a",))
    passed(kept, 100_000, 8_192, ["a"])
    places = kept.rows()["a"].to_numpy()
    tenths = np.bincount(places // 10_000, minlength=10) / len(places)
    assert np.abs(tenths - 0.1).max() < 0.01
    assert np.abs(np.bincount(places % 24, minlength=24) / len(places) * 24 - 1).max() < 0.15


def test_what_is_not_wanted_or_passes_again_is_not_kept():
    kept = KeptRows(100, ("a",))
    passed(kept, 50, 10, ["a", "b"])
    passed(kept, 50, 10, ["a"])
    rows = kept.rows()
    assert rows.schema.names == ["a"]
    assert rows.num_rows == 50


def test_nothing_passed_is_nothing():
    assert KeptRows(100, ("a",)).rows().num_rows == 0
