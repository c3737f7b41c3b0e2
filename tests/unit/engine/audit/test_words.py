"""How an audit says what it found: each fact once, the worst first."""

import numpy as np
from tests.audited import N, audit, loans


def test_a_sentence_holds_both_rates_the_ratio_to_two_places_and_p():
    found = audit(loans(gap=0.4), positive="approved")
    told = found.facts[0].reason
    row = found.rate("selection_rate", "race=Black")
    assert f"against {100 * row['other']:.0f} % of the rest: {row['ratio']:.2f} times" in told
    assert "; p < 0.001), beyond the limit of 0.8" in told
    calm = audit(loans(gap=0.0), positive="approved").rate("selection_rate", "race=Black")
    assert "within the limit" in calm["reason"]


def test_lower_beyond_chance_and_within_the_limit_as_far_as_can_be_told():
    found = audit(loans(gap=0.09, n=4000), positive="approved")
    row = found.rate("selection_rate", "race=Black")
    assert row["verdict"] == "calm"
    assert row["p_adjusted"] < 0.05
    assert "lower beyond chance (p" in row["reason"]


def test_a_ratio_without_end_is_not_called_infinite():
    table = {"g": ["a"] * 500 + ["b"] * 500, "prediction": [1] * 250 + [0] * 750}
    row = audit(table, "g").rate("selection_rate", "g=a")
    assert row["ratio"] is None
    assert "infin" not in row["reason"]
    assert "times or more" in row["reason"]


def test_the_smaller_side_is_what_lacks_rows():
    table = {"g": ["a"] * 2000 + ["b"] * 60, "prediction": ([1, 0] * 1030)}
    row = audit(table, "g").rate("selection_rate", "g=a")
    assert "the rest needs about" in row["reason"]
    assert "has 60" in row["reason"]


def test_rows_that_count_are_named_by_their_class():
    rng = np.random.default_rng(9)
    label = np.where(rng.random(N) < 0.9, "approved", "denied").tolist()
    found = audit(loans() | {"label": label}, positive="approved")
    row = found.rate("false_positive_rate", "race=Other")
    assert "rows labelled 'denied'" in row["reason"]


def test_each_fact_is_found_once():
    table = loans(gap=0.4)
    rng = np.random.default_rng(0)
    table["label"] = np.where(rng.random(N) < 0.8, "approved", "denied").tolist()
    found = audit(table, positive="approved")
    assert not any(one.component == "false_negative_rate" for one in found.findings)
    assert found.rate("false_negative_rate", "race=Black")["verdict"] == "alarming"
    lower = [one for one in found.facts if one.component == "selection_rate"]
    assert [one.segment for one in lower] == ["race=Black"]  # White is its other side
    assert found.rate("selection_rate", "race=White")["verdict"] != "calm"


def test_selection_leads_and_numbers_come_last_and_a_column_before_its_intersections():
    table = loans(gap=0.25)
    table["late"] = [5.0 * (race == "Black") + i % 7 for i, race in enumerate(table["race"])]
    found = audit(table, ["race", "sex"], positive="approved", measures="late")
    assert found.verdict.startswith("The selection rate of `race=Black`")
    order = [(one.verdict, one.component == "late") for one in found.facts]
    assert order == sorted(order)
    assert ("notable", True) in order
    assert "standard deviations, beyond the limit of 0.2" in " ".join(f.reason for f in found.facts)
    assert "; also the " in found.verdict


def test_a_column_that_differs_is_told_with_an_intersection_that_differs_more():
    rng = np.random.default_rng(4)
    race = rng.choice(["A", "B"], 3000, p=[0.8, 0.2])
    sex = rng.choice(["F", "M"], 3000)
    low = 0.45 * ((race == "B") & (sex == "F"))
    table = {"race": race.tolist(), "sex": sex.tolist(),
             "prediction": (rng.random(3000) < 0.8 - low).astype(int).tolist()}  # fmt: skip
    found = audit(table, ["race", "sex"])
    assert found.facts[0].segment == "race=B & sex=F"
    assert found.verdict.startswith("The selection rate of `race=B` is")
    assert "above all the selection rate of `race=B & sex=F`" in found.verdict


def test_a_change_that_cannot_be_told_says_how_many_rows_are_lacking():
    found = audit(loans(n=600), positive="approved", reference=loans(seed=1, n=3000))
    rows = [row for row in found.document["change"] if row["verdict"] == "unknown"]
    assert rows
    assert all("has" in r["reason"] and "more" in r["reason"] for r in rows if r["rows_needed"])


def test_labels_of_one_decision_alone_are_named_by_it():
    table = loans()
    table["label"] = [one if one == "approved" else None for one in table["prediction"]]
    table["label"][3] = "denied" if table["prediction"][3] == "approved" else None
    found = audit(table, positive="approved")
    (note,) = [note for note in found.document["notes"] if "labels are known" in note]
    assert "of no rows but those that were selected ('approved')" in note


def test_a_report_is_called_what_it_is_named(tmp_path):
    found = audit(loans(), positive="approved", name="mortgages 1990")
    assert found.document["data"]["name"] == "mortgages 1990"
    assert "of mortgages 1990," in (found.to_pack(tmp_path) / "README.txt").read_text("utf-8")
    assert "mortgages 1990" in str(found)
