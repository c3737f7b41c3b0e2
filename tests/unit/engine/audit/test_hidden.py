"""What few rows make up can be neither read nor worked out."""

from typing import Any

import numpy as np
from tests.audited import audit


def of(*runs: tuple[Any, int]) -> list[Any]:
    """A column of runs of one value."""
    return [value for value, rows in runs for _ in range(rows)]


def rows_of(found: Any, table: str, group: str) -> list[dict[str, Any]]:
    return [row for row in found.document[table] if row["group"] == group]


def test_the_mean_of_two_others_is_not_told():
    pay = [1000.0 + i % 7 for i in range(1000)] + [50_000.0, 70_000.0] + [None] * 198
    table = {"g": of(("a", 1000), ("b", 200)), "prediction": of((1, 500), (0, 700)), "pay": pay}
    found = audit(table, "g", measures="pay")
    [row] = rows_of(found, "measures", "g=a")
    assert row["other"] is row["difference"] is row["p"] is row["size"] is None
    assert rows_of(found, "spread", "g=a") == []
    [one] = [f for f in found.findings if (f.component, f.segment) == ("pay", "g=a")]
    assert one.expected is one.effect is one.p is one.low is None


def test_chances_tell_nothing_of_a_few_others():
    p = np.full(2000, 0.02)
    p[:4] = 0.95
    said = (np.arange(2000) % 3 == 0).astype(int).tolist()
    table = {"b": p.tolist(), "w": (1 - p).tolist(), "prediction": said}
    found = audit(table, (), chances={"race": {"B": "b", "W": "w"}})
    [row] = rows_of(found, "membership", "race=W")
    assert row["thresholded_rate"] is not None
    assert row["thresholded_other"] is row["thresholded_difference"] is row["from"] is None
    assert row["verdict"] == "unknown"


def test_calibration_beside_few_others_is_not_told():
    table = {
        "g": of(("a", 500), ("b", 100)),
        "score": [0.1 + 0.8 * (i % 10) / 10 for i in range(600)],
        "prediction": [i % 2 for i in range(600)],
        "label": [*(i % 2 for i in range(500)), 1, 0, 1, 0, *[None] * 96],
    }
    found = audit(table, "g")
    [row] = rows_of(found, "calibration", "g=a")
    assert row["rest"] is row["relative"] is row["p"] is None


def test_the_best_group_is_one_that_may_be_shown():
    table = {
        "race": of(("A", 900), ("B", 500), ("C", 40), ("D", 6)),
        "prediction": of((1, 300), (0, 600), (1, 150), (0, 350), (1, 35), (0, 5), (1, 5), (0, 1)),
    }
    found = audit(table, against="best")
    told = [row for row in rows_of(found, "rates", "race=B") if row["against"] == "the best group"]
    assert [row["other_n"] for row in told] == [900]
