"""Schemas of Pandera: what it says of a table, check by check, is what vedette says of it under the
schema that the column becomes, with as many rows.
"""

import warnings
from pathlib import Path

import pandas as pd
import pandera.pandas as pa
import pandera.polars as pp
import polars as pl
import pyarrow.parquet as pq
import pytest

import vedette as vd

DATA = Path(__file__).parent / "data" / "foreign"
C = pa.Check
COLUMNS = {
    "nullable": ("age", pa.Column(float, nullable=True)),
    "not nullable": ("age", pa.Column(float)),
    "not nullable, and full": ("number", pa.Column(int)),
    "ge": ("age", pa.Column(float, C.ge(0), nullable=True)),
    "gt": ("age", pa.Column(float, C.gt(-9), nullable=True)),
    "le": ("age", pa.Column(float, C.le(122), nullable=True)),
    "lt": ("age", pa.Column(float, C.lt(122), nullable=True)),
    "in_range": ("age", pa.Column(float, C.in_range(0, 120), nullable=True)),
    "in_range, open": (
        "age",
        pa.Column(float, C.in_range(-9, 140, include_min=False, include_max=False), nullable=True),
    ),
    "obeyed": ("age", pa.Column(float, C.in_range(-9, 140), nullable=True)),
    "eq of numbers": ("vote", pa.Column(int, C.eq(2))),
    "ne of numbers": ("vote", pa.Column(int, C.ne(2))),
    "eq of texts": ("grade", pa.Column(str, C.eq("A"), nullable=True)),
    "ne of texts": ("grade", pa.Column(str, C.ne("A"), nullable=True)),
    "isin": ("grade", pa.Column(str, C.isin(list("ABCD")), nullable=True)),
    "isin of numbers": ("vote", pa.Column(int, C.isin([0, 1]))),
    "notin": ("grade", pa.Column(str, C.notin(["E", "a"]), nullable=True)),
    "notin of numbers": ("a", pa.Column(float, C.notin([1, 2]), nullable=True)),
    "str_matches": ("code", pa.Column(str, C.str_matches("[KL]"))),
    "str_matches, to the end": ("code", pa.Column(str, C.str_matches("^[A-Z]{2}[0-9]{3}$"))),
    "str_contains": ("code", pa.Column(str, C.str_contains("[0-9]{3}"))),
    "str_startswith": ("code", pa.Column(str, C.str_startswith("K"))),
    "str_endswith": ("code", pa.Column(str, C.str_endswith("1"))),
    "str_length": ("code", pa.Column(str, C.str_length(4, 5))),
    "str_length, exact": ("code", pa.Column(str, C.str_length(exact_value=5))),
    "times": ("when", pa.Column("datetime64[us]", C.ge(pd.Timestamp("2020-01-01")))),
    "times, both": (
        "when",
        pa.Column("datetime64[us]", C.in_range(
            pd.Timestamp("2019-06-01"), pd.Timestamp("2022-01-01"), include_min=False)),
    ),
    "unique": ("number", pa.Column(int, unique=True, report_duplicates="exclude_first")),
    "unique, and is": ("income", pa.Column(float, unique=True)),
    "dtype": ("age", pa.Column(str, nullable=True)),
    "dtype of whole numbers": ("small", pa.Column("int32")),
    "absent": ("gone", pa.Column(float)),
    "absent, and may be": ("gone", pa.Column(float, required=False)),
}  # fmt: skip


@pytest.fixture(scope="module")
def table():
    return pq.read_table(DATA / "table.parquet")


@pytest.fixture(scope="module")
def frame(table):
    return table.to_pandas()


def failures(schema, frame):
    """How many values fail, None where it says no number, or that all is well: (ok, count)."""
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        of_rows = error.failure_cases[error.failure_cases["index"].notna()]
        return False, len(of_rows) or None
    return True, 0


@pytest.mark.parametrize("name", list(COLUMNS))
def test_the_verdict_and_the_rows_are_the_same(name, table, frame):
    column, declared = COLUMNS[name]
    schema = pa.DataFrameSchema({column: declared})
    read = vd.import_schema(schema)
    assert read.unsupported == ()
    check = vd.check_schema(table, read.result)
    ok, count = failures(schema, frame)
    assert check.ok == ok
    if count is not None:
        assert sum(one.count for one in check.violations) == count


@pytest.mark.parametrize("strict", [True, False])
def test_columns_that_are_not_named(strict, table, frame):
    schema = pa.DataFrameSchema({"age": pa.Column(float, nullable=True)}, strict=strict)
    check = vd.check_schema(table, vd.import_schema(schema).result)
    assert check.ok == failures(schema, frame)[0] == (not strict)


@pytest.mark.parametrize("columns", [["vote", "label"], ["number", "code"]])
def test_columns_that_are_unique_together(columns, table, frame):
    fields = {name: pa.Column(nullable=True) for name in columns}
    schema = pa.DataFrameSchema(fields, unique=columns, report_duplicates="exclude_first")
    check = vd.check_schema(table, vd.import_schema(schema).result)
    ok, count = failures(schema, frame)
    assert check.ok == ok
    if not ok:  # it tells of every column of such a row
        assert check.violations[0].count == count // len(columns)


def whole():
    """All checks that are about different columns, in one schema."""
    columns = {}
    for column, declared in COLUMNS.values():
        columns.setdefault(column, declared)
    return pa.DataFrameSchema(columns, strict=True, unique=["number", "code"])


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_what_it_saved_goes_to_vedette_and_back(form, tmp_path):
    path = tmp_path / f"schema.{form}"
    path.write_text(whole().to_yaml() if form == "yaml" else whole().to_json())
    read = vd.import_schema(path)
    assert read == vd.import_schema(whole())
    assert read.unsupported == ()
    written = vd.export_schema(read.result, "pandera")
    assert written.unsupported == ()
    assert vd.import_schema(pa.DataFrameSchema.from_yaml(written.result)).result == read.result


def test_every_column_comes_back():
    for column, declared in COLUMNS.values():
        read = vd.import_schema(pa.DataFrameSchema({column: declared}))
        written = vd.export_schema(read.result, "pandera")
        assert written.unsupported == ()
        again = vd.import_schema(pa.DataFrameSchema.from_yaml(written.result))
        assert again.result == read.result


def test_what_vedette_wrote_judges_the_table_alike(table, frame):
    for column, declared in COLUMNS.values():
        schema = pa.DataFrameSchema({column: declared})
        written = vd.export_schema(vd.import_schema(schema).result, "pandera")
        again = pa.DataFrameSchema.from_yaml(written.result)
        assert failures(again, frame)[0] == failures(schema, frame)[0]


def test_a_file_that_version_0_20_saved(table, frame):
    read = vd.import_schema(DATA / "pandera_0.yaml")
    assert [(one.where, one.what) for one in read.unsupported] == [("column 'small'", "coerce")]
    check = vd.check_schema(table, read.result)
    schema = pa.DataFrameSchema.from_yaml(DATA / "pandera_0.yaml")
    assert not check.ok
    assert not failures(schema, frame)[0]
    cases = {}
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases.groupby("column")["index"].nunique().to_dict()
    ours = {}
    for one in check.violations:
        ours.setdefault(one.name, 0)
        ours[one.name] += one.count
    assert ours == {"age": 8, "grade": 6, "code": 7, "small": cases["small"]}
    assert (cases["age"], cases["grade"]) == (8, 6)


def test_a_model_is_read_like_its_schema():
    class People(pa.DataFrameModel):
        age: float = pa.Field(ge=0, nullable=True)
        grade: str = pa.Field(isin=["A", "B"])

        class Config:
            strict = True

    assert vd.import_schema(People) == vd.import_schema(People.to_schema())
    assert vd.import_schema(People).result.closed


def test_schemas_for_polars_are_read_too(tmp_path):
    schema = pp.DataFrameSchema(
        {
            "x": pp.Column(pl.Float64, pp.Check.ge(0)),
            "n": pp.Column(pl.Int32, nullable=True),
            "t": pp.Column(pl.Datetime("us", "UTC")),
            "s": pp.Column(pl.String, pp.Check.str_length(1, 3)),
            "l": pp.Column(pl.List(pl.Float64)),
        }
    )
    (tmp_path / "s.yaml").write_text(schema.to_yaml())
    read = vd.import_schema(tmp_path / "s.yaml")
    assert read == vd.import_schema(schema)
    assert [field.type for field in read.result.fields] == [
        "float64", "int32", "datetime", "string", "list",
    ]  # fmt: skip


def test_what_vedette_cannot_hold_is_listed():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of checks that are not registered
        schema = pa.DataFrameSchema(
            {
                "x": pa.Column(
                    float,
                    [C(lambda x: x > 0, name="mine"), C.isin([1], raise_warning=True),
                     C.unique_values_eq([1]), C.ge(0, ignore_na=False)],
                    coerce=True, default=1.0, nullable=True,
                ),
                "r.*": pa.Column(float, regex=True),
                "c": pa.Column("category"),
                "z": pa.Column("complex128"),
            },
            checks=[C(lambda frame: frame["x"] > 0, name="wide")],
            index=pa.Index(int), ordered=True, strict="filter", coerce=True,
            add_missing_columns=True, drop_invalid_rows=True,
        )  # fmt: skip
    listed = {(one.where, one.what) for one in vd.import_schema(schema).unsupported}
    assert listed == {
        ("column 'x'", "check mine"),
        ("column 'x'", "check isin raise_warning"),
        ("column 'x'", "check unique_values_eq"),
        ("column 'x'", "check greater_than_or_equal_to ignore_na"),
        ("column 'x'", "coerce"),
        ("column 'x'", "default"),
        ("column 'c'", "dtype category"),
        ("column 'z'", "dtype complex128"),
        ("column 'z'", "kind"),
        ("schema", "column 'r.*'"),
        ("schema", "check wide"),
        ("schema", "index"),
        ("schema", "ordered"),
        ("schema", "strict filter"),
        ("schema", "coerce"),
        ("schema", "add_missing_columns"),
        ("schema", "drop_invalid_rows"),
    }
