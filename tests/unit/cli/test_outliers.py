"""`vedette outliers` as a user runs it: exit codes, output, wrong use."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vedette.cli.main import main


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rows")

    def write(name, seed, rows, odd=0):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=rows)
        x[:odd] = 99.0
        columns = {"x": x, "who": rng.choice(["me", "you"], rows)}
        pq.write_table(pa.table(columns), folder / name)
        return str(folder / name)

    return {
        "ref": write("ref.parquet", 0, 3000),
        "same": write("same.parquet", 1, 2000),
        "odd": write("odd.parquet", 2, 2000, odd=80),
        "scorer": str(folder / "scorer.vdp"),
    }


def run(capsys, *words):
    with pytest.raises(SystemExit) as left:
        main(["outliers", *words])
    out, err = capsys.readouterr()
    return left.value.code, out, err


def test_rows_like_those_of_the_reference_are_no_finding(files, capsys):
    code, out, _ = run(capsys, files["ref"], files["same"])
    assert code == 0
    assert "unlike the reference, as chance allows." in out


def test_many_odd_rows_are_one_and_the_worst_are_shown(files, capsys):
    code, out, _ = run(capsys, files["ref"], files["odd"], "--top", "2")
    assert code == 1
    assert out.count("`x` 99 lies above everything") == 2


def test_json_alone_on_stdout_from_what_was_saved(files, capsys):
    code, first, _ = run(
        capsys, files["ref"], files["odd"], "--json", "--top", "3", "--save", files["scorer"]
    )
    document = json.loads(first)
    assert (code, document["ok"], len(document["rows"])) == (1, False, 3)
    assert document["rare"] >= 80
    code, again, _ = run(capsys, files["scorer"], files["odd"], "--json", "--top", "3")
    assert json.loads(again) == document


def test_wrong_use_is_two(files, capsys):
    assert run(capsys, files["ref"], "nothing.parquet")[0] == 2
    assert run(capsys, files["ref"])[0] == 2
    code, _, err = run(capsys, files["ref"], files["same"], "--ignore", "x", "--ignore", "who")
    assert code == 2
    assert "has no column that says what rows are like" in err


def test_what_is_learnt_cannot_be_learnt_otherwise(files, capsys):
    assert run(capsys, files["ref"], files["same"], "--save", files["scorer"])[0] == 0
    for flag in (["--centroids-of", "5"], ["--ignore", "x"]):
        code, _, err = run(capsys, files["scorer"], files["same"], *flag)
        assert code == 2
        assert f"has been learnt already; got {flag[0]}; name the reference itself" in err
