"""Labels that only some decisions of one group get: nothing is said of the others for it.

Owns: whom the rest leaves out, and how that is said.  Does not own: bounds
(`tests/unit/stats/fairness`).
"""

import numpy as np
import pytest

import vedette as vd
from vedette.profiles.gap_counts import gap_counts
from vedette.profiles.groups import Groups
from vedette.sketches.cube import Cube


def rows(selective: tuple[str, ...] = ("a",), seed: int = 0) -> dict[str, list[object]]:
    """Everybody alike, but the rejected of some groups never get a label."""
    rng = np.random.default_rng(seed)
    group = rng.choice(["a", "b", "c"], 6000)
    true = (rng.random(6000) < 0.6).astype(int)
    said = (rng.random(6000) < np.where(true == 1, 0.6, 0.3)).astype(int)
    label = true.astype(object)
    label[(said == 0) & np.isin(group, selective)] = None
    return {"g": group.tolist(), "prediction": said.tolist(), "label": label.tolist()}


def test_a_selective_group_is_in_no_rest() -> None:
    found = vd.fairness(rows(), "g", proxies=False)
    assert found.ok, found.alarms
    row = found.rate("true_positive_rate", "g=b")
    assert row["other"] == pytest.approx(0.6, abs=0.04)
    notes = found.to_dict()["notes"]
    assert any("the rest leaves out `g=a`" in note for note in notes), notes
    assert found.rate("true_positive_rate", "g=a")["hidden"] == "labels"


def test_nothing_is_held_against_a_selective_group() -> None:
    found = vd.fairness(rows(), "g", proxies=False, against="g=a")
    assert found.ok, found.alarms


def test_nobody_left_to_hold_against_is_refused() -> None:
    found = vd.fairness(rows(("b", "c")), "g", proxies=False)
    row = found.rate("true_positive_rate", "g=a")
    assert found.ok
    assert row["hidden"] == "labels"


def test_labels_that_turn_selective_are_no_change() -> None:
    found = vd.fairness(rows(), "g", proxies=False, reference=rows(()))
    assert found.ok, found.alarms


def test_a_watched_rest_leaves_a_selective_group_out() -> None:
    groups = Groups(("g",), (("a",), ("b",), ("c",)))
    cube = Cube.zero(5, 2, 2, 1)
    cube.counts[1:3, :, :, 0] = [[400, 100, 0], [100, 400, 0]]
    cube.counts[0, :, :, 0] = [[0, 0, 500], [100, 400, 0]]
    sides = gap_counts(cube, groups, 1, ("true_positive_rate",))
    assert sides.other_k[0, :3].tolist() == [800, 400, 400]
    assert sides.other_n[0, :3].tolist() == [1000, 500, 500]


def test_uneven_labels_of_others_are_said_and_alarm_nobody() -> None:
    rng = np.random.default_rng(0)
    group = rng.choice(["a", "b", "c"], 8000, p=[0.5, 0.25, 0.25])
    true = (rng.random(8000) < 0.5).astype(int)
    said = (rng.random(8000) < np.where(true == 1, 0.7, 0.3)).astype(int)
    label = true.astype(object)
    label[(true == 0) & (group == "a") & (rng.random(8000) < 0.6)] = None
    table = {"g": group.tolist(), "prediction": said.tolist(), "label": label.tolist()}
    found = vd.fairness(table, "g", proxies=False)
    assert found.ok, found.alarms
    row = found.rate("positive_predictive_value", "g=b")
    assert row["verdict"] == "notable"
    assert "that of the rest between" in row["reason"]
