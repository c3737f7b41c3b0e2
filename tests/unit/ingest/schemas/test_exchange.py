"""Formats are told apart, whatever they come in; what cannot be read is one sentence."""

import json

import pytest

import vedette as vd
from vedette.core.errors import SchemaError, UsageError
from vedette.ingest.schemas import needed
from vedette.ingest.schemas.catalog import FORMATS

SCHEMA = vd.Schema((vd.Field("x", "numeric", type="float64"),))


@pytest.mark.parametrize("name", list(FORMATS))
def test_what_was_written_is_told_from_its_text(name, tmp_path):
    path = tmp_path / "schema"
    path.write_text(vd.export_schema(SCHEMA, name).result)
    assert vd.import_schema(path).result["x"].type == "float64"
    assert vd.import_schema(str(path), name) == vd.import_schema(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x,y\n1,2\n",
        "version: 1\nfields: {}\n",
        "[1, 2]",
        "{",
        "# only a comment",
        "features { }",
    ],
)
def test_any_other_file_is_of_no_known_format(text, tmp_path):
    path = tmp_path / "file"
    path.write_text(text)
    with pytest.raises(UsageError, match="is of no known format"):
        vd.import_schema(path)


def test_comments_and_blank_lines_come_before_a_message(tmp_path):
    path = tmp_path / "file"
    path.write_text('# made by hand\n\n  feature { name: "x" type: INT }\n')
    assert vd.import_schema(path).result["x"].type == "int64"


@pytest.mark.parametrize("value", [3, {}, {"x": 1}, [], object(), vd.Schema])
def test_any_other_object_is_of_no_known_format(value):
    with pytest.raises(UsageError, match="is of no known format"):
        vd.import_schema(value)


def test_a_format_that_is_not_known_names_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'pandera'"):
        vd.export_schema(SCHEMA, "pandra")
    with pytest.raises(UsageError, match="is not known"):
        vd.import_schema({}, "x")


def test_only_schemas_are_exported():
    with pytest.raises(UsageError, match="needs a schema"):
        vd.export_schema({"x": 1}, "mlflow")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("great-expectations", "{"),
        ("great-expectations", "[]"),
        ("great-expectations", '{"expectations": [{"kwargs": {}}]}'),
        ("great-expectations", '{"expectations": [{"type": "t", "kwargs": {"column": 3}}]}'),
        ("pandera", "schema_type: dataframe\ncolumns: 3\n"),
        ("pandera", "{"),
        ("mlflow", "signature: 3"),
        ("mlflow", "signature: {inputs: '{'}"),
        ("mlflow", "signature: {inputs: '[3]'}"),
        ("mlflow", "a: [1"),
        ("tfdv", "feature {"),
    ],
)
def test_a_broken_file_names_itself(name, text, tmp_path):
    path = tmp_path / "broken"
    path.write_text(text)
    with pytest.raises((SchemaError, UsageError)) as told:
        vd.import_schema(path, name)
    assert "broken" in told.value.where or "expectation" in told.value.where


def test_a_file_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        vd.import_schema(tmp_path / "nowhere")


def test_bytes_that_are_no_text_are_read_as_a_message_only(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SchemaError, match="is no schema of TensorFlow Data Validation"):
        vd.import_schema(path)
    with pytest.raises(UsageError, match="is not UTF-8 text"):
        vd.import_schema(path, "mlflow")


def test_a_library_that_is_not_there_says_how_to_install_it():
    with pytest.raises(UsageError, match=r'pip install "vedette\[schemas\]"'):
        needed.library("no_such_module", "no-such-module", "schemas")


def test_a_suite_is_read_and_written_without_its_library():
    suite = json.loads(vd.export_schema(SCHEMA, "great-expectations").result)
    assert vd.import_schema(suite).result["x"].type == "float64"


def test_a_set_of_no_columns_is_listed():
    said = {"type": "expect_compound_columns_to_be_unique", "kwargs": {"column_list": []}}
    read = vd.import_schema({"name": "one", "expectations": [said]})
    assert read.result.unique == ()
    assert [one.why for one in read.unsupported] == ["it names no columns"]
