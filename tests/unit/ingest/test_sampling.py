"""Samples are spread evenly, follow no period of the data, and do not depend on batches."""

from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.core.errors import UsageError
from vedette.ingest import sampling
from vedette.ingest.source import open_source


def picked(total: int, rows: int, size: int, known: bool = True) -> list[int]:
    table = pa.table({"x": np.arange(total)})
    batches = table.to_batches(max_chunksize=size)
    parts = sampling.spread(batches, rows, total if known else None)
    return [x for part in parts for x in part["x"].to_pylist()]


@given(st.integers(0, 5000), st.integers(1, 300), st.integers(1, 700))
def test_the_rows_do_not_depend_on_batches_nor_on_knowing_their_number(
    total: int, rows: int, size: int
) -> None:
    whole = picked(total, rows, 10_000)
    assert picked(total, rows, size) == whole
    assert picked(total, rows, size, known=False) == whole
    assert abs(len(whole) - min(rows, total)) <= 12
    assert whole == sorted(set(whole))


@given(st.integers(1000, 20_000), st.integers(50, 500))
def test_gaps_are_even(total: int, rows: int) -> None:
    rows_at = np.array([-1, *picked(total, rows, 4096), total])
    gaps = np.diff(rows_at)
    assert len(set(gaps[1:-1].tolist())) <= 3
    assert gaps.max() <= 4 * total / rows + 2


@pytest.mark.parametrize("period", [2, 7, 24, 60, 1000])
def test_no_period_is_followed(period: int) -> None:
    phases = np.bincount(np.array(picked(240_000, 10_000, 4096)) % period, minlength=period)
    assert phases.min() > 0
    assert phases.max() <= 2 * phases.min()


def write(path: Path, rows: int, group: int) -> Path:
    table = pa.table({"x": np.arange(rows), "s": [f"c{i % 9}" for i in range(rows)]})
    pq.write_table(table, path, row_group_size=group)
    return path


@pytest.mark.parametrize("group", [50_000, 25_000, 5_000, 1_000])
def test_a_sorted_parquet_file_gives_rows_of_its_whole_length(group: int, tmp_path: Path) -> None:
    source = open_source(write(tmp_path / "t.parquet", 50_000, group))
    sample = source.sample(1000)
    x = sample["x"].to_numpy()
    assert 900 <= len(x) <= 1100
    assert list(x) == sorted(x)
    shares = np.histogram(x, bins=4, range=(0, 50_000))[0] / len(x)
    assert shares.min() > 0.15
    assert sample.equals(source.sample(1000))
    assert [f"c{i % 9}" for i in x] == sample["s"].to_pylist()


def test_a_file_in_many_pieces_is_read_in_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = open_source(write(tmp_path / "t.parquet", 200_000, 10_000))
    monkeypatch.setattr(source, "_scan", None)
    assert 90 <= source.sample(100, ["x"]).num_rows <= 130


def test_tiny_pieces_give_as_many_rows_as_asked(tmp_path: Path) -> None:
    source = open_source(write(tmp_path / "t.parquet", 20_000, 100))
    assert 2900 <= source.sample(3000, ["x"]).num_rows <= 3200


def test_several_files_are_sampled_alike(tmp_path: Path) -> None:
    for i in range(6):
        write(tmp_path / f"{i}.parquet", 1000 * (i + 1), 10_000)
    sample = open_source(tmp_path).sample(500)
    assert 450 <= sample.num_rows <= 600
    last = open_source(tmp_path / "5.parquet").sample(10**9)["x"].to_pylist()
    assert last == list(range(6000))


def test_a_sample_of_text_that_arrow_cannot_take_from() -> None:
    frame = pl.DataFrame({"s": [f"a longer text {i}" for i in range(5000)], "x": range(5000)})
    for rows in (3, 10, 200, 4000):
        sample = open_source(frame).sample(rows)
        assert sample["s"].to_pylist() == [f"a longer text {i}" for i in sample["x"].to_pylist()]
    nested = pa.table({"s": pa.array([["u"]] * 500, pa.list_(pa.string_view()))})
    assert set(map(tuple, open_source(nested).sample(20)["s"].to_pylist())) == {("u",)}


def test_a_sample_has_rows() -> None:
    with pytest.raises(UsageError, match="at least one row"):
        open_source({"a": [1]}).sample(0)
