"""Avro files, as their library and as Event Hubs Capture write them."""

import builtins
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from tests.unit.ingest.readers.made import Kept, course

from vedette.ingest.readers.mapping import Columns, Prefix, Time
from vedette.ingest.readers.record import Given

fastavro = pytest.importorskip("fastavro", reason="the extra avro is not installed")
AT = 1793527200 * 10**9
WHEN = datetime(2026, 11, 1, 10, tzinfo=UTC)
SCHEMA = {
    "type": "record", "name": "Call",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "time", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "day", "type": {"type": "int", "logicalType": "date"}},
        {"name": "amount", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9,
                                    "scale": 2}},
        {"name": "country", "type": ["null", "string"]},
        {"name": "latency_ms", "type": "double"},
    ],
}  # fmt: skip
# As Azure documents it.
CAPTURE = {
    "type": "record", "name": "EventData", "namespace": "Microsoft.ServiceBus.Messaging",
    "fields": [
        {"name": "SequenceNumber", "type": "long"}, {"name": "Offset", "type": "string"},
        {"name": "EnqueuedTimeUtc", "type": "string"},
        {"name": "SystemProperties",
         "type": {"type": "map", "values": ["long", "double", "string", "bytes"]}},
        {"name": "Properties",
         "type": {"type": "map", "values": ["long", "double", "string", "bytes", "null"]}},
        {"name": "Body", "type": ["null", "bytes"]},
    ],
}  # fmt: skip


def calls(count):
    return [
        {"id": f"a{n}", "time": WHEN, "day": date(2026, 11, 1), "amount": Decimal("1.50") + n,
         "country": None if n % 2 else "FR", "latency_ms": 250.0}
        for n in range(count)
    ]  # fmt: skip


def write(path, rows, schema=SCHEMA, **more):
    with path.open("wb") as file:
        fastavro.writer(file, schema, rows, **more)
    return path


def run(path, sink, **given):
    one = course("table", path, sink=sink, given=Given(model="m", **given))
    one.run()
    return one.tally


@pytest.mark.parametrize("codec", ["null", "deflate"])
def test_a_row_is_an_event_with_plain_values(tmp_path, codec):
    write(tmp_path / "a.avro", calls(2), codec=codec)
    sink = Kept()
    run(tmp_path, sink)
    first, second = (row for _, row in sink.rows)
    assert (first["id"], first["time"], first["latency_s"]) == ("a0", AT, 0.25)
    assert first["features"] == {"day": AT - 36_000 * 10**9, "amount": 1.5, "country": "FR"}
    assert second["features"]["country"] is None


def test_what_was_captured_of_an_event_hub_is_read_from_its_body(tmp_path):
    body = {"request_id": "r1", "features": {"amount": 3}, "model_answer": "no"}
    row = {"SequenceNumber": 7, "Offset": "0", "EnqueuedTimeUtc": "11/1/2026 10:00:00 AM",
           "SystemProperties": {"x-opt-enqueued-time": 1}, "Properties": {},
           "Body": json.dumps(body).encode()}  # fmt: skip
    write(tmp_path / "0.avro", [row], CAPTURE)
    columns = Columns(
        id="Body.request_id", time=Time("EnqueuedTimeUtc", "%m/%d/%Y %I:%M:%S %p"),
        prediction="Body.model_answer", features=Prefix("Body."), ignore=("Offset",),
    )  # fmt: skip
    sink = Kept()
    run(tmp_path, sink, mapping=columns)
    [(_, event)] = sink.rows
    assert (event["id"], event["time"], event["prediction"]) == ("r1", AT, "no")
    assert event["features"] == {"features.amount": 3}


def test_reading_goes_on_within_a_file(tmp_path):
    write(tmp_path / "a.avro", calls(3000), sync_interval=2_000)
    sink = Kept(breaks=1)
    with pytest.raises(RuntimeError):
        run(tmp_path, sink)
    sink.breaks = None
    run(tmp_path, sink)
    assert sink.ids == [f"a{n}" for n in range(3000)]
    assert run(tmp_path, sink).records == 0


def test_a_broken_file_is_told(tmp_path):
    path = write(tmp_path / "a.avro", calls(500), sync_interval=1_000)
    path.write_bytes(path.read_bytes()[:-700])
    sink = Kept()
    tally = run(tmp_path, sink)
    assert "cannot be read as Avro" in tally.broken[str(path)]
    path.write_bytes(b"no Avro")
    assert "cannot be read as Avro" in run(tmp_path, sink).broken[str(path)]


def test_without_the_library_the_file_is_told_with_the_command(tmp_path, monkeypatch):
    path = write(tmp_path / "a.avro", calls(1))
    whole = builtins.__import__

    def without(name, *more):
        if name.startswith("fastavro"):
            raise ImportError(name)
        return whole(name, *more)

    monkeypatch.setattr(builtins, "__import__", without)
    assert "pip install 'vedette[avro]'" in run(tmp_path, Kept()).broken[str(path)]
