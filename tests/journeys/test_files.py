"""Files on the command line: every format gives the same verdicts, profiles add up, and nothing
half-written is left behind.

Owns: `vedette` as a process of its own.  Does not own: wrong flags (`unit/cli`), formats
(`unit/ingest`).
"""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

N = 3_000
FORMATS = ("parquet", "csv", "jsonl", "feather")


def table(seed, shift):
    rng = np.random.default_rng(seed)
    return pa.table(
        {
            "id": np.arange(N),
            "amount": rng.normal(shift, 1, N),
            "count": pa.array(rng.poisson(4, N), mask=rng.random(N) < 0.1 * bool(shift)),
            "shop": rng.choice(["a", "b", "c"], N),
            "paid": rng.random(N) < 0.5,
        }
    )


def write(rows, path):
    match path.suffix:
        case ".parquet":
            pq.write_table(rows, path)
        case ".csv":
            pcsv.write_csv(rows, path)
        case ".jsonl":
            path.write_text("".join(json.dumps(row) + "\n" for row in rows.to_pylist()))
        case _:
            feather.write_feather(rows, path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("files with spaces")
    for name, seed, shift in (("ref", 1, 0.0), ("same", 2, 0.0), ("cur", 3, 0.5)):
        for ending in FORMATS:
            write(table(seed, shift), made / f"{name}.{ending}")
    days = made / "days"
    days.mkdir()
    for day in range(3):
        write(table(3, 0.5).slice(day * 1_000, 1_000), days / f"{day}.parquet")
    return made


def vedette(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "vedette.cli.main", *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def verdicts(folder, *arguments):
    """What was found, without ids and names of files."""
    ran = vedette(folder, "compare", *arguments, "--json")
    assert ran.returncode in (0, 1), ran.stderr
    document = json.loads(ran.stdout)
    assert ran.returncode == (0 if document["ok"] else 1)
    return [
        (f["column"], f["component"], f["verdict"], f["effect"], f["reason"])
        for f in document["findings"]
        if f["monitor"] != "dependence"  # that takes rows, which profiles have not
    ]


def test_every_format_gives_the_same_verdicts(folder):
    first, *others = (
        verdicts(folder, f"ref.{ending}", f"cur.{ending}", "--id", "id") for ending in FORMATS
    )
    alarming = {column for column, _, verdict, *_ in first if verdict == "alarming"}
    assert alarming == {"amount", "count"}
    assert all(other == first for other in others)
    assert verdicts(folder, "ref.csv", "cur.parquet") == first


def test_a_glob_and_a_folder_are_one_table(folder):
    whole = verdicts(folder, "ref.parquet", "cur.parquet")
    assert verdicts(folder, "ref.parquet", "days/*.parquet") == whole
    assert verdicts(folder, "ref.parquet", "days") == whole


def test_profiles_are_merged_and_compared(folder):
    assert vedette(folder, "profile", "ref.csv", "-o", "ref.vdp").returncode == 0
    for day in range(3):
        ran = vedette(folder, "profile", f"days/{day}.parquet", "--baseline", "ref.vdp")
        assert ran.returncode == 0, ran.stderr
        assert ran.stdout.startswith(f"{day}.vdp: 1000 rows, 4 columns")
    assert vedette(folder, "merge", "2.vdp", "0.vdp", "1.vdp", "-o", "all.vdp").returncode == 0
    assert verdicts(folder, "ref.vdp", "all.vdp") == verdicts(folder, "ref.csv", "cur.parquet")


def test_one_baseline_judges_many(folder):
    vedette(folder, "profile", "ref.parquet", "-o", "base.vdp")
    for ending in ("csv",):
        assert vedette(folder, "compare", "base.vdp", f"same.{ending}").returncode == 0
        assert vedette(folder, "compare", "base.vdp", f"cur.{ending}").returncode == 1


@pytest.mark.parametrize(
    "flags",
    [("--segment", "shop"), ("--label", "paid"), ("--kind", "count=category")],
)
def test_a_baseline_refuses_what_it_was_not_fitted_with(folder, flags):
    vedette(folder, "profile", "ref.parquet", "-o", "plain.vdp")
    for command in (("compare", "plain.vdp", "same.csv"),
                    ("profile", "same.csv", "--baseline", "plain.vdp", "-o", "x.vdp")):  # fmt: skip
        ran = vedette(folder, *command, *flags)
        assert ran.returncode == 2
        assert "profiled again" in ran.stderr


@pytest.mark.skipif(os.name != "posix", reason="streams")
def test_what_cannot_be_printed_is_no_traceback(folder):
    call = f'"{sys.executable}" -m vedette.cli.main'
    write(pa.table({"größe 日本": np.arange(100.0)}), folder / "ü.csv")
    for line, code in (("compare ref.csv same.csv > /dev/full", 2),
                       ("compare ref.csv same.csv --json > /dev/full", 2),
                       ("compare ü.csv ü.csv --json | cat", 0),
                       ("compare ü.csv ü.csv | cat", 0)):  # fmt: skip
        ran = subprocess.run(
            ["bash", "-c", f"set -o pipefail; {call} {line}"],
            cwd=folder, capture_output=True, check=False,
            env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        )  # fmt: skip
        assert ran.returncode == code, ran.stderr
        assert b"Traceback" not in ran.stderr


def test_a_file_that_cannot_be_replaced_is_left_as_it_was(folder, tmp_path):
    # A folder stands where the draft would: that stops even root, who may write everywhere.
    kept = tmp_path / "kept.vdp"
    kept.write_bytes(b"before")
    (tmp_path / "kept.vdp.part").mkdir()
    ran = vedette(folder, "profile", "ref.parquet", "-o", kept)
    assert ran.returncode == 2
    assert "cannot be written" in ran.stderr
    assert kept.read_bytes() == b"before"


@pytest.mark.parametrize(
    "arguments",
    [
        ("profile", "ref.parquet", "-o"),
        ("compare", "ref.parquet", "cur.parquet", "--html"),
        ("compare", "ref.parquet", "cur.parquet", "--junit"),
        ("schema", "infer", "ref.parquet", "-o"),
    ],
)
def test_what_is_no_place_to_write_is_one_sentence(folder, tmp_path, arguments):
    (tmp_path / "file").write_text("no folder")
    for place in (tmp_path / "file" / "x", tmp_path):
        ran = vedette(folder, *arguments, place)
        assert ran.returncode == 2
        assert ran.stderr.startswith("vedette: ")
        assert "Traceback" not in ran.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(os.name != "posix", reason="links and devices")
def test_links_and_devices_stay_what_they_are(folder, tmp_path):
    (tmp_path / "link.vdp").symlink_to(tmp_path / "file.vdp")
    assert vedette(folder, "profile", "ref.parquet", "-o", tmp_path / "link.vdp").returncode == 0
    assert (tmp_path / "link.vdp").is_symlink()
    assert vedette(folder, "compare", tmp_path / "file.vdp", "same.csv").returncode == 0
    ran = vedette(folder, "schema", "infer", "ref.parquet", "-o", "/dev/stdout")
    assert ran.stdout.startswith("# vedette schema")


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_profile_leaves_the_file_before(folder, tmp_path, sent):
    rng = np.random.default_rng(0)
    big, kept, spool = tmp_path / "big.csv", tmp_path / "kept.vdp", tmp_path / "spool"
    pcsv.write_csv(pa.table({f"c{i}": rng.normal(size=200_000) for i in range(10)}), big)
    kept.write_bytes(b"before")
    spool.mkdir()
    child = subprocess.Popen(
        [sys.executable, "-m", "vedette.cli.main", "profile", big, "-o", kept],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(spool)},
    )
    while not any(spool.iterdir()) and child.poll() is None:  # until it reads
        time.sleep(0.005)
    child.send_signal(sent)
    _, said = child.communicate(timeout=20)
    assert child.returncode != 0
    assert kept.read_bytes() == b"before"
    if sent == signal.SIGINT:
        assert said.strip() == "vedette: interrupted"
        assert not any(spool.iterdir())


@pytest.mark.skipif(os.name != "posix", reason="pipes")
def test_a_closed_pipe_is_no_failure(folder):
    call = f'"{sys.executable}" -m vedette.cli.main'
    for arguments in ("compare ref.csv cur.csv --json", "compare ref.csv cur.csv",
                      "schema infer ref.csv", "--help", "compare --help"):  # fmt: skip
        ran = subprocess.run(
            ["bash", "-c", f"set -o pipefail; {call} {arguments} | true"],
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.stderr == ""
