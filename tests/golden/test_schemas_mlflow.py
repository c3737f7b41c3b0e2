"""Signatures of MLflow: files that it saved are read, and what vedette writes it reads.

The files were recorded in an environment of its own (`data/foreign/by_mlflow.py`, version 3.17.2).
"""

import json
from pathlib import Path

import yaml

import vedette as vd

DATA = Path(__file__).parent / "data" / "foreign"
TYPES = {
    "a_boolean": "boolean", "a_integer": "int32", "a_long": "int64", "a_float": "float32",
    "a_double": "float64", "a_string": "string", "a_binary": "binary", "a_datetime": "datetime",
    "may_be_absent": "float64", "embedding": "list", "words": "list", "address": None,
    "extra": None, "risk": "float64",
}  # fmt: skip


def test_a_signature_of_columns():
    read = vd.import_schema(DATA / "MLmodel")
    assert {field.name: field.type for field in read.result.fields} == TYPES
    assert read.result["risk"].role == "prediction"
    optional = [field.name for field in read.result.fields if field.optional]
    assert optional == ["may_be_absent"]
    assert [(one.where, one.what) for one in read.unsupported] == [
        ("column 'address'", "type object"),
        ("column 'extra'", "type map"),
        ("params", "parameter 'temperature'"),
    ]


def test_a_signature_of_tensors():
    read = vd.import_schema(DATA / "tensors.MLmodel")
    fields = {field.name: (field.type, field.kind) for field in read.result.fields}
    assert fields == {
        "row": ("float32", "numeric"),
        "column": ("float32", "numeric"),
        "vector": ("list", "vector"),
        "image": (None, "category"),
        "prediction": ("int64", "integer"),
    }
    limits = read.result["vector"].constraints
    assert (limits.min_length, limits.max_length) == (16, 16)
    assert [one.where for one in read.unsupported] == ["column 'image'"]


def test_types_come_back():
    read = vd.import_schema(DATA / "MLmodel").result
    written = vd.export_schema(read, "mlflow")
    theirs = yaml.safe_load((DATA / "MLmodel").read_text())["signature"]
    ours = yaml.safe_load(written.result)["signature"]
    flat = [one for one in json.loads(theirs["inputs"]) if one["type"] not in ("object", "map")]
    kept = [one for one in json.loads(ours["inputs"]) if one["name"] not in ("address", "extra")]
    assert kept == flat
    assert json.loads(ours["outputs"]) == json.loads(theirs["outputs"])


def test_what_a_signature_cannot_hold_is_listed():
    fields = (
        vd.Field("x", "numeric", constraints=vd.Constraints(min=0, required=True), unit="km"),
        vd.Field("segment", "category", "segment"),
        vd.Field("u", "integer", type="uint8"),
        vd.Field("span", "numeric", type="duration"),
        vd.Field("y", "boolean", "label", environments=("training",)),
    )
    written = vd.export_schema(vd.Schema(fields, closed=True, min_rows=5), "mlflow")
    assert [(one.where, one.what) for one in written.unsupported] == [
        ("field 'x'", "unit km"),
        ("field 'x'", "required"),
        ("field 'x'", "min 0"),
        ("field 'segment'", "role segment"),
        ("field 'u'", "type uint8"),
        ("field 'span'", "as a whole"),
        ("field 'y'", "as a whole"),
        ("schema", "closed"),
        ("schema", "min_rows 5"),
    ]


def test_mlflow_reads_what_vedette_writes():
    written = vd.export_schema(vd.import_schema(DATA / "MLmodel").result, "mlflow").result
    assert written == (DATA / "mlflow_written.yaml").read_text()  # what was shown to it
    theirs = json.loads((DATA / "mlflow_read.json").read_text())
    ours = yaml.safe_load(written)["signature"]
    for part in ("inputs", "outputs"):
        assert json.loads(theirs[part]) == json.loads(ours[part])
