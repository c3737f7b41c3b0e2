"""What KServe's logger stores: sides of calls, whatever the form, wherever the other side lies."""

import base64
import json
import os

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from tests.unit.ingest.readers.made import Kept, course

from vedette.ingest.body import decode_sides
from vedette.ingest.cloudevents.kept import parts_in

WRITTEN = 1_793_527_200  # 2026-11-01T10:00:00Z


class Sides(Kept):
    """A sink that reads what it is given as a server does."""

    def __init__(self):
        super().__init__()
        self.parts = []

    def take(self, model, message):
        assert message.kind == "sides"
        made = decode_sides(
            message.body, model=model, content_type="application/msgpack",
            received=2 * 10**18,
        )  # fmt: skip
        assert made.rejected == ()
        self.parts += [kept.part for kept in parts_in(model, made.parts)]
        return super().take(model, message)


def record(call, kind, body, **more):
    return {
        "url": "gs://bucket", "bytes": base64.b64encode(body.encode()).decode(),
        "contentType": "application/json", "reqType": kind, "id": call, "sourceUri": "s",
        "inferenceService": "iris", "namespace": "default", "component": "predictor",
        "endpoint": "default", "metadata": "", "annotations": "", "certName": "",
        "tlsSkipVerify": False, **more,
    }  # fmt: skip


def read(folder):
    sink = Sides()
    made = course("kserve", folder, sink=sink)
    made.run()
    return sink, made.tally


def place(folder, name):
    path = folder / "shop" / "iris" / "predictor" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


CALLS = [record("12", "request", '{"instances": [[1]]}'), record("12", "response", "[2]")]
WRITERS = {
    "json": lambda path: path.write_text(json.dumps(CALLS)),
    "csv": lambda path: pa.csv.write_csv(pa.Table.from_pylist(CALLS), path),
    "parquet": lambda path: pq.write_table(pa.Table.from_pylist(CALLS), path),
}


@pytest.mark.parametrize("form", WRITERS)
def test_a_batch_in_every_form(tmp_path, form):
    path = place(tmp_path, f"12-request.{form}")
    WRITERS[form](path)
    os.utime(path, (WRITTEN, WRITTEN))
    sink, tally = read(tmp_path)
    assert [(part.call, part.side) for part in sink.parts] == [
        ("12", "request"),
        ("12", "response"),
    ]
    assert [part.data for part in sink.parts] == [b'{"instances": [[1]]}', b"[2]"]
    assert {part.model for part in sink.parts} == {"iris"}
    assert {part.at for part in sink.parts} == {WRITTEN * 10**9}
    assert {part.about["time_quality"] for part in sink.parts} == {"file"}
    assert (tally.accepted, tally.unread) == (2, 0)


def test_records_that_say_when_they_were_made(tmp_path):
    for kind, second in (("request", 1), ("response", 2)):
        made = record("a", kind, "[1]", occurrenceTime=f"2026-11-01T09:00:0{second}Z")
        place(tmp_path, f"a-{kind}.json").write_text(json.dumps(made))
    sink, _ = read(tmp_path)
    times = {part.side: part.at for part in sink.parts}
    assert times["response"] - times["request"] == 10**9
    assert not any("time_quality" in part.about for part in sink.parts)


def test_what_is_no_record_is_put_aside(tmp_path):
    some = [{"a": 1}, record("", "request", "[1]"), record("b", "other", "[1]"),
            record("c", "request", "[1]", bytes="?"), record("d", "request", "[1]")]  # fmt: skip
    place(tmp_path, "b-request.json").write_text(json.dumps(some))
    sink, tally = read(tmp_path)
    assert [part.call for part in sink.parts] == ["d"]
    assert [one.row for one in sink.unread] == [0, 1, 2, 3]
    assert tally.unread == 4


def test_json_as_go_spells_it(tmp_path):
    """Releases of 2025 hand their records to Go's encoder as they are."""
    address = {"Scheme": "http", "Opaque": "", "User": None, "Host": "iris", "Path": "/logger",
               "RawPath": "", "OmitHost": False, "ForceQuery": False, "RawQuery": "",
               "Fragment": "", "RawFragment": ""}  # fmt: skip
    records = [
        {"Url": {**address, "Scheme": "gs"}, "Bytes": one["bytes"],
         "ContentType": "application/json",
         "ReqType": f"org.kubeflow.serving.inference.{one['reqType']}", "Id": "12",
         "SourceUri": address, "InferenceService": "iris", "Namespace": "shop",
         "Component": "predictor", "Endpoint": "default",
         "Metadata": {"Traceparent": [f"00-{'a' * 32}-{'b' * 16}-01"]}, "Annotations": None,
         "CertName": "", "TlsSkipVerify": False}
        for one in CALLS
    ]  # fmt: skip
    place(tmp_path, "12-request.json").write_text(json.dumps(records[0]))
    place(tmp_path, "12-response.json").write_text(json.dumps(records[1:]))
    sink, tally = read(tmp_path)
    assert (tally.unread, len(sink.parts)) == (0, 2)
    assert [part.data for part in sink.parts] == [b'{"instances": [[1]]}', b"[2]"]
    assert {(part.model, part.trace) for part in sink.parts} == {("shop:iris", "a" * 32)}
    assert sink.parts[0].about["source"] == "http://iris/logger"


@pytest.mark.parametrize("kind", [pa.binary(), pa.list_(pa.int32())])
def test_parquet_of_releases_has_bytes_and_maps(tmp_path, kind):
    """Written by arrow-go, before that by parquet-go: bytes as they are, or as a list."""
    bodies = [base64.b64decode(one["bytes"]) for one in CALLS]
    traced = [("Traceparent", [f"00-{'a' * 32}-{'b' * 16}-01"])]
    table = pa.table({
        "bytes": pa.array(bodies if kind == pa.binary() else [list(one) for one in bodies], kind),
        "content_type": ["application/json"] * 2,
        "req_type": [f"org.kubeflow.serving.inference.{one['reqType']}" for one in CALLS],
        "id": ["12"] * 2, "source_uri": ["http://iris"] * 2, "inference_service": ["iris"] * 2,
        "namespace": ["shop"] * 2, "component": ["predictor"] * 2, "endpoint": ["default"] * 2,
        "metadata": pa.array([traced] * 2, pa.map_(pa.string(), pa.list_(pa.string()))),
        "annotations": pa.array([None] * 2, pa.map_(pa.string(), pa.string())),
        "tls_skip_verify": [False] * 2,
    })  # fmt: skip
    pq.write_table(table, place(tmp_path, "12-request.parquet"))
    sink, tally = read(tmp_path)
    assert (tally.unread, len(sink.parts)) == (0, 2)
    assert [part.data for part in sink.parts] == bodies
    assert {(part.model, part.trace) for part in sink.parts} == {("shop:iris", "a" * 32)}


def test_csv_of_releases_says_that_it_has_no_bodies(tmp_path):
    """gocsv leaves bytes out: the header is that of KServe's own test."""
    names = (
        "Url.Scheme,Url.Opaque,Url.Host,Url.Path,Url.RawPath,Url.OmitHost,Url.ForceQuery,"
        "Url.RawQuery,Url.Fragment,Url.RawFragment,Bytes,ContentType,ReqType,Id,SourceUri.Scheme,"
        "SourceUri.Opaque,SourceUri.Host,SourceUri.Path,SourceUri.RawPath,SourceUri.OmitHost,"
        "SourceUri.ForceQuery,SourceUri.RawQuery,SourceUri.Fragment,SourceUri.RawFragment,"
        "InferenceService,Namespace,Component,Endpoint,Metadata,Annotations,CertName,TlsSkipVerify"
    )
    kind = "org.kubeflow.serving.inference.request"
    row = f",,,,,,,,,,,,{kind},0123,,,,,,,,,,,iris,ns,predictor,,,,,false"
    place(tmp_path, "0123-request.csv").write_text(f"{names}\n{row}\n")
    sink, tally = read(tmp_path)
    assert (sink.parts, tally.unread) == ([], 1)
    assert "holds no body" in sink.unread[0].reason
