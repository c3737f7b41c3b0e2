"""An audit of a table: what it finds, what it refuses to tell, what it hides."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import vedette as vd
from vedette.core.errors import SettingsError, UsageError

N = 6000


def people(seed=0, n=N, gap=0.0, calibrated=True):
    """Rows of two groups with scores, labels and a latency; `gap` lowers the scores of B."""
    rng = np.random.default_rng(seed)
    race = rng.choice(["A", "B"], n, p=[0.7, 0.3])
    score = np.clip(rng.beta(2, 2, n) - gap * (race == "B"), 0, 1)
    chance = score if calibrated else score * np.where(race == "B", 0.6, 1.0)
    return pd.DataFrame(
        {
            "race": race,
            "sex": rng.choice(["F", "M"], n),
            "age": rng.integers(18, 80, n),
            "score": score,
            "label": (rng.random(n) < chance).astype(int),
            "latency": rng.gamma(2.0, 1.0, n) + 0.5 * (race == "B"),
            "refused": rng.random(n) < 0.1,
        }
    )


def audit(table, *group, **settings):
    return vd.fairness(table, list(group or ("race",)), proxies=False, **settings)


# --- what is counted ------------------------------------------------------------------------------


def test_every_rate_is_that_of_the_rows():
    table = people(gap=0.2)
    found = audit(table)
    one = table[table.race == "B"]
    said, true = one.score >= 0.5, one.label == 1
    expected = {
        "selection_rate": said.mean(),
        "true_positive_rate": said[true].mean(),
        "false_positive_rate": said[~true].mean(),
        "false_negative_rate": (~said[true]).mean(),
        "positive_predictive_value": true[said].mean(),
        "negative_predictive_value": (~true)[~said].mean(),
        "accuracy": (said == true).mean(),
        "base_rate": true.mean(),
    }
    for metric, value in expected.items():
        assert found.rate(metric, "race=B")["rate"] == pytest.approx(value), metric
    assert {row["metric"] for row in found.rates} == set(expected)


@pytest.mark.parametrize("kind", ["pandas", "arrow", "parquet", "csv", "batches"])
def test_any_table_in_any_parts_gives_the_same_figures(kind, tmp_path):
    table = people(gap=0.1)
    arrow = pa.Table.from_pandas(table)
    if kind == "parquet":
        data = str(tmp_path / "t.parquet")
        table.to_parquet(data)
    elif kind == "csv":
        data = str(tmp_path / "t.csv")
        table.to_csv(data, index=False)
    elif kind == "batches":
        data = pa.RecordBatchReader.from_batches(arrow.schema, arrow.to_batches(max_chunksize=777))
    else:
        data = {"pandas": table, "arrow": arrow}[kind]
    found, whole = audit(data, "race", "sex"), audit(arrow, "race", "sex")
    assert [row["k"] for row in found.rates] == [row["k"] for row in whole.rates]
    assert [one.verdict for one in found.findings] == [one.verdict for one in whole.findings]


def test_a_column_of_numbers_is_cut_where_it_is_asked_for_or_at_round_numbers():
    table = people()
    labels = [row["group"] for row in audit(table, "age").document["sets"][0]["groups"]]
    assert all(label.startswith("age=") for label in labels[:-1])
    assert 4 <= len(labels) <= 7
    cut = audit(table, "age", bands={"age": [40]}).document["sets"][0]["groups"]
    assert [one["group"] for one in cut] == ["age=below 40", "age=40 or more", "not stated"]
    assert cut[0]["rows"] == int((table.age < 40).sum())
    whole = audit(table, "age", columns={"age": {"kind": "category"}})
    assert whole.document["sets"][0]["groups"][0]["group"].startswith("age=")
    assert len(whole.document["sets"][0]["groups"]) > 20


def test_intersections_are_pairs_unless_they_are_not_wanted():
    table = people()
    keys = [one["key"] for one in audit(table, "race", "sex").document["sets"]]
    assert keys == ["race", "sex", "race & sex"]
    assert len(audit(table, "race", "sex", intersections=False).document["sets"]) == 2


def test_rows_that_lack_a_value_are_counted_and_in_no_rate():
    table = people()
    table.loc[:499, "race"] = None
    found = audit(table)
    groups = {one["group"]: one["rows"] for one in found.document["sets"][0]["groups"]}
    assert groups["not stated"] == 500
    row = found.rate("selection_rate", "race=A")
    assert row["n"] + row["other_n"] == N - 500


def test_a_table_without_labels_tells_selection_rates_alone():
    found = audit(people()[["race", "score"]])
    assert {row["metric"] for row in found.rates} == {"selection_rate"}
    assert any("no labels" in note for note in found.document["notes"])


@pytest.mark.parametrize("positive", [1, "1", True, "true"])
def test_the_selected_class_is_read_in_any_spelling(positive):
    found = audit(people(), positive=positive)
    assert found.document["reading"]["positive"] == "1"


def test_the_other_class_selected_turns_every_rate_around():
    table = people(gap=0.2)
    one = audit(table).rate("selection_rate", "race=B")["rate"]
    other = audit(table, positive=0)
    assert other.rate("selection_rate", "race=B")["rate"] == pytest.approx(1 - one)
    rest = {row["group"]: row for row in other.document["calibration"]}
    assert rest["race=A"]["ratio"] == pytest.approx(1.0, abs=0.05)  # the score is of class 1


def test_many_classes_need_to_be_told_which_counts():
    rng = np.random.default_rng(0)
    table = {"g": rng.choice(["a", "b"], 900).tolist(), "prediction": list("xyz") * 300}
    with pytest.raises(UsageError, match="name it: positive="):
        vd.fairness(table, "g")
    found = vd.fairness(table, "g", positive="x")
    assert found.rate("selection_rate", "g=a")["rate"] == pytest.approx(1 / 3, abs=0.06)


def test_a_predicted_number_is_told_by_its_errors():
    rng = np.random.default_rng(0)
    group = rng.choice(["a", "b"], N)
    label = rng.normal(100.0, 10.0, N)
    said = label + rng.normal(0, 5, N) - 4.0 * (group == "b")
    table = {"g": group.tolist(), "prediction": said.tolist(), "label": label.tolist()}
    found = vd.fairness(table, "g")
    assert found.rates == []
    error = next(
        row for row in found.document["measures"]
        if row["measure"] == "error" and row["group"] == "g=b"
    )  # fmt: skip
    assert error["difference"] == pytest.approx(-4.0, abs=0.6)
    assert error["verdict"] == "notable"
    chosen = vd.fairness(table, "g", threshold=100.0)
    assert chosen.rate("selection_rate", "g=a")["rate"] == pytest.approx(0.5, abs=0.05)


# --- verdicts -------------------------------------------------------------------------------------


def test_a_large_gap_alarms_and_none_does_not():
    assert not audit(people(gap=0.25)).ok
    assert audit(people(gap=0.0)).ok


def test_groups_that_are_alike_raise_no_alarm_where_a_point_estimate_flags_most():
    flagged = alarms = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        sizes = [2000, 100, 100, 100, 100, 100]
        group = np.repeat(list("abcdef"), sizes)
        found = audit({"g": group.tolist(), "prediction": (rng.random(2500) < 0.2).tolist()}, "g")
        alarms += not found.ok
        flagged += any(row["flagged"] for row in found.document["four_fifths"])
    assert flagged >= 40
    assert alarms <= 3


def test_cannot_tell_says_how_many_rows_and_days():
    table = people(n=200)[["race", "score"]]
    table["at"] = pd.date_range("2026-01-01", periods=200, freq="h")
    found = audit(table, time="at")
    unknown = [one for one in found.findings if one.verdict == "unknown"]
    assert unknown
    assert all("cannot tell" in one.reason for one in unknown)
    assert any("days at the present traffic" in one.reason for one in unknown)
    assert found.ok


def test_verdicts_rest_on_the_named_group_where_there_is_one():
    table = people(gap=0.25)
    table.loc[table.index % 3 == 0, "race"] = "C"
    found = audit(table, against="race=A")
    against = {row["against"] for row in found.rates}
    assert against == {"race=A", "the rest"}
    assert all("`race=A`" in one.reason for one in found.alarms if one.component == "accuracy")
    assert not any(one.segment == "race=A" and one.component == "selection_rate"
                   for one in found.findings)  # fmt: skip
    best = audit(table, against="best")
    assert "the best group" in {row["against"] for row in best.rates}
    assert best.ok == audit(table).ok  # no verdict rests on the best


def test_what_an_intersection_shares_with_a_column_is_said():
    found = audit(people(gap=0.3), "race", "sex")
    both = [one for one in found.alarms if one.segment == "race=B & sex=F"]
    assert any("as that of all `race=B`" in one.reason for one in both)
    order = [one.column for one in found.alarms]
    assert order == sorted(order, key=lambda key: "&" in key)


def test_scores_that_are_off_for_one_group_alone_are_found():
    def off(found):
        rows = found.document["calibration"]
        return [row["group"] for row in rows if row["verdict"] in ("alarming", "notable")]

    assert "race=B" in off(audit(people(calibrated=False)))
    assert off(audit(people())) == []


def test_measures_are_told_with_intervals_and_shares_judged_by_the_gap():
    table = people()
    table["refused"] = np.random.default_rng(1).random(N) < np.where(table.race == "B", 0.3, 0.1)
    found = audit(table, measures=["latency", "refused"])
    rows = {(row["measure"], row["group"]): row for row in found.document["measures"]}
    latency = rows["latency", "race=B"]
    assert latency["difference_low"] <= 0.5 <= latency["difference_high"]
    assert latency["verdict"] == "notable"
    assert rows["refused", "race=B"]["verdict"] == "alarming"
    assert {one.component for one in found.alarms} == {"refused"}


# --- labels ---------------------------------------------------------------------------------------


def test_labels_that_come_unevenly_are_said_in_the_finding_with_bounds():
    table = people(gap=0.25)
    lost = (table.race == "B") & (np.random.default_rng(99).random(N) < 0.4)
    table["label"] = table.label.astype(object).where(~lost, None)
    found = audit(table)
    (told,) = [
        one for one in found.findings if (one.component, one.segment) == ("accuracy", "race=B")
    ]
    assert "of its rows have a label, of the rest 100 %" in told.reason
    limits = next(
        row for row in found.document["bounds"]
        if row["group"] == "race=B" and row["metric"] == "accuracy"
    )  # fmt: skip
    whole = audit(people(gap=0.25)).rate("accuracy", "race=B")["rate"]
    assert limits["low"] <= whole <= limits["high"]


def test_error_rates_are_refused_where_only_the_selected_have_labels():
    table = people(gap=0.25)
    table["label"] = table.label.astype(object).where(table.score >= 0.5, None)
    found = audit(table)
    for metric in ("true_positive_rate", "false_positive_rate", "accuracy"):
        row = found.rate(metric, "race=B")
        assert row["rate"] is None
        assert "nobody knows what would have become of the others" in row["reason"]
    assert found.rate("positive_predictive_value", "race=B")["rate"] is not None
    assert not any(
        one.component == "true_positive_rate" and one.verdict != "unknown" for one in found.findings
    )


# --- small groups ---------------------------------------------------------------------------------


def test_nothing_is_shown_of_a_small_group_nor_what_gives_it_away():
    table = people()
    table.loc[:11, "race"] = "tiny"
    found = audit(table, "race", "sex", measures=["latency"], against="best", minimum=30)
    text = found.to_json()
    document = json.loads(text)
    for name in ("rates", "impact", "measures", "calibration", "coverage"):
        for row in document[name]:
            if row["group"] == "race=tiny":
                numbers = {k: v for k, v in row.items()
                           if isinstance(v, float | int) and not isinstance(v, bool)}  # fmt: skip
                assert set(numbers) <= {"level", "level_together", "limit", "rows_needed"}, (
                    name,
                    numbers,
                )
    groups = {one["group"]: one["rows"] for one in document["sets"][0]["groups"]}
    assert groups["race=tiny"] is None
    assert sum(rows is None for rows in groups.values()) >= 2  # or the total would tell
    assert not any(
        one["n_window"] or one["observed"] for one in document["findings"]
        if one["segment"] == "race=tiny"
    )  # fmt: skip


def test_a_group_that_is_hidden_for_another_is_still_judged():
    table = people(gap=0.3)
    table.loc[:11, "race"] = "tiny"
    hidden = [one for one in audit(table, minimum=30).alarms if one.segment == "race=B"]
    assert hidden
    assert all(one.observed is None for one in hidden)
    assert "would give away those of a smaller group" in hidden[0].reason


def test_a_least_size_of_one_shows_everything():
    table = people()
    table.loc[:11, "race"] = "tiny"
    found = audit(table, minimum=1)
    assert found.rate("selection_rate", "race=tiny")["n"] == 12


# --- beside the table -----------------------------------------------------------------------------


def test_a_gap_that_widened_since_the_reference_alarms():
    found = audit(people(gap=0.25), reference=people(seed=1))
    row = next(
        r for r in found.document["change"]
        if r["metric"] == "selection_rate" and r["group"] == "race=B"
    )  # fmt: skip
    assert row["verdict"] == "alarming"
    assert row["change"] == pytest.approx(row["now"] - row["then"])
    same = audit(people(seed=1), reference=people(seed=2)).document["change"]
    assert all(r["verdict"] in ("calm", "unknown", "context") for r in same)
    assert found.document["reference"]["rows"] == N


def test_members_are_joined_by_key_and_unknown_ones_counted():
    table = people(gap=0.25)
    table["id"] = np.arange(N)
    apart = table[["id", "race"]].iloc[:5000]
    found = audit(table.drop(columns="race"), members=apart, key="id")
    whole = audit(table.assign(race=table.race.where(table.id < 5000)))
    assert [row["k"] for row in found.rates] == [row["k"] for row in whole.rates]
    assert any("1000 rows have no member" in note for note in found.document["notes"])


def test_chances_of_membership_give_a_bracket_and_no_group_to_a_row():
    rng = np.random.default_rng(0)
    table = people(gap=0.3, n=20_000)
    surely = rng.beta(8, 1, len(table))
    table["p_b"] = np.where(table.race == "B", surely, 1 - surely)
    table["p_a"] = 1 - table.p_b
    found = vd.fairness(
        table.drop(columns=["race", "sex", "age"]), proxies=False,
        chances={"race": {"A": "p_a", "B": "p_b"}},
    )  # fmt: skip
    rows = {row["group"]: row for row in found.document["membership"]
            if row["metric"] == "selection_rate"}  # fmt: skip
    truth = audit(table).rate("selection_rate", "race=B")["ratio"]
    assert rows["race=B"]["low"] <= truth <= rows["race=B"]["high"]
    assert rows["race=B"]["verdict"] == "alarming"
    assert found.document["sets"] == []
    assert not found.ok


def test_a_feature_that_reveals_the_group_is_named_and_one_that_does_not_is_not():
    table = people()
    table["post"] = np.where(np.random.default_rng(0).random(N) < 0.85, table.race, "A")
    rows = vd.fairness(table[["race", "score", "post", "age"]], "race").document["proxies"]
    told = {tuple(row["features"]): row["reveals"] for row in rows}
    assert told["post",]
    assert not told["age",]
    assert ("post", "age") in told or ("age", "post") in told


# --- wrong use ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"group": "rase"}, UsageError, "has no column 'rase' for the group; did you mean 'race'"),
        ({"group": "score"}, UsageError, "'score' is the score, and cannot tell groups"),
        ({"group": ()}, SettingsError, "no sensitive column is named"),
        ({"label": "lable"}, UsageError, "has no column 'lable' for the label"),
        ({"positive": "yes"}, None, ""),
        ({"positive": "maybe"}, UsageError, "the positive class 'maybe' is none of the decisions"),
        ({"against": "race=C"}, UsageError, "there is no group 'race=C'"),
        ({"measures": "latncy"}, UsageError, "has no column 'latncy' for a measure"),
        ({"minimum": 0}, SettingsError, "minimum is no number of rows"),
        ({"minimum": True}, SettingsError, "minimum is no number of rows"),
        ({"ratio": 1.5}, SettingsError, "ratio is out of range; got 1.5"),
        ({"gap": 0}, SettingsError, "gap is out of range"),
        ({"level": 95}, SettingsError, "level is out of range"),
        ({"intersections": 4}, SettingsError, "intersections is out of range"),
        ({"bands": {"sex": [1]}}, SettingsError, "'sex' is no sensitive column"),
        ({"group": ["race", "age"], "bands": {"age": []}}, SettingsError, "hold no edges"),
        ({"chances": {"race": {"A": "score"}}}, SettingsError, "fewer than two groups"),
        ({"members": [{"id": 1}]}, UsageError, "there is no key to find them by"),
        ({"key": "id"}, UsageError, "there is no table of members"),
        ({"members": [{"id": 1}], "key": "id"}, UsageError, "is in the table itself"),
        ({"reference": {"race": ["A"]}}, UsageError, "reference 'columns': has no column"),
        ({"grup": 1}, SettingsError, "there is no option 'grup'; did you mean 'group'?"),
        ({"postive": 1}, SettingsError, "did you mean 'positive'?"),
        ({"strict": True}, SettingsError, "there is no option 'strict'"),
        ({"segments": ["sex"]}, SettingsError, "there is no option 'segments'"),
        ({"group": 3}, SettingsError, "group holds no name; got 3"),
        ({"group": None}, SettingsError, "no sensitive column is named"),
        ({"group": ["race", 3]}, SettingsError, "group holds no name; got 3"),
        ({"threshold": "high"}, SettingsError, "threshold is no number; got 'high'"),
        ({"least": 0}, SettingsError, "least is no number of rows"),
        ({"measures": "race"}, UsageError, "the measure 'race' holds neither numbers nor yes"),
        (
            {"bands": {"race": [1]}},
            UsageError,
            "the bands of 'race' cut numbers, and it holds",
        ),
        ({"columns": {"race": {"role": "ignore"}}}, UsageError, "'race' is left out"),
    ],
)
def test_wrong_use_is_one_clear_sentence(settings, error, said):
    given = {"group": "race", "proxies": False} | settings
    if error is None:
        vd.fairness(people(n=500), **given)
        return
    with pytest.raises(error) as caught:
        vd.fairness(people(n=500), **given)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_table_that_says_nothing_is_refused():
    with pytest.raises(UsageError, match="has neither predictions nor scores"):
        vd.fairness({"race": ["A"], "x": [1]}, "race")
    with pytest.raises(UsageError, match="has no rows"):
        vd.fairness(people()[:0], "race")


def test_a_threshold_beside_predicted_classes_is_refused_not_passed_over():
    table = {"race": ["A", "B"] * 100, "prediction": ["yes", "no", "no", "yes"] * 50}
    with pytest.raises(UsageError, match="a threshold says nothing"):
        vd.fairness(table, "race", threshold=0.4)


# --- the result -----------------------------------------------------------------------------------


def test_the_result_reads_as_text_json_and_table():
    found = audit(people(gap=0.25), "race", "sex")
    document = json.loads(found.to_json())
    assert document["format"] == "vedette.fairness"
    assert document["counts"]["alarming"] == len(found.alarms)
    text = " ".join(str(found).split())
    assert found.verdict.replace("`", "") in text
    assert "selected beside the rest" in text
    assert "Limits are settings, not law." in text
    assert repr(found).startswith("<Fairness: ")
    assert found.to_table().num_rows == len(found.rates)
    assert all(one.monitor == "fairness" for one in found.findings)
    assert "<script" not in found._repr_html_()


def test_what_is_declared_sensitive_is_the_group_where_none_is_named():
    from vedette.core.schema import Field, Schema

    schema = Schema((Field("sex", "category", "sensitive"), Field("score", "numeric", "score")))
    found = vd.fairness(people(), schema=schema, proxies=False)
    assert [one["key"] for one in found.document["sets"]] == ["sex"]


# --- odd tables -----------------------------------------------------------------------------------


def odd(**changed):
    rng = np.random.default_rng(5)
    score = rng.random(500)
    return {
        "g": rng.choice(["a", "b"], 500).tolist(),
        "score": score.tolist(),
        "label": (rng.random(500) < score).astype(int).tolist(),
    } | changed


@pytest.mark.parametrize(
    "table",
    [
        odd(g=[None] * 500),
        odd(g=["a"] * 500),
        odd(g=[True, False] * 250),
        odd(g=["x & y", "p=q"] * 250),
        odd(g=["", "b"] * 250),
        odd(g=[f"g{i % 90}" for i in range(500)]),
        odd(label=[1] * 500),
        odd(label=[0] * 500),
        odd(label=[None] * 500),
        odd(score=[0.5] * 500),
        odd(score=[float("nan"), float("inf"), 0.2, 0.7] * 125),
        odd(score=[float("nan")] * 500),
        odd(score=[x * 1e300 for x in range(500)]),
        {"g": ["a"], "score": [0.3], "label": [1]},
        {"g": ["a", "b"], "score": [0.3, 0.9], "label": [0, 1]},
    ],
    ids=range(15),
)
def test_odd_tables_raise_no_alarm_and_no_error(table):
    found = vd.fairness(table, "g", proxies=True)
    assert found.ok
    assert json.loads(found.to_json())["ok"]
    assert found.to_table().num_rows == len(found.rates)
