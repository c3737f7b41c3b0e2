"""`vedette schema import`, `export` and `check --suite`, run as a user runs them."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vedette.cli.main import main
from vedette.cli.schema_exchange import FORMATS
from vedette.ingest.schemas import catalog

SUITE = {
    "name": "s",
    "expectations": [
        {"type": "expect_column_values_to_be_between", "kwargs": {"column": "x", "max_value": 2}},
        {"type": "expect_column_mean_to_be_between", "kwargs": {"column": "x", "max_value": 9}},
    ],
}


@pytest.fixture
def run(capfd, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "suite.json").write_text(json.dumps(SUITE))
    pq.write_table(pa.table({"x": [1.0, 2.0, 3.0]}), tmp_path / "t.parquet")

    def call(*arguments):
        with pytest.raises(SystemExit) as left:
            main([str(a) for a in arguments])
        out, err = capfd.readouterr()
        return left.value.code, out, err

    return call


def test_the_formats_are_the_catalogs():
    assert list(FORMATS) == list(catalog.FORMATS)


def test_import_prints_yaml_and_lists_what_is_left_on_stderr(run):
    code, out, err = run("schema", "import", "suite.json")
    assert code == 0
    assert out.startswith("# vedette schema, version 1\n")
    assert "1 not carried over:\n  column 'x': expect_column_mean_to_be_between" in err


def test_import_writes_a_file_that_check_reads(run, tmp_path):
    assert run("schema", "import", "suite.json", "-o", "s.yaml")[1] == ""
    assert run("schema", "check", "t.parquet", "s.yaml")[0] == 1
    assert (tmp_path / "s.yaml").read_text().startswith("# vedette schema")


@pytest.mark.parametrize("format_", FORMATS)
def test_export_and_import_again(run, format_):
    run("schema", "import", "suite.json", "-o", "s.yaml")
    code, _, err = run("schema", "export", "s.yaml", "--to", format_, "-o", "other")
    assert code == 0
    assert "wrote other" in err
    code, out, _ = run("schema", "import", "other", "--from", format_, "--json")
    document = json.loads(out)
    assert document["result"]["fields"][0]["name"] == "x"
    assert isinstance(document["unsupported"], list)


def test_export_tells_of_what_is_left_in_json(run):
    run("schema", "import", "suite.json", "-o", "s.yaml")
    _, out, err = run("schema", "export", "s.yaml", "--to", "mlflow", "--json")
    document = json.loads(out)
    assert document["result"].startswith("signature:")
    assert [one["what"] for one in document["unsupported"]] == ["max 2"]
    assert "field 'x': max 2" in err


def test_a_suite_runs_and_fails_with_1(run):
    code, out, _ = run("schema", "check", "t.parquet", "--suite", "suite.json")
    assert code == 1
    assert "fail 1 of 2 expectations" in " ".join(out.split())
    code, out, _ = run("schema", "check", "t.parquet", "--suite", "suite.json", "--json")
    assert [one["verdict"] for one in json.loads(out)["findings"]] == ["alarming", "calm"]


@pytest.mark.parametrize("arguments", [[], ["s.yaml", "--suite", "suite.json"]])
def test_check_wants_a_schema_or_a_suite(run, arguments):
    code, _, err = run("schema", "check", "t.parquet", *arguments)
    assert code == 2
    assert "wanted SCHEMA or --suite FILE, and not both" in err


def test_a_file_of_no_known_format_is_wrong_use(run):
    code, _, err = run("schema", "import", "t.parquet", "--from", "mlflow")
    assert code == 2
    assert "is not UTF-8 text" in err
