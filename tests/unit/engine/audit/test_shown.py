"""From how many rows a group is judged, and from how many it is shown."""

from tests.audited import audit, loans


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
    found = audit(table, "g")
    few, beside = (found.rate("true_positive_rate", f"g={name}") for name in "ba")
    assert (few["hidden"], beside["hidden"]) == ("count", "beside")
    for row in (few, beside):  # each follows from the other and from all rows
        assert row["n"] is row["other_n"] is row["rate"] is row["other"] is row["p"] is None
    assert found.rate("base_rate", "g=a")["rate"] == 0.5


def test_what_may_not_be_shown_is_not_judged():
    found = audit(small(100), positive="approved", minimum=150, least=30)
    assert found.rate("selection_rate", "race=Few")["verdict"] == "unknown"


def test_why_groups_are_hidden_and_how_to_show_them_is_said():
    notes = audit(small(6), positive="approved").document["notes"]
    (told,) = [note for note in notes if "not shown" in note]
    assert "1 group of fewer than 10 rows and 1 group that would give away" in told
    assert "a lower minimum= (--minimum) shows more" in told
