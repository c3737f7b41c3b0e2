"""A server watches a Delta table that grows, is put together anew and loses rows, over a crash.

Owns: the journey from commits of a real table to stored events.  Does not own: what each operation
means (`tests/unit/ingest/readers/test_delta.py`).
"""

import json
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from tests.journeys.live_server import LiveServer, stored_ids

deltalake = pytest.importorskip("deltalake", reason="the extra delta is not installed")
WHEN = datetime(2026, 11, 1, 10, tzinfo=UTC)
CONFIG = "imports: {calls: {kind: databricks, path: lake, model: churn, every: 200ms}}"


def commit(path, start, stop):
    """Calls as an AI Gateway's inference table has them, in one commit."""
    count = stop - start
    deltalake.write_deltalake(path, pa.table({
        "databricks_request_id": [f"d{at}" for at in range(start, stop)],
        "request_date": pa.array([WHEN.date()] * count, pa.date32()),
        "request_time": pa.array([WHEN + timedelta(seconds=at) for at in range(start, stop)],
                                 pa.timestamp("us", "UTC")),
        "status_code": pa.array([200] * count, pa.int32()),
        "execution_duration_ms": list(range(start, stop)),
        "request": [json.dumps({"dataframe_records": [{"x": at}]}) for at in range(start, stop)],
        "response": [json.dumps({"predictions": [at % 2]}) for at in range(start, stop)],
    }), mode="append", partition_by=["request_date"])  # fmt: skip


def test_every_call_of_a_delta_table_is_stored_once_while_it_grows(tmp_path):
    path = tmp_path / "lake" / "payload"
    commit(path, 0, 1500)
    with LiveServer(tmp_path / "data", CONFIG) as server:
        server.settled("churn", 1500)
        commit(path, 1500, 1600)
        server.settled("churn", 1600)
        server.kill()  # the table goes on, nobody reads
        commit(path, 1600, 1700)
        table = deltalake.DeltaTable(path)
        table.optimize.compact()
        table.create_checkpoint()
        table.delete("databricks_request_id = 'd1650'")
        server.start()
        server.settled("churn", 1699)
        commit(path, 1700, 1710)
        server.settled("churn", 1709)
        [told] = server.get("/api/v1/imports")["imports"]
        assert (told["trouble"], told["unread"], told["refused"]) == ("", 0, 0)
        assert server.stop() == 0
    expected = {f"d{at}": 1 for at in range(1710) if at != 1650}
    assert stored_ids(tmp_path / "data", "churn") == expected
