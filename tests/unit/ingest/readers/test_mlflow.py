"""Traces of MLflow 3.17.2: its tables, what its client wrote and what its server answered."""

import json
import shutil
import sqlite3
from base64 import b64decode
from contextlib import closing
from pathlib import Path

import pytest
from tests.unit.ingest.readers.made import Kept, course, read

from vedette.ingest.limits import Limits
from vedette.ingest.readers.record import Given

DATA = Path(__file__).parents[3] / "golden" / "data" / "genai"


@pytest.fixture
def database(tmp_path):
    place = tmp_path / "mlflow.db"
    shutil.copy(DATA / "mlflow.db", place)
    return place


def changed(path, *statements):
    with closing(sqlite3.connect(path)) as tables:
        for statement in statements:
            tables.execute(statement)
        tables.commit()


def trace_id(line):
    """The id of the first span's event of a trace."""
    span = json.loads(line)["data"]["spans"][0]
    return b64decode(span["trace_id"]).hex() + b64decode(span["span_id"]).hex()


def by_id(sink):
    """What was read by its kind and id, without how it was spelt."""
    found = {}
    for model, row in sink.rows:
        kept = {name: value for name, value in row.items() if name != "rest"}
        found["label" in row, row["id"]] = (model, kept)
    return found


def test_tables_and_files_and_answers_say_the_same(database):
    tables, files = read("mlflow", database)[1], read("mlflow", DATA / "mlflow_traces.jsonl")[1]
    answer = read("mlflow", DATA / "mlflow_get.json")[1]
    assert len(tables.rows) == len(files.rows) == 10
    assert by_id(tables) == by_id(files)
    assert by_id(answer).items() <= by_id(files).items()
    assert len(answer.rows) == 5


def test_spans_become_events_of_the_model_that_was_asked_or_of_the_trace(database):
    _, sink = read("mlflow", database)
    models = [model for model, row in sink.rows if "latency_s" in row]
    asked = [
        "gpt-5.2-mini",
        "agent",
        "gpt-5.2",
        "gpt-5.2",
        "gpt-5.2",
        "text-embedding-4",
        "missing",
    ]
    assert sorted(models) == sorted(asked)
    inner, outer = (
        row for _, row in sink.rows if row.get("trace_id", "") == sink.rows[0][1]["trace_id"]
    )
    assert inner["parent_id"] == outer["span_id"]
    assert inner["id"] == inner["trace_id"] + inner["span_id"]
    assert outer["attributes"] == {"operation": "invoke_agent", "session": "s1", "user": "u1"}
    assert inner["attributes"]["session"] == "s1"
    assert inner["text"]["output"] == outer["text"]["output"] == "It is sunny in Paris."


def test_feedback_is_read_and_what_was_expected_is_the_roots_label(database):
    _, sink = read("mlflow", database)
    readings = {row["name"]: row["value"] for _, row in sink.rows if "value" in row}
    assert readings == {"evaluation.relevance": 0.75, "evaluation.polite": 1.0}
    [label] = [row for _, row in sink.rows if "label" in row]
    [root] = [row for model, row in sink.rows if model == "agent" and "latency_s" in row]
    assert (label["id"], label["label"]) == (root["id"], "Sunny.")


def test_reading_goes_on_with_what_was_written_since(database):
    _, first = read("mlflow", database)
    changed(
        database,
        "insert into spans (trace_id, experiment_id, span_id, name, status, start_time_unix_nano,"
        " content) select trace_id, experiment_id, '00000000000000aa', name, status,"
        " start_time_unix_nano, replace(content, 'IJg0qbAYiv0=', 'AAAAAAAAAKo=') from spans"
        " limit 1",
        "update assessments set valid = 0 where name = 'polite'",
    )
    later = Kept()
    later.saved = first.saved
    course("mlflow", database, sink=later).run()
    assert len(later.rows) == 1


def test_what_was_withdrawn_is_not_read(database):
    changed(database, "update assessments set valid = 0")
    _, sink = read("mlflow", database)
    assert not [row for _, row in sink.rows if "label" in row or "value" in row]


def test_older_tables_hold_name_and_session_beside(database):
    whole = by_id(read("mlflow", database)[1])
    moved = "insert or replace into {} (key, value, request_id) select '{}', {}, request_id from"
    moved += " trace_info where {} is not null"
    columns = ("session_id", "mlflow.trace.session", "trace_request_metadata"), (
        "trace_name", "mlflow.traceName", "trace_tags")  # fmt: skip
    for column, key, table in columns:
        with closing(sqlite3.connect(database)) as tables:
            indexes = tables.execute("select name, sql from sqlite_master where type = 'index'"
                                     " and tbl_name = 'trace_info'").fetchall()  # fmt: skip
        drops = [f"drop index {name}" for name, text in indexes if text and column in text]
        changed(database, moved.format(table, key, column, column), *drops,
                f"alter table trace_info drop column {column}")  # fmt: skip
    assert by_id(read("mlflow", database)[1]) == whole


def test_broken_spans_are_put_aside(database):
    changed(database, "update spans set content = '{' where rowid = 1",
            "update spans set content = '{\"name\": 1}' where rowid = 2")  # fmt: skip
    _, sink = read("mlflow", database)
    assert len(sink.unread) == 2
    assert len(sink.rows) == 8
    _, sink = read("mlflow", database, given=Given(limits=Limits(text=100)))
    assert len(sink.unread) == 7


def test_a_database_of_something_else_is_told_of(tmp_path):
    place = tmp_path / "mlflow.db"
    changed(place, "create table t (x)")
    sink = Kept()
    made = course("mlflow", place, sink=sink)
    made.run()
    [why] = made.tally.broken.values()
    assert "cannot be read as MLflow's tables" in why


@pytest.mark.parametrize("line", ['{"a": 1}', '{"info": {}}', '{"spans": [{"name": "x"}]}', "3"])
def test_what_is_no_trace_is_put_aside(tmp_path, line):
    trace = (DATA / "mlflow_traces.jsonl").read_text().splitlines()[0]
    (tmp_path / "a.jsonl").write_text(f"{line}\n{trace}\n")
    rows, sink = read("mlflow", tmp_path)
    assert [row["id"] for row in rows] == [trace_id(trace)]
    assert [one.row for one in sink.unread] == [0]
