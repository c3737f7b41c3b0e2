"""`vedette skew --model` as a user runs it: files, a server's log, Feast; wrong use."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.labelled import rows
from tests.traffic import BEGIN, MODEL

from vedette.cli.main import main
from vedette.stores.local.log import LocalLog
from vedette.stores.local.state import LocalState
from vedette.stores.store import EVENTS, Record

FEAST = Path(__file__).resolve().parents[2] / "golden" / "data" / "feast"
MODEL_FILE = """
def double(rows):
    return [2 * x for x in rows["x"].to_pylist()]

class Fitted:
    def predict(self, frame):
        return 2 * frame["x"]

fitted = Fitted()

def broken(rows):
    raise RuntimeError("no such weights")

def constant(rows):
    return [0.25] * len(rows)
"""


@pytest.fixture
def run(capfd, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "90")
    x = np.arange(1.0, 1_001.0)
    online = np.where(np.arange(1_000) % 4 == 0, x * 1.609344, x)
    table = {"id": np.arange(1_000), "x": online, "prediction": 2 * online}
    pq.write_table(pa.table(table), tmp_path / "online.parquet")
    pq.write_table(pa.table({"id": np.arange(1_000), "x": x}), tmp_path / "offline.parquet")
    (tmp_path / "held.py").write_text(MODEL_FILE)

    def call(*arguments):
        with pytest.raises(SystemExit) as left:
            main(["skew", *(str(a) for a in arguments)])
        out, err = capfd.readouterr()
        return left.value.code, out, err

    return call


@pytest.mark.parametrize("name", ["double", "fitted", "fitted.predict"])
def test_the_same_features_are_fine_and_the_offline_ones_are_not(run, name):
    asked = ("--model", f"held.py:{name}", "--feature", "x")
    assert run("online.parquet", *asked)[0] == 0
    code, out, _ = run("offline.parquet", "online.parquet", "--key", "id", *asked)
    assert code == 1
    said = " ".join(out.split())
    assert "100 % of the disagreement, by its size, comes from 'x', which differs in 25 %" in said
    assert "1.609344" in said


def test_json_alone_is_on_stdout(run):
    code, out, _ = run(
        "offline.parquet", "online.parquet", "--key", "id", "--model", "held.py:double", "--json"
    )
    assert code == 1
    assert json.loads(out)["causes"][0]["mismatches"] == 250


def test_tolerances_threads_and_the_rest_reach_the_replay(run):
    code, out, _ = run(
        "offline.parquet", "online.parquet", "--key", "id", "--model", "held:double",
        "--workers", 2, "--tolerance", "x=abs:1000", "--max-mismatch", 0.1,
        "--prediction", "prediction", "--json",
    )  # fmt: skip
    assert code == 0
    assert json.loads(out)["max_mismatch"] == 0.1
    assert json.loads(out)["causes"] == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--model", "held.py:double"), "needs the served rows"),
        (("a", "b", "c", "--model", "held.py:double"), "got 3 tables"),
        (("online.parquet",), "wanted OFFLINE and ONLINE, or --model"),
        (("online.parquet", "--model", "held.py:doubl"), "cannot load"),
        (("online.parquet", "--model", "held.py:broken"), "RuntimeError: no such weights"),
        (("offline.parquet", "online.parquet", "--model", "held.py:double"), "needs both"),
        (
            ("online.parquet", "--model", "held.py:double", "--html", "x.html"),
            "--html means nothing",
        ),
        (("offline.parquet", "online.parquet", "--form", "rows"), "--form goes with --model"),
    ],
)
def test_wrong_use_leaves_with_2_and_a_sentence(run, arguments, says):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert "Traceback" not in err


def test_what_a_server_logged_is_the_served_side(run, tmp_path):
    data = tmp_path / "vedette-data"
    log, state = LocalLog(data), LocalState(data / "state.sqlite")
    batch = rows(BEGIN, 500)
    log.append([Record(EVENTS, MODEL, BEGIN, batch)])
    state.close()
    log.close()
    name = next(n for n in batch.schema.names if not n.startswith("_") and n != "score")
    asked = ("--model", "held.py:constant", "--prediction", "score", "--model-name", MODEL)
    code, out, _ = run(*asked, "--feature", name, "--json")
    assert code == 1
    assert json.loads(out)["replay"]["rows"] == 500
    offline = pa.table({"id": batch.column("_id"), name: batch.column(name)})
    pq.write_table(offline, tmp_path / "kept.parquet")
    code, out, _ = run("kept.parquet", *asked, "--feature", name, "--key", "id", "--json")
    assert json.loads(out)["offline_features"]["joined"]["matched"] == 500


def test_files_of_feast_need_no_key(run):
    code, out, _ = run(FEAST / "history.parquet", FEAST / "logs")
    assert code == 1
    assert "By Feast's own word:" in out
    assert "  'distance' differs in 40 of 250 rows" in out.splitlines()
    assert "stale: the values that differ were 8 hours old" in out
    code, out, _ = run(FEAST / "history_full.parquet", FEAST / "logs", "--json")
    told = json.loads(out)
    assert [one["mismatches"] for one in told["feast"]] == [30, 27, 0, 40]
    assert {"rating", "trips_today", "city", "distance"} <= {one["name"] for one in told["columns"]}
    code, _, _ = run(FEAST / "history.parquet", FEAST / "logs", "--max-mismatch", 0.9)
    assert code == 0
