"""`vedette estimate` and `vedette explain` as a user runs them: exit codes, output, wrong use."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vedette.alerts.harm import Harm
from vedette.alerts.incident import Incident
from vedette.cli.live_options import opened
from vedette.cli.main import main
from vedette.core.durations import DAY
from vedette.engine.explained import Effect, Explanation
from vedette.stores.store import Entry

ROWS = 3000


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    rng = np.random.default_rng(0)

    def write(name, flip=0.0, label=True):
        chance = 1 / (1 + np.exp(-rng.normal(0, 2, ROWS)))
        truth = (rng.random(ROWS) < chance) ^ (rng.random(ROWS) < flip)
        columns = {"p": chance, "shop": rng.choice(["a", "b"], ROWS)}
        pq.write_table(pa.table(columns | ({"y": truth} if label else {})), folder / name)
        return str(folder / name)

    return {
        "ref": write("ref.parquet"),
        "same": write("same.parquet"),
        "bad": write("bad.parquet", flip=0.3),
        "bare": write("bare.parquet", label=False),
    }


@pytest.fixture
def run(capfd, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments):
        with pytest.raises(SystemExit) as left:
            main([str(a) for a in arguments])
        out, err = capfd.readouterr()
        return left.value.code, out, err

    return call


NAMED = ("--label", "y", "--score", "p")


def test_estimate_leaves_with_1_only_when_labels_say_that_it_became_worse(run, tables):
    assert run("estimate", tables["ref"], tables["same"], *NAMED)[0] == 0
    code, out, _ = run("estimate", tables["ref"], tables["bad"], *NAMED, "--segment", "shop")
    assert code == 1
    assert out.split()[1] == "harmful"
    assert "shop=a" in out
    assert max(map(len, out.splitlines())) <= 80


def test_estimate_without_labels_writes_json_alone_and_a_page(run, tables, tmp_path):
    code, out, err = run(
        "estimate", tables["ref"], tables["bare"], *NAMED, "--json", "--html", "page.html"
    )
    document = json.loads(out)
    assert code == 0, err
    assert document["current"]["labels"] == 0
    assert document["metrics"][0]["realised"] is None
    assert (tmp_path / "page.html").read_text("utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ref", "same"), "has no column of labels, 'label'"),
        (("ref", "same", "--label", "y"), "has neither predictions nor scores"),
        (("bare", "same", *NAMED), "has no column of labels, 'y'"),
        (("ref", "gone", *NAMED), "gone"),
        (("ref", "same", *NAMED, "--segment", "city"), "city"),
        (("ref",), "CURRENT"),
    ],
)
def test_wrong_use_of_estimate_is_one_sentence_and_code_2(run, tables, arguments, said):
    code, out, err = run("estimate", *(tables.get(one, one) for one in arguments))
    assert code == 2
    assert out == ""
    assert said in err
    assert len(err.strip().splitlines()) == 1


# --- explain --------------------------------------------------------------------------------------

HARMS = {"aaaa1111": "harmful", "bbbb2222": "benign", "cccc3333": "unknown"}


@pytest.fixture
def data(tmp_path):
    """The folder of a server with four incidents, three of them explained."""
    entries = []
    for at, (key, verdict) in enumerate({**HARMS, "aaaa4444": ""}.items()):
        incident = Incident(
            id=key, model="shop", state="open", severity="warning", axis="drift",
            title="`amount` moved", onset=at * DAY, opened=(at + 1) * DAY,
            streams=(("volume" if not verdict else "shift", "amount", ""),),
        )  # fmt: skip
        entries.append(_entry("incident", key, incident))
        if verdict:
            harm = Harm(
                verdict=verdict, statement=f"{verdict.capitalize()}: told", basis="realised"
            )
            cause = Effect(kind="column", column="amount", verdict=verdict, statement="x",
                           effect=0.02, low=0.01, high=0.03)  # fmt: skip
            why = Explanation(statement=harm.statement, harm=harm, before=0.1, after=0.12,
                              causes=(cause,), start=0, end=DAY, rows=10, labels=5)  # fmt: skip
            entries.append(_entry("explanation", key, why))
    folder = tmp_path / "data"
    folder.mkdir()
    with opened(str(folder), make=True) as (_, state):
        state.commit(entries, position=0)
    return folder


def _entry(kind, key, value):
    import msgspec

    return Entry(kind, "shop", key, 0, msgspec.json.encode(value))


@pytest.mark.parametrize(("key", "verdict"), list(HARMS.items()))
def test_explain_tells_the_verdict_first_and_leaves_with_1_only_for_harm(run, data, key, verdict):
    code, out, _ = run("explain", key[:4] if verdict != "harmful" else key, "--data", data)
    assert code == (1 if verdict == "harmful" else 0)
    assert out.split()[1] == verdict
    assert "amount" in out
    assert max(map(len, out.splitlines())) <= 80


def test_explain_as_json_is_alone_on_stdout(run, data):
    code, out, _ = run("explain", "bbbb", "--data", data, "--json")
    document = json.loads(out)
    assert code == 0
    assert document["incident"]["id"] == "bbbb2222"
    assert document["explanation"]["harm"]["verdict"] == "benign"
    assert document["explanation"]["start"] == "1970-01-01T00:00:00Z"


def test_explain_reads_beside_a_process_that_has_the_folder(run, data):
    with opened(str(data)):
        assert run("explain", "bbbb", "--data", data)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("zzzz",), "incident 'zzzz': is not there"),
        (("aaaa",), "is the beginning of 2"),
        (("aaaa4444",), "an incident of traffic, not of predictions"),
        (("aaaa4444",), "--again makes one"),
        (("bbbb", "--again"), "cannot be explained"),
        ((), "INCIDENT"),
    ],
)
def test_wrong_use_of_explain_is_one_sentence_and_code_2(run, data, arguments, said):
    code, out, err = run("explain", *arguments, "--data", data)
    assert code == 2
    assert out == ""
    assert said in err
    assert len(err.strip().splitlines()) == 1


def test_explain_names_the_newest_incidents_when_there_is_no_such_one(run, data):
    err = run("explain", "0", "--data", data)[2]
    assert "bbbb2222" in err


def test_explain_without_a_folder_says_how_to_name_one(run, tmp_path):
    code, _, err = run("explain", "x", "--data", tmp_path / "none")
    assert code == 2
    assert "name it with --data" in err
