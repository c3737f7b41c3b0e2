"""What an audit takes for granted, what it refuses to, and how it says what it found."""

import numpy as np
import pytest

import vedette as vd
from vedette.core.errors import UsageError
from vedette.profiles.groups_fit import fit_groups

N = 2000


def loans(seed=0, gap=0.2, n=N):
    """Decisions in words about three groups of whom the second fares worse."""
    rng = np.random.default_rng(seed)
    race = rng.choice(["White", "Black", "Other"], n, p=[0.7, 0.2, 0.1])
    approved = rng.random(n) < 0.8 - gap * (race == "Black")
    return {
        "race": race.tolist(),
        "sex": rng.choice(["F", "M"], n).tolist(),
        "prediction": np.where(approved, "approved", "denied").tolist(),
    }


def audit(table, group="race", **options):
    return vd.fairness(table, group, proxies=False, **options)


def selected(found, group):
    return found.rate("selection_rate", group)["rate"]


# --- what is read as what -------------------------------------------------------------------------


def test_the_selected_class_is_not_guessed_unless_classes_say_yes_and_no():
    with pytest.raises(UsageError) as caught:
        audit(loans())
    assert "'approved' and 'denied'" in str(caught.value)
    assert "positive=, or --positive" in str(caught.value)
    scored = loans() | {"score": np.linspace(0, 1, N).tolist()}
    with pytest.raises(UsageError, match="which class counts as selected"):
        audit(scored)  # a column beside it makes no difference
    for no, yes in (("no", "yes"), ("0", "1"), ("false", "true"), ("N", "Y")):
        said = [yes if one == "approved" else no for one in loans()["prediction"]]
        assert audit(loans() | {"prediction": said}).document["reading"]["positive"] == yes
    assert audit(loans(), positive="approved").facts[0].segment == "race=Black"


def test_a_score_with_labels_in_words_asks_for_the_class_too():
    rng = np.random.default_rng(9)
    score = rng.random(N)
    label = np.where(rng.random(N) < score, "repaid", "defaulted")
    table = {"g": loans()["race"], "score": score.tolist(), "label": label.tolist()}
    with pytest.raises(UsageError, match=r"'(defaulted|repaid)' and '(defaulted|repaid)'"):
        audit(table, "g")
    found = audit(table, "g", positive="repaid")
    assert selected(found, "g=White") == pytest.approx(0.5, abs=0.05)


def test_the_column_that_is_named_decides_alone():
    rng = np.random.default_rng(1)
    table = loans() | {"points": rng.integers(300, 800, N).tolist(), "score": [0.9] * N}
    found = audit(table, score="points", threshold=550.0)
    assert found.document["reading"]["prediction"] is None
    assert selected(found, "race=White") == pytest.approx(0.5, abs=0.05)
    named = audit(table, prediction="prediction", positive="approved")
    assert named.document["reading"]["score"] is None


def test_a_predicted_number_is_a_score_by_a_threshold_and_a_class_by_its_name():
    rng = np.random.default_rng(2)
    table = {"g": loans()["race"], "amount": rng.normal(600, 50, N).tolist(),
             "action": rng.integers(1, 4, N).tolist()}  # fmt: skip
    found = audit(table, "g", prediction="amount", threshold=620.0)
    share = np.mean(np.array(table["amount"]) >= 620.0)
    assert selected(found, "g=White") == pytest.approx(share, abs=0.05)
    with pytest.raises(UsageError, match="positive=1 says which class"):
        audit(table, "g", prediction="action")
    found = audit(table, "g", prediction="action", positive=1)
    assert selected(found, "g=White") == pytest.approx(1 / 3, abs=0.05)
    kinds = {"action": {"kind": "category"}}
    assert audit(table, "g", prediction="action", positive="3", columns=kinds).rates


def test_a_number_that_selects_nobody_cannot_tell():
    rng = np.random.default_rng(2)
    found = audit({"g": loans()["race"], "amount": rng.normal(600, 50, N).tolist()}, "g",
                  prediction="amount")  # fmt: skip
    assert found.overall == "unknown"
    assert "--threshold" in found.verdict


def test_a_threshold_beside_labels_of_yes_and_no_makes_a_score():
    rng = np.random.default_rng(3)
    points = rng.normal(600, 50, N)
    table = {"g": loans()["race"], "points": points.tolist(),
             "label": (points + rng.normal(0, 30, N) > 600).astype(int).tolist()}  # fmt: skip
    found = audit(table, "g", prediction="points", threshold=600.0)
    assert found.rate("true_positive_rate", "g=White")["rate"] > 0.7


def test_labels_and_predictions_without_a_common_class_are_refused():
    label = np.where(np.arange(N) % 3 == 0, "defaulted", "repaid").tolist()
    with pytest.raises(UsageError, match="share no class; got 'approved', 'denied' beside"):
        audit(loans() | {"label": label}, positive="approved")


def test_text_that_spells_numbers_is_cut_only_where_bands_are_given():
    codes = np.random.default_rng(0).integers(1, 40, N)
    text = {**loans(), "office": [f"{one:02}" for one in codes]}
    keys = [one["group"] for one in
            audit(text, "office", positive="approved").document["sets"][0]["groups"]]  # fmt: skip
    assert "office=07" in keys
    cut = audit(text, "office", positive="approved", bands={"office": [20]})
    assert [one["group"] for one in cut.document["sets"][0]["groups"]][:2] == [
        "office=below 20", "office=20 or more",
    ]  # fmt: skip
    import pyarrow as pa

    coded = pa.table({"office": pa.array(text["office"]).dictionary_encode()})
    assert not fit_groups(coded, ["office"])[0].edges


# --- what tells nothing ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"race": [None] * N}, "no row states its group (`race`)"),
        ({"race": ["White"] * N}, "one group alone, and nobody to hold it against"),
    ],
)
def test_an_audit_that_tells_nothing_is_not_calm(changed, said):
    found = audit(loans() | changed, positive="approved")
    assert found.overall == "unknown"
    assert found.to_dict()["overall"] == "unknown"
    assert said in found.verdict
    assert "cannot tell" in str(found).split("Cannot")[0]


def test_members_none_of_whom_has_a_row_are_refused_and_disputed_ones_unstated():
    table = {"id": list(range(N)), "prediction": loans()["prediction"]}
    apart = {"id": [f"x{i}" for i in range(N)], "race": loans()["race"]}
    options = {"group": "race", "positive": "approved", "proxies": False, "key": "id"}
    with pytest.raises(UsageError, match="not one row has a member by the key 'id'"):
        vd.fairness(table, members=apart, **options)
    twice = {"id": [*range(N), 0, 1, 2], "race": [*loans()["race"], "Green", "Green", "Green"]}
    found = vd.fairness(table, members=twice, **options)
    groups = {one["group"]: one["rows"] for one in found.document["sets"][0]["groups"]}
    assert groups["not stated"] == 3
    assert any("3 keys have several members that disagree" in n for n in found.document["notes"])


# --- how many rows are judged, and shown ----------------------------------------------------------


def small(tiny):
    table = loans()
    table["race"][:tiny] = ["Few"] * tiny
    table["race"][tiny:] = [one if one != "Few" else "White" for one in table["race"][tiny:]]
    return table


def test_a_small_group_is_shown_from_minimum_and_judged_from_least():
    row = audit(small(22), positive="approved").rate("selection_rate", "race=Few")
    assert (row["n"], row["verdict"], row["hidden"]) == (22, "unknown", "")
    assert row["rate"] is not None
    assert "has 22: about" in row["reason"]
    judged = audit(small(22), positive="approved", least=5)
    assert judged.rate("selection_rate", "race=Few")["ratio_low"] is not None
    hidden = audit(small(22), positive="approved", minimum=25).rate("selection_rate", "race=Few")
    assert (hidden["n"], hidden["rate"], hidden["hidden"]) == (None, None, "few")
    assert "fewer than 25 rows, too few to show" in hidden["reason"]


def test_the_rate_of_a_few_others_is_not_shown_either():
    table = {"g": ["a"] * 500 + ["b"] * 500, "prediction": [1, 0] * 500}
    table["label"] = [1, 0] * 250 + [0] * 496 + [1] * 4
    row = audit(table, "g").rate("true_positive_rate", "g=a")
    assert (row["n"], row["other_n"]) == (250, 4)
    assert row["rate"] is not None
    assert row["other"] is row["difference"] is row["ratio"] is row["p"] is None
    assert "fewer than 30 rows labelled '1' of the rest" in row["reason"]


def test_what_may_not_be_shown_is_not_judged():
    found = audit(small(100), positive="approved", minimum=150, least=30)
    assert found.rate("selection_rate", "race=Few")["verdict"] == "unknown"


def test_why_groups_are_hidden_and_how_to_show_them_is_said():
    notes = audit(small(6), positive="approved").document["notes"]
    (told,) = [note for note in notes if "not shown" in note]
    assert "1 group of fewer than 10 rows and 1 group that would give away" in told
    assert "a lower minimum= (--minimum) shows more" in told


# --- sentences ------------------------------------------------------------------------------------


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
