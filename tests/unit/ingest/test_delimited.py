"""CSV: types that turn out wrong late, missing values, encodings, compression, broken rows."""

import gc
import gzip
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from vedette.core.errors import SchemaError, StoreError, UsageError
from vedette.ingest import delimited
from vedette.ingest.columns import CODED
from vedette.ingest.source import open_source


def read(folder: Path, content: str | bytes, name: str = "t.csv") -> pa.Table:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    source = open_source(path)
    return pa.Table.from_batches(source.batches(), source.arrow_schema)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "BLOCK_BYTES", (1000, 100_000))


@pytest.mark.parametrize(
    ("early", "late", "kind", "values"),
    [
        ("1", "abc", CODED, ["1", "abc"]),
        ("007", "abc", CODED, ["007", "abc"]),
        ("1", "2.5", pa.float64(), [1.0, 2.5]),
        ("", "abc", CODED, [None, "abc"]),
        ("", "12", pa.int64(), [None, 12]),
        ("", "1.5", pa.float64(), [None, 1.5]),
        ("", "2024-01-02", pa.date32(), [None, date(2024, 1, 2)]),
        ("2024-01-02", "2024-01-02 03:04:05", pa.timestamp("us"),
         [datetime(2024, 1, 2), datetime(2024, 1, 2, 3, 4, 5)]),
        ("2024-01-02 00:00:00", "soon", CODED, ["2024-01-02 00:00:00", "soon"]),
        ("true", "maybe", CODED, ["true", "maybe"]),
        ("1.5", "x", CODED, ["1.5", "x"]),
        ("1", "99999999999999999999", pa.float64(), [1.0, 1e20]),
    ],
)  # fmt: skip
def test_a_late_value_of_another_type_changes_the_column_not_the_outcome(
    tmp_path: Path, small_blocks: None, early: str, late: str, kind: pa.DataType, values: list[Any]
) -> None:
    lines = "".join(f"{early},{i},1\n" for i in range(2000))
    table = read(tmp_path, f"a,b,c\n{lines}{late},5,x\n")
    assert table.schema.types == [kind, pa.int64(), CODED]
    assert table.num_rows == 2001
    assert [table["a"][0].as_py(), table["a"][-1].as_py()] == values
    assert table["b"].to_pylist() == [*range(2000), 5]
    assert table["c"].to_pylist() == ["1"] * 2000 + ["x"]


def test_a_value_that_only_one_of_arrows_parsers_takes(
    tmp_path: Path, small_blocks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "_checked", lambda _, types: types)
    table = read(tmp_path, "a,b\n" + "1,2\n" * 2000 + "x,3\n")
    assert table.schema.types == [CODED, CODED]
    assert table["a"][-1].as_py() == "x"


def test_missing_values_in_number_and_text_columns(tmp_path: Path) -> None:
    marks = [*delimited.MISSING, '""', '"NA"']
    table = read(tmp_path, "a,b,c\n" + "".join(f"{m},{m},1\n" for m in marks) + "1.5,x,1\n")
    assert table["a"].to_pylist() == [None] * len(marks) + [1.5]
    assert table["b"].to_pylist() == [None] * len(marks) + ["x"]


def test_delimiters(tmp_path: Path) -> None:
    got = {"a": [1], "b": ["x,y"]}
    assert read(tmp_path, "a\tb\n1\tx,y\n", "t.tsv").to_pydict() == got
    assert read(tmp_path, "a;b\n1;x,y\n").to_pydict() == got
    assert read(tmp_path, "a|b\n1|x,y\n").to_pydict() == got
    assert read(tmp_path, 'a,b\n1,"x,y"\n').to_pydict() == got
    assert read(tmp_path, "a\n1\n").to_pydict() == {"a": [1]}


def test_encodings(tmp_path: Path) -> None:
    got = {"é": [1], "b": ["ü"]}
    assert read(tmp_path, "é,b\n1,ü\n".encode()).to_pydict() == got
    assert read(tmp_path, "é,b\n1,ü\n".encode("utf-8-sig")).to_pydict() == got
    assert read(tmp_path, "é,b\n1,ü\n".encode("utf-16")).to_pydict() == got
    assert read(tmp_path, "a,b\n1,ü\n".encode("latin-1")).to_pydict() == {"a": [1], "b": ["\ufffd"]}
    with pytest.raises(StoreError, match=r"cannot be read as CSV.*save it as UTF-8"):
        read(tmp_path, "é,b\n1,ü\n".encode("latin-1"))


def test_compression(tmp_path: Path) -> None:
    text = b"a,b\n1,x\n"
    got = {"a": [1], "b": ["x"]}
    assert read(tmp_path, gzip.compress(text), "t.csv.gz").to_pydict() == got
    with zipfile.ZipFile(tmp_path / "t.csv.zip", "w") as archive:
        archive.writestr("folder/", "")
        archive.writestr("folder/t.csv", text)
        archive.writestr("__MACOSX/t.csv", b"")
    assert open_source(tmp_path / "t.csv.zip").sample(9).to_pydict() == got
    with zipfile.ZipFile(tmp_path / "t.csv.zip", "a") as archive:
        archive.writestr("u.csv", text)
    with pytest.raises(UsageError, match="holds 2 files; wanted a zip file with one"):
        open_source(tmp_path / "t.csv.zip")


def test_broken_compression(tmp_path: Path) -> None:
    good = gzip.compress(b"a,b\n" + b"1,x\n" * 1000, compresslevel=0)
    for name, content in (
        ("t.csv.gz", b"nonsense"),
        ("t.csv.gz", good[: len(good) // 2]),
        ("t.csv.zip", b"nonsense"),
    ):
        with pytest.raises(StoreError, match=rf"{name}': cannot be read"):
            read(tmp_path, content, name)


def test_breaks_in_values_and_long_rows(
    tmp_path: Path, small_blocks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "x\n" * 20_000
    assert read(tmp_path, f'a,b\n1,"{long}"\n2,y\n')["b"].to_pylist() == [long, "y"]
    monkeypatch.setattr(delimited, "BLOCK_BYTES", (1000,))
    with pytest.raises(StoreError, match="a row is longer than 0 MB; look for a quote"):
        read(tmp_path, f'a,b\n1,"{long}"\n2,y\n')


def test_header_only_and_no_header(tmp_path: Path) -> None:
    table = read(tmp_path, "a,b\n")
    assert (table.num_rows, table.schema.names) == (0, ["a", "b"])
    with pytest.raises(UsageError, match="it is empty; wanted a first row with the names"):
        read(tmp_path, "")
    with pytest.raises(UsageError, match="column name 'a' occurs twice"):
        read(tmp_path, "a,a\n1,2\n")
    assert read(tmp_path, "a,,\n1,2,3\n").to_pydict() == {
        "a": [1],
        "column_2": [2],
        "column_3": [3],
    }


def test_a_row_that_does_not_fit_the_header(tmp_path: Path) -> None:
    said = r"t\.csv': a row does not fit the header; got Row #3: Expected 2 columns, got 3"
    with pytest.raises(SchemaError, match=said):
        read(tmp_path, "a,b\n1,2\n1,2,3\n")


def test_the_temporary_file_goes_with_the_source(
    tmp_path: Path, small_blocks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "1,2\n" * 2000 + "x,3\n")
    source = open_source(path)
    assert source.rows == 2001
    assert len(list(temporary.iterdir())) == 1
    del source
    gc.collect()
    assert list(temporary.iterdir()) == []
