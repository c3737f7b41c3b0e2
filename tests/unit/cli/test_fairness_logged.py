"""`vedette fairness --model`: what a server logged, with groups that came later from elsewhere."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.labelled import outcomes, rows, truth
from tests.traffic import BEGIN, HOUR, MODEL

import vedette as vd
from vedette.cli.main import main
from vedette.core.windows import iso
from vedette.stores.local.log import LocalLog
from vedette.stores.local.state import LocalState
from vedette.stores.store import EVENTS, Record

HOURS, EACH = 4, 1500


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    """A folder as a server leaves it: events, labels of most; and a table of members beside it."""
    folder = tmp_path_factory.mktemp("server")
    data = folder / "vedette-data"
    log, state = LocalLog(data), LocalState(data / "state.sqlite")
    batches = []
    for hour in range(HOURS):
        batch = rows(BEGIN + hour * HOUR, EACH)
        low = np.random.default_rng(hour).random(EACH) < 0.3
        score = batch.column("score").to_numpy() * np.where(low, 0.5, 1.0)
        batch = batch.set_column(batch.schema.get_field_index("score"), "score", pa.array(score))
        batch = batch.append_column("person", pa.array([f"p{hour}-{i}" for i in range(EACH)]))
        log.append([Record(EVENTS, MODEL, BEGIN + hour * HOUR, batch)])
        log.append([outcomes(batch.column("_id").to_pylist()[:1000], truth(batch)[:1000], BEGIN)])
        batches.append((batch, low))
    state.close()
    log.close()
    people = pa.table(
        {
            "person": [p for batch, _ in batches for p in batch.column("person").to_pylist()],
            "sex": np.concatenate([np.where(low, "F", "M") for _, low in batches]),
        }
    )
    pq.write_table(people, folder / "people.parquet")
    return folder, pa.Table.from_batches([batch for batch, _ in batches]), people


@pytest.fixture
def run(capfd, monkeypatch, logged):
    monkeypatch.chdir(logged[0])

    def call(*arguments):
        with pytest.raises(SystemExit) as left:
            main(["fairness", *(str(a) for a in arguments)])
        out, err = capfd.readouterr()
        return left.value.code, out, err

    return call


JOINED = ("--members", "people.parquet", "--key", "person", "--group", "sex", "--json")


def test_groups_that_came_later_are_joined_to_events_of_the_past(run, logged):
    code, out, _ = run("--model", MODEL, *JOINED, "--no-proxies")
    document = json.loads(out)
    assert code == 1
    assert document["data"]["name"] == MODEL
    assert document["data"]["rows"] == HOURS * EACH
    assert document["data"]["labelled"] == HOURS * 1000
    assert document["data"]["start"] == iso(int(logged[1].column("_time").cast("int64")[0].as_py()))
    _, table, people = logged
    whole = table.select(["person", "score"]).join(people, "person").drop_columns(["person"])
    found = vd.fairness(whole, "sex", proxies=False).rate("selection_rate", "sex=F")
    told = next(
        row for row in document["rates"]
        if (row["metric"], row["group"]) == ("selection_rate", "sex=F")
    )  # fmt: skip
    assert (told["k"], told["n"], told["p"]) == (found["k"], found["n"], found["p"])


def test_a_past_window_comes_out_the_same_every_time(run):
    window = ("--start", iso(BEGIN + HOUR), "--end", iso(BEGIN + 2 * HOUR))
    first = run("--model", MODEL, *JOINED, *window)[1]
    assert json.loads(first)["data"]["rows"] == EACH
    assert run("--model", MODEL, *JOINED, *window)[1] == first


def test_columns_of_the_events_can_be_groups_and_features_may_reveal_them(run):
    document = json.loads(run("--model", MODEL, "--group", "country", "--json")[1])
    assert [one["key"] for one in document["sets"]] == ["country"]
    features = {name for row in document["proxies"] for name in row["features"]}
    assert {"x0", "x1"} <= features
    assert not any(name.startswith("_") for name in features)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--group", "sex"), "there is nothing to audit; name DATA, or --model"),
        (("people.parquet", "--model", MODEL, "--group", "sex"), "DATA and --model are both named"),
        (("people.parquet", "--start", "2026-01-01", "--group", "sex"), "goes with --model alone"),
        (("--model", "nobody", "--group", "sex"), "has no event in the log"),
        (("--model", MODEL, "--group", "sex"), "has no column 'sex' for the group"),
        (("--model", MODEL, "--group", "cuntry", "--no-proxies"), "has no column 'cuntry'"),
        (("--model", MODEL, "--group", "country", "--data", "gone"), "'gone': is not there"),
        (("--model", MODEL, "--group", "country", "--start", "soon"), "--start: is no instant"),
    ],
)
def test_wrong_use_is_one_sentence_and_code_2(run, arguments, said):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1
