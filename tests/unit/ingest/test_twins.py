"""Bodies of twins: every format gives the same rows; one without the id of its event is refused."""

import json

import msgspec
import pyarrow as pa
import pytest

from vedette.core import wire
from vedette.core.events import Event
from vedette.ingest.body import decode_twins
from vedette.ingest.limits import Refused

NOW = 1_793_527_200 * 10**9  # 2026-11-01T10:00:00Z
ROWS = [
    {"id": "a", "time": "2026-11-01T09:00:00Z", "features": {"amount": 9.5, "shop": "x"},
     "prediction": True, "score": 0.25},
    {"id": "b", "features": {"amount": None, "shop": "y"}, "prediction": False, "score": 0.5},
]  # fmt: skip


def arrow(table):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return sink.getvalue().to_pybytes()


def bodies():
    plain = json.dumps(ROWS).encode()
    lines = b"\n".join(json.dumps(row).encode() for row in ROWS)
    times = [NOW - 3600 * 10**9, NOW]
    events = [
        Event(id=row["id"], model="m", time=at, features=row["features"], version="7", weight=2.0,
              prediction=row["prediction"], scores={"score": row["score"]}, latency_s=0.5)
        for row, at in zip(ROWS, times, strict=True)
    ]  # fmt: skip
    table = pa.table(
        {
            "_id": ["a", "b"],
            "_time": pa.array(times, pa.timestamp("ns", "UTC")),
            "amount": [9.5, None],
            "shop": ["x", "y"],
            "prediction": [True, False],
            "score": [0.25, 0.5],
            "_weight": [2.0, 2.0],
            "latency_s": [0.1, 0.2],
        }
    )
    yield "application/json", plain
    yield "application/x-ndjson", lines
    yield "application/msgpack", msgspec.msgpack.encode(ROWS)
    yield "application/msgpack", wire.encode(events)
    yield "application/vnd.apache.arrow.stream", arrow(table)


def read(body, kind, **given):
    return decode_twins(body, model="m", content_type=kind, received=NOW, **given)


@pytest.mark.parametrize(("kind", "body"), list(bodies()))
def test_every_format_gives_the_same_rows(kind, body):
    found = read(body, kind)
    assert (found.rows, found.outcomes, found.rejected) == (None, None, ())
    rows = found.twins
    assert set(rows.schema.names) == {"_id", "_time", "amount", "shop", "prediction", "score"}
    assert rows["_id"].to_pylist() == ["a", "b"]
    assert rows["_time"].cast(pa.int64()).to_pylist() == [NOW - 3600 * 10**9, NOW]
    assert rows["amount"].to_pylist() == [9.5, None]
    assert rows["prediction"].to_pylist() == [True, False]


def test_a_twin_of_nobody_is_refused_and_the_others_are_kept():
    body = json.dumps([{"features": {"x": 1}}, {"id": 7, "features": {"x": 2}}, {"id": ""}])
    found = read(body.encode(), "application/json")
    assert found.twins["_id"].to_pylist() == ["7"]
    assert [(bad.row, bad.reason) for bad in found.rejected] == [
        (0, "needs the id of its event"),
        (2, "id must have 1 to 256 characters"),
    ]
    table = pa.table({"_id": ["a", None, ""], "x": [1.0, 2.0, 3.0]})
    found = read(arrow(table), "application/vnd.apache.arrow.stream")
    assert found.twins["_id"].to_pylist() == ["a"]
    assert [bad.reason for bad in found.rejected] == ["needs the id of its event"] * 2
    none = read(arrow(pa.table({"x": [1.0]})), "application/vnd.apache.arrow.stream")
    assert none.twins is None
    assert len(none.rejected) == 1


def test_columns_of_a_table_may_have_other_names():
    table = pa.table({"flight": ["a"], "said": [True], "x": [1.0]})
    names = {"id": "flight", "prediction": "said"}
    found = read(arrow(table), "application/vnd.apache.arrow.stream", names=names)
    assert set(found.twins.schema.names) == {"_id", "_time", "prediction", "x"}


@pytest.mark.parametrize("body", [b"", b"3", b"{", b"[[1]]"[:3]])
def test_what_cannot_be_read_is_refused(body):
    with pytest.raises(Refused):
        read(body, "application/json")
