"""Suites of Great Expectations, read.

Owns: the forms of a suite (1.x and 0.x), and the literal table of expectations.  Does not own:
what each means (`expected_values`, `expected_rows`), writing one (`expectations_written`), running
one through its own library (`engine.suite`).
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from vedette.core.errors import SchemaError
from vedette.core.schema import Schema
from vedette.ingest.schemas import expected_rows as rows
from vedette.ingest.schemas import expected_values as values
from vedette.ingest.schemas.draft import Draft
from vedette.ingest.schemas.expected import AS_A_WHOLE, UNKNOWN, Expected
from vedette.ingest.schemas.translated import Translated

Meaning = Callable[[Draft, Expected], None]

MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        "expect_column_to_exist": values.exist,
        "expect_column_values_to_not_be_null": values.not_null,
        "expect_column_values_to_be_null": values.null,
        "expect_column_proportion_of_non_null_values_to_be_between": values.proportion_present,
        "expect_column_values_to_be_unique": values.unique,
        "expect_column_values_to_be_of_type": values.of_type,
        "expect_column_type_to_be": values.of_type,
        "expect_column_values_to_be_in_type_list": values.in_type_list,
        "expect_column_values_to_be_between": values.between,
        "expect_column_min_to_be_between": values.least_between,
        "expect_column_max_to_be_between": values.most_between,
        "expect_column_values_to_be_in_set": values.in_set,
        "expect_column_distinct_values_to_be_in_set": values.in_set,
        "expect_column_values_to_not_be_in_set": values.not_in_set,
        "expect_column_value_lengths_to_be_between": values.lengths_between,
        "expect_column_value_lengths_to_equal": values.lengths_equal,
        "expect_column_values_to_match_regex": values.match_regex,
        "expect_column_values_to_not_match_regex": values.not_match_regex,
        "expect_column_values_to_match_regex_list": values.match_regex_list,
        "expect_column_values_to_not_match_regex_list": values.not_match_regex_list,
        "expect_column_values_to_match_like_pattern": values.match_like,
        "expect_column_values_to_not_match_like_pattern": values.not_match_like,
        "expect_column_values_to_match_like_pattern_list": values.match_like_list,
        "expect_column_values_to_not_match_like_pattern_list": values.not_match_like_list,
        "expect_column_pair_values_a_to_be_greater_than_b": rows.greater,
        "expect_column_pair_values_to_be_equal": rows.equal_pair,
        "expect_column_pair_values_to_be_in_set": rows.pair_in_set,
        "expect_compound_columns_to_be_unique": rows.compound_unique,
        "expect_select_column_values_to_be_unique_within_record": rows.unique_within_row,
        "expect_multicolumn_values_to_be_unique": rows.unique_within_row,
        "expect_multicolumn_sum_to_equal": rows.sum_equal,
        "expect_multicolumn_values_to_be_equal": rows.all_equal,
        "expect_table_row_count_to_be_between": rows.row_count_between,
        "expect_table_row_count_to_equal": rows.row_count_equal,
        "expect_table_columns_to_match_set": rows.columns_match_set,
        "expect_table_columns_to_match_ordered_list": rows.columns_match_list,
    }
)
# Known, and of no use to a schema: what is said of a column as a whole.
WHOLE = (
    "expect_column_distinct_values_to_contain_set", "expect_column_distinct_values_to_equal_set",
    "expect_column_kl_divergence_to_be_less_than", "expect_column_mean_to_be_between",
    "expect_column_median_to_be_between", "expect_column_most_common_value_to_be_in_set",
    "expect_column_proportion_of_unique_values_to_be_between",
    "expect_column_quantile_values_to_be_between", "expect_column_stdev_to_be_between",
    "expect_column_sum_to_be_between", "expect_column_unique_value_count_to_be_between",
)  # fmt: skip


def read(source: Any, where: str = "suite") -> Translated[Schema]:
    """Read a suite: the dict that its JSON holds, of Great Expectations 1.x or 0.x.

    A column of which something is expected must be there, as it must there.
    Errors: SchemaError for what is no suite.

    Example:
        >>> suite = {"name": "s", "expectations": [
        ...     {"type": "expect_column_values_to_be_between",
        ...      "kwargs": {"column": "age", "min_value": 0, "strict_min": True}},
        ...     {"type": "expect_column_mean_to_be_between", "kwargs": {"column": "age"}}]}
        >>> read(suite).result["age"].constraints.above
        0.0
        >>> print(*read(suite).unsupported)
        column 'age': expect_column_mean_to_be_between: it is said of a column as a whole, whose \
distribution vedette compares with a reference instead
    """
    if not isinstance(source, Mapping) or not isinstance(source.get("expectations"), list | tuple):
        want = "an object with a list of expectations"
        raise SchemaError(where, "is no suite of Great Expectations", want=want)
    draft = Draft()
    for number, one in enumerate(source["expectations"], 1):
        _one(draft, Expected.of(one, f"{where} expectation {number}"))
    return draft.finish()


def _one(draft: Draft, expected: Expected) -> None:
    if expected.type in MEANINGS:
        for column in expected.columns:
            draft.field(column)
        why = expected.refused
        if why:
            draft.refuse(expected.where, expected.type, why)
            return
        MEANINGS[expected.type](draft, expected)
        for what, reason in expected.lost:
            draft.refuse(expected.where, f"{expected.type} {what}", reason)
    else:
        for column in expected.columns:
            draft.field(column)
        why = AS_A_WHOLE if expected.type in WHOLE else UNKNOWN
        draft.refuse(expected.where, expected.type, why)
