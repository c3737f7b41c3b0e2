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


def test_a_rate_of_few_rows_does_not_follow_from_those_of_others():
    table = {
        "sex": of(("F", 1000), ("M", 1000), ("X", 200)),
        "label": of((1, 500), (0, 500), (1, 400), (0, 600), (1, 6), (0, 194)),
        "prediction": of(
            (1, 300), (0, 200), (1, 50), (0, 450), (1, 200), (0, 200), (1, 60), (0, 540),
            (1, 1), (0, 5), (1, 20), (0, 174),
        ),
    }  # fmt: skip
    found = audit(table, "sex")
    told = [row for row in found.rates if row["metric"] == "true_positive_rate"]
    assert [row["hidden"] for row in told] == ["", "beside", "count"]
    assert told[0]["other_n"] >= 10
    assert found.rate("selection_rate", "sex=X")["k"] == 21
    assert found.rate("positive_predictive_value", "sex=X")["k"] is None  # 1 of the 6


def test_a_number_that_few_rows_hold_hides_that_of_another_group():
    pay = [float(i % 7) for i in range(1000)] + [9.0] * 2 + [None] * 198 + [1.0, 3.0] * 200
    table = {"g": of(("a", 1000), ("b", 200), ("c", 400)), "prediction": [0, 1] * 800, "pay": pay}
    found = audit(table, "g", measures="pay")
    told = [row["mean"] is not None for row in found.document["measures"]]
    assert told == [True, False, False]


SPLITS = {
    "true_positive_rate": ((1, 0, 0, 0), (1, 0, 1, 0)),
    "false_positive_rate": ((0, 1, 0, 0), (0, 1, 0, 1)),
    "false_negative_rate": ((0, 0, 1, 0), (1, 0, 1, 0)),
    "positive_predictive_value": ((1, 0, 0, 0), (1, 1, 0, 0)),
    "negative_predictive_value": ((0, 0, 0, 1), (0, 0, 1, 1)),
    "accuracy": ((1, 0, 0, 1), (1, 1, 1, 1)),
    "base_rate": ((1, 0, 1, 0), (1, 1, 1, 1)),
    "selection_rate": ((1, 1, 0, 0), (1, 1, 1, 1)),
}  # k and n of each rate as sums of tp, fp, fn and tn


def table_of(rng: np.random.Generator) -> dict[str, list[Any]]:
    """Few groups, of which some have few rows of a decision or a label."""
    race = rng.choice(["a", "b", "c", "d"], 900, p=[0.5, 0.3, 0.17, 0.03])
    label = rng.random(900) < np.where(race == "c", 0.04, rng.choice([0.05, 0.3]))
    said = rng.random(900) < np.where(race == "b", rng.choice([0.03, 0.4]), 0.3)
    return {
        "race": race.tolist(),
        "sex": rng.choice(["f", "m"], 900).tolist(),
        "label": label.astype(int).tolist(),
        "prediction": said.astype(int).tolist(),
    }


def known_sums(rates: list[dict[str, Any]], cells: dict[str, int]) -> list[np.ndarray]:
    """Every count that the rows tell, as a sum of cells: tp, fp, fn and tn of each finest group."""
    sums = [np.ones(4 * len(cells))]

    def put(group: str, weights: tuple[int, ...], sign: int = 1) -> np.ndarray:
        parts = set(group.split(" & "))
        row = np.zeros((len(cells), 4))
        for name, at in cells.items():
            if parts <= set(name.split(" & ")):
                row[at] = weights
        return sign * row.ravel()

    for row in rates:
        k, n = SPLITS[row["metric"]]
        for value, weights in ((row["k"], k), (row["n"], n)):
            if value is not None:
                sums.append(put(row["group"], weights))
        for value, weights in ((row["other"], k), (row["other_n"], n)):
            if value is not None:
                sums.append(np.tile(weights, len(cells)) - put(row["group"], weights))
    return sums


def test_no_rate_of_few_rows_can_be_solved_for():
    hidden = 0
    for seed in range(12):
        table = table_of(np.random.default_rng(seed))
        found = audit(table, ["race", "sex"])
        finest = dict.fromkeys(
            f"race={race} & sex={sex}"
            for race, sex in zip(table["race"], table["sex"], strict=True)
        )
        cells = {name: at for at, name in enumerate(finest)}
        counts = np.zeros((len(cells), 4), int)
        for race, sex, y, d in zip(*(table[c] for c in ("race", "sex", "label", "prediction")),
                                   strict=True):  # fmt: skip
            counts[cells[f"race={race} & sex={sex}"], (1 - d) * 2 + (y != d)] += 1
        counts[:, 2:] = counts[:, [3, 2]]  # not selected: wrongly, then rightly
        sums = np.array(known_sums(found.rates, cells))
        for row in found.rates:
            k, n = (np.array(part) for part in SPLITS[row["metric"]])
            parts = set(row["group"].split(" & "))
            own = np.array([parts <= set(name.split(" & ")) for name in cells])
            rows = int((counts[own] @ n).sum())
            margins = counts[own].sum(axis=0)
            pairs = margins[[0, 1, 0, 2]] + margins[[2, 3, 1, 3]]  # by label and by decision
            if not 0 < rows < 10 or not pairs.all():  # a table of one line tells itself
                continue
            hidden += 1
            secret = (own[:, None] * k).ravel().astype(float)
            fit = sums.T @ np.linalg.lstsq(sums.T, secret, rcond=None)[0]
            assert np.abs(fit - secret).max() > 1e-6, (seed, row["group"], row["metric"])
    assert hidden > 50


def test_labels_of_one_decision_alone_hide_no_bounds():
    table = {
        "g": of(("a", 400), ("b", 400), ("c", 200)),
        "prediction": [i % 2 for i in range(1000)],
        "label": [int(i % 40 > 2) if i % 2 else None for i in range(1000)],
    }
    found = audit(table, "g")
    told = {row["metric"] for row in found.document["bounds"] if row["group"] == "g=a"}
    assert "true_positive_rate" in told


def test_uneven_labels_of_a_group_that_is_not_shown_are_said_without_figures():
    def labelled(good: int, bad: int, none: int) -> list[Any]:
        return of((1, good), (0, bad), (None, none))

    table = {
        "g": of(("a", 2000), ("b", 400), ("c", 6)),
        "prediction": of((1, 1000), (0, 1000), (1, 200), (0, 200), (1, 3), (0, 3)),
        # of b 7 of 10 positive labels are missing
        "label": labelled(700, 300, 0) + labelled(300, 700, 0)
        + labelled(42, 60, 98) + labelled(18, 140, 42) + labelled(3, 3, 0),
    }  # fmt: skip
    found = audit(table, "g", minimum=10)
    row = found.rate("positive_predictive_value", "g=b")
    assert row["hidden"] == "beside"
    assert row["verdict"] == "notable"
    told = [f for f in found.findings if (f.component, f.segment) == (row["metric"], "g=b")]
    for reason in (row["reason"], told[0].reason):
        head, _, tail = reason.partition(" among the labelled rows; ")
        assert tail == "labels come unevenly, which may keep the limit"
        assert head.endswith("since they would give away those of a smaller group")
        assert "%" not in reason
    assert not rows_of(found, "bounds", "g=b")
    shown = audit(table, "g", minimum=1).rate("positive_predictive_value", "g=b")
    assert "whatever the missing ones are" in shown["reason"]
