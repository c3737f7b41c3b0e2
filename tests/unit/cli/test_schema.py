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


def test_infer_with_constraints_says_how_they_were_chosen(run, tmp_path):
    rows = "\n".join(f"{number % 90},{'ab'[number % 2]}" for number in range(1_200))
    (tmp_path / "t.csv").write_text(f"n,c\n{rows}\n", encoding="utf-8")
    code, _, err = run("schema", "infer", "t.csv", "--constraints", "-o", "t.yaml")
    assert (code, err) == (0, "wrote t.yaml\n")
    text = (tmp_path / "t.yaml").read_text("utf-8")
    assert "# c: allowed: 2 values, each seen 600 times or more" in text
    assert run("schema", "check", "t.csv", "t.yaml")[0] == 0


def test_diff_leaves_with_1_when_a_change_breaks(run, tmp_path):
    (tmp_path / "n.yaml").write_text(SCHEMA.replace("130", "120"), encoding="utf-8")
    assert run("schema", "diff", "s.yaml", "s.yaml") == (0, "Nothing changed.\n", "")
    code, out, _ = run("schema", "diff", "s.yaml", "n.yaml")
    assert (code, out) == (1, "breaking  narrowing  `age`: max changed from 130 to 120\n")
    assert run("schema", "diff", "n.yaml", "s.yaml")[0] == 0
    code, out, _ = run("schema", "diff", "s.yaml", "bad.csv", "--json")
    assert code == 0  # a label may be absent where a model serves
    document = json.loads(out)
    assert [one["words"] for one in document["changes"]] == ["`y`: field removed (boolean)"]
    assert run("schema", "diff", "good.csv", "bad.csv")[0] == 1


def test_approve_writes_the_schema_and_its_history(run, tmp_path):
    (tmp_path / "n.yaml").write_text(SCHEMA.replace("130", "120"), encoding="utf-8")
    arguments = ("schema", "approve", "s.yaml", "n.yaml", "--by", "ann", "--reason", "tighter")
    code, out, err = run(*arguments, "--at", "2026-01-02T03:04:05Z")
    assert (code, out, err) == (0, "`age`: max changed from 130 to 120\n", "wrote s.yaml\n")
    assert run("schema", "diff", "s.yaml", "n.yaml")[0] == 0
    text = (tmp_path / "s.yaml").read_text("utf-8")
    for part in ("by: ann", "reason: tighter", "2026-01-02T03:04:05Z", "max changed from 130"):
        assert part in text
    code, _, err = run(*arguments)
    assert code == 2
    assert "nothing to approve" in err
