"""Inference tables of three generations, as JSON and as Parquet."""

import json
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.ingest.readers.made import Kept, course, read

AT = 1793527200 * 10**9
REQUEST = json.dumps({"dataframe_split": {"columns": ["x"], "data": [[1], [2]]}})
RESPONSE = json.dumps({"predictions": [0, 1]})
LEGACY = {
    "databricks_request_id": "d1", "client_request_id": None, "date": date(2026, 11, 1),
    "timestamp_ms": AT // 10**6, "execution_time_ms": 250, "status_code": 200,
    "sampling_fraction": 0.25, "request": REQUEST, "response": RESPONSE,
    "request_metadata": [("model_name", "main.ml/churn"), ("model_version", "3")],
}  # fmt: skip
GATEWAY = {
    "databricks_request_id": "d2", "client_request_id": "c2",
    "request_date": date(2026, 11, 1), "request_time": datetime(2026, 11, 1, 10, tzinfo=UTC),
    "execution_duration_ms": 500, "status_code": 200, "sampling_fraction": 1.0,
    "request": None, "response": RESPONSE, "served_entity_id": "ent", "requester": "ann",
    "logging_error_codes": ["MAX_REQUEST_SIZE_EXCEEDED"],
}  # fmt: skip
NEWEST = {
    "invocation_id": "i3", "event_time": datetime(2026, 11, 1, 10, tzinfo=UTC), "latency_ms": 5,
    "status_code": 503, "request": None, "response": None, "logging_error_codes": [],
}  # fmt: skip
TYPES = {"request_metadata": pa.map_(pa.string(), pa.string())}


def parquet(path, *rows):
    names = list(rows[0])
    columns = {name: [row[name] for row in rows] for name in names}
    arrays = {name: pa.array(one, TYPES.get(name)) for name, one in columns.items()}
    pq.write_table(pa.table(arrays), path)
    return path


@pytest.mark.parametrize("form", ["parquet", "json"])
def test_a_legacy_row_is_an_event_for_each_instance(tmp_path, form):
    if form == "parquet":
        path = parquet(tmp_path / "part-0.parquet", LEGACY)
    else:
        path = tmp_path / "part-0.json"
        row = LEGACY | {"date": "2026-11-01", "request_metadata": dict(LEGACY["request_metadata"])}
        path.write_text(json.dumps(row) + "\n")
    rows, sink = read("databricks", path)
    assert [row["id"] for row in rows] == ["d1#0", "d1#1"]
    assert [row["features"] for row in rows] == [{"x": 1}, {"x": 2}]
    assert [row["prediction"] for row in rows] == [0, 1]
    assert {(row["time"], row["latency_s"], row["weight"]) for row in rows} == {(AT, 0.25, 4.0)}
    assert {(model, row["version"]) for model, row in sink.rows} == {("main.ml:churn", "3")}
    assert rows[0]["attributes"] == {"status_code": 200}


def test_a_gateway_row_says_why_its_request_is_missing(tmp_path):
    path = parquet(tmp_path / "a.parquet", GATEWAY)
    sink = Kept()
    one = course("databricks", path, sink=sink)
    one.given = one.given._replace(model="m")
    one.run()
    rows = [row for _, row in sink.rows]
    assert [row["id"] for row in rows] == ["c2#0", "c2#1"]
    assert rows[0]["attributes"]["logging_error"] == "MAX_REQUEST_SIZE_EXCEEDED"
    assert rows[0]["rest"]["requester"] == "ann"
    assert (rows[0]["time"], rows[0]["version"]) == (AT, "ent")


def test_a_failed_call_of_the_newest_table_is_an_event_with_its_error(tmp_path):
    sink = Kept()
    one = course("databricks", parquet(tmp_path / "a.parquet", NEWEST), sink=sink)
    one.given = one.given._replace(model="m")
    one.run()
    [(_, row)] = sink.rows
    assert row["id"] == "i3"
    assert row["attributes"] == {"status_code": 503, "error_type": "503"}
    assert (row["latency_s"], row["time"]) == (0.005, AT)


def test_rows_that_name_no_model_or_are_of_no_inference_table_are_put_aside(tmp_path):
    parquet(tmp_path / "a.parquet", NEWEST)
    (tmp_path / "b.json").write_text('{"x": 1}\n[1]\n')
    rows, sink = read("databricks", tmp_path)
    assert rows == []
    assert "names no model" in sink.unread[0].reason
    assert "no row of an inference table" in sink.unread[1].reason
    assert "no object" in sink.unread[2].reason


def test_where_only_the_day_is_known_that_is_kept(tmp_path):
    path = parquet(tmp_path / "a.parquet", LEGACY | {"timestamp_ms": None})
    rows, _ = read("databricks", path)
    assert rows[0]["time"] == AT - 10 * 3600 * 10**9
    assert rows[0]["rest"]["time_quality"] == "day"
