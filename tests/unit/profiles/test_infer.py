"""Kinds and roles guessed from types and values."""

import numpy as np
import pyarrow as pa
import pytest

from vedette.core.schema import Field, Schema
from vedette.profiles.infer import infer, infer_kind, not_compared

N = 100
TEXTS = [f"the quick brown fox number {i}" for i in range(N)]
KINDS = {
    "boolean": pa.array([True, False] * 50),
    "numeric": pa.array(np.arange(N) / 2),
    "integer": pa.array(range(N)),
    "time": pa.array(range(N), pa.timestamp("s")),
    "vector": pa.array([[1.0, 2.0]] * N),
    "category": pa.array(["a", "b"] * 50),
    "text": pa.array(TEXTS),
    "id": pa.array([f"u{i}" for i in range(N)]),
}


def kind_of(column, name="x"):
    return infer_kind(pa.chunked_array([column]), name)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_guessed(kind):
    assert kind_of(KINDS[kind]) == kind


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        (pa.float16(), "numeric"),
        (pa.decimal128(10, 2), "numeric"),
        (pa.duration("s"), "numeric"),
        (pa.uint8(), "integer"),
        (pa.date32(), "time"),
        (pa.time64("us"), "time"),
        (pa.large_list(pa.float32()), "vector"),
        (pa.list_(pa.float32(), 3), "vector"),
        (pa.binary(), "category"),
        (pa.null(), "category"),
        (pa.struct({"a": pa.int8()}), "category"),
        (pa.string(), "category"),
    ],
    ids=str,
)
def test_a_type_alone_gives_a_kind(type_, kind):
    assert kind_of(pa.nulls(5, type_)) == kind
    assert kind_of(pa.nulls(0, type_)) == kind


@pytest.mark.parametrize("name", ["id", "user_id", "UUID", "Index", "row_ID"])
def test_whole_numbers_that_identify_need_a_name_that_says_so(name):
    assert kind_of(pa.array(range(N)), name) == "id"
    assert kind_of(pa.array([1, 2] * 50), name) == "integer"
    assert kind_of(pa.array(range(20)), name) == "integer", "too few rows to tell"


@pytest.mark.parametrize("name", ["paid", "idle", "humid", "width"])
def test_names_that_only_look_like_an_id_do_not(name):
    assert kind_of(pa.array(range(N)), name) == "integer"


def test_wordy_strings_that_repeat_are_categories():
    assert kind_of(pa.array(["rather long name of a category", "and one more of them"] * 50)) == (
        "category"
    )


def test_unique_strings_are_ids_when_short_and_text_when_wordy():
    assert kind_of(pa.array([f"two words{i}" for i in range(N)])) == "text"
    assert kind_of(pa.array([f"word{i}" for i in range(N)])) == "id"
    assert kind_of(pa.array([f"word{i}" for i in range(20)])) == "category", "too few rows to tell"


def test_nulls_do_not_count():
    column = pa.array([None] * 200 + [f"u{i}" for i in range(N)])
    assert kind_of(column) == "id"


def test_dictionaries_are_guessed_from_what_they_hold():
    for kind in ("category", "text", "id"):
        assert kind_of(KINDS[kind].dictionary_encode()) == kind
    assert kind_of(pa.array([1.5, 2.5]).dictionary_encode()) == "category"


def test_only_one_column_identifies_and_one_times_the_rows():
    stamps, ids = pa.array(range(N), pa.timestamp("s")), KINDS["id"]
    schema = infer(pa.table({"a": stamps, "b": stamps, "c": ids, "d": ids, "e": range(N)}))
    assert [(f.kind, f.role) for f in schema.fields] == [
        ("time", "time"),
        ("time", "attribute"),
        ("id", "id"),
        ("id", "attribute"),
        ("integer", "feature"),
    ]


def test_a_table_without_columns_has_an_empty_schema():
    assert infer(pa.table({})).fields == ()


def test_every_column_that_is_left_out_has_its_reason():
    schema = Schema(
        (
            Field("x", "numeric"),
            Field("key", "id", "id"),
            Field("when", "time", "feature"),
            Field("note", "text", "attribute"),
            Field("y", "category", "label"),
        )
    )
    assert not_compared(schema) == {
        "key": "role id is not compared",
        "when": "kind time is not compared",
        "note": "role attribute is not compared",
    }


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        ([f"{i / 8}" for i in range(N)], "numeric"),
        ([f"-{i}.5" for i in range(N)], "numeric"),
        ([str(i) for i in range(N)], "numeric"),
        (["1", "2", "3", None] * 25, "numeric"),
        (["1e-05", "2.5E+3", ".5", "7."] * 25, "numeric"),
        (["1", "2"] * 50, "category"),
        (["01234", "99999", "12345"] * 30, "category"),
        (["-01", "1", "2"] * 30, "category"),
        (["123456789012345", "223456789012345", "323456789012345"] * 30, "category"),
        (["1", "2", "3", "n/a"] * 25, "category"),
        (["1,5", "2,5", "3,5"] * 25, "category"),
        (["0x1", "0x2", "0x3"] * 25, "category"),
        ([*map(str, range(99)), "unknown"], "id"),
        (["2024-01-01", "2024-01-02", None] * 30, "time"),
        ([f"2024-01-01 00:00:{i:02}" for i in range(60)], "time"),
        (["2024-01-01T00:00:00Z", "9999-12-31T00:00:00.5+01:00"] * 30, "time"),
        (["2024-01-01", "yesterday"] * 30, "category"),
        (["2024-13-01", "2024-01-01"] * 30, "category"),
        (["2024", "2023", "2022"] * 30, "numeric"),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value[0]),
)
def test_text_that_spells_numbers_or_instants_is_taken_for_them(texts, kind):
    column = pa.array(texts)
    assert kind_of(column) == kind_of(column.dictionary_encode()) == kind
    assert kind_of(column.cast(pa.large_string())) == kind


def test_digits_that_identify_are_an_id_where_the_name_says_so():
    assert kind_of(pa.array([str(i) for i in range(N)]), "user_id") == "id"


def test_the_first_text_of_instants_times_the_rows():
    days = pa.array([f"2024-01-{i:02}" for i in range(1, 29)])
    schema = infer(pa.table({"a": days, "b": days}))
    assert [(f.kind, f.role) for f in schema.fields] == [("time", "time"), ("time", "attribute")]


def test_a_column_only_taken_for_an_id_says_how_it_is_compared():
    schema = Schema((Field("a", "id", "id"), Field("b", "id", "attribute")))
    assert not_compared(schema, {"a", "b"}) == dict.fromkeys(
        "ab",
        "taken for an id (almost every value is different); --kind NAME=category compares it",
    )


@pytest.mark.parametrize(
    "column",
    [
        pa.array([b"a", None]),
        pa.array([b"ab", None], pa.binary(2)),
        pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64())),
        pa.array([(1, 2, 3), None], pa.month_day_nano_interval()),
    ],
)
def test_what_no_kind_can_hold_is_left_out_and_told(column):
    schema = infer(pa.table({"x": column}))
    assert schema["x"].role == "ignore"
    assert not_compared(schema, ["x"])["x"].startswith("its values are of no kind")
    assert not_compared(schema)["x"] == "role ignore is not compared"


def test_a_category_of_lists_is_stored_as_lists():
    schema = infer(pa.table({"tags": [["a", "b"], []], "point": [[1.0], [2.0]], "x": ["a", "b"]}))
    assert [(one.kind, one.type) for one in schema.fields] == [
        ("category", "list"), ("vector", None), ("category", None)
    ]  # fmt: skip
