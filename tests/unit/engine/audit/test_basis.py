"""What an audit rests on: digests, members, filters, levels."""

import json
import random

import pytest

import vedette as vd
from vedette.engine.audit.figures import figures_of
from vedette.report.packs import matching, packs

ROWS = {"g": ["a", "b"] * 500, "h": ["x", "x", "y", "y"] * 250, "prediction": [0, 1, 1, 1] * 250}


def audit(rows=None, **more):
    return vd.fairness(rows or ROWS, "g", positive="1", proxies=False, **more).to_dict()


def test_the_digest_of_the_data_tells_tables_apart_and_no_order_or_name():
    one = audit()["fingerprints"]
    order = random.Random(0).sample(range(1000), 1000)
    assert (
        audit({k: [v[i] for i in order] for k, v in ROWS.items()}, name="x")["fingerprints"] == one
    )
    other = audit({**ROWS, "prediction": [0, 0, 0, 1] * 250})["fingerprints"]
    assert other["data"] != one["data"]
    assert other["settings"] == one["settings"]


def test_members_are_named_and_count_in_the_digest():
    own = {"id": list(range(1000)), "prediction": ROWS["prediction"]}
    first = {"id": own["id"], "g": ["a", "b"] * 500}
    second = {"id": own["id"], "g": ["a"] * 500 + ["b"] * 500}
    one, two = (audit(own, members=there, key="id") for there in (first, second))
    assert one["members"]["key"] == "id"
    assert one["fingerprints"]["data"] != two["fingerprints"]["data"]
    assert audit()["members"] is None


@pytest.fixture(scope="module")
def document():
    return vd.fairness(ROWS, ["g", "h"], positive="1", proxies=False).to_dict()


def test_figures_tell_the_level_of_their_interval(document):
    every = {one["id"]: one for one in figures_of(document)}
    assert every["rates/g & h/selection_rate/the rest/g=a & h=x/rate"]["level"] == 0.95
    assert every["rates/g & h/selection_rate/the rest/g=a & h=x/ratio"]["level"] > 0.95
    assert every["impact/g/g=a/selection_ratio"]["level"] == 0.95


def test_the_number_selected_is_a_figure_and_intersections_have_ratios(document):
    every = figures_of(document)
    number = next(one for one in every if one["id"] == "impact/g/g=a/selection_number")
    assert (number["value"], number["n"]) == (250, 500)
    pack = packs(["nyc-ll144"])[0]
    item = next(one for one in pack.items if one.id == "intersections")
    told = {one["figure"] for one in matching(item, every)}
    assert {"selection_number", "selection_rate", "selection_ratio"} <= told


def test_that_a_hidden_group_may_have_the_highest_rate_is_said(tmp_path):
    rows = {"g": ["a"] * 500 + ["b"] * 480 + ["c"] * 5, "prediction": [0, 1] * 490 + [1] * 5}
    found = vd.fairness(rows, "g", positive="1", proxies=False)
    assert any(
        "of those that are, which one of these may exceed" in note
        for note in found.to_dict()["notes"]
    )
    folder = found.to_pack(tmp_path)
    assert "of those that are, which one of these may exceed" in (folder / "README.txt").read_text(
        "utf-8"
    )
    assert json.loads((folder / "figures.json").read_text("utf-8"))["about"]["filters"] == []
