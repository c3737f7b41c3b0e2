"""`vedette schema`, run as a user runs it."""

import json

import pytest

from vedette.cli.main import main

SCHEMA = """version: 1
fields:
  age: {kind: integer, role: sensitive, constraints: {required: true, min: 0, max: 130}}
  country: {kind: category, constraints: {allowed: [DE, FR], mostly: 0.5}}
  y: {kind: boolean, role: label, environments: [training]}
"""
GOOD = "age,country,y,more\n41,DE,true,1\n12,FR,false,2\n"
BAD = "age,country\n141,DE\n,XX\n12,FR\n"


@pytest.fixture
def run(capfd, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name, text in (("s.yaml", SCHEMA), ("good.csv", GOOD), ("bad.csv", BAD)):
        (tmp_path / name).write_text(text, encoding="utf-8")

    def call(*arguments):
        with pytest.raises(SystemExit) as left:
            main([str(a) for a in arguments])
        out, err = capfd.readouterr()
        return left.value.code, out, err

    return call


def test_check_leaves_with_0_when_obeyed_and_1_when_broken(run):
    code, out, _ = run("schema", "check", "good.csv", "s.yaml")
    assert code == 0
    assert "obeyed" in out
    assert "the schema says nothing of: more" in out
    code, out, _ = run("schema", "check", "bad.csv", "s.yaml")
    assert code == 1
    said = " ".join(out.split())
    for part in ("`y` is absent", "above 130", "row 1: hidden", "has no `age`", "tolerated"):
        assert part in said
    assert "141" not in said


def test_check_prints_json_alone_and_writes_junit(run, tmp_path):
    code, out, err = run(
        "schema", "check", "bad.csv", "s.yaml", "--json", "--environment", "serving",
        "--junit", "r.xml",
    )  # fmt: skip
    assert (code, err) == (1, "")
    document = json.loads(out)
    assert document["format"] == "vedette.schema_check"
    assert [(one["name"], one["kind"], one["count"]) for one in document["violations"]] == [
        ("age", "required", 1), ("age", "max", 1), ("country", "allowed", 1),
    ]  # fmt: skip
    assert "<failure" in (tmp_path / "r.xml").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "gone.csv", "s.yaml"], "gone.csv"),
        (["check", "good.csv", "gone.yaml"], "gone.yaml"),
        (["check", "good.csv", "bad.csv"], "bad.csv"),
        (["check", "good.csv", "s.yaml", "--environment", "live"], "'live'"),
    ],
)
def test_wrong_use_leaves_with_2(run, arguments, said):
    code, out, err = run("schema", *arguments)
    assert (code, out) == (2, "")
    assert said in err
