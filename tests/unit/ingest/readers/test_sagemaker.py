"""Captured data of SageMaker endpoints."""

import base64
import json

import pytest
from tests.unit.ingest.readers.made import read

from vedette.ingest.readers.record import Given

TIME = "2026-11-01T10:00:00Z"
AT = 1793527200 * 10**9


def side(data, encoding="CSV", kind="text/csv"):
    if encoding == "BASE64":
        data = base64.b64encode(data).decode()
    return {"observedContentType": kind, "mode": "X", "data": data, "encoding": encoding}


def captured(request=None, response=None, identity="e1", **about):
    sides = {"endpointInput": request, "endpointOutput": response}
    return {
        "captureData": {name: one for name, one in sides.items() if one is not None},
        "eventMetadata": {"eventId": identity, "inferenceTime": TIME, **about},
        "eventVersion": "0",
    }


@pytest.fixture
def read_lines(tmp_path):
    """Read lines of one file, where an endpoint writes it."""

    def read_all(*rows, given=None):
        folder = tmp_path / "prefix" / "churn" / "AllTraffic" / "2026" / "11" / "01" / "10"
        folder.mkdir(parents=True, exist_ok=True)
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / "00-01-234-abc.jsonl").write_text(text)
        return read("sagemaker", tmp_path, given=given)

    return read_all


def test_lines_of_csv_are_an_event_each(read_lines):
    rows, sink = read_lines(captured(side("1,a\n2,b\n"), side("0.25\n0.75\n")))
    assert [row["id"] for row in rows] == ["e1#0", "e1#1"]
    assert [row["features"] for row in rows] == [
        {"column_1": 1, "column_2": "a"}, {"column_1": 2, "column_2": "b"},
    ]  # fmt: skip
    assert [row["prediction"] for row in rows] == [0.25, 0.75]
    assert {row["time"] for row in rows} == {AT}
    assert sink.rows[0][0] == "churn"
    assert rows[0]["attributes"] == {"variant": "AllTraffic"}


def test_names_and_the_sampling_fraction_come_from_who_imports(read_lines):
    given = Given(features=("size", "kind"), weight=10.0)
    [row], _ = read_lines(captured(side("1,a"), side("0.25")), given=given)
    assert (row["features"], row["weight"]) == ({"size": 1, "kind": "a"}, 10.0)


def test_json_and_base_64_are_read_and_one_side_may_be_missing(read_lines):
    body = json.dumps({"instances": [{"x": 1}]})
    rows, _ = read_lines(
        captured(side(body, "JSON", "application/json"), side(b'{"predictions": [3]}', "BASE64")),
        captured(side(body, "JSON", "application/json"), identity="e2"),
        captured(None, side("7"), identity="e3"),
    )
    assert [(row["id"], row.get("features"), row.get("prediction")) for row in rows] == [
        ("e1", {"x": 1}, 3), ("e2", {"x": 1}, None), ("e3", None, 7),
    ]  # fmt: skip


def test_an_id_that_the_caller_gave_wins_and_ground_truth_names_it(read_lines):
    truth = {
        "groundTruthData": {"data": "1", "encoding": "CSV"},
        "eventMetadata": {"eventId": "mine"}, "eventVersion": "0",
    }  # fmt: skip
    rows, _ = read_lines(captured(side("1"), side("0.5"), inferenceId="mine"), truth)
    event, label = rows
    assert event["id"] == label["id"] == "mine"
    assert label["label"] == 1


def test_one_side_that_cannot_be_read_is_said_and_both_are_put_aside(read_lines):
    rows, sink = read_lines(
        captured(side("1,2"), side('{"predictions": ', "JSON", "application/json")),
        captured(side("{", "JSON"), side('{"a": ', "JSON"), identity="e2"),
        captured(side("!", "CSV") | {"encoding": "BASE64"}, identity="e3"),
        {"captureData": {}, "eventMetadata": {}},
        {"other": 1},
    )
    assert [row["id"] for row in rows] == ["e1"]
    assert "unread_response" in rows[0]["rest"]
    assert [one.row for one in sink.unread] == [1, 2, 3, 4]
    assert "not in base 64" in sink.unread[1].reason
    assert "neither a request nor a response" in sink.unread[2].reason
