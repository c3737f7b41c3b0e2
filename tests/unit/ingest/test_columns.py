"""How columns are delivered: one type for text, flattened structs, repaired text, joint types."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from vedette.core.errors import SchemaError, UsageError
from vedette.ingest.columns import CODED, Plan, convert, delivered_type, encode, plan, unify
from vedette.ingest.source import open_source

TEXT = ["a", None, "b", "a"]


def view_list() -> pa.Array:
    return pa.array([[1], None], pa.list_view(pa.int64()))


@pytest.mark.parametrize(
    "array",
    [
        pa.array(TEXT),
        pa.array(TEXT, pa.large_string()),
        pa.array(TEXT, pa.string_view()),
        pa.array(TEXT).dictionary_encode(),
        pa.array(TEXT).dictionary_encode().cast(pa.dictionary(pa.uint32(), pa.large_string())),
        pa.array(TEXT).dictionary_encode().cast(pa.dictionary(pa.int8(), pa.binary())),
        pc.run_end_encode(pa.array(TEXT)),
        pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 0]), pa.array(["a", None, "b"])),
        pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 0], pa.int8()), ["a", None, "b"]),
        pa.concat_arrays([pa.array(["z", "y"]), pa.array(TEXT)]).dictionary_encode().slice(2),
    ],
)
def test_text_of_any_type_is_coded(array: pa.Array) -> None:
    assert delivered_type(array.type) == CODED
    coded = encode(array)
    coded.validate(full=True)
    assert coded.type == CODED
    assert coded.to_pylist() == TEXT
    assert coded.dictionary.null_count == 0


@pytest.mark.parametrize(
    ("array", "kind", "values"),
    [
        (pa.array([1.5, None]).cast(pa.decimal128(5, 2)), pa.float64(), [1.5, None]),
        (pa.array([1.5, None]).cast(pa.decimal256(50, 2)), pa.float64(), [1.5, None]),
        (pa.array([1.5, None]).cast(pa.float16()), pa.float32(), [1.5, None]),
        (view_list(), pa.list_(pa.int64()), [[1], None]),
        (pa.array([b"x", None], pa.binary_view()), pa.large_binary(), [b"x", None]),
        (pa.array([[1.0, 2.0]], pa.list_(pa.float64(), 2)), pa.list_(pa.float64(), 2), [[1, 2]]),
        (pa.array([b"x", None]), pa.binary(), [b"x", None]),
        (pa.array([None, None]), pa.null(), [None, None]),
        (pa.array([1, 2]).dictionary_encode(), CODED, ["1", "2"]),
        (pa.array([True, None]).dictionary_encode(), CODED, ["true", None]),
        (pa.array([[1], None]), pa.list_(pa.int64()), [[1], None]),
    ],
)
def test_delivered_types(array: pa.Array, kind: pa.DataType, values: list[Any]) -> None:
    assert delivered_type(array.type) == kind
    assert convert(array, kind).type == kind
    assert convert(array, kind).to_pylist() == values


def test_a_large_dictionary_is_cut_to_the_rows_of_a_batch() -> None:
    words = pa.array([f"w{i}" for i in range(10_000)])
    array = pa.DictionaryArray.from_arrays(pa.array([9_999, None, 5], pa.int32()), words)
    coded = encode(array)
    assert coded.to_pylist() == ["w9999", None, "w5"]
    assert len(coded.dictionary) == 2


def test_broken_text_is_repaired() -> None:
    good = "é".encode()
    raw = pa.array([b"\xff\xfe", good, None])
    for array in (raw.view(pa.string()), raw.view(pa.string()).dictionary_encode()):
        assert encode(array).to_pylist() == ["\ufffd\ufffd", "é", None]
    assert encode(raw.dictionary_encode()).to_pylist() == ["\ufffd\ufffd", "é", None]


def test_structs_are_flattened_one_level() -> None:
    rows = [{"p": {"x": 1, "y": "u", "z": {"k": 1}}}, {"p": None}, {"p": {"x": None}}]
    table = pa.Table.from_pylist(rows)
    source = open_source(table)
    assert source.arrow_schema.names == ["p.x", "p.y", "p.z"]
    assert source.sample(9).to_pylist() == [
        {"p.x": 1, "p.y": "u", "p.z": {"k": 1}},
        {"p.x": None, "p.y": None, "p.z": None},
        {"p.x": None, "p.y": None, "p.z": None},
    ]
    (batch,) = open_source(table.to_reader()).batches(["p.y"])
    assert batch.to_pydict() == {"p.y": ["u", None, None]}


def test_extension_types_are_what_they_hold() -> None:
    storage = pa.array([[1.0, 2.0]], pa.list_(pa.float64(), 2))
    tensor = pa.ExtensionArray.from_storage(pa.fixed_shape_tensor(pa.float64(), [2]), storage)
    source = open_source(pa.table({"t": tensor}))
    assert source.arrow_schema.field("t").type == storage.type
    assert source.sample(1).to_pylist() == [{"t": [1.0, 2.0]}]


STAMP = pa.timestamp("s")


@pytest.mark.parametrize(
    ("first", "second", "joint"),
    [
        (pa.int8(), pa.int32(), pa.int32()),
        (pa.uint8(), pa.int16(), pa.int64()),
        (pa.uint64(), pa.int64(), pa.float64()),
        (pa.float32(), pa.int64(), pa.float64()),
        (pa.null(), CODED, CODED),
        (pa.bool_(), pa.null(), pa.bool_()),
        (STAMP, pa.timestamp("us"), pa.timestamp("us")),
        (STAMP, pa.timestamp("s", "UTC"), None),
        (pa.date32(), STAMP, STAMP),
        (pa.date32(), pa.timestamp("s", "UTC"), None),
        (pa.date32(), pa.date64(), pa.date64()),
        (pa.date32(), pa.int64(), None),
        (pa.bool_(), pa.int64(), None),
        (CODED, pa.float64(), None),
    ],
)
def test_joint_types(first: pa.DataType, second: pa.DataType, joint: pa.DataType | None) -> None:
    assert unify(first, second) == joint
    assert unify(second, first) == joint


def test_values_that_do_not_fit_a_joint_type_are_named() -> None:
    one = plan(pa.schema({"x": pa.timestamp("ns")}), "table 't'")
    far = pa.record_batch({"x": pa.array([253402300799], pa.timestamp("s"))})
    with pytest.raises(SchemaError, match="table 't' column 'x': a value does not fit"):
        one.deliver(far)
    assert plan(pa.schema({"x": pa.float64()}), "t").deliver(
        pa.record_batch({"x": [2**53 + 1]})
    ).to_pydict() == {"x": [float(2**53)]}


def test_a_plan_needs_columns() -> None:
    with pytest.raises(UsageError, match="there are no columns"):
        Plan("table 't'", ())
    with pytest.raises(UsageError, match="there are no columns"):
        list(open_source({"a": [1]}).batches([]))
