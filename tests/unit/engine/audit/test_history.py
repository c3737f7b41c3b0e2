"""The history of an audit: who is selected, step by step, and nothing of few rows."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

import vedette as vd
from vedette.core.durations import DAY
from vedette.engine.audit.steps import KEPT, MOST, Stepped, shown_in_time
from vedette.profiles.groups import Groups

START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday


def audit(days, n=9000, **more):
    """B is selected half as often in the last third."""
    rng = np.random.default_rng(1)
    race = rng.choice(["A", "B"], n, p=[0.6, 0.4])
    at = rng.random(n) * days
    chance = np.where((race == "B") & (at > 2 * days / 3), 0.25, 0.5)
    order = rng.permutation(n)
    table = {
        "race": race[order].tolist(),
        "prediction": (rng.random(n) < chance).astype(int)[order].tolist(),
        "when": [START + timedelta(days=float(x)) for x in at[order]],
    }
    table.update(more)
    return vd.fairness(table, "race", positive="1", time="when", proxies=False)


def stepped(days, selected, codes, groups=2):
    n = len(days)
    every = np.ones(n, np.bool_)
    held = {"g": (np.asarray(codes, np.intp), groups + 2)}
    return Stepped.of(np.asarray(days, np.int64) * DAY, every, np.asarray(selected, bool), held)


def test_the_history_tells_when_it_began():
    rows = audit(days=63).to_dict()["history"]
    assert {row["days"] for row in rows} == {7}
    assert len(rows) == 9
    assert rows[0]["start"] == "2026-03-02T00:00:00Z"
    assert rows[0]["end"] == "2026-03-09T00:00:00Z"
    one = {row["group"] for row in rows}
    assert one == {"race=B"}
    assert all(row["ratio"] > 0.8 for row in rows[:5])
    assert all(row["ratio_high"] < 0.8 for row in rows[-3:])
    assert all(row["band_low"] < row["band"] < row["band_high"] for row in rows)
    assert rows[-1]["band_high"] - rows[-1]["band_low"] < rows[0]["band_high"] - rows[0]["band_low"]


def test_all_steps_together_are_the_ratio_of_the_whole_table():
    found = audit(days=63)
    rows = found.to_dict()["history"]
    assert rows[-1]["band"] == pytest.approx(found.rate("selection_rate", "race=B")["ratio"])
    assert sum(row["n"] for row in rows) == found.rate("selection_rate", "race=B")["n"]


@pytest.mark.parametrize(("days", "width"), [(20, 1), (90, 7), (500, 28)])
def test_steps_widen_with_the_table(days, width):
    rows = audit(days=days).to_dict()["history"]
    assert {row["days"] for row in rows} == {width}
    assert len(rows) <= MOST


def test_few_rows_widen_the_steps_and_none_is_shown_of_fewer_than_the_minimum():
    rows = audit(days=28, n=300).to_dict()["history"]
    assert {row["days"] for row in rows} == {7}
    assert any(row["n"] for row in rows)
    assert all(row["n"] is None or min(row["n"], row["other_n"]) >= 10 for row in rows)
    assert all(row["ratio"] is None for row in rows if row["n"] is None)


def test_without_a_time_or_of_one_day_there_is_none():
    assert audit(days=0.9).to_dict()["history"] == []
    table = {"g": ["a", "b"] * 100, "prediction": [0, 1, 1, 1] * 50}
    assert vd.fairness(table, "g", positive="1", proxies=False).to_dict()["history"] == []


def test_groups_that_never_meet_in_a_step_have_none():
    days = [f"2026-03-{1 + i % 20:02d}" for i in range(2000)]
    table = {"g": ["a", "b"] * 1000, "prediction": [0, 1, 1, 1, 0] * 400, "when": days}
    found = vd.fairness(table, "g", positive="1", time="when", proxies=False)
    assert found.to_dict()["history"] == []


def test_the_page_and_the_pack_hold_it(tmp_path):
    found = audit(days=63)
    page = found.to_html(tmp_path / "a.html").read_text("utf-8")
    assert "Over time" in page
    assert "Selection over time" in page
    text = (found.to_pack(tmp_path / "packs") / "figures.json").read_text("utf-8")
    assert '"history/race/selection_rate/the rest/race=B/2026-03-02/ratio"' in text


def test_parts_in_any_order_add_up_to_the_whole():
    rng = np.random.default_rng(0)
    days, selected, codes = (
        rng.integers(0, 2000, 900),
        rng.random(900) < 0.5,
        rng.integers(0, 2, 900),
    )
    parts = [stepped(days[at::3], selected[at::3], codes[at::3]) for at in range(3)]
    one = parts[0].merge(parts[1]).merge(parts[2])
    two = parts[2].merge(parts[0].merge(parts[1]))
    whole = stepped(days, selected, codes)
    assert len(one.at) <= KEPT
    width = max(one.width, whole.width)
    for other in (two, whole):
        assert np.array_equal(one.wider(width).at, other.wider(width).at)
        assert np.array_equal(one.wider(width).counts["g"], other.wider(width).counts["g"])


def test_a_step_that_would_follow_from_the_others_is_not_shown():
    groups = Groups(("g",), (("a",), ("b",)))
    rows = {"g": np.array([[100, 100, 0, 0], [100, 4, 0, 0], [90, 80, 0, 0]])}
    flags = shown_in_time([groups], rows, {"g": np.ones(4, np.bool_)}, 10)["g"]
    assert not flags[1, :2].any()  # both groups of the step
    assert (~flags[:, 0]).sum() == 2
    assert (~flags[:, 1]).sum() == 2
