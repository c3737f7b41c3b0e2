"""`vedette fairness` as a user runs it: exit codes, output, wrong use."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vedette.cli.main import main

ROWS = 4000


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    rng = np.random.default_rng(0)

    def write(name, columns):
        pq.write_table(pa.table(columns), folder / name)
        return str(folder / name)

    def rows(gap):
        race = rng.choice(["A", "B"], ROWS, p=[0.6, 0.4])
        score = np.clip(rng.beta(2, 2, ROWS) - gap * (race == "B"), 0, 1)
        return {
            "race": race,
            "sex": rng.choice(["F", "M"], ROWS),
            "age": rng.integers(18, 80, ROWS),
            "p": score,
            "y": rng.random(ROWS) < score,
            "latency": rng.gamma(2.0, 1.0, ROWS),
            "id": np.arange(ROWS),
        }

    bad = rows(0.25)
    chances = np.where(bad["race"] == "B", 0.9, 0.1)
    return {
        "same": write("same.parquet", rows(0.0)),
        "bad": write("bad.parquet", bad),
        "apart": write("apart.parquet", {k: v for k, v in bad.items() if k != "race"}),
        "people": write("people.parquet", {"id": bad["id"], "race": bad["race"]}),
        "chances": write("chances.parquet", bad | {"p_b": chances, "p_a": 1 - chances}),
        "bare": write("bare.parquet", {"race": ["A", "B"]}),
    }


@pytest.fixture
def run(capfd, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments):
        with pytest.raises(SystemExit) as left:
            main(["fairness", *(str(a) for a in arguments)])
        out, err = capfd.readouterr()
        return left.value.code, out, err

    return call


NAMED = ("--label", "y", "--score", "p", "--no-proxies")


def test_it_leaves_with_1_only_when_a_group_is_surely_beyond_a_limit(run, tables):
    code, out, _ = run(tables["same"], "--group", "race,sex", *NAMED)
    assert code == 0
    assert out.split()[1] == "calm"
    code, out, _ = run(tables["bad"], "--group", "race,sex", *NAMED)
    assert code == 1
    assert out.split()[1] == "alarming"
    assert "race & sex" in out
    assert "Limits are settings, not law." in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= 80


def test_groups_may_come_with_commas_or_one_by_one(run, tables):
    one = json.loads(run(tables["bad"], "--group", "race, sex", *NAMED, "--json")[1])
    two = json.loads(run(tables["bad"], "--group", "race", "--group", "sex", *NAMED, "--json")[1])
    assert one["rates"] == two["rates"]


def test_measures_may_come_with_commas_or_one_by_one(run, tables):
    asked = (tables["bad"], "--group", "race", *NAMED, "--json")
    one = json.loads(run(*asked, "--measure", "latency, age")[1])
    two = json.loads(run(*asked, "--measure", "latency", "--measure", "age")[1])
    assert one["measures"] == two["measures"]
    assert {row["measure"] for row in one["measures"]} >= {"latency", "age"}


def test_json_is_alone_on_stdout_and_files_are_written_beside_it(run, tables, tmp_path):
    code, out, _ = run(
        tables["bad"], "--group", "race", *NAMED, "--json", "--html", "r.html", "--pack", "packs"
    )
    document = json.loads(out)
    assert code == 1
    assert document["format"] == "vedette.fairness"
    assert (tmp_path / "r.html").read_text("utf-8").startswith("<!doctype html>")
    (folder,) = (tmp_path / "packs").iterdir()
    assert folder.name.startswith("fairness-2")
    assert (folder / "README.txt").is_file()


def test_what_was_written_is_said_on_stderr(run, tables):
    _, out, err = run(tables["bad"], "--group", "race", *NAMED, "--html", "r.html")
    assert "wrote r.html" in err
    assert "wrote" not in out


def test_every_option_reaches_the_audit(run, tables):
    _, out, _ = run(
        tables["bad"], "--group", "age,race", *NAMED, "--json", "--bands", "age=30,60",
        "--against", "race=A", "--measure", "latency", "--minimum", 50, "--ratio", 0.7,
        "--gap", 0.1, "--level", 0.9, "--intersections", 1, "--threshold", 0.6,
        "--reference", tables["same"],
    )  # fmt: skip
    document = json.loads(out)
    asked = document["settings"]
    assert asked["cuts"] == {"age": [30.0, 60.0]}
    assert (asked["minimum"], asked["ratio"], asked["gap"], asked["level"]) == (50, 0.7, 0.1, 0.9)
    assert document["reading"]["threshold"] == 0.6
    assert len(document["sets"]) == 2
    assert document["change"]
    assert {row["measure"] for row in document["measures"]} >= {"latency", "score"}
    assert "race=A" in {row["against"] for row in document["rates"]}


def test_members_and_chances_stand_in_for_a_column(run, tables):
    joined = run(
        tables["apart"], "--group", "race", "--members", tables["people"], "--key", "id", *NAMED,
        "--json",
    )  # fmt: skip
    assert joined[0] == 1
    assert json.loads(joined[1])["sets"][0]["key"] == "race"
    code, out, _ = run(
        tables["chances"], "--chance", "race:A=p_a", "--chance", "race:B=p_b", *NAMED, "--json"
    )
    assert code == 1
    assert {row["group"] for row in json.loads(out)["membership"]} == {"race=A", "race=B"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("bad",), "no sensitive column is named; name it: group='sex', or --group sex"),
        (
            ("bad", "--group", "rase", *NAMED),
            "has no column 'rase' for the group; did you mean 'race'",
        ),
        (("bad", "--group", "race", "--label", "yy"), "has no column 'yy' for the label"),
        (("bare", "--group", "race"), "has neither predictions nor scores"),
        (("gone", "--group", "race"), "gone"),
        (("bad", "--group", "race", *NAMED, "--against", "race=C"), "there is no group 'race=C'"),
        (("bad", "--group", "race", *NAMED, "--ratio", "2"), "ratio is out of range; got 2"),
        (("bad", "--group", "race", *NAMED, "--minimum", "0"), "minimum is no number of rows"),
        (("bad", "--group", "race", *NAMED, "--intersections", "7"), "7 is not in the range"),
        (("bad", "--group", "age", *NAMED, "--bands", "age"), "wanted COLUMN=VALUE"),
        (("bad", "--group", "age", *NAMED, "--bands", "age=x"), "--bands: wanted numbers"),
        (("bad", *NAMED, "--chance", "race=p"), "--chance: wanted COLUMN:GROUP=CHANCE"),
        (("bad", "--group", "race", *NAMED, "--key", "id"), "there is no table of members"),
        (("bad", "--group", "race", *NAMED, "--measure", "lat"), "has no column 'lat'"),
        (
            ("bad", "--group", "race", *NAMED, "--measure", "sex"),
            "must be a column of its own",
        ),
        ((), "DATA"),
    ],
)
def test_wrong_use_is_one_sentence_and_code_2(run, tables, arguments, said):
    code, out, err = run(*(tables.get(one, one) for one in arguments))
    assert code == 2
    assert out == ""
    assert said in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize("values", [["a", "b"], [True, False], [[1], [2]]])
def test_a_column_that_holds_no_times_is_wrong_use_and_no_alarm(tmp_path, run, values):
    rows = {"g": ["a", "b"] * 100, "prediction": [0, 1] * 100, "at": values * 100}
    pq.write_table(pa.table(rows), tmp_path / "t.parquet")
    code, _, told = run(str(tmp_path / "t.parquet"), "--group", "g", "--time", "at")
    assert code == 2
    assert "column 'at': holds no times" in told
