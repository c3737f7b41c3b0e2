"""Whole frames: columns under the server's names, ids and times for all rows, cut to size."""

import io
import threading
import time

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from vedette.core import rows

COLUMNS = {
    "key": ["a", "b", None],
    "at": [1.0, 2.5, None],
    "said": [True, False, True],
    "p": [0.5, 0.25, 0.125],
    "amount": [1, 2, 3],
    "plan": ["x", None, "y"],
}


def tables(sink) -> list[pa.Table]:
    return [pa.ipc.open_stream(io.BytesIO(body)).read_all() for body in sink.frames]


@pytest.mark.parametrize(
    "frame",
    [
        pa.table(COLUMNS),
        pa.table(COLUMNS).to_batches()[0],
        pd.DataFrame(COLUMNS),
        pl.DataFrame(COLUMNS),
        COLUMNS,
        pa.table(COLUMNS).to_pylist(),
    ],
    ids=["table", "batch", "pandas", "polars", "columns", "rows"],
)
def test_frames_of_all_kinds_are_the_same(make, sink, frame):
    client = make(version="2")
    taken = client.log_frame(frame, id="key", time="at", prediction="said", score={"churn": "p"})
    assert taken == 3, client.last_error
    assert client.flush()
    (table,) = tables(sink)
    got = table.to_pydict()
    assert got[rows.ID][:2] == ["a", "b"]
    assert got[rows.ID][2].endswith("-f1-2")
    stamps = table.column(rows.TIME).cast(pa.int64()).to_pylist()
    assert table.schema.field(rows.TIME).type == pa.timestamp("ns", "UTC")
    assert stamps[:2] == [1_000_000_000, 2_500_000_000]
    assert got["prediction"] == [True, False, True]
    assert got["score.churn"] == [0.5, 0.25, 0.125]
    assert got["amount"] == [1, 2, 3]
    assert got["plan"] == ["x", None, "y"]
    assert got[rows.VERSION] == ["2"] * 3
    assert got[rows.WEIGHT] == [1.0] * 3
    assert client.counters.acknowledged == client.counters.logged == 3


def test_large_frames_are_cut(make, sink):
    client = make()
    wide = {f"c{i}": list(range(120_000)) for i in range(8)}
    assert client.log_frame(pa.table(wide)) == 120_000
    assert client.flush(20)
    found = tables(sink)
    assert all(table.num_rows <= 50_000 for table in found)
    assert all(len(body) < 5 << 20 for body in sink.frames)
    assert sum(table.num_rows for table in found) == 120_000
    assert [x for table in found for x in table.column("c3").to_pylist()] == wide["c3"]
    assert len({key for table in found for key in table.column(rows.ID).to_pylist()}) == 120_000


def test_a_frame_far_larger_than_the_queue_arrives_whole(make, sink):
    client = make(queue_events=1000)
    assert client.log_frame(pa.table({"a": list(range(20_000))})) == 20_000
    client.log({"a": -1})
    assert client.flush(20)
    assert [x for table in tables(sink) for x in table.column("a").to_pylist()] == list(
        range(20_000)
    )
    assert client.counters.acknowledged == client.counters.logged == 20_001
    assert client.counters.dropped == 0


@pytest.mark.parametrize("bounds", [{"queue_events": 1000}, {"queue_bytes": 50_000}])
def test_rows_of_frames_wait_within_the_bounds_of_the_queue(make, sink, bounds):
    """Also when nothing leaves the queue: then the oldest rows are dropped and counted."""
    client, gate, held = make(**bounds), threading.Event(), threading.Event()
    client.log_later(lambda: held.set() or (gate.wait(20) and None))
    assert held.wait(10)
    began = time.monotonic()
    frame = pa.table({"a": list(range(3000))})
    for _ in range(4):
        assert client.log_frame(frame) == 3000
    assert time.monotonic() - began < 10
    waiting = client.counters.waiting
    assert 0 < waiting <= 3000
    assert client.counters.logged == 12_000
    assert client.counters.dropped_queue == 12_000 - waiting
    assert "queue is full" in client.last_error
    gate.set()
    assert client.flush(20)
    assert client.counters.acknowledged == waiting
    assert tables(sink)[-1].column("a").to_pylist()[-1] == 2999  # the oldest went first


def test_a_sample_of_a_frame_carries_its_weight(make, sink):
    client = make(sample=0.5)
    taken = client.log_frame(pa.table({"a": list(range(2000))}))
    assert 850 < taken < 1150
    assert client.flush()
    assert set(tables(sink)[0].column(rows.WEIGHT).to_pylist()) == {2.0}


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1, 2], pa.int64()),
        pa.array([1, 2], pa.timestamp("us")),
        pa.array(["1970-01-01T00:00:01Z", "1970-01-01T00:00:02Z"]),
        pa.array([1, 2], pa.date32()),
    ],
    ids=lambda column: str(column.type),
)
def test_times_of_all_kinds(make, sink, column):
    client = make()
    assert client.log_frame(pa.table({"t": column}), time="t") == 2, client.last_error
    assert client.flush()
    stamps = tables(sink)[0].column(rows.TIME).cast(pa.int64()).to_pylist()
    steps = {"int64": 1, "timestamp[us]": 1000, "string": 10**9, "date32[day]": 86_400 * 10**9}
    assert stamps == [steps[str(column.type)], 2 * steps[str(column.type)]]


@pytest.mark.parametrize("frame", [3, "text", None, [], [1, 2], pa.table({"a": [1]})])
def test_what_is_no_frame_is_counted(make, sink, frame):
    client = make()
    assert client.log_frame(frame, id="no such column") == 0
    assert client.last_error
    assert client.counters.acknowledged == 0


def test_frames_wait_on_disk_like_everything_else(make, sink, tmp_path):
    sink.stop()
    client = make(spool=tmp_path)
    client.log_frame(pa.table({"a": [1, 2, 3]}))
    client.log({"a": 4}, id="single")
    assert not client.flush(0.2)
    sink.start()
    assert client.flush(20)
    assert tables(sink)[0].column("a").to_pylist() == [1, 2, 3]
    assert set(sink.events) == {"single"}


def test_columns_of_mixed_types_are_text(make, sink):
    client = make()
    frame = pd.DataFrame({"a": [1, "x", None]}, dtype=object)
    assert client.log_frame(frame) == 3
    assert client.flush()
    assert tables(sink)[0].column("a").to_pylist() == ["1", "x", None]
