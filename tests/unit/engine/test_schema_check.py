"""Checking tables against a schema: exact counts, what is tolerated, what is hidden."""

import json
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import vedette as vd
from vedette.core.errors import SchemaError, UsageError
from vedette.core.schema import Rule
from vedette.core.violations import VIOLATIONS
from vedette.engine.repeats import repeats
from vedette.ingest.source import open_source

ROWS = 2_000
GOOD = {
    "whole": [7] * ROWS, "real": [1.5] * ROWS, "price": [2.25] * ROWS, "land": ["DE"] * ROWS,
    "code": ["AB12"] * ROWS, "key": list(range(ROWS)), "flag": [True] * ROWS, "low": [1.0] * ROWS,
}  # fmt: skip
LIMITS = vd.Constraints
SCHEMA = vd.Schema(
    (
        vd.Field("whole", "integer", type="int8", constraints=LIMITS(min=0, max=100)),
        vd.Field("real", "numeric", constraints=LIMITS(above=0, below=10, finite=True)),
        vd.Field("price", "numeric", constraints=LIMITS(step=0.01, required=True)),
        vd.Field("land", "category", constraints=LIMITS(allowed=("DE", "FR"))),
        vd.Field(
            "code",
            "text",
            constraints=LIMITS(
                pattern="[A-Z]*[0-9]*", min_length=2, max_length=6, forbidden=("XX0",)
            ),
        ),
        vd.Field("key", "id", constraints=LIMITS(unique=True)),
        vd.Field("flag", "boolean"),
        vd.Field("low", "numeric", constraints=LIMITS(present=0.999)),
    ),
    rules=(Rule("order", "low <= real"),),
    unique=(("land", "key"),),
    max_rows=ROWS,
)
# what is planted: column, value, how many rows, every kind of violation that each has
PLANTED = [
    ("whole", 300, 11, ("type",)),
    ("whole", -3, 12, ("min",)),
    ("whole", 101, 13, ("max",)),
    ("real", -1.0, 14, ("above",)),
    ("real", 10.0, 15, ("below",)),
    ("real", float("nan"), 16, ("finite",)),
    ("real", float("inf"), 17, ("finite", "below")),
    ("price", 2.255, 18, ("step",)),
    ("price", None, 19, ("required",)),
    ("land", "XX", 20, ("allowed",)),
    ("code", "a", 21, ("min_length", "pattern")),
    ("code", "ABCDEFG", 22, ("max_length",)),
    ("code", "XX0", 23, ("forbidden",)),
    ("key", 0, 24, ("unique",)),
    ("low", None, 25, ("present",)),
    ("low", 9.0, 26, ("rule",)),
]


def planted(seed: int) -> tuple[pa.Table, dict[tuple[str, str], int]]:
    """A table with violations in rows drawn apart, and how many there are of each kind."""
    rng = np.random.default_rng(seed)
    columns = {name: list(values) for name, values in GOOD.items()}
    columns["whole"] = [int(value) for value in columns["whole"]]
    counts: dict[tuple[str, str], int] = {}
    free = {name: list(rng.permutation(np.arange(1, ROWS))) for name in columns}
    free["low"] = free["real"]  # the rule reads both
    for name, value, rows, kinds in PLANTED:
        for _ in range(rows):
            columns[name][int(free[name].pop())] = value
        for kind in kinds:
            about = {"rule": "rule order"}.get(kind, name)
            counts[about, kind] = counts.get((about, kind), 0) + rows
    counts["rule order", "rule"] += 14  # -1 is below 1, too
    counts["land, key", "unique"] = 0
    return pa.table({**columns, "whole": pa.array(columns["whole"], pa.int64())}), counts


@pytest.mark.parametrize("seed", range(3))
def test_every_kind_is_counted_exactly(seed: int) -> None:
    table, counts = planted(seed)
    batches = pa.Table.from_batches(table.to_batches(max_chunksize=97))
    result = vd.check_schema(batches, SCHEMA)
    pairs = table.select(["land", "key"]).to_pylist()
    different = {(pair["land"], pair["key"]) for pair in pairs}
    counts["land, key", "unique"] = ROWS - len(different)
    found = {(one.name, one.kind): one.count for one in result.violations}
    assert found == {key: count for key, count in counts.items() if count}
    assert not result.ok
    assert result.rows == ROWS
    again = vd.check_schema(table, SCHEMA)
    assert again.violations == result.violations


def test_a_good_table_breaks_nothing(tmp_path) -> None:
    table = pa.table(GOOD)
    pq.write_table(table, tmp_path / "good.parquet")
    for data in (table, tmp_path / "good.parquet", table.to_pandas(), GOOD):
        result = vd.check_schema(data, SCHEMA.replace({"whole": {"type": "int64"}}))
        assert result.ok, str(result)
        assert result.violations == ()
        assert result.verdict.endswith("obey the schema.")
        assert all(column["verdict"] == "calm" for column in result.to_dict()["columns"])


def test_what_is_about_the_whole_table() -> None:
    schema = vd.Schema(
        (
            vd.Field("x", "numeric"),
            vd.Field("maybe", "numeric", optional=True),
            vd.Field("gone", "numeric"),
            vd.Field("y", "boolean", "label", environments=("training",)),
            vd.Field("old", "numeric", "ignore"),
        ),
        closed=True,
        min_rows=5,
    )
    result = vd.check_schema({"x": [1], "more": [2]}, schema)
    assert [(one.kind, one.name) for one in result.violations] == [
        ("absent", "gone"), ("absent", "y"), ("unexpected", "more"), ("min_rows", ""),
    ]  # fmt: skip
    served = vd.check_schema({"x": [1], "more": [2]}, schema, environment="serving")
    assert [one.name for one in served.violations] == ["gone", "more", ""]
    assert str(served).splitlines()[1:] == [
        "  `gone` is absent",
        "  `more` is no field of the schema, which is closed",
        "  there are 1 rows, fewer than 5",
    ]
    opened = vd.Schema(schema.fields[:1])
    assert vd.check_schema({"x": [1], "more": [2]}, opened).unknown == ("more",)


def test_a_share_may_be_tolerated() -> None:
    often = LIMITS(max=1, mostly=0.9)
    schema = vd.Schema(
        (vd.Field("x", "numeric", constraints=often),), rules=(Rule("r", "x != 2", mostly=0.9),)
    )
    assert vd.check_schema({"x": [0] * 9 + [2]}, schema).ok
    result = vd.check_schema({"x": [0] * 8 + [2, 3]}, schema)
    assert [(one.kind, one.tolerated) for one in result.violations] == [
        ("max", False), ("rule", True),
    ]  # fmt: skip
    assert [one.verdict for one in result.findings] == ["alarming", "notable"]


def test_values_that_tell_of_people_are_hidden() -> None:
    limits = LIMITS(allowed=("a",), unique=True)
    schema = vd.Schema((vd.Field("name", "category", "sensitive", constraints=limits),))
    result = vd.check_schema({"name": ["secret", "secret", "a"]}, schema)
    assert "secret" not in result.to_json() + str(result) + result.to_junit()
    assert "row 1: hidden" in str(result)


def test_examples_are_different_and_say_where() -> None:
    schema = vd.Schema((vd.Field("x", "numeric", constraints=LIMITS(max=1)),))
    (breach,) = vd.check_schema({"x": [0, 5, 5, 6, 7, 8]}, schema).violations
    assert [str(example) for example in breach.examples] == ["row 2: 5", "row 4: 6", "row 5: 7"]


def test_the_document_is_json_and_the_build_server_reads_it(tmp_path) -> None:
    table, _ = planted(0)
    result = vd.check_schema(table, SCHEMA)
    assert json.loads(result.to_json(tmp_path / "r.json")) == result.to_dict()
    root = ET.fromstring(result.to_junit(tmp_path / "r.xml"))
    failed = {
        case.get("name") for case in root.iter("testcase") if case.find("failure") is not None
    }
    assert failed == {"whole", "real", "price", "land", "code", "key", "low", "rule order",
                      "land, key"}  # fmt: skip
    assert {one.component for one in result.findings} <= set(VIOLATIONS)
    assert {one.monitor for one in result.findings} == {"schema"}
    assert len({one.id for one in result.findings}) == len(result.findings)


def test_what_is_wrongly_used_is_refused() -> None:
    schema = vd.Schema((vd.Field("x", "text", constraints=LIMITS(pattern="(")),))
    with pytest.raises(SchemaError, match="field 'x': pattern is no expression of RE2"):
        vd.check_schema({"x": ["a"]}, schema)
    with pytest.raises(SchemaError, match="unknown environment"):
        vd.check_schema({"x": ["a"]}, SCHEMA, environment="live")
    with pytest.raises(UsageError, match="schema: is missing"):
        vd.check_schema({"x": ["a"]}, None)  # type: ignore[arg-type]


def test_an_empty_table_has_no_wrong_rows() -> None:
    empty = pa.table(GOOD).slice(0, 0)
    result = vd.check_schema(empty, SCHEMA)
    assert result.ok
    assert result.rows == 0


def test_repeats_across_batches_and_types() -> None:
    table = pa.table({"day": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-01"]),
                      "word": ["a", "a", "a"], "list": [[1], [1], [1]]})  # fmt: skip
    source = open_source(pa.Table.from_batches(table.to_batches(max_chunksize=1)))
    assert repeats(source, ["day"]).again == 1
    assert repeats(source, ["word"]).again == 2
    assert repeats(source, ["day", "word", "list"]).again == 1


@pytest.mark.parametrize("constraints", [False, True])
def test_a_table_obeys_what_was_guessed_of_it(constraints: bool) -> None:
    odd = pa.table(
        {
            "two `words`": [1, None], "tags": [["a"], []], "deep": [[[1]], None],
            "bytes": [b"\xff", None], "view": pa.array([b"x", b"x"], pa.binary_view()),
            "map": pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64())),
            "span": pa.array([(1, 2, 3), None], pa.month_day_nano_interval()),
            "none": pa.nulls(2), "part": pa.array([{"x": 1}, {"x": None}]),
            "far": pa.array([2**64 - 1, 0], pa.uint64()),
            "took": pa.array([1, 2], pa.duration("s")),
        }
    )  # fmt: skip
    check = vd.check_schema(odd, vd.infer_schema(odd, constraints=constraints))
    assert check.ok, str(check)


def test_bytes_in_views_are_judged_like_any_others() -> None:
    table = pa.table({"x": pa.array([b"ab", None, b"ab"], pa.binary_view())})
    limits = LIMITS(unique=True, max_length=1)
    check = vd.check_schema(table, vd.Schema((vd.Field("x", "id", constraints=limits),)))
    assert (check.count("x", "unique"), check.count("x", "max_length")) == (1, 2)


def test_durations_a_nanosecond_apart_are_different() -> None:
    table = pa.table({"x": pa.array([0, 1, 2, 1, None], pa.duration("ns"))})
    assert repeats(open_source(table), ["x"]).again == 1
