"""JSON lines: types that change, late keys, nesting, arrays, broken lines."""

import gzip
from pathlib import Path

import pyarrow as pa
import pytest

from vedette.core.errors import SchemaError, StoreError, UsageError
from vedette.ingest import jsonlines
from vedette.ingest.columns import CODED
from vedette.ingest.source import open_source


def read(folder: Path, content: str | bytes, name: str = "t.jsonl") -> pa.Table:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    source = open_source(path)
    return pa.Table.from_batches(source.batches(), source.arrow_schema)


@pytest.fixture(params=[40, 4 << 20], ids=["small blocks", "one block"])
def blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonlines, "BLOCK_BYTES", request.param)


def test_types_that_change(tmp_path: Path, blocks: None) -> None:
    rows = ['{"a": 1, "b": 1, "c": null, "d": [1]}'] * 20
    late = '{"a": 2.5, "b": "x", "c": {"p": "u"}, "e": true}'
    table = read(tmp_path, "\n".join([*rows, late]))
    assert dict(zip(table.schema.names, table.schema.types, strict=True)) == {
        "a": pa.float64(),
        "b": CODED,
        "c.p": CODED,
        "d": pa.list_(pa.int64()),
        "e": pa.bool_(),
    }
    assert table["a"].to_pylist() == [1.0] * 20 + [2.5]
    assert table["b"].to_pylist() == ["1"] * 20 + ["x"]
    assert table["c.p"].to_pylist() == [None] * 20 + ["u"]
    assert table["e"].to_pylist() == [None] * 20 + [True]


def test_objects_and_lists_against_plain_values(tmp_path: Path, blocks: None) -> None:
    table = read(tmp_path, '{"a": [1, 2], "b": 1}\n' * 9 + '{"a": "x", "b": 2}\n')
    assert table.schema.field("a").type == CODED
    assert table["a"].to_pylist() == ["[1, 2]"] * 9 + ["x"]
    assert table["b"].to_pylist() == [1] * 9 + [2]


def test_nan_stands_for_missing(tmp_path: Path, blocks: None) -> None:
    table = read(tmp_path, '{"a": NaN, "b": 1}\n{"a": 1.5, "b": "x"}\n{"a": null}\n')
    assert table["a"].to_pylist() == [None, 1.5, None]


def test_nesting_is_flattened_once(tmp_path: Path, blocks: None) -> None:
    table = read(tmp_path, '{"a": {"b": {"c": 1}, "d": 2}}\n' * 3)
    assert table.schema.names == ["a.b", "a.d"]
    assert table["a.b"].to_pylist() == [{"c": 1}] * 3


def test_blank_lines_marks_and_breaks(tmp_path: Path, blocks: None) -> None:
    text = '\ufeff\n{"a": 1}\r\n\n{"a": 2}'
    assert read(tmp_path, text).to_pydict() == {"a": [1, 2]}
    assert read(tmp_path, gzip.compress(text.encode()), "t.jsonl.gz").to_pydict() == {"a": [1, 2]}


def test_a_key_given_twice_counts_last(tmp_path: Path) -> None:
    assert read(tmp_path, '{"a": 1, "a": 2}\n').to_pydict() == {"a": [2]}


def test_an_array_of_objects(tmp_path: Path, blocks: None) -> None:
    text = ' [{"a": 1, "b": null},\n {"a": "x", "c": {"d": 1}}]'
    table = read(tmp_path, text, "t.json")
    assert table.to_pydict() == {"a": ["1", "x"], "b": [None, None], "c.d": [None, 1]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1}\n' * 30 + "{bad\n", "t.jsonl' line 31: is not JSON; got Expecting property"),
        ('{"a": 1}\n3\n', "t.jsonl' line 2: is not an object; got int"),
        ('{"a": 1}\n{"a": "\xff"}', "line 2: is not JSON"),
        ("[1, 2", "t.jsonl': is not JSON"),
        ('{"a": ' + "[" * 100_000, "is nested too deeply"),
    ],
)
def test_what_is_no_json_is_named(tmp_path: Path, blocks: None, text: str, said: str) -> None:
    with pytest.raises(SchemaError) as caught:
        read(tmp_path, text.encode("latin-1"))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("text", "said"), [("", "no columns"), ("[1]", "row 0 is not a dict")])
def test_what_is_no_table_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read(tmp_path, text)


def test_other_encodings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not UTF-8; save it as UTF-8"):
        read(tmp_path, '{"a": 1}'.encode("utf-16"))


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonlines, "BLOCK_BYTES", 10)
    monkeypatch.setattr(jsonlines, "LONGEST_BYTES", 100)
    with pytest.raises(StoreError, match="a line is longer than 0 MB; write one object per line"):
        read(tmp_path, '{"a": "' + "x" * 200 + '"}')
    with pytest.raises(StoreError, match="an array is longer than 0 MB"):
        read(tmp_path, "[" + '{"a": 1},' * 50 + '{"a": 1}]')
