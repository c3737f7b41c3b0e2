"""Finding files, telling their formats, making one table of several; broken and missing ones."""

import contextlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from vedette.core.errors import SchemaError, StoreError, UsageError, VedetteError
from vedette.ingest.columns import CODED
from vedette.ingest.source import Source, open_source


def table(start: int = 0, rows: int = 10) -> pa.Table:
    return pa.table({"x": np.arange(start, start + rows), "s": ["a", "b"] * (rows // 2)})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pq.write_table(table(0), tmp_path / "a.parquet")
    pq.write_table(table(10), tmp_path / "b.parquet")
    (tmp_path / "deep").mkdir()
    pq.write_table(table(20), tmp_path / "deep" / "c.pq")
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / ".hidden.parquet").touch()
    (tmp_path / "notes.txt").touch()
    return tmp_path


def x_of(source: Source) -> list[int]:
    return [x for batch in source.batches(["x"]) for x in batch["x"].to_pylist()]


def test_a_folder_a_glob_and_a_list(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert x_of(open_source(folder)) == list(range(30))
    assert open_source(str(folder)).name == f"{folder.name}/ (3 files)"
    assert open_source(folder).rows == 30
    pattern = open_source(str(folder / "*.parquet"))
    assert x_of(pattern) == list(range(20))
    assert pattern.name == f"{folder}/*.parquet (2 files)"
    assert x_of(open_source(str(folder / "**" / "*.pq"))) == list(range(20, 30))
    listed = open_source([str(folder / "b.parquet"), folder / "a.parquet"])
    assert x_of(listed) == [*range(10, 20), *range(10)]
    assert listed.name == "b.parquet and others (2 files)"
    assert open_source([folder / "b.parquet"]).name == "b.parquet"
    monkeypatch.chdir(folder)
    assert open_source("*.parquet").name == "*.parquet (2 files)"
    assert open_source("deep").name == "deep/ (1 file)"
    monkeypatch.setenv("HOME", str(folder))
    assert open_source("~/a.parquet").rows == 10
    assert open_source("a.parquet", name="mine").name == "mine"


def test_a_name_with_brackets_is_a_file_when_it_exists(folder: Path) -> None:
    odd = folder / "x[1].parquet"
    pq.write_table(table(), odd)
    assert open_source(str(odd)).name == "x[1].parquet"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("a.parqet", "there is no such file; did you mean 'a.parquet'?"),
        ("nowhere/a.parquet", "there is no such file; there is no folder"),
        ("*.csv", "matches no file"),
        ("empty", "holds no file of a known format"),
        ("notes.txt", "its format is not known; wanted a name that ends in one of .parquet"),
    ],
)
def test_what_is_not_there_is_named(folder: Path, given: str, said: str) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(UsageError) as caught:
        open_source(str(folder / given))
    assert said in str(caught.value)


def test_other_machines_are_not_read() -> None:
    with pytest.raises(UsageError, match="only files of this machine are read"):
        open_source("s3://bucket/a.parquet")


def test_formats_are_told_by_content_where_the_name_says_nothing(folder: Path) -> None:
    (folder / "a.parquet").rename(folder / "plain")
    assert x_of(open_source(folder / "plain")) == list(range(10))
    pyarrow.feather.write_feather(table(), folder / "other")
    assert x_of(open_source(folder / "other")) == list(range(10))


def test_files_of_different_formats_and_types_make_one_table(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1, 2], "s": [None, None], "n": [1, 2]}), tmp_path / "a.parquet")
    (tmp_path / "b.csv").write_text("s,x\nu,1.5\n")
    pyarrow.feather.write_feather(pa.table({"x": [None]}), tmp_path / "c.feather")
    source = open_source(tmp_path)
    assert source.arrow_schema == pa.schema({"x": pa.float64(), "s": CODED, "n": pa.int64()})
    got = pa.Table.from_batches(source.batches())
    assert got.to_pydict() == {
        "x": [1.0, 2.0, 1.5, None],
        "s": [None, None, "u", None],
        "n": [1, 2, None, None],
    }
    assert got.equals(source.sample(9).select(got.schema.names))
    assert [b["n"].to_pylist() for b in source.batches(["n"])] == [[1, 2], [None], [None]]


def test_files_that_do_not_fit_together_are_named(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"x": ["u"]}), tmp_path / "b.parquet")
    said = (
        r"b\.parquet' column 'x': its type does not fit the files before it; got text; wanted int64"
    )
    with pytest.raises(SchemaError, match=said):
        open_source(tmp_path)
    pq.write_table(pa.table({"y": [1]}), tmp_path / "b.parquet")
    with pytest.raises(SchemaError, match=r"b\.parquet': has no column in common with"):
        open_source(tmp_path)


def test_a_damaged_file_is_an_error_of_one_sentence_and_never_wrong_rows(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    whole = pa.table({"x": rng.normal(size=5000), "s": [f"c{i % 50}" for i in range(5000)]})
    pq.write_table(whole, tmp_path / "t.parquet", row_group_size=2000, write_page_checksum=True)
    pyarrow.feather.write_feather(whole, tmp_path / "t.feather", compression="uncompressed")
    for name in ("t.parquet", "t.feather"):
        good = (tmp_path / name).read_bytes()
        for cut in (0, 3, 8, len(good) // 2, len(good) - 1):
            with pytest.raises(StoreError, match="cannot be read as") as caught:
                read(tmp_path, name, good[:cut])
            assert "\n" not in str(caught.value)
        for at in rng.integers(0, len(good), 40):
            damaged = bytearray(good)
            damaged[at : at + 4] = b"\xff\xff\xff\x7f"
            with contextlib.suppress(VedetteError):
                read(tmp_path, name, bytes(damaged))


def test_codes_beyond_a_dictionary_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = pa.array(["a", "b"])
    codes = pa.array([0, 7], pa.int32())
    broken = pa.DictionaryArray.from_arrays(codes, words, safe=False)
    batch = pa.RecordBatch.from_arrays([broken], names=["s"])
    pq.write_table(pa.table({"s": words}), tmp_path / "t.parquet")
    source = open_source(tmp_path / "t.parquet")
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", lambda *_, **__: [batch])
    with pytest.raises(StoreError, match="got codes 0 to 7 of 2 words"):
        list(source.batches())


def read(folder: Path, name: str, content: bytes) -> None:
    path = folder / f"damaged-{name}"
    path.write_bytes(content)
    for batch in open_source(path).batches():
        batch.validate(full=True)


def test_a_file_that_is_gone_later_is_named(folder: Path) -> None:
    source = open_source(folder / "a.parquet")
    (folder / "a.parquet").unlink()
    with pytest.raises(StoreError, match=r"a\.parquet': cannot be read as Parquet"):
        list(source.batches())


def test_a_file_that_cannot_be_read_is_named(folder: Path) -> None:
    # A loop of links cannot be read by anybody, the administrator included.
    (folder / "loop.parquet").symlink_to(folder / "loop.parquet")
    with pytest.raises(VedetteError, match=r"loop\.parquet"):
        open_source(folder / "loop.parquet")


def test_row_groups_of_every_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vedette.ingest.parquet.STRETCH_ROWS", 700)
    pq.write_table(table(0, 5000), tmp_path / "t.parquet", row_group_size=300)
    source = open_source(tmp_path / "t.parquet")
    assert x_of(source) == list(range(5000))
    assert pa.Table.from_batches(source.batches())["s"].to_pylist() == ["a", "b"] * 2500
    pq.write_table(table(0, 0), tmp_path / "none.parquet")
    assert open_source(tmp_path / "none.parquet").rows == 0
    assert list(open_source(tmp_path / "none.parquet").batches()) == []


def test_members_of_structs_are_read_alone(tmp_path: Path) -> None:
    rows = [{"p": {"x": 1, "y": "u"}, "q": [1.0]}, {"p": None, "q": None}] * 5
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "t.parquet", row_group_size=3)
    source = open_source(tmp_path / "t.parquet")
    assert source.arrow_schema.names == ["p.x", "p.y", "q"]
    (batch,) = source.batches(["q", "p.y"])
    assert batch.to_pydict() == {"q": [[1.0], None] * 5, "p.y": ["u", None] * 5}
