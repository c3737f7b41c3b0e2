"""What an audit takes for granted, and what it refuses to."""

import numpy as np
import pyarrow as pa
import pytest
from tests.audited import N, audit, loans, selected

import vedette as vd
from vedette.core.errors import UsageError
from vedette.profiles.groups_fit import fit_groups

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


def test_a_group_that_is_no_number_is_not_stated():
    ages = pa.array([1.0, 2.0, float("nan"), 2.0] * 50)
    table = pa.table({"race": ages, "prediction": [0, 1, 1, 1] * 50})
    [one] = vd.fairness(table, "race", proxies=False).to_dict()["sets"]
    told = [(row["group"], row["rows"]) for row in one["groups"]]
    assert told == [("race=1", 50), ("race=2", 100), ("not stated", 50)]


def test_lists_and_bytes_are_no_groups():
    for values in (pa.array([[1], [2]] * 50), pa.array([b"a", b"b"] * 50)):
        table = pa.table({"g": values, "sex": ["F", "M"] * 50, "prediction": [0, 1] * 50})
        with pytest.raises(UsageError, match="'g' cannot tell groups"):
            vd.fairness(table, ["g", "sex"], proxies=False)
