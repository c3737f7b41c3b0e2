"""The command line, run as a user runs it: exit codes, stdout for results, stderr for the rest."""

import json
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vedette.cli.main import COMMANDS, main

N = 1_500


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    rng = np.random.default_rng(0)

    def write(name, shift):
        table = pa.table(
            {
                "x": rng.normal(shift, 1, N),
                "shop": rng.choice(["a", "b"], N),
                "n": rng.poisson(3, N),
            }
        )
        pq.write_table(table, folder / name)
        return str(folder / name)

    return {"ref": write("ref.parquet", 0.0), "same": write("same.parquet", 0.0),
            "cur": write("cur.parquet", 0.6), "folder": folder}  # fmt: skip


@pytest.fixture
def run(capfd, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        with pytest.raises(SystemExit) as left:
            main([str(a) for a in arguments])
        out, err = capfd.readouterr()
        return left.value.code, out, err

    return call


def test_compare_leaves_with_0_when_calm_and_1_on_findings(run, files):
    code, out, _ = run("compare", files["ref"], files["same"])
    assert code == 0
    assert "None of the 3 columns" in " ".join(out.split())
    code, out, _ = run("compare", files["ref"], files["cur"])
    assert code == 1
    assert "rose by 0.6" in " ".join(out.split())


def test_json_is_alone_on_stdout(run, files, tmp_path):
    code, out, _ = run(
        "compare", files["ref"], files["cur"], "--json", "--html", "r.html", "--junit", "r.xml"
    )
    assert code == 1
    assert json.loads(out)["columns"][0]["name"] == "x"
    assert (tmp_path / "r.html").exists()
    assert (tmp_path / "r.xml").read_text().startswith("<?xml")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["compair"], "did you mean 'compare'"),
        (["compare", "REF"], "Missing argument 'CUR'"),
        (["compare", "no.parquet", "REF"], "no.parquet"),
        (["compare", "REF", "REF", "--min-effect", "-1"], "min_effect is out of range"),
        (["compare", "REF", "REF", "--min-effect", "big"], "--min-effect"),
        (["compare", "REF", "REF", "--label", "xx"], "there is no column 'xx'"),
        (["compare", "REF", "REF", "--kind", "x"], "wanted COLUMN=VALUE"),
        (["compare", "REF", "REF", "--kind", "x=number"], "unknown kind"),
        (["compare", "REF", "REF", "--effect", "zz=0.1"], "'zz' matches no column"),
        (["compare", "REF", "REF", "--config", "no.yaml"], "no.yaml"),
        (["compare", "REF", "REF", "--html", "no/folder/r.html"], "no/folder"),
        (["compare", "REF", "REF", "--junit", "no/folder/r.xml"], "no/folder"),
        (["compare", "REF", "REF", "--nonsense"], "--nonsense"),
        (["profile", "REF", "--baseline", "no.vdp"], "no such file"),
        (["merge", "-o", "x.vdp"], "Missing argument"),
    ],
)
def test_wrong_use_is_one_sentence_and_code_2(run, files, arguments, said):
    code, out, err = run(*[files["ref"] if a == "REF" else a for a in arguments])
    assert code == 2
    assert said in err
    assert "Traceback" not in err
    assert out == ""


def test_profiles_add_up_on_the_command_line(run, files, tmp_path):
    assert run("profile", files["ref"], "-o", "ref.vdp")[0] == 0
    table = pq.read_table(files["cur"])
    for i, part in enumerate((table.slice(0, 400), table.slice(400))):
        pq.write_table(part, tmp_path / f"{i}.parquet")
        code, out, _ = run("profile", f"{i}.parquet", "--baseline", "ref.vdp", "-o", f"{i}.vdp")
        assert code == 0
        assert f"{i}.vdp" in out
    code, out, _ = run("merge", "1.vdp", "0.vdp", "-o", "all.vdp", "--json")
    assert code == 0
    assert json.loads(out)["rows"] == N
    direct = json.loads(run("compare", files["ref"], files["cur"], "--json")[1])["findings"]
    merged = json.loads(run("compare", "ref.vdp", "all.vdp", "--json")[1])["findings"]
    alone = [one for one in direct if one["monitor"] != "dependence"]  # that takes rows
    assert len(alone) < len(direct)
    for one, two in zip(alone, merged, strict=True):
        assert one["verdict"] == two["verdict"]
        assert one["effect"] == two["effect"]
    assert run("compare", "ref.vdp", "0.vdp", "--joint")[0] == 2


def test_merging_profiles_of_two_baselines_is_refused(run, files):
    run("profile", files["ref"], "-o", "a.vdp")
    run("profile", files["cur"], "-o", "b.vdp")
    code, _, err = run("merge", "a.vdp", "b.vdp", "-o", "c.vdp")
    assert code == 2
    assert "different baselines" in err


def test_a_damaged_profile_is_refused(run, files, tmp_path):
    run("profile", files["ref"], "-o", "a.vdp")
    raw = bytearray((tmp_path / "a.vdp").read_bytes())
    raw[len(raw) // 2] ^= 1
    (tmp_path / "bad.vdp").write_bytes(raw)
    code, _, err = run("compare", "bad.vdp", files["cur"])
    assert code == 2
    assert "checksum" in err


def test_the_schema_round_trips_through_its_file(run, files, tmp_path):
    code, out, _ = run("schema", "infer", files["ref"], "--kind", "n=category")
    assert code == 0
    (tmp_path / "schema.yaml").write_text(out)
    code, out, _ = run(
        "compare", files["ref"], files["cur"], "--schema", "schema.yaml", "--show-schema"
    )
    assert code == 1
    assert "category" in out


def test_flags_win_over_variables_over_the_file_over_defaults(run, files, tmp_path, monkeypatch):
    def used():
        document = json.loads(run("compare", files["ref"], files["same"], "--json")[1])
        return document["settings"]["min_effect"]

    assert used() == 0.05
    (tmp_path / "vedette.yaml").write_text("min_effect: 0.1\n")
    assert used() == 0.1
    monkeypatch.setenv("VEDETTE_MIN_EFFECT", "0.2")
    assert used() == 0.2
    document = run("compare", files["ref"], files["same"], "--json", "--min-effect", "0.3")[1]
    assert json.loads(document)["settings"]["min_effect"] == 0.3


def test_every_command_helps(run):
    for name in COMMANDS:
        code, out, _ = run(name, "--help")
        assert code == 0
        assert "Usage:" in out


def test_the_installed_command_runs():
    done = subprocess.run(
        [sys.executable, "-m", "vedette.cli.main", "--version"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout[:8]) == (0, "vedette ")
