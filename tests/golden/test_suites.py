"""A suite of Great Expectations run inside vedette says what the library says by itself."""

import json
import warnings
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

import vedette as vd
from vedette.core.errors import SchemaError, UsageError
from vedette.ingest.schemas.needed import library

DATA = Path(__file__).parent / "data" / "foreign"
TABLE = DATA / "table.parquet"
gx = library("great_expectations", "great_expectations", "great-expectations")


def e(kind, column="age", **kwargs):
    return {"type": f"expect_column_{kind}", "kwargs": {"column": column, **kwargs}}


SUITE = {
    "name": "people",
    "expectations": [
        e("values_to_be_between", min_value=0, max_value=120),
        e("values_to_be_between", min_value=-9, max_value=140),
        e("values_to_be_between", min_value=0, max_value=120, mostly=0.9),
        e("values_to_not_be_null"),
        e("mean_to_be_between", min_value=0, max_value=10),
        e("mean_to_be_between", min_value=0, max_value=100),
        e("values_to_be_json_parseable", "code"),
        e("values_to_be_between", "small", min_value=0, max_value=50, row_condition="age > 30",
          condition_parser="pandas"),
        {**e("values_to_be_between", "vote", max_value=1), "severity": "warning"},
        e("values_to_be_between", "gone", min_value=0),
        e("values_to_be_between", "age"),
        e("something_of_ones_own"),
        {"type": "expect_table_row_count_to_equal", "kwargs": {"value": 600}},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def run():
    return vd.run_suite(TABLE, SUITE)


def finding(run, kind, column="age", said=""):
    found = [
        one
        for one in run.findings
        if one.component == f"expect_{kind}"
        and one.column == column
        and (one.category or "") == said
    ]
    assert len(found) == 1
    return found[0]


def test_verdicts_and_counts_are_the_librarys():
    frame = pq.read_table(TABLE).to_pandas()
    batch = (
        gx.get_context(mode="ephemeral").data_sources.add_pandas("p").add_dataframe_asset("t")
        .add_batch_definition_whole_dataframe("w").get_batch(batch_parameters={"dataframe": frame})
    )  # fmt: skip
    run = vd.run_suite(frame, SUITE)
    known = SUITE["expectations"][:9]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own older spellings
        theirs = batch.validate(gx.ExpectationSuite(name="s", expectations=known))
    by_type = sorted((one.expectation_config.type, one.success) for one in theirs.results)
    ours = [one for one in run.findings if one.verdict != "unknown" and one.column != "(the table)"]
    assert sorted((one.component, one.verdict == "calm") for one in ours) == by_type
    counts = [one.result.get("unexpected_count") for one in theirs.results]
    shares = [one.observed * one.n_window for one in ours if one.unit == "share"]
    assert sorted(round(share) for share in shares) == sorted(n for n in counts if n is not None)


def test_a_failed_expectation_alarms_with_its_share(run):
    failed = finding(run, "column_values_to_be_between", said="min_value=0, max_value=120")
    assert (failed.monitor, failed.verdict) == ("expectations", "alarming")
    assert (failed.observed, failed.expected, failed.n_window) == (8 / 575, 0.0, 575)
    assert "8 of 575 values" in failed.reason


def test_a_met_one_is_calm_and_one_of_the_whole_column_tells_its_value(run):
    assert (
        finding(run, "column_values_to_be_between", said="min_value=-9, max_value=140").verdict
        == "calm"
    )
    mostly = finding(
        run, "column_values_to_be_between", said="min_value=0, max_value=120, mostly=0.9"
    )
    assert (mostly.verdict, round(mostly.expected, 9)) == ("calm", 0.1)
    mean = finding(run, "column_mean_to_be_between", said="min_value=0, max_value=10")
    assert mean.verdict == "alarming"
    assert 18 < mean.observed < 90
    table = finding(run, "table_row_count_to_equal", "(the table)", "value=600")
    assert (table.verdict, table.observed) == ("calm", 600)


def test_one_that_only_warns_is_notable(run):
    assert finding(run, "column_values_to_be_between", "vote", "max_value=1").verdict == "notable"


@pytest.mark.parametrize(
    ("kind", "column", "said", "why"),
    [
        ("column_values_to_be_between", "gone", "min_value=0", "does not exist"),
        ("column_values_to_be_between", "age", "", "cannot both be None"),
        ("column_something_of_ones_own", "age", "", "knows no such expectation"),
    ],
)
def test_one_that_could_not_be_judged_is_unknown_and_says_why(run, kind, column, said, why):
    found = finding(run, kind, column, said)
    assert found.verdict == "unknown"
    assert why in found.reason
    assert not run.ok


def test_ids_differ_and_stay(run):
    ids = [one.id for one in run.findings]
    assert len(set(ids)) == len(SUITE["expectations"])
    assert ids == [one.id for one in vd.run_suite(TABLE, SUITE).findings]


def test_files_of_either_version_and_frames_of_either_library_are_alike(tmp_path):
    older = DATA / "suite_0.json"
    said = json.loads((DATA / "said_0.json").read_text())
    table = pq.read_table(TABLE)
    for data in (TABLE, table, table.to_pandas(), [TABLE]):
        run = vd.run_suite(data, older)
        verdicts = sorted((one.component, one.verdict == "calm") for one in run.findings)
        assert verdicts == sorted((one["type"], one["success"]) for one in said)


def test_a_sample_says_that_it_is_one(tmp_path):
    run = vd.run_suite(TABLE, SUITE, sample=100)
    assert (run.rows, run.judged) == (600, 100)
    assert "100 rows sampled from 600 of table.parquet" in run.verdict
    assert vd.run_suite(TABLE, SUITE, sample=600).judged == 600


def test_a_suite_that_is_met_is_ok():
    asked = [
        e("values_to_be_between", "x", min_value=1),
        e("values_to_be_in_set", "x", value_set=[1, 2]),
    ]
    run = vd.run_suite(pd.DataFrame({"x": [1, 2, None]}), {"expectations": asked})
    assert run.ok
    assert str(run) == "The 3 rows of pandas DataFrame meet the 2 expectations of suite 'suite'."
    assert 'failures="0"' in run.to_junit()
    assert json.loads(run.to_json())["findings"][0]["verdict"] == "calm"


def test_texts_are_texts_for_the_library_not_categories():
    table = pq.read_table(TABLE, read_dictionary=["code"])
    suite = {"expectations": [e("values_to_be_of_type", "code", type_="str")]}
    assert vd.run_suite(table, suite).ok


@pytest.mark.parametrize(
    ("suite", "error"),
    [
        ({}, SchemaError),
        ({"expectations": [3]}, SchemaError),
        (3, SchemaError),
        ("nowhere.json", UsageError),
    ],
)
def test_what_is_no_suite_is_an_error(suite, error):
    with pytest.raises(error):
        vd.run_suite({"x": [1]}, suite)


def test_sample_is_a_number_of_rows():
    with pytest.raises(UsageError, match="sample is no number of rows"):
        vd.run_suite({"x": [1]}, SUITE, sample=0)


def test_texts_of_a_file_are_what_a_suite_calls_str():
    typed = {"name": "typed", "expectations": [e("values_to_be_of_type", "code", type_="str")]}
    assert vd.run_suite(TABLE, typed).ok
    wrong = {"name": "typed", "expectations": [e("values_to_be_of_type", "age", type_="str")]}
    assert not vd.run_suite(TABLE, wrong).ok
