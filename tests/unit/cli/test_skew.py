"""`vedette skew`: what it prints, writes and answers."""

import json
import re
from xml.etree import ElementTree as ET

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vedette.cli.main import main

MILES = [float(m) for m in range(100, 400)]
CARRIERS = ["UA", "AA", "B6"] * 100


@pytest.fixture
def files(tmp_path):
    offline = {"id": list(range(300)), "carrier": CARRIERS, "distance": MILES, "same": [1] * 300}
    km = [
        m * 1.609344 if c == "UA" else m for m, c in zip(MILES, CARRIERS, strict=True)
    ]  # fmt: skip
    online = {"id": [str(i) for i in range(300)], "dist": km, "same": [1] * 300, "extra": [0] * 300}
    for name, table in (("offline", offline), ("online", online)):
        pq.write_table(pa.table(table), tmp_path / f"{name}.parquet")
    return [str(tmp_path / "offline.parquet"), str(tmp_path / "online.parquet")]


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as left:
        main(["skew", *arguments])
    said = capsys.readouterr()
    return left.value.code, said.out, said.err


def test_the_cause_is_said_and_the_exit_code_is_one(files, capsys):
    code, out, _ = run(capsys, *files, "--key", "id", "--map", "dist=distance")
    flat = " ".join(out.split())
    assert code == 1
    assert "1 of 2 columns differs between training and serving: `distance`." in flat
    assert "serving `distance` = training × 1.609344 (miles to kilometres) for" in flat
    assert "carrier UA" in flat
    assert "300 rows compared, joined by `id`." in flat
    assert "Only in serving: `extra`." in flat


def test_the_document_alone_is_on_stdout_and_files_are_written(files, capsys, tmp_path):
    html, junit = tmp_path / "r.html", tmp_path / "r.xml"
    code, out, _ = run(
        capsys, *files, "--key", "id", "--map", "dist=distance", "--json",
        "--html", str(html), "--junit", str(junit),
    )  # fmt: skip
    document = json.loads(out)
    assert (code, document["format"], document["ok"]) == (1, "vedette.skew", False)
    column = document["columns"][0]
    assert (column["name"], column["online_name"], column["mismatches"]) == (
        "distance",
        "dist",
        100,
    )
    assert column["causes"][0]["segment"] == "carrier = UA"
    page = html.read_text("utf-8")
    assert "for carrier UA" in page
    assert "<script" not in page
    suite = ET.parse(junit).getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert "carrier UA" in suite.find(".//failure").get("message")


def test_a_tolerance_and_a_share_make_it_fine(files, capsys):
    base = (*files, "--key", "id", "--map", "dist=distance")
    assert run(capsys, *base, "--tolerance", "distance=rel:0.5")[0] == 0
    assert run(capsys, *base, "--tolerance", "0.5")[0] == 0
    assert run(capsys, *base, "--tolerance", "distance=abs:250")[0] == 0
    assert run(capsys, *base, "--max-mismatch", "0.5")[0] == 0


def test_segments_and_examples_are_shown_on_request(files, capsys):
    code, out, _ = run(
        capsys, *files, "--key", "id", "--map", "dist=distance", "--segment", "carrier",
        "--examples", "2", "--json",
    )  # fmt: skip
    columns = {one["name"]: one for one in json.loads(out)["columns"]}
    assert [cell["value"] for cell in columns["same"]["segments"]] == ["AA", "B6", "UA"]
    assert len(columns["distance"]["examples"]) == 2
    assert code == 1
    _, out, _ = run(capsys, *files, "--key", "id", "--map", "dist=distance", "--examples", "1")
    assert "distance of" in out


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--key", "nobody"], "there is no column 'nobody'"),
        (["--key", "id", "--within", "1h"], "goes with a time"),
        (["--key", "id", "--tolerance", "same=much"], "is no number"),
    ],
)
def test_wrong_use_is_one_sentence_and_code_two(files, capsys, flags, words):
    code, out, err = run(capsys, *files, *flags)
    assert (code, out) == (2, "")
    assert words in err


# --- two tables without a key -------------------------------------------------------------------


@pytest.fixture
def tables(tmp_path):
    rows = {
        "carrier": ["UA", "AA", "B6"] * 700,
        "distance": [float(100 + m % 900) for m in range(2100)],
    }
    km = [m * 1.609344 for m in rows["distance"]]
    for name, table in (("training", rows), ("serving", {**rows, "distance": km})):
        pq.write_table(pa.table(table), tmp_path / f"{name}.parquet")
    return [str(tmp_path / "training.parquet"), str(tmp_path / "serving.parquet")]


def test_without_a_key_the_tables_are_compared(tables, capsys, tmp_path):
    html = tmp_path / "r.html"
    code, out, _ = run(capsys, *tables, "--html", str(html))
    flat = " ".join(out.split())
    assert code == 1
    assert "Serving does not see what training saw: 1 fault." in flat
    assert "serving `distance` looks like training × 1.609 (miles to kilometres)" in flat
    assert "miles to kilometres" in html.read_text(encoding="utf-8")


def test_without_a_key_the_same_table_is_calm(tables, capsys):
    code, out, _ = run(capsys, tables[0], tables[0], "--json")
    document = json.loads(out)
    assert (code, document["ok"], document["faults"]) == (0, True, [])


@pytest.mark.parametrize("flag", ["--tolerance", "--map", "--max-mismatch", "--junit", "--column"])
def test_a_flag_that_needs_a_key_says_so(tables, capsys, flag):
    value = {"--map": "a=b", "--max-mismatch": "0.1"}.get(flag, "x")
    code, _, err = run(capsys, *tables, flag, value)
    assert code == 2
    assert f"{flag} goes with --key" in err


def test_reasons_stand_on_lines_of_their_own(tmp_path, capsys):
    rng = np.random.default_rng(0)
    x = rng.normal(size=300)
    for name, data in (("a", x), ("b", x + rng.normal(size=300))):
        pq.write_table(pa.table({"id": range(300), "x": data}), tmp_path / f"{name}.parquet")
    sides = [str(tmp_path / f"{name}.parquet") for name in "ab"]
    page = tmp_path / "page.html"
    _, out, _ = run(capsys, *sides, "--key", "id", "--html", str(page))
    assert "\\n" not in out
    assert "The only column differs" in out
    assert re.search(r"300 with another value *\n +why they differ \(100 %\) is unknown", out)
    assert "values lie apart in 50 % of these by up to" in page.read_text("utf-8")
