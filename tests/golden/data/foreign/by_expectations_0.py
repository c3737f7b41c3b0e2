"""Record a suite of Great Expectations 0.18, in its older form, and what it says of the table.

    python -m venv /tmp/ge0
    /tmp/ge0/bin/pip install "great_expectations==0.18.22" "pandas<2.2" "numpy<2" "pyarrow<18"
    /tmp/ge0/bin/python tests/golden/data/foreign/by_expectations_0.py

It writes `suite_0.json`, as the library saves it, and `said_0.json`, by number of expectation.
"""

import json
from pathlib import Path

import great_expectations as gx
import pandas as pd

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Make the suite by the validator, as people did then."""
    frame = pd.read_parquet(HERE / "table.parquet")
    context = gx.get_context(mode="ephemeral")
    asset = context.sources.add_pandas("pandas").add_dataframe_asset("table")
    request = asset.build_batch_request(dataframe=frame)
    context.add_expectation_suite("older")
    validator = context.get_validator(batch_request=request, expectation_suite_name="older")
    validator.expect_column_values_to_not_be_null("age", mostly=0.9)
    validator.expect_column_values_to_be_between("age", min_value=0, max_value=120)
    validator.expect_column_values_to_be_in_set("grade", ["A", "B", "C", "D"], mostly=0.95)
    validator.expect_column_values_to_match_regex("code", "^[KLMN][XYZ][0-9]{3}$")
    validator.expect_column_value_lengths_to_equal("code", 5)
    validator.expect_column_values_to_be_unique("number")
    validator.expect_column_pair_values_a_to_be_greater_than_b("end", "start", or_equal=True)
    validator.expect_compound_columns_to_be_unique(["number", "code"])
    validator.expect_table_row_count_to_be_between(500, 1000)
    validator.expect_column_mean_to_be_between("income", 0, 1e9)
    validator.expect_column_values_to_be_between(
        "small", 0, 50, row_condition="age > 30", condition_parser="pandas"
    )
    suite = validator.get_expectation_suite(discard_failed_expectations=False)
    found = validator.validate(result_format="BASIC")
    said = [
        {"type": one.expectation_config.expectation_type, "success": one.success,
         "unexpected": one.result.get("unexpected_count")}
        for one in found.results
    ]  # fmt: skip
    for name, document in (("suite_0.json", suite.to_json_dict()), ("said_0.json", said)):
        (HERE / name).write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
