"""Suites of Great Expectations: what it says of a table, expectation by expectation, is what
vedette says of it under the schema that the expectation becomes, with as many rows.
"""

import json
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

import vedette as vd
from vedette.ingest.schemas.needed import library

gx = library("great_expectations", "great_expectations", "great-expectations")

DATA = Path(__file__).parent / "data" / "foreign"


def e(kind, **kwargs):
    return {"type": f"expect_{kind}", "kwargs": kwargs}


def values(kind, column, **kwargs):
    return e(f"column_values_to_{kind}", column=column, **kwargs)


PAIR = {"column_A": "end", "column_B": "start"}
PARTS = {"column_list": ["a", "b", "c"]}
EXPECTED = [
    values("not_be_null", "age"),
    values("not_be_null", "age", mostly=0.95),
    values("not_be_null", "age", mostly=0.97),
    values("not_be_null", "income"),
    values("be_null", "age"),
    values("be_null", "age", mostly=0.04),
    e("column_proportion_of_non_null_values_to_be_between", column="age", min_value=0.95),
    e("column_proportion_of_non_null_values_to_be_between", column="age", min_value=0.99),
    values("be_between", "age", min_value=0, max_value=120),
    values("be_between", "age", min_value=0),
    values("be_between", "age", max_value=122, strict_max=True),
    values("be_between", "age", min_value=0, max_value=120, mostly=0.98),
    values("be_between", "age", min_value=0, max_value=120, mostly=0.99),
    values("be_between", "age", min_value=-9, max_value=140),
    values("be_between", "age", min_value=-9, max_value=140, strict_min=True, strict_max=True),
    values("be_between", "income", max_value=1e6),
    values("be_between", "number", min_value=5, max_value=500),
    values("be_between", "when", min_value="2020-01-01T00:00:00"),
    values("be_between", "when", min_value="2019-06-01T00:00:00",
           max_value="2022-01-01T00:00:00", strict_min=True),
    values("be_between", "when", min_value="2020-01-01T00:00:00", mostly=0.9),
    e("column_min_to_be_between", column="age", min_value=-9),
    e("column_min_to_be_between", column="age", min_value=-8),
    e("column_max_to_be_between", column="age", max_value=140, strict_max=True),
    values("be_in_set", "grade", value_set=["A", "B", "C", "D"]),
    values("be_in_set", "grade", value_set=["A", "B", "C", "D"], mostly=0.98),
    values("be_in_set", "grade", value_set=["A", "B", "C", "D", "E", "a", "never"]),
    values("be_in_set", "vote", value_set=[0, 1]),
    values("be_in_set", "a", value_set=[1, 2, 3, 5, 7]),
    values("be_in_set", "member", value_set=[True]),
    values("not_be_in_set", "grade", value_set=["E", "a"]),
    values("not_be_in_set", "grade", value_set=["Z"]),
    values("not_be_in_set", "vote", value_set=[2]),
    e("column_distinct_values_to_be_in_set", column="vote", value_set=[0, 1]),
    values("match_regex", "code", regex="^[KLMN][XYZ][0-9]{3}$"),
    values("match_regex", "code", regex="[0-9]{3}"),
    values("match_regex", "code", regex="^K|^L"),
    values("match_regex", "code", regex=r"\d{4}", mostly=0.1),
    values("not_match_regex", "code", regex="^[a-z]"),
    values("not_match_regex", "code", regex=" "),
    values("match_regex_list", "code", regex_list=["^K", "^L", "1$"], match_on="any"),
    values("match_regex_list", "code", regex_list=["^[A-Z]", "[0-9]$"], match_on="all"),
    values("not_match_regex_list", "code", regex_list=["^$", "[a-z]"]),
    e("column_value_lengths_to_be_between", column="code", min_value=5, max_value=5),
    e("column_value_lengths_to_be_between", column="code", min_value=3, strict_min=True),
    e("column_value_lengths_to_equal", column="code", value=5),
    values("be_unique", "number"),
    values("be_unique", "when"),
    values("be_of_type", "age", type_="float64"),
    values("be_of_type", "number", type_="float64"),
    values("be_in_type_list", "small", type_list=["int32", "int64"]),
    values("be_in_type_list", "small", type_list=["float32", "float64"]),
    values("be_of_type", "member", type_="bool"),
    e("column_to_exist", column="age"),
    e("column_to_exist", column="nope"),
    e("column_pair_values_a_to_be_greater_than_b", **PAIR, or_equal=True),
    e("column_pair_values_a_to_be_greater_than_b", **PAIR),
    e("column_pair_values_a_to_be_greater_than_b", **PAIR, or_equal=True,
      ignore_row_if="either_value_is_missing"),
    e("column_pair_values_a_to_be_greater_than_b", **PAIR, or_equal=True, ignore_row_if="neither"),
    e("column_pair_values_a_to_be_greater_than_b", **PAIR, mostly=0.9, ignore_row_if="neither"),
    e("column_pair_values_to_be_equal", column_A="a", column_B="b"),
    e("column_pair_values_to_be_equal", column_A="a", column_B="b", ignore_row_if="neither"),
    e("column_pair_values_to_be_in_set", column_A="a", column_B="b",
      value_pairs_set=[[1, 2], [2, 7], [2, 3]], ignore_row_if="either_value_is_missing"),
    e("compound_columns_to_be_unique", column_list=["number", "grade"]),
    e("compound_columns_to_be_unique", column_list=["number", "code"]),
    e("select_column_values_to_be_unique_within_record", **PARTS),
    e("select_column_values_to_be_unique_within_record", **PARTS, ignore_row_if="never"),
    e("select_column_values_to_be_unique_within_record", **PARTS,
      ignore_row_if="any_value_is_missing"),
    e("select_column_values_to_be_unique_within_record", column_list=["a", "b"]),
    e("multicolumn_sum_to_equal", **PARTS, sum_total=10),
    e("multicolumn_sum_to_equal", **PARTS, sum_total=10, ignore_row_if="any_value_is_missing"),
    e("multicolumn_sum_to_equal", **PARTS, sum_total=10, ignore_row_if="never"),
    e("multicolumn_values_to_be_equal", **PARTS),
    e("table_row_count_to_be_between", min_value=601),
    e("table_row_count_to_be_between", min_value=600, max_value=600),
    e("table_row_count_to_be_between", min_value=600, strict_min=True),
    e("table_row_count_to_equal", value=600),
    e("table_columns_to_match_set", column_set=["number", "age"]),
    e("table_columns_to_match_set", column_set=["number", "age"], exact_match=False),
    e("table_columns_to_match_set", column_set=["number", "nope"], exact_match=False),
]  # fmt: skip
TOGETHER = [one for one in EXPECTED if "_row_count_" not in one["type"]]  # those contradict
# Where the two differ, and mean to: vedette takes whole numbers where real ones are wanted.
WHOLE_AS_REAL = [
    values("be_of_type", "number", type_="float64"),
    values("be_in_type_list", "small", type_list=["float32", "float64"]),
]


@pytest.fixture(scope="module")
def table():
    return pq.read_table(DATA / "table.parquet")


@pytest.fixture(scope="module")
def theirs(table):
    """What Great Expectations says of every expectation, in order."""
    context = gx.get_context(mode="ephemeral")
    asset = context.data_sources.add_pandas("pandas").add_dataframe_asset("table")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch(
        batch_parameters={"dataframe": table.to_pandas()}
    )
    listed = [{**one, "meta": {"number": number}} for number, one in enumerate(EXPECTED)]
    suite = gx.ExpectationSuite(name="all", expectations=listed)
    found = batch.validate(suite, result_format="BASIC")
    return {one.expectation_config.meta["number"]: one for one in found.results}


def raised(result):
    told = result.exception_info
    return told.get("raised_exception", "raised_exception" not in told)


def alone(expectation):
    return vd.import_schema({"name": "one", "expectations": [expectation]})


def named(number):
    one = EXPECTED[number]
    return f"{number} {one['type']} {one['kwargs'].get('column', '')}"


@pytest.mark.parametrize("number", range(len(EXPECTED)), ids=named)
def test_the_verdict_and_the_rows_are_the_same(number, table, theirs):
    read = alone(EXPECTED[number])
    assert [one for one in read.unsupported if one.what != "kind"] == []
    check = vd.check_schema(table, read.result)
    assert not raised(theirs[number]) or EXPECTED[number]["kwargs"].get("column") == "nope"
    assert check.ok == (theirs[number].success or EXPECTED[number] in WHOLE_AS_REAL)
    count = (theirs[number].result or {}).get("unexpected_count")
    if count is None or "_distinct_values_" in EXPECTED[number]["type"]:  # not rows
        return
    if check.ok and read.result.fields[0].constraints.present:  # vedette tells of too few alone
        return
    rows = sum(one.count for one in check.violations)
    if "unique" in {one.kind for one in check.violations}:  # it counts the first ones, too
        expectation = EXPECTED[number]["kwargs"]
        columns = expectation.get("column_list", [expectation.get("column")])
        rows += len([n for n in _times(table, columns) if n > 1])
    assert rows == count


def _times(table, columns):
    known = table.select(columns).drop_null()
    return known.group_by(columns).aggregate([([], "count_all")])["count_all"].to_pylist()


def test_most_expectations_of_the_library_were_tried():
    from vedette.ingest.schemas.expectations import MEANINGS

    like = {name for name in MEANINGS if "_like_" in name}  # for databases only
    others = {
        "expect_column_type_to_be",  # as of_type
        "expect_multicolumn_values_to_be_unique",  # as select_column_values…
        "expect_table_columns_to_match_ordered_list",  # tells of the order that it lost
    }
    assert set(MEANINGS) - like - others == {one["type"] for one in EXPECTED}


def test_every_expectation_of_the_library_is_known():
    from great_expectations.expectations import core

    from vedette.ingest.schemas.expectations import MEANINGS, WHOLE

    theirs = {name for name in dir(core) if name.startswith("expect_")}
    assert theirs
    assert {*MEANINGS, *WHOLE} <= theirs


def test_a_suite_of_all_that_vedette_says_comes_back():
    asked = [one for one in TOGETHER if "mostly" not in one["kwargs"]]
    theirs = gx.ExpectationSuite(name="all", expectations=asked)
    read = vd.import_schema(theirs)
    written = vd.export_schema(read.result, "great-expectations")
    again = gx.ExpectationSuite(**json.loads(written.result))
    assert [one for one in written.unsupported if one.what != "kind"] == []
    back = vd.import_schema(again).result
    assert [rule.check for rule in back.rules] == [rule.check for rule in read.result.rules]
    assert back.fields == read.result.fields
    assert (back.unique, back.closed) == (read.result.unique, read.result.closed)


def test_an_exported_suite_is_met_by_the_table_that_the_schema_is_met_by():
    stored = {"text": "string", "at": "datetime", "took": "duration", "yes": "boolean"}
    frame = pd.DataFrame(
        {
            "text": ["a", "b"], "at": pd.to_datetime(["2024-01-31", "2024-02-01"]),
            "took": pd.to_timedelta([1, 2], unit="s"), "yes": [True, False],
        }
    )  # fmt: skip
    kinds = {"text": "category", "at": "time", "took": "numeric", "yes": "boolean"}
    schema = vd.Schema(tuple(vd.Field(n, kinds[n], type=kind) for n, kind in stored.items()))
    assert vd.check_schema(frame, schema).ok
    written = vd.export_schema(schema, "great-expectations")
    assert [str(one.where) for one in written.unsupported if one.what.startswith("type")] == [
        "field 'text'"
    ]
    run = vd.run_suite(frame, json.loads(written.result))
    assert run.ok, str(run)
    back = vd.import_schema(json.loads(written.result)).result
    assert [field.type for field in back.fields] == [None, "datetime", "duration", "boolean"]


def test_a_suite_of_version_0_18_and_what_it_said_then(table):
    suite = json.loads((DATA / "suite_0.json").read_text())
    said = json.loads((DATA / "said_0.json").read_text())
    for expectation, told in zip(suite["expectations"], said, strict=True):
        assert expectation["expectation_type"] == told["type"]
        read = vd.import_schema({"expectations": [expectation]})
        if [one for one in read.unsupported if one.what != "kind"]:
            assert "mean" in told["type"] or "row_condition" in expectation["kwargs"]
            continue
        check = vd.check_schema(table, read.result)
        assert check.ok == told["success"]
        if told["unexpected"] and not read.result.fields[0].constraints.present:
            again = 2 if "unique" in told["type"] else 0  # it counts the first ones, too
            assert sum(one.count for one in check.violations) + again == told["unexpected"]


def test_a_file_of_either_version_is_read_like_its_dict(tmp_path):
    assert vd.import_schema(DATA / "suite_0.json") == vd.import_schema(
        json.loads((DATA / "suite_0.json").read_text())
    )
    suite = gx.ExpectationSuite(name="all", expectations=TOGETHER)
    path = tmp_path / "suite.json"
    path.write_text(json.dumps(suite.to_json_dict()))
    assert vd.import_schema(path, "great-expectations") == vd.import_schema(suite)


def test_what_vedette_cannot_hold_is_listed():
    asked = [
        e("column_mean_to_be_between", column="age", min_value=1),
        values("be_json_parseable", "code"),
        values("be_between", "age", min_value=0, row_condition="vote > 0",
               condition_parser="pandas"),
        {**values("be_between", "age", min_value=0), "severity": "warning"},
        values("be_unique", "code", mostly=0.5),
        values("match_regex", "code", regex="(?=K)"),
        values("be_between", "age", min_value={"$PARAMETER": "least"}),
        values("be_of_type", "code", type_="object"),
        e("column_to_exist", column="age", column_index=0),
        e("table_columns_to_match_ordered_list", column_list=["age"]),
        e("column_pair_values_a_to_be_greater_than_b", **PAIR, mostly=0.5),
        values("be_in_set", "grade", value_set=["A"], mostly=0.5),
        values("not_be_in_set", "grade", value_set=["E"], mostly=0.5),
        e("something_of_ones_own", column="age"),
    ]  # fmt: skip
    read = vd.import_schema({"expectations": asked})
    listed = [one.what for one in read.unsupported if one.what != "kind"]
    assert sorted(listed) == sorted(
        [
            "expect_column_mean_to_be_between",
            "expect_column_values_to_be_json_parseable",
            "expect_column_values_to_be_between",
            "expect_column_values_to_be_between severity warning",
            "expect_column_values_to_be_unique mostly 0.5",
            "expect_column_values_to_match_regex",
            "expect_column_values_to_be_between",
            "expect_column_values_to_be_of_type object",
            "expect_column_to_exist column_index",
            "expect_table_columns_to_match_ordered_list (order)",
            "expect_column_pair_values_a_to_be_greater_than_b mostly 0.5",
            "expect_column_values_to_not_be_in_set",
            "expect_something_of_ones_own",
        ]
    )
