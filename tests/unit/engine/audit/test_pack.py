"""The folder of an audit: dated, complete, and what answers what."""

import json
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

import vedette as vd
from vedette.core.errors import SettingsError, StoreError, UsageError
from vedette.report.packs import packs, read_pack

AT = datetime(2026, 11, 26, 10, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def found():
    rng = np.random.default_rng(0)
    n = 4000
    race = rng.choice(["A", "B", "C"], n, p=[0.7, 0.29, 0.01])
    score = np.clip(rng.random(n) - 0.2 * (race == "B"), 0, 1)
    table = {
        "race": [None if i % 40 == 0 else r for i, r in enumerate(race)],
        "sex": rng.choice(["F", "M"], n).tolist(),
        "score": score.tolist(),
        "label": (rng.random(n) < score).astype(int).tolist(),
    }
    return vd.fairness(table, ["race", "sex"], proxies=False)


@pytest.fixture(scope="module")
def pack(found, tmp_path_factory):
    return found.to_pack(tmp_path_factory.mktemp("audits"), at=AT)


def figures(pack):
    return json.loads((pack / "figures.json").read_text("utf-8"))


def test_the_folder_is_named_after_the_moment_and_holds_three_files(pack):
    assert pack.name == "fairness-20261126T100500Z"
    assert sorted(path.name for path in pack.iterdir()) == [
        "README.txt", "figures.json", "report.html",
    ]  # fmt: skip


def test_a_moment_elsewhere_is_told_in_utc(found, tmp_path):
    there = AT.astimezone(timezone(timedelta(hours=5)))
    assert found.to_pack(tmp_path, at=there).name == "fairness-20261126T100500Z"
    assert found.to_pack(tmp_path / "plain", at=AT.replace(tzinfo=None)).name.endswith("T100500Z")


def test_every_figure_is_there_once_with_what_it_rests_on(pack, found):
    made = figures(pack)
    ids = [one["id"] for one in made["figures"]]
    assert len(ids) == len(set(ids))
    assert all({"value", "low", "high", "n"} <= one.keys() for one in made["figures"])
    about = made["about"]
    assert about["time"] == "2026-11-26T10:05:00Z"
    assert about["code"].startswith("vedette ")
    assert {"settings", "schema", "data"} == about["fingerprints"].keys()
    assert {"window", "filters", "settings", "data", "verdict"} <= about.keys()
    by_id = {one["id"]: one for one in made["figures"]}
    row = found.rate("selection_rate", "race=B")
    told = by_id["rates/race/selection_rate/the rest/race=B/rate"]
    assert (told["value"], told["low"], told["n"]) == (row["rate"], row["low"], row["n"])


def test_an_audit_of_bias_is_answered_with_rates_ratios_counts_and_the_unknown(pack):
    made = figures(pack)
    own = next(one for one in made["packs"] if one["id"] == "nyc-ll144")
    items = {item["id"]: item for item in own["items"]}
    assert all(item["answered"] for item in items.values())
    by_id = {one["id"]: one for one in made["figures"]}
    unknown = [by_id[key] for key in items["unknown"]["figures"]]
    assert {one["group"] for one in unknown} == {"not stated"}
    assert any(one["value"] == 100 for one in unknown)
    small = by_id["impact/race/race=C/selection_ratio"]
    assert small["value"] is None
    assert "fewer than 2 %" in small["reason"] or "fewer than 30" in small["reason"]
    assert all("&" in by_id[key]["set"] for key in items["intersections"]["figures"])


def test_the_readme_says_what_answers_what_and_that_nothing_is_law(pack):
    text = (pack / "README.txt").read_text("utf-8")
    assert "Limits are settings, not law." in text
    assert "version 1; jurisdiction: New York City; effective 2023-01-01" in text
    assert "not answered by this audit" in text
    assert "for people to answer" in text


def test_a_folder_is_never_written_over(found, tmp_path):
    found.to_pack(tmp_path, at=AT)
    with pytest.raises(StoreError, match="is there already"):
        found.to_pack(tmp_path, at=AT)


def test_packs_can_be_chosen_and_a_wrong_name_is_one_sentence(found, tmp_path):
    made = figures(found.to_pack(tmp_path, at=AT, packs=["general"]))
    assert [one["id"] for one in made["packs"]] == ["general"]
    with pytest.raises(UsageError, match="there is no pack 'generel'"):
        found.to_pack(tmp_path / "no", at=AT, packs=["generel"])
    assert not (tmp_path / "no").exists()


def test_the_same_audit_at_the_same_moment_is_the_same_folder(found, pack, tmp_path):
    again = found.to_pack(tmp_path, at=AT)
    for name in ("figures.json", "README.txt", "report.html"):
        assert (again / name).read_bytes() == (pack / name).read_bytes()


@pytest.mark.parametrize("one", packs(), ids=lambda one: one.id)
def test_every_pack_is_dated_versioned_and_asks_for_figures_that_there_are(one, pack):
    datetime.strptime(one.effective, "%Y-%m-%d")
    assert one.version >= 1
    assert one.note.startswith("Settings, not law.")
    every = figures(pack)["figures"]
    tables = {figure["table"] for figure in every}
    tables |= {"change", "membership", "proxies", "bounds", "history"}
    names = {figure["figure"] for figure in every}
    for item in one.items:
        for asked in item.figures:
            assert asked["table"] in tables, item.id
            assert asked.get("figure", "rows") in names, item.id


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id: x\n", "lacks version"),
        ("id: x\nversoin: 1\n", "there is no key 'versoin'"),
    ],
)
def test_a_pack_that_is_not_one_is_refused(text, said):
    with pytest.raises(SettingsError, match=said):
        read_pack(text, "x.yaml")
