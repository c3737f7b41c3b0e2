"""The same table through every origin: the same values, in the same few Arrow types."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from vedette.core.errors import UsageError
from vedette.ingest import scan
from vedette.ingest.columns import CODED
from vedette.ingest.source import Source, open_source

ROWS = 1000
COLUMNS: dict[str, list[Any]] = {
    "number": [None if i % 7 == 0 else i / 4 for i in range(ROWS)],
    "whole": list(range(ROWS)),
    "text": [None if i % 11 == 0 else f"c{i % 5}" for i in range(ROWS)],
    "truth": [i % 3 == 0 for i in range(ROWS)],
    "time": [datetime(2024, 1, 1 + i % 28, i % 24) for i in range(ROWS)],
    "absent": [None] * ROWS,
}
TABLE = pa.table(COLUMNS)


def rows_of(source: Source, columns: list[str] | None = None) -> dict[str, list[Any]]:
    return pa.Table.from_batches(list(source.batches(columns))).to_pydict()


def parquet(folder: Path) -> Path:
    pq.write_table(TABLE, folder / "t.parquet", row_group_size=300)
    return folder / "t.parquet"


def polars_parquet(folder: Path) -> Path:
    pl.from_arrow(TABLE).write_parquet(folder / "t.pq")  # type: ignore[union-attr]
    return folder / "t.pq"


def comma(folder: Path) -> Path:
    pa.csv.write_csv(TABLE, folder / "t.csv")
    return folder / "t.csv"


def lines(folder: Path) -> Path:
    rows = ({**row, "time": str(row["time"])} for row in TABLE.to_pylist())
    (folder / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / "t.jsonl"


def feather(folder: Path) -> Path:
    pa.feather.write_feather(TABLE, folder / "t.feather", compression="lz4")
    return folder / "t.feather"


def stream(folder: Path) -> Path:
    with pa.ipc.new_stream(folder / "t.arrows", TABLE.schema) as writer:
        writer.write_table(TABLE, 300)
    return folder / "t.arrows"


def polars_ipc(folder: Path) -> Path:
    pl.from_arrow(TABLE).write_ipc(folder / "t.arrow")  # type: ignore[union-attr]
    return folder / "t.arrow"


ORIGINS: dict[str, Callable[[Path], Any]] = {
    "table": lambda _: TABLE,
    "batch": lambda _: TABLE.combine_chunks().to_batches()[0],
    "reader": lambda _: TABLE.to_reader(max_chunksize=170),
    "pandas": lambda _: TABLE.to_pandas(),
    "pandas objects": lambda _: TABLE.to_pandas().astype({"text": object, "truth": object}),
    "pandas category": lambda _: TABLE.to_pandas().astype({"text": "category"}),
    "pandas arrow": lambda _: TABLE.to_pandas(types_mapper=pd.ArrowDtype),
    "polars": lambda _: pl.from_arrow(TABLE),
    "polars lazy": lambda _: pl.from_arrow(TABLE).lazy(),  # type: ignore[union-attr]
    "polars category": lambda _: pl.DataFrame(TABLE).cast({"text": pl.Categorical}),
    "columns": lambda _: COLUMNS,
    "rows": lambda _: TABLE.to_pylist(),
    "parquet": parquet,
    "polars parquet": polars_parquet,
    "csv": comma,
    "json lines": lines,
    "feather": feather,
    "arrow stream": stream,
    "polars ipc": polars_ipc,
}  # fmt: skip


@pytest.mark.parametrize("origin", ORIGINS)
def test_every_origin_gives_the_same_values(origin: str, tmp_path: Path) -> None:
    source = open_source(ORIGINS[origin](tmp_path))
    assert isinstance(source, Source)
    assert source.rows in (ROWS, None)
    assert rows_of(source) == COLUMNS
    assert rows_of(source) == COLUMNS, "the second reading differs"
    assert source.arrow_schema.names == list(COLUMNS)
    for batch in source.batches():
        assert batch.schema.equals(source.arrow_schema)
        batch.validate(full=True)
    assert source.arrow_schema.field("number").type == pa.float64()
    assert source.arrow_schema.field("whole").type == pa.int64()
    assert source.arrow_schema.field("text").type == CODED
    assert source.arrow_schema.field("truth").type == pa.bool_()
    assert pa.types.is_timestamp(source.arrow_schema.field("time").type)


@pytest.mark.parametrize("origin", ORIGINS)
def test_every_origin_gives_the_columns_asked_for_in_that_order(
    origin: str, tmp_path: Path
) -> None:
    source = open_source(ORIGINS[origin](tmp_path))
    got = rows_of(source, ["text", "number"])
    assert list(got) == ["text", "number"]
    assert got == {"text": COLUMNS["text"], "number": COLUMNS["number"]}
    sample = source.sample(50, ["truth"])
    assert sample.schema.names == ["truth"]
    with pytest.raises(UsageError, match=r"there is no column 'numbr'; did you mean 'number'"):
        source.batches(["numbr"])


@pytest.mark.parametrize("origin", ORIGINS)
def test_every_origin_gives_the_same_sample(origin: str, tmp_path: Path) -> None:
    source = open_source(ORIGINS[origin](tmp_path))
    sample = source.sample(100)
    assert sample.equals(source.sample(100))
    assert 90 <= sample.num_rows <= 110
    assert sample.schema.equals(source.arrow_schema)
    whole = sample["whole"].to_pylist()
    assert whole == sorted(whole)
    if origin != "parquet":  # read by the heads of its row groups
        assert whole == open_source(TABLE).sample(100)["whole"].to_pylist()
    assert source.sample(ROWS).to_pydict() == COLUMNS


NAMES = {
    "table": "Arrow table", "batch": "Arrow record batch", "reader": "Arrow reader",
    "pandas": "pandas DataFrame", "polars": "Polars DataFrame", "polars lazy": "Polars LazyFrame",
    "columns": "columns", "rows": "rows", "parquet": "t.parquet", "csv": "t.csv",
}  # fmt: skip


@pytest.mark.parametrize("origin", NAMES)
def test_sources_are_named(origin: str, tmp_path: Path) -> None:
    data = ORIGINS[origin](tmp_path)
    assert open_source(data, name="mine").name == "mine"
    source = open_source(ORIGINS[origin](tmp_path))
    assert source.name == NAMES[origin]
    assert NAMES[origin] in repr(source)
    assert open_source(source) is source


@pytest.mark.parametrize("wrap", [lambda t: t, lambda t: t.to_pandas(), pl.from_arrow])
def test_a_table_without_rows_is_fine(wrap: Callable[[pa.Table], Any]) -> None:
    source = open_source(wrap(TABLE.slice(0, 0)))
    assert source.rows == 0
    assert list(source.batches()) == []
    assert source.sample(10).num_rows == 0
    assert source.sample(10).schema.equals(source.arrow_schema)


@pytest.mark.parametrize("data", [[], {}, pd.DataFrame(), pl.DataFrame(), pa.table({})])
def test_a_table_without_columns_is_refused(data: Any) -> None:
    with pytest.raises(UsageError, match="there are no columns"):
        open_source(data)


def test_a_name_that_occurs_twice_is_refused() -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    frame = pd.DataFrame([[1, 2]], columns=["a", "a"])
    nested = pa.table({"a.b": [1], "a": [{"b": 1}]})
    for data in (table, frame, table.to_reader()):
        with pytest.raises(UsageError, match=r"table 'X': column name 'a' occurs twice; rename"):
            open_source(data, name="X")
    with pytest.raises(UsageError, match=r"column name 'a\.b' occurs twice"):
        open_source(nested)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (3, "'int' is not a table; wanted a pandas, Polars or Arrow table"),
        (pd.Series([1]), "a pandas Series is one column; use its to_frame"),
        (pl.Series([1]), "a polars Series is one column; use its to_frame"),
        ([{"a": 1}, 3], "row 1 is not a dict; got int"),
        ({"a": [1], "b": [1, 2]}, "column 'b' has 2 values; wanted 1 as in 'a'"),
        ({"a": "xyz"}, "column 'a' is not a list; got str"),
        ({"a": 1}, "column 'a' is not a list; got int"),
    ],
)
def test_what_is_no_table_is_refused(data: Any, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_source(data)
    assert said in str(caught.value)


class Stream:
    """Some library's table: only Arrow's C stream is known of it."""

    def __init__(self) -> None:
        self.read = 0

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        self.read += 1
        return TABLE.__arrow_c_stream__(requested_schema)


class Array:
    def __arrow_c_array__(self, requested_schema: object = None) -> object:
        return TABLE.combine_chunks().to_batches()[0].__arrow_c_array__(requested_schema)


def test_arrow_interfaces_of_any_library_are_read() -> None:
    data = Stream()
    source = open_source(data)
    assert source.name == "Stream"
    assert rows_of(source) == COLUMNS
    assert rows_of(source) == COLUMNS
    assert data.read == 1
    assert rows_of(open_source(Array())) == COLUMNS


def test_batches_have_a_size_that_is_worth_the_work() -> None:
    large = open_source(pa.table({"x": range(300_000)}))
    assert [batch.num_rows for batch in large.batches()] == [131_072, 131_072, 37_856]
    tiny = pa.table({"x": range(100_000), "s": ["u"] * 100_000}).to_reader(max_chunksize=100)
    sizes = [batch.num_rows for batch in open_source(tiny).batches()]
    assert sum(sizes) == 100_000
    assert min(sizes[:-1]) >= 16_384


def test_huge_values_make_small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan, "BATCH_BYTES", 20_000)
    monkeypatch.setattr(scan, "SMALL_BYTES", 5_000)
    source = open_source(pa.table({"s": ["x" * 1000] * 200}))
    batches = list(source.batches())
    assert sum(batch.num_rows for batch in batches) == 200
    assert max(batch.num_rows for batch in batches) <= 20


def test_a_dictionary_that_many_batches_share_does_not_cut_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scan, "BATCH_BYTES", 2_000)
    words = pa.array([f"a long word {i}" for i in range(300)]).dictionary_encode()
    assert [b.num_rows for b in open_source(pa.table({"s": words})).batches()] == [300]


def test_no_frame_library_is_imported(tmp_path: Path) -> None:
    code = (
        "import sys, vedette.ingest.source as s, vedette.ingest.files, vedette.ingest.delimited\n"
        "import vedette.ingest.jsonlines, vedette.ingest.feather\n"
        "for path in sys.argv[1:]:\n"
        "    source = s.open_source(path)\n"
        "    source.sample(10), list(source.batches())\n"
        "print([m for m in ('pandas', 'polars', 'yaml') if m in sys.modules])"
    )
    paths = [str(write(tmp_path)) for write in (parquet, comma, feather)]
    command = [sys.executable, "-c", code, *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_reader_may_be_asked_by_several_threads_at_once() -> None:
    from concurrent.futures import ThreadPoolExecutor

    table = pa.table({"a": range(5000), "b": range(5000)})
    source = open_source(table.to_reader(max_chunksize=100))
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda name: sum(b.num_rows for b in source.batches([name])), "abab"))
    assert parts == [5000] * 4
