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
