"""Schemas of TensorFlow Data Validation: what it said of a table is what vedette says of it.

What it said was recorded in an environment of its own (`data/foreign/by_tfdv.py`, version 1.16.1);
the schemas are read through the real tensorflow-metadata.
"""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

import vedette as vd

DATA = Path(__file__).parent / "data" / "foreign"
RECORDED = json.loads((DATA / "tfdv.json").read_text())["cases"]
CASES = {case["name"]: case for case in RECORDED}
# Where the two differ, and mean to: see docs/schema.md.
WHOLE_AS_REAL = "real for a whole number"  # vedette takes whole numbers where real ones are wanted
MOST_ROWS = "too many rows"  # version 1.16.1 does not look at max_examples_count


@pytest.fixture(scope="module")
def table():
    return pq.read_table(DATA / "table.parquet").drop_columns(["when"])


def judged(table, case):
    read = vd.import_schema(text_format.Parse(case["schema"], schema_pb2.Schema()))
    where = (case["environment"] or "training").lower()
    return vd.check_schema(table.drop_columns(case["dropped"]), read.result, environment=where)


@pytest.mark.parametrize("name", [name for name in CASES if name not in (WHOLE_AS_REAL, MOST_ROWS)])
def test_the_same_columns_are_wrong(table, name):
    check = judged(table, CASES[name])
    broken = {one.name for one in check.violations if not one.tolerated and one.name}
    assert broken == set(CASES[name]["anomalies"])
    assert (not check.ok) == bool(CASES[name]["anomalies"] or CASES[name]["of_the_table"])


KINDS = {
    "FLOAT_TYPE_BIG_FLOAT": "max", "FLOAT_TYPE_SMALL_FLOAT": "min", "FLOAT_TYPE_HAS_INF": "finite",
    "INT_TYPE_BIG_INT": "max", "INT_TYPE_SMALL_INT": "min", "UNEXPECTED_DATA_TYPE": "type",
    "ENUM_TYPE_UNEXPECTED_STRING_VALUES": "allowed", "SCHEMA_MISSING_COLUMN": "absent",
    "SCHEMA_NEW_COLUMN": "unexpected", "BOOL_TYPE_BIG_INT": "kind",
    "FEATURE_TYPE_LOW_FRACTION_PRESENT": "required",
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in CASES if CASES[name]["anomalies"]])
def test_for_the_same_reason(table, name):
    if name == WHOLE_AS_REAL:
        assert judged(table, CASES[name]).ok
        return
    found = judged(table, CASES[name]).violations
    said = {
        (column, KINDS[reason])
        for column, reasons in CASES[name]["anomalies"].items()
        for reason in reasons
    }
    assert {(one.name, one.kind) for one in found if not one.tolerated} == said


def test_rows_are_counted_where_it_only_knows_that_there_are_some(table):
    found = judged(table, CASES["least and greatest"])
    assert [(one.kind, one.count) for one in found.violations] == [("min", 5), ("max", 3)]
    assert judged(table, CASES["not even mostly listed"]).count("grade", "allowed") == 6
    assert judged(table, CASES["mostly listed"]).violations[0].tolerated


def test_a_table_of_too_many_rows_is_seen(table):
    found = judged(table, CASES[MOST_ROWS])
    assert [one.kind for one in found.violations] == ["max_rows"]


def test_what_it_inferred_goes_to_vedette_and_back():
    inferred = CASES["as inferred"]["schema"]
    read = vd.import_schema(text_format.Parse(inferred, schema_pb2.Schema()))
    assert read.unsupported == ()
    written = vd.export_schema(read.result, "tfdv")
    assert written.unsupported == ()
    back = text_format.Parse(written.result, schema_pb2.Schema())
    assert vd.import_schema(back).result == read.result
    theirs = text_format.Parse(inferred, schema_pb2.Schema())
    for ours, feature in zip(back.feature, theirs.feature, strict=True):
        assert (ours.name, ours.type, ours.presence) == (
            feature.name,
            feature.type,
            feature.presence,
        )


@pytest.mark.parametrize("name", list(CASES))
def test_every_schema_comes_back_from_text_and_bytes(name, tmp_path):
    message = text_format.Parse(CASES[name]["schema"], schema_pb2.Schema())
    read = vd.import_schema(message)
    for path, data in (
        ("s.pbtxt", CASES[name]["schema"].encode()),
        ("s.pb", message.SerializeToString()),
    ):
        (tmp_path / path).write_bytes(data)
        assert vd.import_schema(tmp_path / path) == read
    if name not in ("deprecated", "debugging", "gone but deprecated"):  # a stage is not kept
        again = vd.import_schema(
            text_format.Parse(vd.export_schema(read.result, "tfdv").result, schema_pb2.Schema())
        )
        assert again.result == read.result
