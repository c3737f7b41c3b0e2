"""Log records as lines of a model's log."""

import json

import pytest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from tests.unit.ingest.otlp.made import KINDS, NOW, PROTOBUF, any_value, asked, encoded, logs, pairs

from vedette.ingest.otlp.records import read_logs


def record(body="it broke", attributes=None, **given):
    given = {"time_unix_nano": NOW, "severity_number": 17} | given
    return LogRecord(body=any_value(body), attributes=pairs(attributes or {}), **given)


def read(*records, kind=PROTOBUF, **resource):
    return read_logs(encoded(logs(*records, **resource), kind), asked(kind)).models


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_is_a_line_that_knows_its_span(kind):
    made = record(trace_id=(1).to_bytes(16), span_id=(2).to_bytes(8), attributes={"a": 1})
    (row,) = read(made, kind=kind)["shop"].logs.to_pylist()
    assert len(row.pop("_id")) == 32
    assert row.pop("_time").value == NOW
    assert json.loads(row.pop("_rest")) == {"attributes": {"a": 1}}
    assert row == {
        "_trace_id": f"{1:032x}", "_span_id": f"{2:016x}", "severity": "error", "body": "it broke",
    }  # fmt: skip


def test_the_same_line_has_the_same_id_and_another_one_another():
    ids = [
        read(one)["shop"].logs["_id"][0].as_py()
        for one in (record(), record(), record("other"), record(time_unix_nano=NOW + 1))
    ]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


def test_an_event_of_a_language_model_is_of_that_model():
    told = {"gen_ai.request.model": "gpt", "gen_ai.input.messages": [{"role": "user"}]}
    made = record("", told, event_name="gen_ai.client.inference.operation.details")
    (row,) = read(made)["gpt"].logs.to_pylist()
    assert json.loads(row["_rest"])["attributes"] == told
    assert "body" not in row


def test_a_body_that_is_no_text_is_kept_as_json():
    (row,) = read(record({"content": "Hi"}))["shop"].logs.to_pylist()
    assert json.loads(row["body"]) == {"content": "Hi"}


@pytest.mark.parametrize("as_field", [True, False])
def test_an_evaluation_is_a_reading_too(as_field):
    told = {"gen_ai.evaluation.name": "Tone", "gen_ai.evaluation.score.value": 0.25}
    name = "gen_ai.evaluation.result"
    made = (
        record("", told, event_name=name) if as_field else record("", told | {"event.name": name})
    )
    one = read(made)["shop"]
    assert one.logs.num_rows == 1
    (reading,) = one.metrics.to_pylist()
    assert (reading["metric"], reading["value"]) == ("evaluation.Tone", 0.25)


def test_when_a_record_has_no_time_it_is_when_it_was_observed_or_received():
    made = record(time_unix_nano=0, observed_time_unix_nano=NOW - 5)
    assert read(made)["shop"].logs["_time"][0].value == NOW - 5
    (row,) = read(record(time_unix_nano=0, severity_number=0, severity_text="WARNING"))[
        "shop"
    ].logs.to_pylist()
    assert row["_time"].value == asked().received
    assert row["severity"] == "warning"


def test_a_record_of_the_future_is_refused_and_its_neighbours_are_kept():
    one = read(record(), record(time_unix_nano=NOW + 10**15))["shop"]
    assert (one.logs.num_rows, one.rejected[0].row) == (1, 1)
    assert "ahead of the server's clock" in one.rejected[0].reason
