"""Tables with a word on what their columns are."""

import json
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.ingest.readers.made import Kept, course, read

from vedette.core.errors import SettingsError
from vedette.engine.import_settings import load_columns
from vedette.ingest.readers.settings import given_of

AT = 1793527200 * 10**9
MAP = """
id: request
time: {column: at, format: "%d.%m.%Y %H:%M", zone: Europe/Berlin}
version: build
features: {prefix: f_}
attributes: [region]
texts: [prompt]
prediction: decision
score: {fraud: p_fraud, fine: p_fine}
label: truth
latency: took_ms
status: code
sampling_fraction: share
trace_id: trace
"""
HEADER = (
    "request,at,build,f_age,f_city,region,prompt,decision,p_fraud,p_fine,truth,took_ms,code,share,"
    "trace"
)
ROW = "007,01.11.2026 11:00,1.0,41,Bonn,eu,Hello,true,0.75,0.25,false,12,500,0.5,00ab"


def given(text=MAP, **more):
    return given_of("table", model="m", columns=load_columns(text, "map"), **more)


def csv(path, *rows):
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return path


def test_every_column_becomes_what_it_is_said_to_be(tmp_path):
    rows, _ = read("table", csv(tmp_path / "a.csv", ROW), given=given())
    event, label = rows
    assert label == {"id": "007", "label": False, "time": AT}
    assert event == {
        "id": "007", "time": AT, "version": "1.0", "features": {"age": 41, "city": "Bonn"},
        "attributes": {"region": "eu", "status_code": 500, "error_type": "500"},
        "text": {"prompt": "Hello"}, "prediction": True, "latency_s": pytest.approx(0.012),
        "scores": {"fraud": 0.75, "fine": 0.25}, "weight": 2.0, "trace_id": "00ab",
    }  # fmt: skip


def test_without_a_word_names_say_it_and_all_else_are_features(tmp_path):
    table = pa.table({
        "request_id": ["a"], "timestamp": [datetime(2026, 11, 1, 10)], "age": [41],
        "weight": [80.5], "prediction": ["yes"], "score": [0.5], "latency_ms": [250.0],
    })  # fmt: skip
    pq.write_table(table, tmp_path / "a.parquet")
    [row], _ = read("table", tmp_path, given=given_of("table", model="m"))
    assert row == {"id": "a", "time": AT, "features": {"age": 41, "weight": 80.5},
                   "prediction": "yes", "scores": {"score": 0.5}, "latency_s": 0.25}  # fmt: skip


def test_lines_of_json_may_nest(tmp_path):
    (tmp_path / "a.jsonl").write_text(
        json.dumps({"meta": {"id": 5, "at": "2026-11-01T10:00:00Z"}, "in": {"x": 1, "v": [1, 2]}})
    )
    said = "{id: meta.id, time: meta.at, ignore: [meta]}"
    [row], _ = read("table", tmp_path, given=given(said))
    assert row == {"id": "5", "time": AT, "features": {"in.x": 1, "in.v": [1.0, 2.0]}}


def test_a_table_of_labels_alone_makes_no_events(tmp_path):
    (tmp_path / "a.csv").write_text("id,label,time\n01,yes,2026-11-01T10:00:00\n02,,\n")
    rows, _ = read("table", tmp_path, given=given_of("table", model="m"))
    assert rows == [{"id": "01", "label": "yes", "time": AT}]  # the other one is not known yet


def test_a_column_that_is_not_there_is_told_of_with_the_nearest(tmp_path):
    csv(tmp_path / "a.csv", ROW)
    _, sink = read("table", tmp_path, given=given(MAP.replace("decision", "decison")))
    assert "did you mean 'decision'" in sink.unread[0].reason


def test_a_table_that_grew_goes_on_and_one_that_is_written_anew_begins(tmp_path):
    file, sink = csv(tmp_path / "a.csv", ROW), Kept()
    course("table", tmp_path, sink=sink, given=given()).run()
    csv(file, ROW, ROW.replace("007", "008"))
    course("table", tmp_path, sink=sink, given=given()).run()
    assert sink.ids == ["007", "007", "008", "008"]
    csv(file, ROW.replace("007", "009"))
    course("table", tmp_path, sink=sink, given=given()).run()
    assert sink.ids[4:] == ["009", "009"]


def test_of_several_arrays_each_is_read_once(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.json").write_text(json.dumps([{"id": f"{name}{i}"} for i in range(3)]))
    sink = Kept()
    course("table", tmp_path, sink=sink, given=given_of("table", model="m")).run()
    (tmp_path / "c.json").write_text('[\n{"id": "c0"}]')
    course("table", tmp_path, sink=sink, given=given_of("table", model="m")).run()
    assert sink.ids == ["a0", "a1", "a2", "b0", "b1", "b2", "c0"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{predicton: x}", "did you mean 'prediction'"),
        ("{latency: {column: x, unit: h}}", "no such unit"),
        ("{weight: a, sampling_fraction: b}", "say the same twice"),
        ("{time: {column: at, zone: Mars}}", "no such time zone"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(text, why):
    with pytest.raises(SettingsError, match=why):
        given(text)
