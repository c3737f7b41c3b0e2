"""Frames and Python rows: what is missing, and columns whose objects do not agree."""

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from vedette.ingest import frames
from vedette.ingest.columns import CODED
from vedette.ingest.source import open_source

NAN = float("nan")


def column(data: Any, name: str = "x") -> list[Any]:
    table = open_source(data).sample(1_000_000, [name])
    values: list[Any] = table[name].to_pylist()
    return values


@pytest.mark.parametrize(
    ("values", "got"),
    [
        ([1.0, NAN, None], [1.0, None, None]),
        ([1, "a", None, NAN, 2.5, True], ["1", "a", None, None, "2.5", "True"]),
        ([1, 2.5, None], [1.0, 2.5, None]),
        ([2**70, 1], [str(2**70), "1"]),
        ([True, None], [True, None]),
        ([Decimal("1.5"), None], [1.5, None]),
        ([date(2024, 1, 2), None], [date(2024, 1, 2), None]),
        (["x", np.float64(1.5), np.int8(3), pd.NA, pd.NaT], ["x", "1.5", "3", None, None]),
        ([1j, None], ["1j", None]),
        (["\ud800", 1], ["?", "1"]),
        ([[1.0, 2.0], None], [[1.0, 2.0], None]),
        ([None, None], [None, None]),
        ([], []),
    ],
)
def test_objects_in_a_pandas_frame_and_in_rows(values: list[Any], got: list[Any]) -> None:
    series = pd.Series(values, dtype=object)
    assert column(pd.DataFrame({"x": series, "ok": 1.0})) == got
    assert column({"x": values, "ok": [1.0] * len(values)}) == got
    assert column({"x": np.array([*values, None], dtype=object)[:-1]}) == got


def test_one_bad_column_does_not_sink_the_table() -> None:
    frame = pd.DataFrame({"bad": pd.Series([1, "a"], dtype=object), "good": [1.0, NAN]})
    source = open_source(frame)
    assert source.arrow_schema.types == [CODED, pa.float64()]
    assert source.sample(9).to_pylist() == [{"bad": "1", "good": 1.0}, {"bad": "a", "good": None}]


def test_pieces_that_disagree_become_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "CHUNK_ROWS", 2)
    assert column({"x": [None, None, 1, 2, "a", 3.5]}) == [None, None, "1", "2", "a", "3.5"]
    assert column({"x": [1, 2, 2.5, None]}) == [1.0, 2.0, 2.5, None]
    assert column({"x": [None, None, "u", "v"]}) == [None, None, "u", "v"]


def test_pandas_types_of_all_sorts() -> None:
    frame = pd.DataFrame(
        {
            "category": pd.Categorical(["a", None, "b"]),
            "number category": pd.Categorical([1, 2, 1]),
            "nullable": pd.array([1, None, 3], dtype="Int64"),
            "string": pd.array(["a", None, "b"], dtype="string"),
            "time": pd.to_datetime(["2024-01-01", None, "2024-01-02"]),
            "half": np.array([1, 2, NAN], dtype=np.float16),
            "sparse": pd.arrays.SparseArray([1.0, NAN, 2.0]),
            "interval": pd.interval_range(0, 3),
            7: [1, 2, 3],
        },
        index=["u", "v", "w"],
    )
    source = open_source(frame)
    types = dict(zip(source.arrow_schema.names, source.arrow_schema.types, strict=True))
    assert types["category"] == types["number category"] == types["string"] == CODED
    assert types["half"] == pa.float32()
    assert "7" in types
    got = source.sample(9).to_pydict()
    assert got["category"] == ["a", None, "b"]
    assert got["number category"] == ["1", "2", "1"]
    assert got["nullable"] == [1, None, 3]
    assert got["time"][1] is None
    assert got["sparse"] == [1.0, None, 2.0]
    assert got["half"] == [1.0, 2.0, None]
    assert got["interval.left"] == [0, 1, 2]


def test_names_of_several_levels_are_joined() -> None:
    columns = pd.MultiIndex.from_tuples([("a", "x"), ("b", "")])
    assert open_source(pd.DataFrame([[1, 2]], columns=columns)).arrow_schema.names == ["a.x", "b"]


def test_a_subclass_of_a_frame_is_a_frame() -> None:
    class Mine(pd.DataFrame):
        pass

    assert column(Mine({"x": [1.0, NAN]})) == [1.0, None]


def test_numbers_of_a_frame_are_shared_not_copied() -> None:
    values = np.arange(1000.0)
    (batch,) = open_source(pd.DataFrame({"x": values}, copy=False)).batches()
    assert batch["x"].buffers()[1].address == values.ctypes.data
    frame = pl.DataFrame({"x": values})
    (batch,) = open_source(frame).batches()
    assert batch["x"].buffers()[1].address == frame.to_arrow()["x"].chunk(0).buffers()[1].address


def test_nan_stays_where_missing_has_its_own_sign() -> None:
    for data in (pl.DataFrame({"x": [NAN, None]}), pa.table({"x": [NAN, None]})):
        nan, missing = column(data)
        assert nan != nan
        assert missing is None
    assert column({"x": np.array([NAN, 1.0])}) == [None, 1.0]


def test_polars_types_of_all_sorts() -> None:
    frame = pl.DataFrame(
        {
            "category": pl.Series(["a", None], dtype=pl.Categorical),
            "enum": pl.Series(["a", None], dtype=pl.Enum(["b", "a"])),
            "struct": [{"p": 1, "q": "u"}, None],
            "decimal": pl.Series([Decimal("1.25"), None]),
            "list": [[1.0], None],
            "array": pl.Series([[1.0, 2.0], None], dtype=pl.Array(pl.Float64, 2)),
        }
    )
    assert open_source(frame).sample(9).to_pylist() == [
        {"category": "a", "enum": "a", "struct.p": 1, "struct.q": "u", "decimal": 1.25,
         "list": [1.0], "array": [1.0, 2.0]},
        {"category": None, "enum": None, "struct.p": None, "struct.q": None, "decimal": None,
         "list": None, "array": None},
    ]  # fmt: skip


def test_rows_may_lack_keys() -> None:
    source = open_source([{"a": 1}, {"b": "x"}, {}])
    assert source.sample(9).to_pylist() == [
        {"a": 1, "b": None},
        {"a": None, "b": "x"},
        {"a": None, "b": None},
    ]


def test_columns_may_be_arrays_of_any_library() -> None:
    data = {
        "arrow": pa.array([1, None]),
        "chunked": pa.chunked_array([[1], [2]]),
        "numpy": np.array([1, 2]),
        "matrix": np.ones((2, 3)),
        "pandas": pd.Series(["a", None], index=[5, 6]),
        "polars": pl.Series(["a", "b"]),
        "tuple": (1, 2),
        "range": range(2),
    }
    got = open_source(data).sample(9).to_pydict()
    assert got["arrow"] == [1, None]
    assert got["chunked"] == got["numpy"] == got["tuple"] == [1, 2]
    assert got["matrix"] == [[1.0, 1.0, 1.0]] * 2
    assert got["pandas"] == ["a", None]
    assert got["polars"] == ["a", "b"]
    assert got["range"] == [0, 1]
