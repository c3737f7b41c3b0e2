"""Arrow streams from strangers: names, types, times, and streams that are meant to hurt."""

import random
import struct

import numpy as np
import pyarrow as pa
import pytest

from vedette.ingest.arrow_message import declared
from vedette.ingest.body import decode
from vedette.ingest.limits import Limits, Refused

NOW = 1_793_527_200 * 10**9
ARROW = "application/vnd.apache.arrow.stream"


def stream(table, **options):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as out:
        out.write(table)
    return sink.getvalue().to_pybytes()


def read(table, limits=Limits(), **names):  # noqa: B008
    body = table if isinstance(table, bytes) else stream(pa.table(table))
    given = {"model": "m", "content_type": ARROW, "received": NOW}
    return decode(body, limits=limits, names=names, **given)


def test_numbers_texts_and_lists_of_every_width():
    table = pa.table(
        {
            "i8": pa.array([1, None], pa.int8()),
            "u64": pa.array([2**64 - 1, 0], pa.uint64()),
            "half": pa.array([1.5, 2.5], pa.float16()),
            "cents": pa.array([1, 2], pa.decimal128(9, 2)),
            "large": pa.array(["a", "b"], pa.large_string()),
            "view": pa.array(["a", "b"], pa.string_view()),
            "coded": pa.array(["a", None]).dictionary_encode(),
            "codes": pa.array([5, 6]).dictionary_encode(),
            "list": pa.array([[1, 2], [3]], pa.list_(pa.int32())),
            "fixed": pa.array([[1.0, 2.0], [3.0, 4.0]], pa.list_(pa.float32(), 2)),
            "took": pa.array([1500, None], pa.duration("ms")),
            "day": pa.array([0, 1], pa.date32()),
            "none": pa.nulls(2),
        }
    )
    batch = read(table).rows
    kinds = {field.name: str(field.type) for field in batch.schema}
    numbers = ("i8", "u64", "half", "cents", "codes", "took")
    assert {kinds[name] for name in numbers} == {"double"}
    assert {kinds[name] for name in ("large", "view", "coded", "day")} == {"string"}
    assert kinds["list"] == kinds["fixed"] == "list<item: double>"
    assert "none" not in kinds
    assert batch["took"].to_pylist() == [1.5, None]
    assert batch["day"].to_pylist() == ["1970-01-01", "1970-01-02"]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([{"a": 1}]),
        pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int8())),
        pa.array([b"x"]),
        pa.array([["a"]]),
        pa.array([[[1]]]),
        pa.RunEndEncodedArray.from_arrays([1], ["a"]),
        pa.ExtensionArray.from_storage(pa.json_(), pa.array(["{}"])),
    ],
)
def test_types_that_are_not_kept(column):
    with pytest.raises(Refused, match="column 'x'") as refused:
        read({"x": column})
    assert refused.value.status == 400


def test_columns_are_mapped_by_name():
    table = {"key": [7, 8], "at": [1_793_527_200, 1_793_527_201], "p": ["y", "n"], "v": [3, 3]}
    batch = read(table, id="key", time="at", prediction="p", version="v").rows
    assert batch["_id"].to_pylist() == ["7", "8"]
    assert batch["_time"].cast(pa.int64()).to_pylist() == [NOW, NOW + 10**9]
    assert batch["_version"].to_pylist() == ["3", "3"]
    assert batch["prediction"].to_pylist() == ["y", "n"]


@pytest.mark.parametrize(
    ("table", "names", "says"),
    [
        ({"x": [1]}, {"id": "y"}, "there is no column 'y'"),
        ({"x": [1]}, {"idd": "x"}, "did you mean 'id'"),
        ({"x": [1], "_id": ["a"]}, {"id": "x"}, "two columns are called '_id'"),
        ({"score": ["high"]}, {}, "not numeric"),
        ({"score": [["high"]]}, {}, "a type that is not kept"),
        ({"latency_s": [[0.5]]}, {}, "not numeric"),
        ({"_weight": ["1"]}, {}, "not numeric"),
        ({"x" * 300: [1]}, {}, "1 to 256"),
    ],
)
def test_tables_that_make_no_sense(table, names, says):
    with pytest.raises(Refused, match=says):
        read(table, **names)


@pytest.mark.parametrize(
    "column",
    [
        pa.array([NOW], pa.timestamp("ns", "UTC")),
        pa.array([NOW // 1000], pa.timestamp("us")),
        pa.array([NOW // 10**9], pa.timestamp("s", "Europe/Paris")),
        pa.array([NOW // 10**9]),
        pa.array([NOW // 10**6]),
        pa.array([NOW]),
        pa.array([NOW / 1e9]),
        pa.array(["2026-11-01T10:00:00Z"]),
        pa.array(["2026-11-01T10:00:00"]).dictionary_encode(),
    ],
)
def test_times_of_every_spelling(column):
    assert read({"_time": column}).rows["_time"].cast(pa.int64()).to_pylist() == [NOW]


def test_rows_are_refused_one_by_one():
    table = {
        "_id": ["a", None, "", "d", "e", "f"],
        "_time": pa.array([NOW, None, NOW, -5, NOW + 10**17, NOW], pa.timestamp("ns", "UTC")),
        "_weight": [1.0, 1.0, None, 1.0, 1.0, 0.5],
        "latency_s": [0.1, None, 0.1, 0.1, 0.1, 0.1],
    }
    decoded = read(table)
    assert [bad.row for bad in decoded.rejected] == [3, 4, 5]
    assert [bad.id for bad in decoded.rejected] == ["d", "e", "f"]
    ids = decoded.rows["_id"].to_pylist()
    assert ids[0] == "a"
    assert len(set(ids)) == 3
    assert decoded.rows["_time"].null_count == 0
    assert decoded.rows["_weight"].to_pylist() == [1.0, 1.0, 1.0]
    again = read(table).rows["_id"].to_pylist()
    assert again == ids


def test_times_beyond_nanoseconds():
    far = pa.array([2**62, -(2**62), 2**40], pa.timestamp("s"))
    decoded = read({"_time": far, "x": [1, 2, 3]})
    assert decoded.rows is None
    assert len(decoded.rejected) == 3


def test_many_batches_are_one():
    table = pa.concat_tables([pa.table({"x": [i]}) for i in range(5)])
    assert read(stream(table)).rows["x"].to_pylist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert read({"x": pa.array([], pa.int8())}).rows is None


@pytest.mark.parametrize("compression", [None, "lz4", "zstd"])
def test_what_a_stream_declares(compression):
    table = pa.table({"x": np.zeros(1000), "c": pa.array(["a"] * 1000).dictionary_encode()})
    said = declared(stream(table, compression=compression), Limits())
    assert said.rows == 1000
    assert (said.expanded >= 8000) == (compression is not None)


def test_too_many_rows_columns_and_cells():
    with pytest.raises(Refused, match="too many rows"):
        read({"x": np.zeros(101)}, Limits(rows=100))
    with pytest.raises(Refused, match="too many rows"):
        read(stream(pa.concat_tables([pa.table({"x": np.zeros(60)})] * 2)), Limits(rows=100))
    with pytest.raises(Refused, match="too many columns"):
        read({str(i): [1] for i in range(30)}, Limits(columns=20))
    with pytest.raises(Refused, match="too many cells"):
        read({str(i): np.zeros(20) for i in range(20)}, Limits(cells=300))


def test_two_thousand_million_rows_in_a_few_bytes():
    schema = pa.schema([("x", pa.null())])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as out:
        out.write_batch(pa.record_batch([pa.nulls(2 * 10**9)], schema=schema))
    body = sink.getvalue().to_pybytes()
    assert len(body) < 1000
    with pytest.raises(Refused) as refused:
        read(body)
    assert refused.value.status == 413


def test_compressed_buffers_that_expand_too_far():
    body = stream(pa.table({"x": np.zeros(40_000)}), compression="zstd")
    assert len(body) < 10_000
    with pytest.raises(Refused, match="expands to too much"):
        read(body, Limits(expanded=100_000))
    lying = body.replace(struct.pack("<q", 320_000), struct.pack("<q", 2**60))
    assert lying != body
    with pytest.raises(Refused, match="expands to too much"):
        read(lying)


def test_a_dictionary_that_expands_too_far():
    words = pa.array(["x" * 60_000])
    coded = pa.DictionaryArray.from_arrays(pa.array([0] * 5000), words)
    with pytest.raises(Refused, match="expands to too much"):
        read({"x": coded})


def test_no_flipped_byte_ends_the_process():
    """One wrong offset aborts the process unless the stream is checked first."""
    rng = random.Random(1)
    table = pa.table(
        {
            "_id": [f"id{i}" for i in range(20)],
            "c": pa.array(list("abcd") * 5).dictionary_encode(),
            "x": np.arange(20.0),
            "l": pa.array([[1.0]] * 20),
        }
    )
    for compression in (None, "lz4"):
        body = stream(table, compression=compression)
        for at in range(0, len(body), 3):
            broken = bytearray(body)
            broken[at] ^= 1 << rng.randrange(8)
            try:
                decoded = read(bytes(broken))
            except Refused:
                continue
            if decoded.rows is not None:
                decoded.rows.to_pylist()


@pytest.mark.parametrize("cut", [1, 8, 100, 300])
def test_streams_that_are_cut(cut):
    body = stream(pa.table({"x": np.arange(100.0)}))
    try:
        decoded = read(body[:-cut])
    except Refused:
        return
    assert decoded.rows is None or decoded.rows.num_rows == 100
