"""What callers give wrongly is named; a schema may be a file."""

import pytest

import vedette as vd
from vedette.engine.declared import schema_of

TABLE = {"x": [1.0, 2.0, 3.0] * 20, "code": [str(i) for i in range(60)]}


def test_a_schema_is_taken_as_it_is_or_from_a_file(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text("version: 1\nfields:\n  code: {kind: category}\n", "utf-8")
    schema = schema_of(path)
    assert schema_of(str(path)) == schema
    assert schema_of(schema) is schema
    assert schema_of(None) is None
    assert vd.Baseline.fit(TABLE, schema=path).schema["code"].kind == "category"


@pytest.mark.parametrize("value", [3, {"fields": {}}, ["x"], b"s.yaml"])
def test_anything_else_is_no_schema(value):
    with pytest.raises(vd.UsageError, match="wanted a Schema or the path of a YAML file"):
        schema_of(value)


def test_files_that_are_no_schema_are_named(tmp_path):
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe")
    (tmp_path / "list.yaml").write_text("- 1\n")
    for name in ("none.yaml", "bytes.yaml"):
        with pytest.raises(vd.UsageError, match=name):
            schema_of(tmp_path / name)
    with pytest.raises(vd.SchemaError, match="list"):
        schema_of(tmp_path / "list.yaml")
    with pytest.raises(vd.UsageError, match="cannot be read"):
        schema_of("a\0b")


@pytest.mark.parametrize("baseline", [None, 3, TABLE, "x.vdp"])
def test_a_profile_needs_a_baseline(baseline):
    with pytest.raises(vd.UsageError, match="needs a baseline"):
        vd.profile(TABLE, baseline)


@pytest.mark.parametrize("workers", [0, -1, "a", 1.5, True])
def test_workers_are_a_positive_whole_number(workers):
    fitted = vd.Baseline.fit(TABLE)
    for call in (
        lambda: vd.compare(TABLE, TABLE, workers=workers),
        lambda: vd.Baseline.fit(TABLE, workers=workers),
        lambda: vd.profile(TABLE, fitted, workers=workers),
    ):
        with pytest.raises(vd.UsageError, match="a whole number from 1"):
            call()


def test_only_profiles_add_up():
    profile = vd.Baseline.fit(TABLE).profile
    for other in (3, None, "x"):
        with pytest.raises(TypeError, match="unsupported operand"):
            profile + other
    assert (profile + profile).rows == 120


def test_an_id_that_was_guessed_says_how_it_is_compared_a_declared_one_does_not():
    table = {"x": [1.0, 2.0, 3.0] * 20, "key": [f"k{i}" for i in range(60)]}
    guessed = vd.compare(table, table).ignored["key"]
    assert guessed.endswith("--kind NAME=category compares it")
    assert vd.compare(table, table, id="key").ignored == {"key": "role id is not compared"}
    kinds = {"key": {"kind": "category"}}
    assert vd.compare(table, table, columns=kinds).ignored == {}
    declared = vd.Schema((vd.Field("key", "id", "id"),))
    assert vd.compare(table, table, schema=declared).ignored == {"key": "role id is not compared"}
